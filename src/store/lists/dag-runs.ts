/** Lists of runs, of one Dag or of all. */
import type { Executor } from "../connect.ts";
import { type DagRunRow, dagRunColumns } from "../dag-runs.ts";
import {
  allOf,
  contains,
  isOneOf,
  type ListColumns,
  type ListPage,
  matches,
  type Range,
  startsWith,
  withinInstants,
  withinNumbers,
  withinPending,
} from "../list-query.ts";
import { type ListResult, readList } from "../read-list.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { ofDagsWithId } from "./dags-named.ts";

export interface DagRunSummary extends DagRunRow {
  readonly displayName: string;
}

export interface DagRunListFilter {
  /** Null: of all Dags. */
  readonly dagIds?: readonly string[] | null | undefined;
  readonly runAfter?: Range | undefined;
  readonly logicalDate?: Range | undefined;
  readonly startDate?: Range | undefined;
  readonly endDate?: Range | undefined;
  readonly updatedAt?: Range | undefined;
  /** Seconds. */
  readonly duration?: Range | undefined;
  readonly partitionDate?: Range | undefined;
  readonly states?: readonly string[] | undefined;
  readonly runTypes?: readonly string[] | undefined;
  readonly versionNumbers?: readonly number[] | undefined;
  readonly confContains?: string | null | undefined;
  readonly runIdPattern?: string | null | undefined;
  readonly runIdPrefix?: string | null | undefined;
  readonly dagIdPattern?: string | null | undefined;
  readonly dagIdPrefix?: string | null | undefined;
  readonly userPattern?: string | null | undefined;
  readonly userPrefix?: string | null | undefined;
  readonly partitionKeyPattern?: string | null | undefined;
  readonly partitionKeyPrefix?: string | null | undefined;
  /** Name or URI of an asset whose events the run took. */
  readonly consumedAssetPattern?: string | null | undefined;
}

const seconds = sql`extract(epoch FROM r.end_date - r.start_date)::float8`;
const updated = sql`coalesce(r.end_date, r.start_date, r.queued_at)`;

export const dagRunListColumns = {
  id: { column: sql`r.id`, type: "bigint", required: true },
  state: { column: sql`r.state`, type: "text" },
  dag_id: { column: sql`r.dag_id`, type: "text" },
  run_id: { column: sql`r.run_id`, type: "text" },
  logical_date: { column: sql`r.logical_date`, type: "timestamptz" },
  run_after: { column: sql`r.run_after`, type: "timestamptz", required: true },
  start_date: { column: sql`r.start_date`, type: "timestamptz" },
  end_date: { column: sql`r.end_date`, type: "timestamptz" },
  updated_at: { column: updated, type: "timestamptz" },
  conf: { column: sql`r.conf::text`, type: "text" },
  duration: { column: seconds, type: "float8" },
} as const satisfies ListColumns;

/** By `id` through the primary key, and dag_run_by_dag for one Dag; by `run_after` through dag_run_by_time and -_recent. */
export async function listDagRunSummaries(
  executor: Executor,
  filter: DagRunListFilter,
  page: ListPage,
  now: number,
): Promise<ListResult<DagRunSummary>> {
  return readList(
    executor,
    {
      select: dagRunSelect,
      from: dagRunFrom,
      where: where(filter, now),
      columns: dagRunListColumns,
      mayBeLong: true,
      // `dagRunColumns` name no table, so that the key has a name of its own.
      key: { columns: sql`r.id AS pk`, from: dagRunFrom, join: sql`JOIN dag_run r ON r.id = chosen.pk` },
    },
    page,
  );
}

const dagRunFrom = sql`dag_run r`;
const dagRunSelect = sql`${dagRunColumns},
  coalesce((SELECT d.display_name FROM dag d WHERE d.dag_id = r.dag_id), r.dag_id) AS "displayName"`;

export function findDagRunSummary(
  executor: Executor,
  dagId: string,
  runId: string,
): Promise<DagRunSummary | null> {
  return executor.row(
    sql`SELECT ${dagRunSelect} FROM ${dagRunFrom} WHERE r.dag_id = ${dagId} AND r.run_id = ${runId}`,
  );
}

