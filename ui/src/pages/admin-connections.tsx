import { type FormEvent, useCallback, useState } from "react";
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
const pageSize = 50;

export function Connections() {
  const { t } = useTranslation();
  const may = useMay();
  const [address, changeAddress] = useAddress();
  const [edited, setEdited] = useState<Connection | "new" | null>(null);
  const [removed, setRemoved] = useState<string | null>(null);
  const offset = Number(address["offset"] ?? 0);
  const query = useRest<{ connections: Connection[]; total_entries: number }>(
    ["connections"],
    "/connections",
    {
      connection_id_pattern: address["q"] === undefined ? undefined : `%${address["q"]}%`,
      order_by: "connection_id",
      limit: pageSize,
      offset,
    },
  );
  const search = useCallback((q: string) => changeAddress({ q, offset: undefined }), [changeAddress]);
  const remove = useAct(
    (id: string) => change("DELETE", `/api/v2/connections/${seg(id)}`),
    t("The connection was deleted"),
  );
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
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (one) => (
        <span className="inline-flex">
          {may("edit", "Connections") ? (
            <IconButton
              icon="edit"
              label={`${t("Change")} ${one.connection_id}`}
              onClick={() => setEdited(one)}
            />
          ) : null}
          {may("delete", "Connections") ? (
            <IconButton
              icon="trash"
              label={`${t("Delete")} ${one.connection_id}`}
              onClick={() => setRemoved(one.connection_id)}
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
          label={t("Search ids")}
          className="w-full sm:w-64"
        />
        {may("create", "Connections") ? (
          <Button icon="plus" onClick={() => setEdited("new")}>
            {t("New connection")}
          </Button>
        ) : null}
      </div>
      <Loaded query={query}>
        {({ connections, total_entries }) =>
          connections.length === 0 ? (
            <Empty icon="key" title={t("There is no connection")} />
          ) : (
            <>
              <Table
                label={t("Connections")}
                columns={columns}
                rows={connections}
                keyOf={(one) => one.connection_id}
              />
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
        <ConnectionForm connection={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
      {removed === null ? null : (
        <Confirm
          title={t("Delete {{name}}?", { name: removed })}
          act={t("Delete")}
          onClose={() => setRemoved(null)}
          onConfirm={() => remove.mutate(removed)}
        >
          {t("Dags that use it fail from now on.")}
        </Confirm>
      )}
    </>
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
  const [form, setForm] = useState<HTMLFormElement | null>(null);
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
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    save.mutate(new FormData(event.currentTarget));
  };
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
    <Dialog
      open
      wide
      title={connection === null ? t("New connection") : connection.connection_id}
      onClose={onClose}
    >
      <form ref={setForm} onSubmit={submit} className="flex flex-col gap-3">
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
        <div className="flex justify-end gap-2">
          <Button
            className="mr-auto"
            disabled={test.isPending}
            onClick={() => form !== null && test.mutate(new FormData(form))}
          >
            {t("Test")}
          </Button>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={save.isPending}>
            {t("Save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
