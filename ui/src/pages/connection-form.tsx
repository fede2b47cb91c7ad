/** The fields of a connection, as its kind names them, and whether what they say answers. */
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { CollectionForm } from "./admin-collection.tsx";
import {
  type Connection,
  type ConnectionField,
  connectionKinds,
  type ExtraField,
  extraText,
  extraValue,
  otherExtra,
  readExtra,
} from "./connection-kinds.ts";

const extraName = (name: string): string => `extra.${name}`;
const allFields: readonly ConnectionField[] = ["host", "port", "schema", "login", "password"];

/** @throws Error where the rest of the extra is no JSON object. */
function extraOf(form: FormData, fields: readonly ExtraField[], t: TFunction): string | null {
  const extra = readExtra(String(form.get("extra") ?? ""));
  if (extra === null) throw new Error(t("Expected a JSON object"));
  const typed = fields.flatMap((field): [string, unknown][] => {
    const value = extraValue(field, String(form.get(extraName(field.name)) ?? ""));
    return value === undefined ? [] : [[field.name, value]];
  });
  const whole = { ...extra, ...Object.fromEntries(typed) };
  return Object.keys(whole).length === 0 ? null : JSON.stringify(whole);
}

function bodyOf(form: FormData, connection: Connection | null, t: TFunction): { [name: string]: unknown } {
  const typed = (name: string): string | null => String(form.get(name) ?? "").trim() || null;
  const type = typed("conn_type") ?? "";
  // What the kind has no field for stays as it is.
  const kept = (name: "host" | "login" | "schema") =>
    form.has(name) ? typed(name) : (connection?.[name] ?? null);
  const port = form.has("port") ? typed("port") : (connection?.port ?? null);
  const body = {
    connection_id: connection?.connection_id ?? typed("connection_id"),
    conn_type: type,
    description: typed("description"),
    host: kept("host"),
    login: kept("login"),
    schema: kept("schema"),
    port: port === null ? null : Number(port),
    extra: extraOf(form, connectionKinds(t)[type]?.extra ?? [], t),
  };
  // What is not typed again stays as it is: a secret is never sent to the page.
  return typed("password") === null ? body : { ...body, password: typed("password") };
}

interface Tested {
  status: boolean;
  message: string;
}