/** Runs that are not there are left out. */
export function findDagRunSummaries(
  executor: Executor,
  keys: readonly { readonly dagId: string; readonly runId: string }[],
): Promise<DagRunSummary[]> {
  return executor.rows(sql`
    SELECT ${dagRunSelect} FROM ${dagRunFrom}
    WHERE (r.dag_id, r.run_id) IN (
      SELECT * FROM unnest(${keys.map(({ dagId }) => dagId)}::text[], ${keys.map(({ runId }) => runId)}::text[]))
    ORDER BY r.id`);
}

function where(f: DagRunListFilter, now: number): Statement {
  return allOf([
    f.dagIds === null || f.dagIds === undefined ? null : sql`r.dag_id = ANY (${f.dagIds}::text[])`,
    withinInstants(sql`r.run_after`, f.runAfter),
    withinInstants(sql`r.logical_date`, f.logicalDate),
    withinPending(sql`r.start_date`, f.startDate, now),
    withinPending(sql`r.end_date`, f.endDate, now),
    withinInstants(updated, f.updatedAt),
    withinNumbers(seconds, f.duration),
    isOneOf(sql`r.state`, f.states),
    onlyUnfinished(f.states) ? sql`r.end_date IS NULL` : null,
    isOneOf(sql`r.run_type`, f.runTypes),
    versions(f.versionNumbers),
    contains(sql`r.conf::text`, f.confContains),
    matches(sql`r.run_id`, f.runIdPattern),
    startsWith(sql`r.run_id`, f.runIdPrefix),
    ofDagsWithId(sql`r.dag_id`, { pattern: f.dagIdPattern, prefix: f.dagIdPrefix }),
    matches(sql`r.triggering_user`, f.userPattern),
    startsWith(sql`r.triggering_user`, f.userPrefix),
    matches(sql`r.partition_key`, f.partitionKeyPattern),
    startsWith(sql`r.partition_key`, f.partitionKeyPrefix),
    consumedAsset(f.consumedAssetPattern),
  ]);
}

/** Index dag_run_unfinished. A run has an end when its state is one. */
function onlyUnfinished(states: readonly string[] = []): boolean {
  return states.length > 0 && states.every((state) => state === "queued" || state === "running");
}

function versions(numbers: readonly number[] = []): Statement | null {
  if (numbers.length === 0) return null;
  return sql`EXISTS (SELECT FROM dag_version v WHERE v.id = r.version_id AND v.version_number = ANY (${numbers}::int[]))`;
}

function consumedAsset(pattern: string | null | undefined): Statement | null {
  if (pattern === null || pattern === undefined) return null;
  return sql`EXISTS (
    SELECT FROM dagrun_asset_event x JOIN asset_event e ON e.id = x.event_id JOIN asset a ON a.id = e.asset_id
    WHERE x.run_pk = r.id AND (${matches(sql`a.name`, pattern)} OR ${matches(sql`a.uri`, pattern)}))`;
}

/**
 * Versions that the instances of runs were made with. A run that was never cleared has one, so only the others
 * are looked at.
 */
export function versionsOfRuns(
  executor: Executor,
  runPks: readonly number[],
): Promise<{ runPk: number; versionId: number }[]> {
  return executor.rows(sql`
    SELECT run_pk AS "runPk", version_id AS "versionId" FROM task_instance WHERE run_pk = ANY (${runPks}::bigint[])
    UNION
    SELECT run_pk, version_id FROM task_instance_history WHERE run_pk = ANY (${runPks}::bigint[])
    ORDER BY 1, 2`);
}

export interface ChosenRun {
  readonly id: number;
  readonly runId: string;
  readonly versionId: number;
}

export function runsByKey(executor: Executor, ids: readonly number[]): Promise<ChosenRun[]> {
  return executor.rows(
    sql`SELECT id, run_id AS "runId", version_id AS "versionId" FROM dag_run WHERE id = ANY (${ids}::bigint[]) ORDER BY id`,
  );
}

/** Runs of a Dag with a logical date within bounds that are included; without bounds all of them. */
export function runsInWindow(
  executor: Executor,
  dagId: string,
  { from, to }: { readonly from: number | null; readonly to: number | null },
): Promise<ChosenRun[]> {
  const within = withinInstants(sql`logical_date`, { gte: from, lte: to });
  return executor.rows(sql`
    SELECT id, run_id AS "runId", version_id AS "versionId" FROM dag_run
    WHERE ${allOf([sql`dag_id = ${dagId}`, within])} ORDER BY id`);
}
