/** Lists of pools, variables and connections. */
import type { Executor } from "../connect.ts";
import type { StoredConnection } from "../connections.ts";
import { listConnections } from "../connections.ts";
import { allOf, type ListColumns, type ListPage, matches, startsWith } from "../list-query.ts";
import { listPoolUsage, type PoolUsage } from "../pools.ts";
import { type ListResult, readList } from "../read-list.ts";
import type { Secrets } from "../secrets.ts";
import { variablePlace } from "../secrets.ts";
import { sql } from "../sql.ts";
import type { Variable } from "../variables.ts";

interface Pattern {
  readonly pattern?: string | null | undefined;
  readonly prefix?: string | null | undefined;
}

export const poolListColumns = {
  name: { column: sql`p.name`, type: "text" },
} as const satisfies ListColumns;

export async function listPoolSummaries(
  executor: Executor,
  { pattern, prefix }: Pattern,
  page: ListPage,
): Promise<ListResult<PoolUsage>> {
  const where = allOf([matches(sql`p.name`, pattern), startsWith(sql`p.name`, prefix)]);
  const source = { select: sql`p.name`, from: sql`slot_pool p`, where, columns: poolListColumns };
  const { rows, ...rest } = await readList<{ name: string }>(executor, source, page);
  const usage = new Map((await listPoolUsage(executor)).map((pool) => [pool.name, pool]));
  return { ...rest, rows: rows.flatMap(({ name }) => usage.get(name) ?? []) };
}

export const variableListColumns = {
  key: { column: sql`v.key`, type: "text" },
  description: { column: sql`v.description`, type: "text" },
} as const satisfies ListColumns;

export async function listVariablePage(
  executor: Executor,
  secrets: Secrets,
  { pattern, prefix }: Pattern,
  page: ListPage,
): Promise<ListResult<Variable>> {
  const where = allOf([matches(sql`v.key`, pattern), startsWith(sql`v.key`, prefix)]);
  const source = {
    select: sql`v.key, v.value, v.description`,
    from: sql`variable v`,
    where,
    columns: variableListColumns,
  };
  const { rows, ...rest } = await readList<{ key: string; value: Buffer; description: string | null }>(
    executor,
    source,
    page,
  );
  return {
    ...rest,
    rows: rows.map((row) => ({ ...row, value: secrets.open(row.value, variablePlace(row.key)) })),
  };
}

export const connectionListColumns = {
  conn_id: { column: sql`c.conn_id`, type: "text" },
  conn_type: { column: sql`c.conn_type`, type: "text" },
  description: { column: sql`c.description`, type: "text" },
  host: { column: sql`c.host`, type: "text" },
  port: { column: sql`c.port`, type: "bigint" },
} as const satisfies ListColumns;

export async function listConnectionPage(
  executor: Executor,
  secrets: Secrets,
  { pattern, prefix }: Pattern,
  page: ListPage,
): Promise<ListResult<StoredConnection>> {
  const where = allOf([matches(sql`c.conn_id`, pattern), startsWith(sql`c.conn_id`, prefix)]);
  const source = {
    select: sql`c.conn_id AS "connId"`,
    from: sql`connection c`,
    where,
    columns: connectionListColumns,
  };
  const { rows, ...rest } = await readList<{ connId: string }>(executor, source, page);
  const all = new Map((await listConnections(executor, secrets)).map((one) => [one.connId, one]));
  return { ...rest, rows: rows.flatMap(({ connId }) => all.get(connId) ?? []) };
}
