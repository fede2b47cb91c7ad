/**
 * `db clean`: takes rows from before an instant out of the tables that grow, as Airflow's command of that name:
 * into an archive table first, unless that is skipped. In batches, each one short transaction.
 */
import { TradewindError } from "../../errors.ts";
import type { Database, Executor } from "../connect.ts";
import { deleteRuns, tablesOfRuns } from "../run-deletion.ts";
import type { Statement } from "../sql.ts";
import { identifier, instant, sql } from "../sql.ts";

/** What of a table is old; its alias is `t`. Runs that are not finished are never old. */
const rules: Readonly<Record<string, (before: string) => Statement>> = {
  // The newest scheduled run of a Dag stays: the next schedule counts from it.
  dag_run: (before) => sql`
    t.end_date IS NOT NULL AND t.run_after < ${before}::timestamptz AND t.id NOT IN (
      SELECT DISTINCT ON (k.dag_id) k.id FROM dag_run k WHERE k.run_type = 'scheduled'
      ORDER BY k.dag_id, k.run_after DESC, k.id DESC)`,
  task_instance: (before) => sql`t.end_date < ${before}::timestamptz AND ${ofFinishedRun}`,
  task_instance_history: (before) => sql`t.end_date < ${before}::timestamptz`,
  task_reschedule: (before) => sql`t.reschedule_date < ${before}::timestamptz AND ${ofFinishedRun}`,
  xcom: (before) => sql`t.created_at < ${before}::timestamptz AND ${ofFinishedRun}`,
  log: (before) => sql`t.dttm < ${before}::timestamptz`,
  job: (before) => sql`t.state <> 'running' AND t.latest_heartbeat < ${before}::timestamptz`,
  asset_event: (before) => sql`t."timestamp" < ${before}::timestamptz`,
  import_error: (before) => sql`t.occurred_at < ${before}::timestamptz`,
  deadline: (before) => sql`t.deadline_at < ${before}::timestamptz AND t.missed_at IS NOT NULL`,
  check_report: (before) => sql`t.created_at < ${before}::timestamptz`,
  backfill: (before) => sql`t.completed_at < ${before}::timestamptz`,
  dag_version: (before) => sql`
    t.created_at < ${before}::timestamptz
    AND NOT EXISTS (SELECT FROM dag d WHERE d.current_version_id = t.id)
    AND NOT EXISTS (SELECT FROM dag_run r WHERE r.version_id = t.id)
    AND NOT EXISTS (SELECT FROM task_instance i WHERE i.version_id = t.id)
    AND NOT EXISTS (SELECT FROM task_instance_history h WHERE h.version_id = t.id)`,
};

const ofFinishedRun = sql`EXISTS (SELECT FROM dag_run r WHERE r.id = t.run_pk AND r.end_date IS NOT NULL)`;

/** In the order in which they are cleaned. */
export const cleanableTables: readonly string[] = Object.keys(rules);

export interface CleanOptions {
  readonly before: number;
  /** All when it is not given. */
  readonly tables?: readonly string[];
  readonly skipArchive?: boolean;
  readonly now: number;
  readonly batchSize?: number;
}

export interface CleanedTable {
  readonly table: string;
  readonly rows: number;
  /** Null when it was skipped, or nothing was old. */
  readonly archive: string | null;
}

function rulesOf(options: Pick<CleanOptions, "tables">): string[] {
  const unknown = options.tables?.find((table) => !(table in rules));
  if (unknown === undefined)
    return cleanableTables.filter((table) => options.tables?.includes(table) ?? true);
  throw new TradewindError(
    "TW_USAGE",
    `expected tables of ${cleanableTables.join(", ")}, got ${JSON.stringify(unknown)}`,
  );
}

/** How many rows `clean` would take. */
export async function planClean(
  database: Database,
  options: Pick<CleanOptions, "before" | "tables">,
): Promise<CleanedTable[]> {
  const plan: CleanedTable[] = [];
  for (const table of rulesOf(options)) {
    const row = await database.row<{ rows: number }>(
      sql`SELECT count(*) AS rows FROM ${identifier(table)} t WHERE ${rule(table, options.before)}`,
    );
    plan.push({ table, rows: row?.rows ?? 0, archive: null });
  }
  return plan;
}

