/** One run, and the runs of one Dag over time, as pages draw them. */
import type { DagRunState, TaskInstanceState } from "../../core/states.ts";
import type { Executor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { containing, instant, sql } from "../sql.ts";

export interface InstanceViewRow {
  readonly taskId: string;
  readonly mapIndex: number;
  readonly renderedMapIndex: string | null;
  readonly state: TaskInstanceState | null;
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly operator: string;
  readonly pool: string;
  readonly queue: string;
  readonly scheduledAt: number | null;
  readonly queuedAt: number | null;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly hostname: string | null;
  readonly note: string | null;
}

/** Of `task_instance`. */
export const instanceViewColumns = sql`
  task_id AS "taskId", map_index AS "mapIndex", rendered_map_index AS "renderedMapIndex", state,
  try_number AS "tryNumber", max_tries AS "maxTries", operator, pool, queue, scheduled_at AS "scheduledAt",
  queued_at AS "queuedAt", start_date AS "startDate", end_date AS "endDate", hostname, note`;

export interface InstanceViewFilter {
  readonly taskId?: string | null;
  readonly states?: readonly string[] | null;
  readonly search?: string | null;
}

function where(runPk: number, f: InstanceViewFilter): Statement {
  const search = containing(f.search);
  return sql`run_pk = ${runPk}
    AND (${f.taskId ?? null}::text IS NULL OR task_id = ${f.taskId ?? null})
    AND (${f.states ?? null}::text[] IS NULL OR coalesce(state, 'none') = ANY (${f.states ?? null}))
    AND (${search}::text IS NULL OR task_id ILIKE ${search} OR rendered_map_index ILIKE ${search})`;
}

const instanceOrders = {
  task: sql`task_id, map_index`,
  start: sql`start_date NULLS LAST, task_id, map_index`,
  "-duration": sql`coalesce(end_date, now()) - start_date DESC NULLS LAST, task_id, map_index`,
  state: sql`state NULLS LAST, task_id, map_index`,
} as const;

export type InstanceViewOrder = keyof typeof instanceOrders;
export const instanceViewOrders = Object.keys(instanceOrders) as InstanceViewOrder[];

export async function instancesOfRun(
  executor: Executor,
  runPk: number,
  filter: InstanceViewFilter,
  page: { limit: number; offset: number; orderBy: InstanceViewOrder },
): Promise<{ rows: InstanceViewRow[]; total: number }> {
  const rows = await executor.rows<InstanceViewRow & { total: number }>(sql`
    SELECT ${instanceViewColumns}, count(*) OVER () AS total FROM task_instance WHERE ${where(runPk, filter)}
    ORDER BY ${instanceOrders[page.orderBy]} LIMIT ${page.limit} OFFSET ${page.offset}`);
  return { rows, total: rows[0]?.total ?? 0 };
}

export interface FailureRow {
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly endDate: number | null;
  readonly state: TaskInstanceState;
}

/** What failed by itself, the first to fail first. */
export function failuresOfRun(executor: Executor, runPk: number, limit: number): Promise<FailureRow[]> {
  return executor.rows(sql`
    SELECT task_id AS "taskId", map_index AS "mapIndex", try_number AS "tryNumber", end_date AS "endDate", state
    FROM task_instance WHERE run_pk = ${runPk} AND state IN ('failed', 'up_for_retry')
    ORDER BY state, end_date NULLS LAST, task_id, map_index LIMIT ${limit}`);
}

/** Run ids beside a run: the one before and the one after it, by `run_after`. */
export async function neighbours(
  executor: Executor,
  dagId: string,
  run: { id: number; runAfter: number },
): Promise<{ previous: string | null; next: string | null }> {
  const at = sql`(${instant(run.runAfter)}::timestamptz, ${run.id}::bigint)`;
  const [previous, next] = await Promise.all([
    executor.row<{ runId: string }>(sql`
      SELECT run_id AS "runId" FROM dag_run WHERE dag_id = ${dagId} AND (run_after, id) < ${at}
      ORDER BY run_after DESC, id DESC LIMIT 1`),
    executor.row<{ runId: string }>(sql`
      SELECT run_id AS "runId" FROM dag_run WHERE dag_id = ${dagId} AND (run_after, id) > ${at}
      ORDER BY run_after, id LIMIT 1`),
  ]);
  return { previous: previous?.runId ?? null, next: next?.runId ?? null };
}

export interface TryBar {
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly state: TaskInstanceState | null;
  readonly scheduledAt: number | null;
  readonly queuedAt: number | null;
  readonly startDate: number | null;
  readonly endDate: number | null;
}

/** All tries of a run's instances in the order in which they started; at most `limit`. */
export function triesOfRun(executor: Executor, runPk: number, limit: number): Promise<TryBar[]> {
  const bars = sql`
    task_id AS "taskId", map_index AS "mapIndex", try_number AS "tryNumber", state, scheduled_at AS "scheduledAt",
    queued_at AS "queuedAt", start_date AS "startDate", end_date AS "endDate"`;
  return executor.rows(sql`
    SELECT * FROM (
      SELECT ${bars} FROM task_instance_history WHERE run_pk = ${runPk}
      UNION ALL
      SELECT ${bars} FROM task_instance WHERE run_pk = ${runPk}
    ) tries ORDER BY coalesce("startDate", "queuedAt", "scheduledAt") NULLS LAST, "taskId", "mapIndex", "tryNumber"
    LIMIT ${limit}`);
}

export interface DayCount {
  readonly day: string;
  readonly state: DagRunState;
  readonly count: number;
}

/** Runs by day in a time zone, from the first instant to before the last (index dag_run_recent). */
export function runsByDay(
  executor: Executor,
  dagId: string,
  range: { from: number; to: number; timezone: string; unit: "day" | "hour" },
): Promise<DayCount[]> {
  const format = range.unit === "day" ? "YYYY-MM-DD" : 'YYYY-MM-DD"T"HH24';
  return executor.rows(sql`
    SELECT to_char(run_after AT TIME ZONE ${range.timezone}, ${format}) AS day, state, count(*)::int AS count
    FROM dag_run
    WHERE dag_id = ${dagId} AND run_after >= ${instant(range.from)} AND run_after < ${instant(range.to)}
    GROUP BY 1, 2 ORDER BY 1, 2`);
}

export interface DurationRow {
  readonly id: number;
  readonly runId: string;
  readonly state: DagRunState;
  readonly runAfter: number;
  readonly queuedAt: number;
  readonly startDate: number | null;
  readonly endDate: number | null;
}

/** The newest runs that started, newest first. */
export function runDurations(executor: Executor, dagId: string, limit: number): Promise<DurationRow[]> {
  return executor.rows(sql`
    SELECT id, run_id AS "runId", state, run_after AS "runAfter", queued_at AS "queuedAt",
      start_date AS "startDate", end_date AS "endDate"
    FROM dag_run WHERE dag_id = ${dagId} AND start_date IS NOT NULL
    ORDER BY run_after DESC, id DESC LIMIT ${limit}`);
}

export interface TaskDurationRow {
  readonly taskId: string;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  readonly failures: number;
  readonly count: number;
}

/** How long tasks ran in these runs, in milliseconds; the slowest first. */
export function taskDurations(executor: Executor, runPks: readonly number[]): Promise<TaskDurationRow[]> {
  const ms = sql`extract(epoch FROM end_date - start_date)::float8 * 1000`;
  return executor.rows(sql`
    SELECT task_id AS "taskId", percentile_cont(0.5) WITHIN GROUP (ORDER BY ${ms}) AS median,
      percentile_cont(0.95) WITHIN GROUP (ORDER BY ${ms}) AS p95, max(${ms}) AS max,
      count(*) FILTER (WHERE state = 'failed')::int AS failures, count(*)::int AS count
    FROM task_instance
    WHERE run_pk = ANY (${runPks}::bigint[]) AND start_date IS NOT NULL AND end_date IS NOT NULL
    GROUP BY task_id ORDER BY median DESC, task_id`);
}
