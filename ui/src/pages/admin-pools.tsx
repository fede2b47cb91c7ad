import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct, useRest } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Confirm } from "../components/confirm.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Loaded } from "../components/page.tsx";
import { StateBar } from "../components/state.tsx";
import { type Column, Table } from "../components/table.tsx";

interface Pool {
  name: string;
  slots: number;
  description: string | null;
  include_deferred: boolean;
  running_slots: number;
  queued_slots: number;
  scheduled_slots: number;
  deferred_slots: number;
  open_slots: number;
}

/** The one that cannot be taken away. */
const defaultPool = "default_pool";

export function Pools() {
  const { t } = useTranslation();
  const may = useMay();
  const [edited, setEdited] = useState<Pool | "new" | null>(null);
  const [removed, setRemoved] = useState<string | null>(null);
  const query = useRest<{ pools: Pool[] }>(["pools"], "/pools", { limit: 100 });
  const remove = useAct(
    (name: string) => change("DELETE", `/api/v2/pools/${seg(name)}`),
    t("The pool was deleted"),
  );
  const columns: Column<Pool>[] = [
    {
      id: "name",
      label: t("Pool"),
      cell: (pool) => <span className="font-medium break-all">{pool.name}</span>,
    },
    { id: "slots", label: t("Slots"), align: "right", cell: (pool) => (pool.slots < 0 ? "∞" : pool.slots) },
    {
      id: "use",
      label: t("In use"),
      className: "w-1/3",
      cell: (pool) => (
        <StateBar
          counts={{
            running: pool.running_slots,
            queued: pool.queued_slots,
            deferred: pool.include_deferred ? pool.deferred_slots : 0,
            none: Math.max(0, pool.open_slots),
          }}
        />
      ),
    },
    { id: "waiting", label: t("Waiting"), align: "right", wide: true, cell: (pool) => pool.scheduled_slots },
    {
      id: "words",
      label: t("Description"),
      wide: true,
      cell: (pool) => <span className="text-soft">{pool.description}</span>,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (pool) => (
        <span className="inline-flex">
          {may("edit", "Pools") ? (
            <IconButton icon="edit" label={`${t("Change")} ${pool.name}`} onClick={() => setEdited(pool)} />
          ) : null}
          {may("delete", "Pools") && pool.name !== defaultPool ? (
            <IconButton
              icon="trash"
              label={`${t("Delete")} ${pool.name}`}
              onClick={() => setRemoved(pool.name)}
            />
          ) : null}
        </span>
      ),
    },
  ];
  return (
    <>
      {may("create", "Pools") ? (
        <Button className="mb-3" icon="plus" onClick={() => setEdited("new")}>
          {t("New pool")}
        </Button>
      ) : null}
      <Loaded query={query}>
        {({ pools }) => (
          <Table label={t("Pools")} columns={columns} rows={pools} keyOf={(pool) => pool.name} />
        )}
      </Loaded>
      {edited === null ? null : (
        <PoolForm pool={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
      {removed === null ? null : (
        <Confirm
          title={t("Delete {{name}}?", { name: removed })}
          act={t("Delete")}
          onClose={() => setRemoved(null)}
          onConfirm={() => remove.mutate(removed)}
        >
          {t("Tasks that name it wait until there is one of that name again.")}
        </Confirm>
      )}
    </>
  );
}

function PoolForm({ pool, onClose }: { pool: Pool | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useAct(
    (body: { name: string; slots: number; description: string; include_deferred: boolean }) =>
      (pool === null
        ? change("POST", "/api/v2/pools", body)
        : change(
            "PATCH",
            `/api/v2/pools/${seg(pool.name)}`,
            { slots: body.slots, description: body.description, include_deferred: body.include_deferred },
            // Of the default pool nothing else can be changed.
            pool.name === defaultPool ? { update_mask: ["slots", "include_deferred"] } : {},
          )
      ).then(onClose),
    t("The pool was saved"),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({
      name: String(form.get("name") ?? pool?.name),
      slots: Number(form.get("slots")),
      description: String(form.get("description") ?? ""),
      include_deferred: form.get("deferred") === "on",
    });
  };
  return (
    <Dialog open title={pool === null ? t("New pool") : pool.name} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        {pool === null ? (
          <Field label={t("Name")}>
            {(id) => <input id={id} name="name" required maxLength={256} className="field" />}
          </Field>
        ) : null}
        <Field label={t("Slots")} hint={t("-1 is without limit")}>
          {(id) => (
            <input
              id={id}
              name="slots"
              type="number"
              min={-1}
              required
              defaultValue={pool?.slots ?? 16}
              className="field"
            />
          )}
        </Field>
        {pool?.name === defaultPool ? null : (
          <Field label={t("Description")}>
            {(id) => (
              <textarea
                id={id}
                name="description"
                rows={2}
                defaultValue={pool?.description ?? ""}
                className="field"
              />
            )}
          </Field>
        )}
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            name="deferred"
            defaultChecked={pool?.include_deferred ?? false}
            className="size-4"
          />
          {t("Deferred tasks hold their slots")}
        </label>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={save.isPending}>
            {t("Save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
