import { type ChangeEvent, useRef } from "react";
import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import type { Column } from "../components/table.tsx";
import { sayError } from "../components/toast.tsx";
import { Collection, CollectionForm } from "./admin-collection.tsx";

interface Variable {
  key: string;
  value: string;
  description: string | null;
}

export function Variables() {
  const { t } = useTranslation();
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
  ];
  return (
    <Collection<Variable>
      path="variables"
      resource="Variables"
      nameOf={({ key }) => key}
      order="key"
      search="variable_key_pattern"
      columns={columns}
      words={{
        list: t("Variables"),
        search: t("Search keys"),
        make: t("New variable"),
        none: t("There is no variable"),
        icon: "key",
        deleted: t("The variable was deleted"),
        warning: t("Dags that read it fail from now on."),
      }}
      more={<ImportButton />}
      form={(variable, onClose) => <VariableForm variable={variable} onClose={onClose} />}
    />
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
  const onSave = (form: FormData): void => {
    const text = (name: string): string => String(form.get(name) ?? "");
    save.mutate({
      key: variable?.key ?? text("key"),
      value: text("value"),
      description: text("description"),
    });
  };
  return (
    <CollectionForm
      title={variable === null ? t("New variable") : variable.key}
      isSaving={save.isPending}
      onSave={onSave}
      onClose={onClose}
    >
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
    </CollectionForm>
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
