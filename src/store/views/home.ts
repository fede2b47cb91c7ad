/** What the first page shows: what needs a person, what ran, and how busy everything is. */
import type { DagRunState } from "../../core/states.ts";
import type { Executor } from "../connect.ts";
import { instant, sql } from "../sql.ts";

type Permitted = readonly string[] | null;

export interface FailedRun {
  readonly dagId: string;
  readonly runId: string;
  readonly endDate: number;
  readonly taskId: string | null;
  readonly mapIndex: number | null;
  readonly failures: number;
}

/**
 * Dags whose newest finished run failed (since `since`), with the task that failed first: a Dag that got well again
 * is nobody's concern.
 */
export function failedDags(executor: Executor, permitted: Permitted, since: number): Promise<FailedRun[]> {
  return executor.rows(sql`
    SELECT d.dag_id AS "dagId", last.run_id AS "runId", last.end_date AS "endDate", first.task_id AS "taskId",
      first.map_index AS "mapIndex", coalesce(first.failures, 0)::int AS failures
    FROM dag d
    CROSS JOIN LATERAL (
      SELECT id, run_id, state, end_date FROM dag_run r WHERE r.dag_id = d.dag_id AND r.end_date IS NOT NULL
      ORDER BY run_after DESC, id DESC LIMIT 1
    ) last
    LEFT JOIN LATERAL (
      SELECT task_id, map_index, count(*) OVER () AS failures FROM task_instance t
      WHERE t.run_pk = last.id AND t.state = 'failed' ORDER BY t.end_date NULLS LAST LIMIT 1
    ) first ON true
    WHERE NOT d.is_stale AND (${permitted}::text[] IS NULL OR d.dag_id = ANY (${permitted}))
      AND last.state = 'failed' AND last.end_date >= ${instant(since)}
    ORDER BY last.end_date DESC LIMIT 50`);
}

export interface WaitingInstance {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly state: string;
  readonly since: number;
}

/** Instances of unfinished runs that wait for a person, or have been queued or scheduled since before `since`. */
export function waitingInstances(
  executor: Executor,
  permitted: Permitted,
  since: number,
): Promise<WaitingInstance[]> {
  return executor.rows(sql`
    SELECT r.dag_id AS "dagId", r.run_id AS "runId", t.task_id AS "taskId", t.map_index AS "mapIndex", t.state,
      coalesce(CASE WHEN t.state = 'queued' THEN t.queued_at END, t.scheduled_at, t.start_date, r.start_date,
        r.queued_at) AS since
    FROM dag_run r JOIN dag d ON d.dag_id = r.dag_id JOIN task_instance t ON t.run_pk = r.id
    WHERE r.end_date IS NULL AND NOT d.is_paused
      AND (${permitted}::text[] IS NULL OR r.dag_id = ANY (${permitted}))
      AND (t.state = 'awaiting_input' OR (t.state = 'queued' AND t.queued_at < ${instant(since)})
        OR (t.state = 'scheduled' AND t.scheduled_at < ${instant(since)}))
    ORDER BY since, t.task_id LIMIT 50`);
}

/** Runs that missed a deadline and are not finished, and Dags whose next run is overdue. */
export async function lateRuns(
  executor: Executor,
  permitted: Permitted,
  overdueBefore: number,
): Promise<{ dagId: string; runId: string | null; at: number }[]> {
  return executor.rows(sql`
    SELECT l.dag_id AS "dagId", l.run_id AS "runId", l.at FROM (
      SELECT r.dag_id, r.run_id, l.deadline_at AS at
      FROM deadline l JOIN dag_run r ON r.id = l.run_pk
      WHERE l.missed_at IS NOT NULL AND r.end_date IS NULL
      UNION ALL
      SELECT d.dag_id, NULL, d.next_dagrun_create_after FROM dag d
      WHERE NOT d.is_stale AND NOT d.is_paused AND d.next_dagrun_create_after < ${instant(overdueBefore)}
        AND (SELECT count(*) FROM dag_run r WHERE r.dag_id = d.dag_id AND r.end_date IS NULL) < d.max_active_runs
    ) l
    WHERE (${permitted}::text[] IS NULL OR l.dag_id = ANY (${permitted})) ORDER BY l.at LIMIT 50`);
}

export interface HourCount {
  readonly hour: number;
  readonly state: DagRunState;
  readonly count: number;
}

/** Runs by the hour in which they became due (index dag_run_by_time). */
export function runsByHour(executor: Executor, permitted: Permitted, since: number): Promise<HourCount[]> {
  return executor.rows(sql`
    SELECT date_trunc('hour', run_after) AS hour, state, count(*)::int AS count FROM dag_run
    WHERE run_after >= ${instant(since)} AND (${permitted}::text[] IS NULL OR dag_id = ANY (${permitted}))
    GROUP BY 1, 2 ORDER BY 1, 2`);
}

/** Runs that are under way (index dag_run_unfinished), by state. */
export async function activeRuns(
  executor: Executor,
  permitted: Permitted,
): Promise<{ running: number; queued: number }> {
  const row = await executor.row<{ running: number; queued: number }>(sql`
    SELECT count(*) FILTER (WHERE state = 'running')::int AS running,
      count(*) FILTER (WHERE state = 'queued')::int AS queued
    FROM dag_run WHERE end_date IS NULL AND (${permitted}::text[] IS NULL OR dag_id = ANY (${permitted}))`);
  return row ?? { running: 0, queued: 0 };
}

/** Instances of the unfinished runs, by state. */
export function activeInstances(
  executor: Executor,
  permitted: Permitted,
): Promise<{ state: string; count: number }[]> {
  return executor.rows(sql`
    SELECT coalesce(t.state, 'none') AS state, count(*)::int AS count
    FROM dag_run r JOIN task_instance t ON t.run_pk = r.id
    WHERE r.end_date IS NULL AND (${permitted}::text[] IS NULL OR r.dag_id = ANY (${permitted}))
    GROUP BY t.state`);
}

/** Dags that time starts and that are not paused. */
export function scheduledDags(
  executor: Executor,
  permitted: Permitted,
): Promise<{ dagId: string; nextRun: number }[]> {
  return executor.rows(sql`
    SELECT dag_id AS "dagId", next_dagrun_create_after AS "nextRun" FROM dag
    WHERE NOT is_stale AND NOT is_paused AND next_dagrun_create_after IS NOT NULL
      AND (${permitted}::text[] IS NULL OR dag_id = ANY (${permitted}))
    ORDER BY next_dagrun_create_after, dag_id`);
}

/** Interval of each Dag's newest scheduled run, where a schedule goes on from (index dag_run_logical_date). */
export async function lastIntervals(
  executor: Executor,
  dagIds: readonly string[],
): Promise<Map<string, { start: number; end: number }>> {
  const rows = await executor.rows<{ dagId: string; start: number; end: number }>(sql`
    SELECT d.dag_id AS "dagId", r.data_interval_start AS start, r.data_interval_end AS "end"
    FROM unnest(${dagIds}::text[]) AS d (dag_id)
    CROSS JOIN LATERAL (
      SELECT data_interval_start, data_interval_end FROM dag_run
      WHERE dag_run.dag_id = d.dag_id AND logical_date IS NOT NULL AND data_interval_start IS NOT NULL
        AND run_type = 'scheduled'
      ORDER BY logical_date DESC LIMIT 1
    ) r`);
  return new Map(rows.map(({ dagId, start, end }) => [dagId, { start, end }]));
}
