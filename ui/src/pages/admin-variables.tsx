import { type ChangeEvent, type FormEvent, useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct, useRest } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Confirm } from "../components/confirm.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field, SearchField } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { type Column, Pager, Table } from "../components/table.tsx";
import { sayError } from "../components/toast.tsx";

interface Variable {
  key: string;
  value: string;
  description: string | null;
}

const pageSize = 50;

export function Variables() {
  const { t } = useTranslation();
  const may = useMay();
  const [address, changeAddress] = useAddress();
  const [edited, setEdited] = useState<Variable | "new" | null>(null);
  const [removed, setRemoved] = useState<string | null>(null);
  const offset = Number(address["offset"] ?? 0);
  const pattern = address["q"] === undefined ? undefined : `%${address["q"]}%`;
  const query = useRest<{ variables: Variable[]; total_entries: number }>(["variables"], "/variables", {
    variable_key_pattern: pattern,
    order_by: "key",
    limit: pageSize,
    offset,
  });
  const search = useCallback((q: string) => changeAddress({ q, offset: undefined }), [changeAddress]);
  const remove = useAct(
    (key: string) => change("DELETE", `/api/v2/variables/${seg(key)}`),
    t("The variable was deleted"),
  );
  const columns: Column<Variable>[] = [
    { id: "key", label: t("Key"), cell: (one) => <span className="font-medium break-all">{one.key}</span> },
    {
      id: "value",
      label: t("Value"),
      cell: (one) => (
        <span className="line-clamp-2 max-w-lg font-mono text-xs break-all text-soft">{one.value}</span>
      ),
    },
    {
      id: "words",
      label: t("Description"),
      wide: true,
      cell: (one) => <span className="text-soft">{one.description}</span>,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (one) => (
        <span className="inline-flex">
          {may("edit", "Variables") ? (
            <IconButton icon="edit" label={`${t("Change")} ${one.key}`} onClick={() => setEdited(one)} />
          ) : null}
          {may("delete", "Variables") ? (
            <IconButton
              icon="trash"
              label={`${t("Delete")} ${one.key}`}
              onClick={() => setRemoved(one.key)}
            />
          ) : null}
        </span>
      ),
    },
  ];
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchField
          value={address["q"] ?? ""}
          onChange={search}
          label={t("Search keys")}
          className="w-full sm:w-64"
        />
        {may("create", "Variables") ? (
          <>
            <Button icon="plus" onClick={() => setEdited("new")}>
              {t("New variable")}
            </Button>
            <ImportButton />
          </>
        ) : null}
      </div>
      <Loaded query={query}>
        {({ variables, total_entries }) =>
          variables.length === 0 ? (
            <Empty icon="key" title={t("There is no variable")} />
          ) : (
            <>
              <Table label={t("Variables")} columns={columns} rows={variables} keyOf={(one) => one.key} />
              <Pager
                offset={offset}
                limit={pageSize}
                total={total_entries}
                onOffset={(next) => changeAddress({ offset: next === 0 ? undefined : String(next) })}
              />
            </>
          )
        }
      </Loaded>
      {edited === null ? null : (
        <VariableForm variable={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
      {removed === null ? null : (
        <Confirm
          title={t("Delete {{name}}?", { name: removed })}
          act={t("Delete")}
          onClose={() => setRemoved(null)}
          onConfirm={() => remove.mutate(removed)}
        >
          {t("Dags that read it fail from now on.")}
        </Confirm>
      )}
    </>
  );
}

function VariableForm({ variable, onClose }: { variable: Variable | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useAct(
    (body: Variable) =>
      (variable === null
        ? change("POST", "/api/v2/variables", body)
        : change("PATCH", `/api/v2/variables/${seg(variable.key)}`, body)
      ).then(onClose),
    t("The variable was saved"),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? "");
    save.mutate({
      key: variable?.key ?? text("key"),
      value: text("value"),
      description: text("description"),
    });
  };
  return (
    <Dialog open title={variable === null ? t("New variable") : variable.key} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        {variable === null ? (
          <Field label={t("Key")}>
            {(id) => <input id={id} name="key" required maxLength={250} className="field" />}
          </Field>
        ) : null}
        <Field label={t("Value")}>
          {(id) => (
            <textarea
              id={id}
              name="value"
              rows={6}
              defaultValue={variable?.value}
              className="field font-mono text-xs"
            />
          )}
        </Field>
        <Field label={t("Description")}>
          {(id) => (
            <input id={id} name="description" defaultValue={variable?.description ?? ""} className="field" />
          )}
        </Field>
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

/** A JSON object of keys and values, as `variables export` writes it. */
function ImportButton() {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const put = useAct(
    (entities: Variable[]) =>
      change("PATCH", "/api/v2/variables", {
        actions: [{ action: "create", action_on_existence: "overwrite", entities }],
      }),
    t("The variables were imported"),
  );
  const take = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (file === undefined) return;
    try {
      const values = JSON.parse(await file.text()) as Record<string, unknown>;
      put.mutate(Object.entries(values).map(([key, value]) => variableOf(key, value)));
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="application/json"
        hidden
        onChange={(event) => void take(event)}
      />
      <Button icon="download" onClick={() => input.current?.click()}>
        {t("Import")}
      </Button>
    </>
  );
}

/** Airflow's files have plain values, or objects with a value and a description. */
function variableOf(key: string, value: unknown): Variable {
  if (value !== null && typeof value === "object" && "value" in value) {
    const { value: inner, description } = value as { value: unknown; description?: string };
    return { ...variableOf(key, inner), description: description ?? null };
  }
  return { key, value: typeof value === "string" ? value : JSON.stringify(value), description: null };
}
