/** Dags as the last import of their files left them. Written by the Dag processor; runs are the scheduler's. */
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import type { Listing, Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import type { Statement } from "./sql.ts";
import { instant, sql } from "./sql.ts";

export interface DagRow {
  readonly dagId: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly language: "typescript" | "python";
  readonly bundleName: string;
  readonly dagsFolder: string;
  readonly relativeFile: string;
  readonly isPaused: boolean;
  readonly isStale: boolean;
  readonly hasImportErrors: boolean;
  readonly currentVersionId: number | null;
  readonly owners: string[];
  readonly tags: string[];
  readonly timetableSummary: string | null;
  readonly timetableDescription: string | null;
  readonly maxActiveRuns: number;
  readonly maxActiveTasks: number;
  readonly maxConsecutiveFailedDagRuns: number;
  readonly nextDagrun: number | null;
  readonly nextDagrunDataIntervalStart: number | null;
  readonly nextDagrunDataIntervalEnd: number | null;
  readonly nextDagrunCreateAfter: number | null;
  readonly lastParsedAt: number;
  readonly lastExpiredAt: number | null;
}

export const dagColumns = sql`
  dag_id AS "dagId", display_name AS "displayName", description, language, bundle_name AS "bundleName",
  dags_folder AS "dagsFolder", relative_file AS "relativeFile", is_paused AS "isPaused", is_stale AS "isStale",
  has_import_errors AS "hasImportErrors", current_version_id AS "currentVersionId", owners, tags,
  timetable_summary AS "timetableSummary", timetable_description AS "timetableDescription",
  max_active_runs AS "maxActiveRuns", max_active_tasks AS "maxActiveTasks",
  max_consecutive_failed_dag_runs AS "maxConsecutiveFailedDagRuns", next_dagrun AS "nextDagrun",
  next_dagrun_data_interval_start AS "nextDagrunDataIntervalStart",
  next_dagrun_data_interval_end AS "nextDagrunDataIntervalEnd", next_dagrun_create_after AS "nextDagrunCreateAfter",
  last_parsed_at AS "lastParsedAt", last_expired_at AS "lastExpiredAt"`;

export interface DagFilter {
  /** Part of the id, with `%` and `_` as in SQL's LIKE, any case. */
  readonly idPattern?: string | null;
  readonly tags?: readonly string[] | null;
  readonly tagsMatch?: "any" | "all";
  readonly owners?: readonly string[] | null;
  readonly isPaused?: boolean | null;
  /** Dags that no file defines any more are left out unless asked for. */
  readonly includeStale?: boolean;
  readonly hasImportErrors?: boolean | null;
}

function where(filter: DagFilter): Statement {
  const pattern =
    filter.idPattern === undefined || filter.idPattern === null ? null : `%${filter.idPattern}%`;
  const all = filter.tagsMatch === "all";
  return sql`
    (${filter.includeStale ?? false}::boolean OR NOT is_stale)
    AND (${pattern}::text IS NULL OR dag_id ILIKE ${pattern})
    AND (${filter.isPaused ?? null}::boolean IS NULL OR is_paused = ${filter.isPaused ?? null})
    AND (${filter.hasImportErrors ?? null}::boolean IS NULL OR has_import_errors = ${filter.hasImportErrors ?? null})
    AND (${filter.owners ?? null}::text[] IS NULL OR owners && ${filter.owners ?? null})
    AND (${filter.tags ?? null}::text[] IS NULL
         OR CASE WHEN ${all}::boolean THEN tags @> ${filter.tags ?? null} ELSE tags && ${filter.tags ?? null} END)`;
}

export async function listDags(
  executor: Executor,
  filter: DagFilter = {},
  page: Page = {},
): Promise<Listing<DagRow>> {
  const rows = await executor.rows<DagRow>(sql`
    SELECT ${dagColumns} FROM dag WHERE ${where(filter)}
    ORDER BY dag_id LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const total = await executor.row<{ total: number }>(
    sql`SELECT count(*) AS total FROM dag WHERE ${where(filter)}`,
  );
  return { rows, total: total?.total ?? 0 };
}

/** Whether some Dag that is not stale is written in the language. */
export async function hasDagsIn(executor: Executor, language: DagRow["language"]): Promise<boolean> {
  const row = await executor.row<{ found: boolean }>(
    sql`SELECT EXISTS (SELECT FROM dag WHERE language = ${language} AND NOT is_stale) AS found`,
  );
  return row?.found ?? false;
}

export function findDag(executor: Executor, dagId: string): Promise<DagRow | null> {
  return executor.row<DagRow>(sql`SELECT ${dagColumns} FROM dag WHERE dag_id = ${dagId}`);
}

/** @throws TradewindError TW_DAG_NOT_FOUND, with an id that differs by little when there is one. */
export async function getDag(executor: Executor, dagId: string): Promise<DagRow> {
  const dag = await findDag(executor, dagId);
  if (dag !== null) return dag;
  const near = await executor.row<{ id: string }>(sql`
    SELECT dag_id AS id FROM dag
    WHERE NOT is_stale AND replace(lower(dag_id), '-', '_') LIKE '%' || replace(lower(${dagId}), '-', '_') || '%'
    ORDER BY length(dag_id), dag_id LIMIT 1`);
  throw new TradewindError("TW_DAG_NOT_FOUND", `expected the id of a Dag, got ${JSON.stringify(dagId)}`, {
    hint:
      near === null
        ? "`tradewind dags list` shows the ids; `dags list-import-errors` shows files that failed"
        : `did you mean ${near.id}?`,
  });
}

/** Returns the ids whose setting changed. The scheduler is told by `notify`. */
export async function setPaused(
  executor: Executor,
  dagIds: readonly string[],
  isPaused: boolean,
): Promise<string[]> {
  const rows = await executor.rows<{ dagId: string }>(sql`
    UPDATE dag SET is_paused = ${isPaused}
    WHERE dag_id = ANY (${dagIds}::text[]) AND is_paused <> ${isPaused} RETURNING dag_id AS "dagId"`);
  return rows.map(({ dagId }) => dagId).sort();
}

/** Marks the Dags that these files defined and do not any more. Returns their ids. */
export async function markStale(
  executor: Executor,
  gone: { bundleName: string; relativeFile: string; except: readonly string[] },
): Promise<string[]> {
  const rows = await executor.rows<{ dagId: string }>(sql`
    UPDATE dag SET is_stale = true
    WHERE bundle_name = ${gone.bundleName} AND relative_file = ${gone.relativeFile} AND NOT is_stale
      AND dag_id <> ALL (${gone.except}::text[]) RETURNING dag_id AS "dagId"`);
  return rows.map(({ dagId }) => dagId).sort();
}

export async function setImportErrorFlag(
  executor: Executor,
  file: { bundleName: string; relativeFile: string },
  has: boolean,
): Promise<void> {
  await executor.run(sql`
    UPDATE dag SET has_import_errors = ${has}
    WHERE bundle_name = ${file.bundleName} AND relative_file = ${file.relativeFile} AND has_import_errors <> ${has}`);
}

/** Files that define Dags, for finding the ones that are gone. */
export function listDagFiles(
  executor: Executor,
  bundleName: string,
): Promise<{ relativeFile: string; dagIds: string[] }[]> {
  return executor.rows(sql`
    SELECT relative_file AS "relativeFile", array_agg(dag_id ORDER BY dag_id) AS "dagIds"
    FROM dag WHERE bundle_name = ${bundleName} AND NOT is_stale GROUP BY relative_file ORDER BY relative_file`);
}

export async function listTags(executor: Executor): Promise<string[]> {
  const rows = await executor.rows<{ tag: string }>(
    sql`SELECT DISTINCT unnest(tags) AS tag FROM dag WHERE NOT is_stale ORDER BY tag`,
  );
  return rows.map(({ tag }) => tag);
}

export interface DagWarning {
  readonly dagId: string;
  readonly kind: string;
  readonly message: string;
  readonly occurredAt: number;
}

/** Replaces the warnings of a Dag. */
export async function putWarnings(
  executor: Executor,
  dagId: string,
  warnings: readonly { kind: string; message: string }[],
  now: number,
): Promise<void> {
  await executor.run(sql`DELETE FROM dag_warning WHERE dag_id = ${dagId}`);
  await executor.run(sql`
    INSERT INTO dag_warning (dag_id, kind, message, occurred_at)
    SELECT ${dagId}, u.kind, u.message, to_timestamp(${now}::float8 / 1000)
    FROM unnest(${warnings.map(({ kind }) => kind)}::text[], ${warnings.map(({ message }) => message)}::text[]) AS u (kind, message)
    ON CONFLICT DO NOTHING`);
}

/** Replaces those of one kind, and leaves the others. Nothing for a Dag that is gone. */
export async function putWarningsOf(
  executor: Executor,
  dagId: string,
  { kind, messages }: { kind: string; messages: readonly string[] },
  now: number,
): Promise<void> {
  await executor.run(sql`
    DELETE FROM dag_warning WHERE dag_id = ${dagId} AND kind = ${kind} AND message <> ALL (${messages}::text[])`);
  if (messages.length === 0) return;
  await executor.run(sql`
    INSERT INTO dag_warning (dag_id, kind, message, occurred_at)
    SELECT d.dag_id, ${kind}, u.message, ${instant(now)} FROM unnest(${messages}::text[]) AS u (message)
    JOIN dag d ON d.dag_id = ${dagId}
    ON CONFLICT DO NOTHING`);
}

export function listWarnings(executor: Executor, dagId: string | null = null): Promise<DagWarning[]> {
  return executor.rows(sql`
    SELECT dag_id AS "dagId", kind, message, occurred_at AS "occurredAt" FROM dag_warning
    WHERE (${dagId}::text IS NULL OR dag_id = ${dagId}) ORDER BY dag_id, kind, message`);
}

/** Names of the bundles that have Dags, stale ones left out. */
export async function listBundleNames(executor: Executor): Promise<string[]> {
  const rows = await executor.rows<{ name: string }>(
    sql`SELECT DISTINCT bundle_name AS name FROM dag WHERE NOT is_stale ORDER BY bundle_name`,
  );
  return rows.map(({ name }) => name);
}
