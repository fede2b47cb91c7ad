import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { Field } from "../components/field.tsx";
import { StateBar } from "../components/state.tsx";
import type { Column } from "../components/table.tsx";
import { Collection, CollectionForm } from "./admin-collection.tsx";

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
  ];
  return (
    <Collection<Pool>
      path="pools"
      resource="Pools"
      nameOf={({ name }) => name}
      order="name"
      search="pool_name_pattern"
      columns={columns}
      isFixed={({ name }) => name === defaultPool}
      words={{
        list: t("Pools"),
        search: t("Search names"),
        make: t("New pool"),
        none: t("There is no pool"),
        icon: "settings",
        deleted: t("The pool was deleted"),
        warning: t("Tasks that name it wait until there is one of that name again."),
      }}
      form={(pool, onClose) => <PoolForm pool={pool} onClose={onClose} />}
    />
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
  const onSave = (form: FormData): void =>
    save.mutate({
      name: String(form.get("name") ?? pool?.name),
      slots: Number(form.get("slots")),
      description: String(form.get("description") ?? ""),
      include_deferred: form.get("deferred") === "on",
    });
  return (
    <CollectionForm
      title={pool === null ? t("New pool") : pool.name}
      isSaving={save.isPending}
      onSave={onSave}
      onClose={onClose}
    >
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
    </CollectionForm>
  );
}