/** @throws TradewindError TW_USAGE for a table that cannot be cleaned. */
export async function clean(database: Database, options: CleanOptions): Promise<CleanedTable[]> {
  const stamp = new Date(options.now).toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const archiveOf = (table: string): string | null =>
    options.skipArchive === true ? null : `${archivePrefix}${table}__${stamp}`;
  const cleaned: CleanedTable[] = [];
  for (const table of rulesOf(options)) {
    let rows = 0;
    for (;;) {
      const count = await database.transaction((tx) =>
        table === "dag_run"
          ? cleanRuns(tx, options, archiveOf)
          : cleanRows(tx, table, options, archiveOf(table)),
      );
      rows += count;
      if (count === 0) break;
    }
    cleaned.push({ table, rows, archive: rows === 0 ? null : archiveOf(table) });
  }
  return cleaned;
}

function rule(table: string, before: number): Statement {
  const of = rules[table];
  if (of === undefined) throw new TradewindError("TW_INTERNAL", `expected a rule for ${table}`);
  return of(instant(before));
}

const defaultBatch = 5000;

async function cleanRows(
  tx: Executor,
  table: string,
  options: CleanOptions,
  archive: string | null,
): Promise<number> {
  const name = identifier(table);
  const old = sql`
    SELECT t.ctid FROM ${name} t WHERE ${rule(table, options.before)} LIMIT ${options.batchSize ?? defaultBatch} FOR UPDATE SKIP LOCKED`;
  if (archive === null) return tx.run(sql`DELETE FROM ${name} WHERE ctid = ANY (ARRAY(${old}))`);
  await makeArchive(tx, archive, table);
  return tx.run(sql`
    WITH gone AS (DELETE FROM ${name} WHERE ctid = ANY (ARRAY(${old})) RETURNING *)
    INSERT INTO ${identifier(archive)} SELECT * FROM gone`);
}

/** A run goes with its instances, values and history; all of them are archived. */
async function cleanRuns(
  tx: Executor,
  options: CleanOptions,
  archiveOf: (table: string) => string | null,
): Promise<number> {
  const ids = await tx.rows<{ id: number }>(sql`
    SELECT t.id FROM dag_run t WHERE ${rule("dag_run", options.before)}
    ORDER BY t.id LIMIT ${Math.ceil((options.batchSize ?? defaultBatch) / 25)} FOR UPDATE SKIP LOCKED`);
  if (ids.length === 0) return 0;
  const keys = ids.map(({ id }) => id);
  for (const table of ["dag_run", ...tablesOfRuns]) {
    const archive = archiveOf(table);
    if (archive === null) break;
    await makeArchive(tx, archive, table);
    const key = table === "dag_run" ? sql`id` : sql`run_pk`;
    await tx.run(sql`
      INSERT INTO ${identifier(archive)} SELECT * FROM ${identifier(table)} WHERE ${key} = ANY (${keys}::bigint[])`);
  }
  await deleteRuns(tx, keys);
  return keys.length;
}

async function makeArchive(tx: Executor, archive: string, table: string): Promise<void> {
  await tx.run(
    sql`CREATE TABLE IF NOT EXISTS ${identifier(archive)} AS SELECT * FROM ${identifier(table)} WITH NO DATA`,
  );
}

const archivePrefix = "_tradewind_deleted__";

/** Archive tables that are there, for `db export-archived` and `db drop-archived`. */
export async function listArchives(
  executor: Executor,
  tables: readonly string[] | null = null,
): Promise<string[]> {
  const rows = await executor.rows<{ name: string }>(sql`
    SELECT relname AS name FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND starts_with(relname, ${archivePrefix})
      AND (${tables}::text[] IS NULL OR split_part(relname, '__', 2) = ANY (${tables})) ORDER BY relname`);
  return rows.map(({ name }) => name);
}

/** Returns the names of the tables that were dropped. */
export async function dropArchives(
  executor: Executor,
  tables: readonly string[] | null = null,
): Promise<string[]> {
  const names = await listArchives(executor, tables);
  for (const name of names) await executor.run(sql`DROP TABLE ${identifier(name)}`);
  return names;
}

/** Rows of an archive as text, in CSV with a header. */
export function archiveCopyText(name: string): string {
  return `COPY ${identifier(name).text} TO STDOUT WITH (FORMAT csv, HEADER)`;
}
