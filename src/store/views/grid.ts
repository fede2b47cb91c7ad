/** States of many runs at once, as the grid shows them: as few and as small rows as the database can make of them. */
import type { DagRunState, DagRunType } from "../../core/states.ts";
import type { Executor } from "../connect.ts";
import { instant, sql } from "../sql.ts";

export interface GridRun {
  readonly id: number;
  readonly runId: string;
  readonly state: DagRunState;
  readonly runType: DagRunType;
  readonly runAfter: number;
  readonly logicalDate: number | null;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly versionId: number;
  readonly versionNumber: number | null;
  readonly note: string | null;
}

export interface GridRunFilter {
  readonly limit: number;
  /** Only runs that became due before this instant. */
  readonly before?: number | null;
  readonly states?: readonly DagRunState[] | null;
  readonly runTypes?: readonly DagRunType[] | null;
}

/** Newest first (index dag_run_recent). */
export function gridRuns(executor: Executor, dagId: string, filter: GridRunFilter): Promise<GridRun[]> {
  return executor.rows(sql`
    SELECT r.id, r.run_id AS "runId", r.state, r.run_type AS "runType", r.run_after AS "runAfter",
      r.logical_date AS "logicalDate", r.start_date AS "startDate", r.end_date AS "endDate",
      r.version_id AS "versionId", v.version_number AS "versionNumber", r.note
    FROM dag_run r LEFT JOIN dag_version v ON v.id = r.version_id
    WHERE r.dag_id = ${dagId}
      AND (${instant(filter.before)}::timestamptz IS NULL OR r.run_after < ${instant(filter.before)})
      AND (${filter.states ?? null}::text[] IS NULL OR r.state = ANY (${filter.states ?? null}))
      AND (${filter.runTypes ?? null}::text[] IS NULL OR r.run_type = ANY (${filter.runTypes ?? null}))
    ORDER BY r.run_after DESC, r.id DESC LIMIT ${filter.limit}`);
}

export interface GridStates {
  readonly runPk: number;
  /** Ids of the tasks, one a line. */
  readonly taskIds: string;
  /** Their states in the same order, one a line. */
  readonly states: string;
}

/**
 * Tasks that are not mapped, one row for each run. The primary key brings the rows by run, so that nothing is sorted, and
 * both lists are made in one pass over them, whatever its order.
 */
export function gridStates(executor: Executor, runPks: readonly number[]): Promise<GridStates[]> {
  return executor.rows(sql`
    SELECT run_pk AS "runPk", string_agg(task_id, E'\n') AS "taskIds",
      string_agg(coalesce(state, 'none'), E'\n') AS states
    FROM task_instance WHERE run_pk = ANY (${runPks}::bigint[]) AND map_index < 0 GROUP BY run_pk`);
}

export interface MappedStates {
  readonly runPk: number;
  readonly taskId: string;
  readonly state: string;
  readonly count: number;
}

export function gridMappedStates(executor: Executor, runPks: readonly number[]): Promise<MappedStates[]> {
  return executor.rows(sql`
    SELECT run_pk AS "runPk", task_id AS "taskId", coalesce(state, 'none') AS state, count(*)::int AS count
    FROM task_instance WHERE run_pk = ANY (${runPks}::bigint[]) AND map_index >= 0
    GROUP BY run_pk, task_id, state`);
}

/** Ids of the tasks of versions, in the Dag's own order; without the rest of the spec, which may be megabytes. */
export async function taskIdsOfVersions(
  executor: Executor,
  versionIds: readonly number[],
): Promise<Map<number, string[]>> {
  const rows = await executor.rows<{ id: number; taskIds: string[] }>(sql`
    SELECT v.id, array(SELECT t ->> 'taskId' FROM jsonb_array_elements(v.spec -> 'tasks') AS t) AS "taskIds"
    FROM dag_version v WHERE v.id = ANY (${versionIds}::bigint[])`);
  return new Map(rows.map(({ id, taskIds }) => [id, taskIds]));
}
