/** `tradewind connections`: get, list, add, delete, import, export. */
import { readFileSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import type { Command } from "commander";
import { testConnection } from "../api/connection-test.ts";
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import {
  type ConnectionFields,
  connectionFromObject,
  connectionObject,
  connectionUri,
  parseConnection,
  parseConnectionJson,
  parseConnectionUri,
} from "../store/connection-format.ts";
import {
  addConnection,
  deleteConnection,
  listConnections,
  putConnection,
  type StoredConnection,
} from "../store/connections.ts";
import { addDefaultConnections } from "../store/default-connections.ts";
import { resolveConnection } from "../store/environment-secrets.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { jsonFlag } from "./flags.ts";

export function addConnectionsCommands(root: Command): void {
  const group = root.command("connections").description("addresses and secrets of outside systems");
  databaseCommand(group, "list", "all connections")
    .option("--conn-id <id>", "only this one")
    .option("--show-values", "show secrets, too")
    .action(onDatabase(list));
  databaseCommand(group, "get <id>", "one connection, also from the environment")
    .option("--show-values", "show secrets, too")
    .action(onDatabase(get));
  databaseCommand(group, "add <id>", "add a connection")
    .option("--conn-uri <uri>", "type://login:password@host:port/schema?key=value")
    .option("--conn-json <json>", '{"conn_type": …, "host": …, "extra": {…}}')
    .option("--conn-type <type>", "postgres, http, smtp, …")
    .option("--conn-host <host>", "host name or address")
    .option("--conn-login <login>", "user name")
    .option("--conn-password <password>", "secret, sealed at rest")
    .option("--conn-schema <schema>", "database, or the scheme of a URL")
    .option("--conn-port <port>", "port number")
    .option("--conn-extra <json>", "an object with what else the type takes")
    .option("--conn-description <text>", "what it is for")
    .action(onDatabase(add));
  databaseCommand(group, "delete <id>", "remove a connection").action(
    onDatabase(async ({ database, session }, [id = ""]) => {
      await deleteConnection(database, id);
      session.print(`Connection ${id} deleted`);
    }),
  );
  databaseCommand(group, "test <id>", "does it answer? Really asked: postgres, http, smtp").action(
    onDatabase(test),
  );
  databaseCommand(
    group,
    "create-default-connections",
    "make Airflow's defaults (sqlite_default, http_default, …) where they are not there",
  ).action(onDatabase(createDefaults));
  databaseCommand(group, "import <file>", "add connections from a JSON, YAML or .env file")
    .option("--overwrite", "replace those that exist")
    .action(onDatabase(importFile));
  databaseCommand(
    group,
    "export <file>",
    "write all connections, with their secrets, to a .json, .yaml or .env file; - is standard output",
  )
    .option("--file-format <format>", "json, yaml or env; else by the file's ending")
    .option("--serialization-format <format>", "uri or json, in an .env file", "uri")
    .action(onDatabase(exportFile));
}

async function createDefaults(work: Work): Promise<void> {
  const made = await addDefaultConnections(work.database, work.secrets());
  work.session.print(
    made.length === 0 ? "All default connections are there." : `Connections made: ${made.join(", ")}`,
  );
}

function shown(connection: StoredConnection, secrets: boolean): Record<string, unknown> {
  const hidden = (value: string | null): string =>
    value === null || value === "" ? "" : secrets ? value : "***";
  return {
    conn_id: connection.connId,
    conn_type: connection.connType,
    description: connection.description ?? "",
    host: connection.host ?? "",
    schema: connection.schema ?? "",
    login: connection.login ?? "",
    password: hidden(connection.password),
    port: connection.port ?? "",
    extra: hidden(connection.extra),
    ...(secrets ? { uri: connectionUri(connection) } : {}),
  };
}

async function list(
  work: Work,
  _: string[],
  flags: { connId?: string; showValues?: boolean },
): Promise<void> {
  const found = await listConnections(work.database, work.secrets(), flags.connId ?? null);
  work.session.rows(found.map((connection) => shown(connection, flags.showValues ?? false)));
}

async function get(work: Work, [id = ""]: string[], flags: { showValues?: boolean }): Promise<void> {
  work.session.rows([shown(await existing(work, id), flags.showValues ?? false)]);
}

async function test(work: Work, [id = ""]: string[]): Promise<void> {
  const answer = await testConnection(await existing(work, id));
  work.session.print(`Connection success: ${answer}`);
}

/** From the environment or the database. @throws TradewindError TW_CONNECTION_NOT_FOUND. */
async function existing(work: Work, id: string): Promise<StoredConnection> {
  const found = await resolveConnection(
    { environment: work.session.config.environment, executor: work.database, secrets: work.secrets() },
    id,
  );
  if (found === null)
    throw new TradewindError(
      "TW_CONNECTION_NOT_FOUND",
      `expected a connection ${JSON.stringify(id)}, got none`,
    );
  return found;
}

interface AddFlags {
  connUri?: string;
  connJson?: string;
  connType?: string;
  connHost?: string;
  connLogin?: string;
  connPassword?: string;
  connSchema?: string;
  connPort?: string;
  connExtra?: string;
  connDescription?: string;
}

async function add(work: Work, [id = ""]: string[], flags: AddFlags): Promise<void> {
  const fields = {
    ...fieldsOf(flags),
    ...(flags.connDescription === undefined ? {} : { description: flags.connDescription }),
  };
  await addConnection(work.database, work.secrets(), { connId: id, ...fields });
  work.session.print(`Connection ${id} added`);
}

function fieldsOf(flags: AddFlags): ConnectionFields {
  if (flags.connUri !== undefined) return parseConnectionUri(flags.connUri);
  if (flags.connJson !== undefined) return parseConnectionJson(flags.connJson);
  if (flags.connType === undefined)
    throw new TradewindError("TW_USAGE", "expected --conn-uri, --conn-json or --conn-type, got none of them");
  if (flags.connExtra !== undefined) jsonFlag(flags.connExtra, "--conn-extra");
  return connectionFromObject({
    conn_type: flags.connType,
    host: flags.connHost ?? null,
    login: flags.connLogin ?? null,
    password: flags.connPassword ?? null,
    schema: flags.connSchema ?? null,
    port: flags.connPort === undefined ? null : Number(flags.connPort),
    extra: flags.connExtra ?? null,
  });
}

async function importFile(work: Work, [file = ""]: string[], flags: { overwrite?: boolean }): Promise<void> {
  const { database, session } = work;
  const entries = await readEntries(file);
  const known = new Set((await listConnections(database, work.secrets())).map(({ connId }) => connId));
  const wanted = flags.overwrite ? entries : entries.filter(([connId]) => !known.has(connId));
  for (const [connId, fields] of wanted) await putConnection(database, work.secrets(), { connId, ...fields });
  const kept = entries.filter((one) => !wanted.includes(one)).map(([connId]) => connId);
  if (kept.length > 0)
    session.note(`${kept.join(", ")} exist and stay as they are; \`--overwrite\` replaces them`);
  session.print(`${wanted.length} connections imported from ${file}`);
}

async function readEntries(file: string): Promise<[string, ConnectionFields][]> {
  const text = readFileSync(file, "utf8");
  if (extname(file) === ".env")
    return text.split("\n").flatMap((line) => {
      const match = /^\s*([^#=\s]+)\s*=\s*(.+?)\s*$/.exec(line);
      return match
        ? [[match[1] as string, parseConnection(match[2] as string)] as [string, ConnectionFields]]
        : [];
    });
  const { parse } = await import("yaml");
  const content = (extname(file) === ".json" ? jsonFlag(text, file) : parse(text)) as Record<string, Json>;
  return Object.entries(content).map(([connId, value]) => [
    connId,
    typeof value === "string"
      ? parseConnection(value)
      : connectionFromObject(value as { [key: string]: Json }),
  ]);
}

async function exportFile(
  work: Work,
  [file = "-"]: string[],
  flags: { fileFormat?: string; serializationFormat: string },
): Promise<void> {
  const connections = await listConnections(work.database, work.secrets());
  const format = flags.fileFormat ?? (extname(file).slice(1) || "json");
  const text = await exported(connections, format, flags.serializationFormat);
  if (file === "-") return work.session.print(text);
  writeFileSync(file, text, { mode: 0o600 });
  work.session.note(`${connections.length} connections written to ${file}, with their secrets in the clear`);
}

async function exported(
  connections: readonly StoredConnection[],
  format: string,
  serialization: string,
): Promise<string> {
  const objects = Object.fromEntries(
    connections.map((connection) => [connection.connId, connectionObject(connection)]),
  );
  switch (format) {
    case "json":
      return `${JSON.stringify(objects, null, 2)}\n`;
    case "yaml":
    case "yml":
      return (await import("yaml")).stringify(objects);
    case "env":
      return connections
        .map(
          (connection) =>
            `${connection.connId}=${serialization === "json" ? JSON.stringify(objects[connection.connId]) : connectionUri(connection)}\n`,
        )
        .join("");
    default:
      throw new TradewindError(
        "TW_USAGE",
        `--file-format: expected json, yaml or env, got ${JSON.stringify(format)}`,
      );
  }
}
