/** Task instances as other processes than the scheduler read them. */
import type { Json } from "../core/dag-model.ts";
import type { TaskInstanceState } from "../core/states.ts";
import type { Executor } from "./connect.ts";
import type { Listing, Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import type { Statement } from "./sql.ts";
import { instant, sql } from "./sql.ts";

export interface TaskInstanceRow {
  readonly runPk: number;
  readonly dagId: string;
  readonly runId: string;
  readonly logicalDate: number | null;
  readonly runAfter: number;
  readonly taskId: string;
  /** -1 for a task that is not mapped. */
  readonly mapIndex: number;
  readonly attemptId: string | null;
  readonly state: TaskInstanceState | null;
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly versionId: number;
  readonly pool: string;
  readonly poolSlots: number;
  readonly queue: string;
  readonly priorityWeight: number;
  readonly operator: string;
  readonly scheduledAt: number | null;
  readonly queuedAt: number | null;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly notBefore: number | null;
  readonly hostname: string | null;
  readonly pid: number | null;
  readonly workerId: string | null;
  readonly renderedMapIndex: string | null;
  readonly triggerId: number | null;
  readonly triggerTimeout: number | null;
  readonly nextMethod: string | null;
  readonly nextKwargs: Json;
  readonly note: string | null;
}

/** Of `dag_run r JOIN task_instance t`. */
export const taskInstanceColumns = sql`
  t.run_pk AS "runPk", r.dag_id AS "dagId", r.run_id AS "runId", r.logical_date AS "logicalDate",
  r.run_after AS "runAfter", t.task_id AS "taskId", t.map_index AS "mapIndex", t.attempt_id AS "attemptId", t.state,
  t.try_number AS "tryNumber", t.max_tries AS "maxTries", t.version_id AS "versionId", t.pool,
  t.pool_slots AS "poolSlots", t.queue, t.priority_weight AS "priorityWeight", t.operator,
  t.scheduled_at AS "scheduledAt", t.queued_at AS "queuedAt", t.start_date AS "startDate", t.end_date AS "endDate",
  t.not_before AS "notBefore", t.hostname, t.pid, t.worker_id AS "workerId",
  t.rendered_map_index AS "renderedMapIndex", t.trigger_id AS "triggerId", t.trigger_timeout AS "triggerTimeout",
  t.next_method AS "nextMethod", t.next_kwargs AS "nextKwargs", t.note`;

export interface TaskInstanceFilter {
  readonly dagIds?: readonly string[] | null;
  readonly runIds?: readonly string[] | null;
  readonly taskIds?: readonly string[] | null;
  readonly mapIndexes?: readonly number[] | null;
  /** "none" finds instances without a state. */
  readonly states?: readonly (TaskInstanceState | "none")[] | null;
  readonly pools?: readonly string[] | null;
  readonly queues?: readonly string[] | null;
  readonly logicalDateFrom?: number | null;
  readonly logicalDateTo?: number | null;
  readonly startDateFrom?: number | null;
  readonly startDateTo?: number | null;
}

function where(f: TaskInstanceFilter): Statement {
  return sql`
    (${f.dagIds ?? null}::text[] IS NULL OR r.dag_id = ANY (${f.dagIds ?? null}))
    AND (${f.runIds ?? null}::text[] IS NULL OR r.run_id = ANY (${f.runIds ?? null}))
    AND (${f.taskIds ?? null}::text[] IS NULL OR t.task_id = ANY (${f.taskIds ?? null}))
    AND (${f.mapIndexes ?? null}::int[] IS NULL OR t.map_index = ANY (${f.mapIndexes ?? null}))
    AND (${f.states ?? null}::text[] IS NULL OR coalesce(t.state, 'none') = ANY (${f.states ?? null}))
    AND (${f.pools ?? null}::text[] IS NULL OR t.pool = ANY (${f.pools ?? null}))
    AND (${f.queues ?? null}::text[] IS NULL OR t.queue = ANY (${f.queues ?? null}))
    AND (${instant(f.logicalDateFrom)}::timestamptz IS NULL OR r.logical_date >= ${instant(f.logicalDateFrom)})
    AND (${instant(f.logicalDateTo)}::timestamptz IS NULL OR r.logical_date <= ${instant(f.logicalDateTo)})
    AND (${instant(f.startDateFrom)}::timestamptz IS NULL OR t.start_date >= ${instant(f.startDateFrom)})
    AND (${instant(f.startDateTo)}::timestamptz IS NULL OR t.start_date <= ${instant(f.startDateTo)})`;
}

/** Runs newest first, then by task and map index. */
export async function listTaskInstances(
  executor: Executor,
  filter: TaskInstanceFilter,
  page: Page = {},
): Promise<Listing<TaskInstanceRow>> {
  const from = sql`FROM dag_run r JOIN task_instance t ON t.run_pk = r.id WHERE ${where(filter)}`;
  const rows = await executor.rows<TaskInstanceRow>(sql`
    SELECT ${taskInstanceColumns} ${from} ORDER BY r.run_after DESC, r.id DESC, t.task_id, t.map_index
    LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const total = await executor.row<{ total: number }>(sql`SELECT count(*) AS total ${from}`);
  return { rows, total: total?.total ?? 0 };
}

/** All instances of one run. */
export function taskInstancesOfRun(executor: Executor, runPk: number): Promise<TaskInstanceRow[]> {
  return executor.rows(sql`
    SELECT ${taskInstanceColumns} FROM dag_run r JOIN task_instance t ON t.run_pk = r.id
    WHERE r.id = ${runPk} ORDER BY t.task_id, t.map_index`);
}

export function findTaskInstance(
  executor: Executor,
  at: { dagId: string; runId: string; taskId: string; mapIndex?: number },
): Promise<TaskInstanceRow | null> {
  return executor.row(sql`
    SELECT ${taskInstanceColumns} FROM dag_run r JOIN task_instance t ON t.run_pk = r.id
    WHERE r.dag_id = ${at.dagId} AND r.run_id = ${at.runId} AND t.task_id = ${at.taskId}
      AND t.map_index = ${at.mapIndex ?? -1}`);
}

export interface TaskStateCount {
  readonly taskId: string;
  readonly state: TaskInstanceState | null;
  readonly count: number;
  readonly firstStart: number | null;
  readonly lastEnd: number | null;
}

/** States of a run's tasks, mapped instances added up: small whatever a run's size. */
export function countStates(executor: Executor, runPk: number): Promise<TaskStateCount[]> {
  return executor.rows(sql`
    SELECT task_id AS "taskId", state, count(*) AS count, min(start_date) AS "firstStart", max(end_date) AS "lastEnd"
    FROM task_instance WHERE run_pk = ${runPk} GROUP BY task_id, state ORDER BY task_id, state`);
}

/** States of chosen tasks in chosen runs, as sensors on other Dags ask for them. */
export function readStates(
  executor: Executor,
  query: {
    dagId: string;
    runIds?: readonly string[] | null;
    logicalDates?: readonly number[] | null;
    taskIds?: readonly string[] | null;
    /** Tasks whose id starts with the group's prefix. */
    taskGroupId?: string | null;
  },
): Promise<{ runId: string; taskId: string; mapIndex: number; state: TaskInstanceState | null }[]> {
  const dates = query.logicalDates?.map((ms) => instant(ms)) ?? null;
  const prefix =
    query.taskGroupId === undefined || query.taskGroupId === null ? null : `${query.taskGroupId}.`;
  return executor.rows(sql`
    SELECT r.run_id AS "runId", t.task_id AS "taskId", t.map_index AS "mapIndex", t.state
    FROM dag_run r JOIN task_instance t ON t.run_pk = r.id
    WHERE r.dag_id = ${query.dagId}
      AND (${query.runIds ?? null}::text[] IS NULL OR r.run_id = ANY (${query.runIds ?? null}))
      AND (${dates}::timestamptz[] IS NULL OR r.logical_date = ANY (${dates}))
      AND (${query.taskIds ?? null}::text[] IS NULL OR t.task_id = ANY (${query.taskIds ?? null}))
      AND (${prefix}::text IS NULL OR starts_with(t.task_id, ${prefix}))
    ORDER BY r.id, t.task_id, t.map_index`);
}

export async function setTaskInstanceNote(
  executor: Executor,
  at: { runPk: number; taskId: string; mapIndex: number },
  note: string | null,
): Promise<boolean> {
  const count = await executor.run(sql`
    UPDATE task_instance SET note = ${note}
    WHERE run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex}`);
  return count === 1;
}