export function ConnectionForm({
  connection,
  onClose,
}: {
  connection: Connection | null;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [type, setType] = useState(connection?.conn_type ?? "");
  const [tested, setTested] = useState<Tested | null>(null);
  const read = (data: FormData) => bodyOf(data, connection, t);
  const save = useAct(
    async (data: FormData) => saveConnection(read(data), connection).then(onClose),
    t("The connection was saved"),
  );
  const test = useAct(async (data: FormData) => {
    setTested(await change<Tested>("POST", "/api/v2/connections/test", read(data)));
  });
  return (
    <CollectionForm
      wide
      title={connection === null ? t("New connection") : connection.connection_id}
      isSaving={save.isPending}
      onSave={(data) => save.mutate(data)}
      onClose={onClose}
      more={(typed) => (
        <Button disabled={test.isPending} onClick={() => test.mutate(typed())}>
          {t("Test")}
        </Button>
      )}
    >
      <div className="grid gap-3 sm:grid-cols-2">
        {connection === null ? (
          <Field label={t("Id")}>
            {(id) => <input id={id} name="connection_id" required maxLength={200} className="field" />}
          </Field>
        ) : null}
        <KindField type={type} onChange={setType} />
        <KindFields type={type} connection={connection} />
      </div>
      <OtherExtra key={type} type={type} connection={connection} />
      {tested === null ? null : (
        <p
          role="status"
          className={`rounded-md px-3 py-2 ${tested.status ? "bg-accent-soft text-accent-text" : "bg-danger-soft text-danger-text"}`}
        >
          {tested.message}
        </p>
      )}
    </CollectionForm>
  );
}

function saveConnection(body: { [name: string]: unknown }, connection: Connection | null): Promise<unknown> {
  if (connection === null) return change("POST", "/api/v2/connections", body);
  const mask = Object.keys(body).filter((name) => name !== "connection_id");
  return change("PATCH", `/api/v2/connections/${seg(connection.connection_id)}`, body, {
    update_mask: mask,
  });
}

function KindField({ type, onChange }: { type: string; onChange: (type: string) => void }) {
  const { t } = useTranslation();
  return (
    <Field label={t("Type")}>
      {(id) => (
        <>
          <input
            id={id}
            name="conn_type"
            required
            list="connection-kinds"
            value={type}
            onChange={(event) => onChange(event.target.value)}
            className="field"
          />
          <datalist id="connection-kinds">
            {Object.keys(connectionKinds(t)).map((kind) => (
              <option key={kind} value={kind} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

/** What is typed into a field stays while the kind changes, as long as both kinds have it. */
function KindFields({ type, connection }: { type: string; connection: Connection | null }) {
  const { t } = useTranslation();
  const kind = connectionKinds(t)[type] ?? {};
  const usual: Record<ConnectionField, string> = {
    host: t("Host"),
    port: t("Port"),
    schema: t("Schema or database"),
    login: t("Login"),
    password: t("Password"),
  };
  const inputs: Partial<Record<ConnectionField, string>> = { port: "number", password: "password" };
  const extra = readExtra(connection?.extra) ?? {};
  return (
    <>
      {allFields
        .filter((name) => kind.hidden?.includes(name) !== true)
        .map((name) => (
          <TypedField
            key={name}
            name={name}
            label={kind.labels?.[name] ?? usual[name]}
            type={inputs[name] ?? "text"}
            value={name === "password" ? "" : String(connection?.[name] ?? "")}
            {...(name === "password" && connection !== null
              ? { hint: t("Empty leaves the one that is kept") }
              : {})}
            placeholder={kind.placeholders?.[name]}
          />
        ))}
      {(kind.extra ?? []).map((field) => (
        <ExtraInput key={field.name} field={field} value={extra[field.name]} />
      ))}
      <TypedField
        name="description"
        label={t("Description")}
        type="text"
        value={connection?.description ?? ""}
      />
    </>
  );
}

function TypedField({
  name,
  label,
  type,
  value,
  hint,
  placeholder,
}: {
  name: string;
  label: string;
  type: string;
  value: string;
  hint?: string;
  placeholder?: string | undefined;
}) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(id) => (
        <input
          id={id}
          name={name}
          type={type}
          autoComplete="off"
          defaultValue={value}
          placeholder={placeholder}
          className="field"
        />
      )}
    </Field>
  );
}

function ExtraInput({ field, value }: { field: ExtraField; value: unknown }) {
  const name = extraName(field.name);
  if (field.kind === "flag")
    return (
      <label className="flex items-center gap-2 self-end pb-1.5">
        <input
          type="checkbox"
          name={name}
          defaultChecked={value === true || /^(true|1|yes|on)$/i.test(extraText(value))}
          className="size-4 accent-[var(--accent)]"
        />
        {field.label}
      </label>
    );
  if (field.kind === "long")
    return (
      <Field label={field.label}>
        {(id) => (
          <textarea
            id={id}
            name={name}
            rows={3}
            spellCheck={false}
            defaultValue={extraText(value)}
            className="field font-mono text-xs"
          />
        )}
      </Field>
    );
  const types = { text: "text", json: "text", number: "number", secret: "password" } as const;
  return (
    <TypedField
      name={name}
      label={field.label}
      type={types[field.kind]}
      value={extraText(value)}
      placeholder={field.placeholder}
    />
  );
}

/** Whatever has no field of its own. */
function OtherExtra({ type, connection }: { type: string; connection: Connection | null }) {
  const { t } = useTranslation();
  const fields = connectionKinds(t)[type]?.extra ?? [];
  const extra = readExtra(connection?.extra);
  const shown = extra === null ? (connection?.extra ?? "") : otherExtra(extra, fields);
  return (
    <Field label={fields.length === 0 ? t("Extra (JSON)") : t("More extra (JSON)")}>
      {(id) => (
        <textarea
          id={id}
          name="extra"
          rows={4}
          spellCheck={false}
          defaultValue={shown}
          className="field font-mono text-xs"
        />
      )}
    </Field>
  );
}
