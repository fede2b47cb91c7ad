/** PostgreSQL by a connection. One client for each use, always closed. */
import type { Client, ClientConfig } from "pg";
import { TradewindError } from "../errors.ts";
import type { ConnectionResult } from "../sdk/context.ts";
import { extraOf, extraText } from "./connection-fields.ts";

export type SqlParameters = readonly unknown[] | { readonly [name: string]: unknown };

export interface SqlResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly columns: string[];
  readonly rows: { [column: string]: unknown }[];
}

export class PostgresHook {
  readonly #connection: ConnectionResult;
  readonly #database: string | undefined;

  /** @param database instead of the connection's own */
  constructor(connection: ConnectionResult, database?: string) {
    this.#connection = connection;
    this.#database = database;
  }

  /**
   * Runs statements one after the other on one session, and gives the result of each. In one transaction unless
   * `autocommit`. Parameters are `$1`… for a list and `%(name)s` or `:name` for an object. `statement_timeout`
   * and more can stand in the connection's extra as `options`.
   */
  async run(
    statements: string | readonly string[],
    settings: {
      parameters?: SqlParameters;
      autocommit?: boolean;
      split?: boolean;
      signal?: AbortSignal;
    } = {},
  ): Promise<SqlResult[]> {
    const { parameters, autocommit = false, split = false, signal } = settings;
    const list = (typeof statements === "string" ? [statements] : statements).flatMap((text) =>
      split ? splitStatements(text) : [text],
    );
    return this.#withClient(signal, async (client) => {
      const results: SqlResult[] = [];
      if (!autocommit) await client.query("BEGIN");
      try {
        for (const text of list) results.push(...(await runOne(client, text, parameters)));
        if (!autocommit) await client.query("COMMIT");
      } catch (error) {
        if (!autocommit) await client.query("ROLLBACK").catch(() => undefined);
        throw describeFailure(error, list);
      }
      return results;
    });
  }

  /** Rows of one statement. */
  async getRecords(text: string, parameters?: SqlParameters): Promise<{ [column: string]: unknown }[]> {
    const results = await this.run(text, parameters === undefined ? {} : { parameters });
    return results.at(-1)?.rows ?? [];
  }

  /** The first row of one statement; undefined where there is none. */
  async getFirst(
    text: string,
    parameters?: SqlParameters,
  ): Promise<{ [column: string]: unknown } | undefined> {
    return (await this.getRecords(text, parameters))[0];
  }

  async #withClient<T>(signal: AbortSignal | undefined, use: (client: Client) => Promise<T>): Promise<T> {
    const { Client: PgClient } = await import("pg").then((module) => module.default ?? module);
    const client = new PgClient(clientSettings(this.#connection, this.#database));
    // A server that goes away tells it here as well as to the query that waits; unheard it would end the process.
    client.on("error", () => undefined);
    await client.connect();
    // The server goes on with a statement whose client is gone; it must be told.
    const stop = () => void cancelQuery(clientSettings(this.#connection, this.#database), client);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return await use(client);
    } finally {
      signal?.removeEventListener("abort", stop);
      await client.end().catch(() => undefined);
    }
  }
}

function clientSettings(connection: ConnectionResult, database: string | undefined): ClientConfig {
  if (!/^(postgres|postgresql|redshift|timescale)/.test(connection.type)) {
    throw new TradewindError(
      "TW_CONNECTION_INVALID",
      `expected connection "${connection.id}" to be of type postgres, got "${connection.type}"`,
    );
  }
  const extra = extraOf(connection);
  const mode = extraText(extra, "sslmode");
  const name = database ?? connection.schema ?? extraText(extra, "database", "dbname");
  const options = extraText(extra, "options");
  return {
    ...(connection.host ? { host: connection.host } : {}),
    ...(connection.port ? { port: connection.port } : {}),
    ...(connection.login ? { user: connection.login } : {}),
    ...(connection.password ? { password: connection.password } : {}),
    ...(name ? { database: name } : {}),
    ...(options ? { options } : {}),
    ...(mode && mode !== "disable" && mode !== "prefer" && mode !== "allow"
      ? { ssl: { rejectUnauthorized: mode.startsWith("verify") } }
      : {}),
    application_name: "tradewind",
  };
}

async function cancelQuery(settings: ClientConfig, client: Client): Promise<void> {
  const { Client: PgClient } = await import("pg").then((module) => module.default ?? module);
  const killer = new PgClient(settings);
  killer.on("error", () => undefined);
  try {
    await killer.connect();
    await killer.query("select pg_cancel_backend($1)", [
      (client as unknown as { processID: number }).processID,
    ]);
  } finally {
    await killer.end();
  }
}

async function runOne(
  client: Client,
  text: string,
  parameters: SqlParameters | undefined,
): Promise<SqlResult[]> {
  const { sql, values } = bindParameters(text, parameters);
  // Several statements in one text come back as an array.
  const answer = (await client.query(values.length > 0 ? { text: sql, values } : sql)) as unknown;
  const list = (Array.isArray(answer) ? answer : [answer]) as {
    command: string;
    rowCount: number | null;
    fields: { name: string }[] | undefined;
    rows: { [column: string]: unknown }[];
  }[];
  return list.map(({ command, rowCount, fields, rows }) => ({
    command,
    rowCount,
    columns: (fields ?? []).map(({ name }) => name),
    rows,
  }));
}

/** `%(name)s` (Airflow's) and `:name` become `$1`…; `%s` too, for a list; text in quotes is left alone. */
export function bindParameters(
  text: string,
  parameters: SqlParameters | undefined,
): { sql: string; values: unknown[] } {
  if (parameters === undefined) return { sql: text, values: [] };
  const token =
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\$(\w*)\$[\s\S]*?\$\1\$|%\((\w+)\)s|(?<![:\w]):([A-Za-z_]\w*)|%s/g;
  if (Array.isArray(parameters)) {
    let next = 0;
    const sql = text.replace(token, (whole) => (whole === "%s" ? `$${++next}` : whole));
    return { sql, values: [...(parameters as unknown[])] };
  }
  const named = parameters as { readonly [name: string]: unknown };
  const order: string[] = [];
  const sql = text.replace(token, (whole, _tag, percent: string | undefined, colon: string | undefined) => {
    const name = percent ?? colon;
    if (name === undefined) return whole;
    if (!Object.hasOwn(named, name)) {
      if (colon !== undefined) return whole;
      throw new TradewindError(
        "TW_OPTION_INVALID",
        `expected a parameter "${name}" of the statement, got ${Object.keys(named).join(", ") || "none"}`,
      );
    }
    const known = order.indexOf(name);
    return `$${known >= 0 ? known + 1 : order.push(name)}`;
  });
  return { sql, values: order.map((name) => named[name]) };
}

/** Cuts a script at its semicolons, outside of quotes, comments and dollar quotes. */
export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|;/g;
  let from = 0;
  for (const match of script.matchAll(token)) {
    if (match[0] !== ";") continue;
    statements.push(script.slice(from, match.index));
    from = match.index + 1;
  }
  statements.push(script.slice(from));
  return statements
    .map((text) => text.trim())
    .filter((text) => text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim() !== "");
}

function describeFailure(error: unknown, statements: readonly string[]): unknown {
  const { position, message } = error as { position?: string; message?: string };
  if (position === undefined || statements.length !== 1 || !(error instanceof Error)) return error;
  const before = (statements[0] ?? "").slice(0, Number(position) - 1);
  error.message = `${message} (line ${before.split("\n").length}, column ${before.length - before.lastIndexOf("\n")} of the statement)`;
  return error;
}
