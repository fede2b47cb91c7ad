import { useState } from "react";
import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import type { Column } from "../components/table.tsx";
import { Collection, CollectionForm } from "./admin-collection.tsx";

interface Connection {
  connection_id: string;
  conn_type: string;
  description: string | null;
  host: string | null;
  login: string | null;
  schema: string | null;
  port: number | null;
  extra: string | null;
}

/** Kinds with the fields that each asks for; any other kind may be typed. */
const kinds = [
  "postgres",
  "http",
  "smtp",
  "mysql",
  "sqlite",
  "aws",
  "google_cloud_platform",
  "ssh",
  "fs",
  "redis",
  "snowflake",
  "generic",
];

export function Connections() {
  const { t } = useTranslation();
  const columns: Column<Connection>[] = [
    {
      id: "id",
      label: t("Connection"),
      cell: (one) => <span className="font-medium break-all">{one.connection_id}</span>,
    },
    { id: "type", label: t("Type"), cell: (one) => one.conn_type },
    {
      id: "host",
      label: t("Host"),
      wide: true,
      cell: (one) => (
        <span className="font-mono text-xs break-all text-soft">
          {one.host}
          {one.port === null ? "" : `:${one.port}`}
          {one.schema ? `/${one.schema}` : ""}
        </span>
      ),
    },
    { id: "login", label: t("Login"), wide: true, cell: (one) => one.login ?? "–" },
    {
      id: "words",
      label: t("Description"),
      wide: true,
      cell: (one) => <span className="text-soft">{one.description}</span>,
    },
  ];
  return (
    <Collection<Connection>
      path="connections"
      resource="Connections"
      nameOf={(one) => one.connection_id}
      order="connection_id"
      search="connection_id_pattern"
      columns={columns}
      words={{
        list: t("Connections"),
        search: t("Search ids"),
        make: t("New connection"),
        none: t("There is no connection"),
        icon: "key",
        deleted: t("The connection was deleted"),
        warning: t("Dags that use it fail from now on."),
      }}
      form={(connection, onClose) => <ConnectionForm connection={connection} onClose={onClose} />}
    />
  );
}

function bodyOf(form: FormData, connection: Connection | null): { [name: string]: unknown } {
  const text = (name: string): string | null => {
    const value = String(form.get(name) ?? "").trim();
    return value === "" ? null : value;
  };
  const body = {
    connection_id: connection?.connection_id ?? text("connection_id"),
    conn_type: text("conn_type"),
    description: text("description"),
    host: text("host"),
    login: text("login"),
    schema: text("schema"),
    port: text("port") === null ? null : Number(text("port")),
    extra: text("extra"),
  };
  // What is not typed again stays as it is: a secret is never sent to the page.
  return text("password") === null ? body : { ...body, password: text("password") };
}

function ConnectionForm({ connection, onClose }: { connection: Connection | null; onClose: () => void }) {
  const { t } = useTranslation();
  const [tested, setTested] = useState<{ status: boolean; message: string } | null>(null);
  const save = useAct((data: FormData) => {
    const body = bodyOf(data, connection);
    const mask =
      connection === null
        ? {}
        : { update_mask: Object.keys(body).filter((name) => name !== "connection_id") };
    return (
      connection === null
        ? change("POST", "/api/v2/connections", body)
        : change("PATCH", `/api/v2/connections/${seg(connection.connection_id)}`, body, mask)
    ).then(onClose);
  }, t("The connection was saved"));
  const test = useAct(async (data: FormData) => {
    setTested(
      await change<{ status: boolean; message: string }>(
        "POST",
        "/api/v2/connections/test",
        bodyOf(data, connection),
      ),
    );
  });
  const field = (name: keyof Connection | "password", label: string, type = "text", hint?: string) => (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(id) => (
        <input
          id={id}
          name={name}
          type={type}
          autoComplete="off"
          defaultValue={name === "password" ? "" : String(connection?.[name] ?? "")}
          className="field"
        />
      )}
    </Field>
  );
  return (
    <CollectionForm
      wide
      title={connection === null ? t("New connection") : connection.connection_id}
      isSaving={save.isPending}
      onSave={(data) => save.mutate(data)}
      onClose={onClose}
      more={(read) => (
        <Button disabled={test.isPending} onClick={() => test.mutate(read())}>
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
        <Field label={t("Type")}>
          {(id) => (
            <>
              <input
                id={id}
                name="conn_type"
                required
                list="connection-kinds"
                defaultValue={connection?.conn_type}
                className="field"
              />
              <datalist id="connection-kinds">
                {kinds.map((kind) => (
                  <option key={kind} value={kind} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        {field("host", t("Host"))}
        {field("port", t("Port"), "number")}
        {field("schema", t("Schema or database"))}
        {field("login", t("Login"))}
        {field(
          "password",
          t("Password"),
          "password",
          connection === null ? undefined : t("Empty leaves the one that is kept"),
        )}
        {field("description", t("Description"))}
      </div>
      <Field label={t("Extra (JSON)")}>
        {(id) => (
          <textarea
            id={id}
            name="extra"
            rows={4}
            defaultValue={connection?.extra ?? ""}
            className="field font-mono text-xs"
          />
        )}
      </Field>
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
