/** What SQL operators have in common: their connection, the first row, and what counts as true. */
import { TradewindError } from "../../errors.ts";
import type { PostgresHook, SqlParameters } from "../../providers/postgres.ts";
import { getClient } from "../context.ts";
import { option } from "../options.ts";

export interface SqlConnection {
  /** Default "postgres_default". */
  readonly connId?: string;
  /** Instead of the connection's own. */
  readonly database?: string;
}

export const connectionRules = { connId: option.nonEmpty(), database: option.nonEmpty() };
export const parametersRule = option.that(
  "an array or an object",
  (value) => typeof value === "object" && value !== null,
);
export async function hookOf({
  connId = "postgres_default",
  database,
}: SqlConnection): Promise<PostgresHook> {
  const { PostgresHook: Hook } = await import("../../providers/postgres.ts");
  return new Hook(await getClient().getConnectionOrThrow(connId), database);
}

export interface SqlCheckOptions extends SqlConnection {
  readonly sql: string;
  readonly parameters?: SqlParameters;
}

export async function firstRow(options: SqlCheckOptions): Promise<{ [column: string]: unknown }> {
  const row = await (await hookOf(options)).getFirst(options.sql, options.parameters);
  if (row === undefined) throw checkFailed(options.sql, "a row", undefined);
  return row;
}

/** PostgreSQL gives counts as text; "0", "f" and "false" are false as well as 0, null and the empty text. */
export function isTruthy(value: unknown): boolean {
  if (typeof value === "string") return !/^(0+(\.0+)?|f|false|n|no|off|)$/i.test(value.trim());
  return Boolean(value);
}

export function checkFailed(sql: string, expected: string, got: unknown): TradewindError {
  return new TradewindError(
    "TW_CHECK_FAILED",
    `expected ${expected}, got ${JSON.stringify(got) ?? "none"} of: ${sql.slice(0, 300)}`,
  );
}
