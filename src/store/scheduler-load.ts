/**
 * What a scheduler reads when it takes a Dag, starts, or has dropped its memory. Costs in proportion to the
 * unfinished runs (partial index dag_run_unfinished) and their instances (primary key), never to history.
 */
import type { DagSpec, Json, TimetableSpec } from "../core/dag-model.ts";
import type { DagRunState, DagRunType, TaskInstanceState, TriggeredBy } from "../core/states.ts";
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";

export interface DagRecord {
  readonly dagId: string;
  readonly isPaused: boolean;
  readonly isStale: boolean;
  readonly dagsFolder: string;
  readonly versionId: number | null;
  readonly maxActiveRuns: number;
  readonly maxConsecutiveFailedRuns: number;
  readonly nextDagrun: number | null;
  readonly nextIntervalStart: number | null;
  readonly nextIntervalEnd: number | null;
  readonly nextCreateAfter: number | null;
  /** Of the current version; null for a Dag without one. */
  readonly timetable: TimetableSpec | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly catchup: boolean | null;
  readonly taskDates: { startDate?: string; endDate?: string }[] | null;
  /** Interval of the newest scheduled or backfill run. */
  readonly lastIntervalStart: number | null;
  readonly lastIntervalEnd: number | null;
}

export function loadDags(on: Executor, dagIds: readonly string[]): Promise<DagRecord[]> {
  return on.rows<DagRecord>(sql`
    SELECT d.dag_id AS "dagId", d.is_paused AS "isPaused", d.is_stale AS "isStale", d.dags_folder AS "dagsFolder",
      d.current_version_id AS "versionId", d.max_active_runs AS "maxActiveRuns",
      d.max_consecutive_failed_dag_runs AS "maxConsecutiveFailedRuns", d.next_dagrun AS "nextDagrun",
      d.next_dagrun_data_interval_start AS "nextIntervalStart", d.next_dagrun_data_interval_end AS "nextIntervalEnd",
      d.next_dagrun_create_after AS "nextCreateAfter", v.spec -> 'timetable' AS timetable,
      v.spec ->> 'startDate' AS "startDate", v.spec ->> 'endDate' AS "endDate", (v.spec -> 'catchup')::boolean AS catchup,
      (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('startDate', t -> 'startDate', 'endDate', t -> 'endDate')))
       FROM jsonb_array_elements(v.spec -> 'tasks') t) AS "taskDates",
      last.data_interval_start AS "lastIntervalStart", last.data_interval_end AS "lastIntervalEnd"
    FROM dag d LEFT JOIN dag_version v ON v.id = d.current_version_id
    LEFT JOIN LATERAL (
      SELECT r.data_interval_start, r.data_interval_end FROM dag_run r
      WHERE r.dag_id = d.dag_id AND r.run_type IN ('scheduled', 'backfill') AND r.logical_date IS NOT NULL
      ORDER BY r.logical_date DESC LIMIT 1) last ON true
    WHERE d.dag_id = ANY (${dagIds}::text[])`);
}

export type DagSignature = Pick<
  DagRecord,
  "dagId" | "isPaused" | "isStale" | "versionId" | "maxActiveRuns" | "maxConsecutiveFailedRuns"
>;

/** What of a Dag's row may have been changed by others; cheap, for the poll. */
export function dagSignatures(on: Executor, dagIds: readonly string[]): Promise<DagSignature[]> {
  return on.rows<DagSignature>(sql`
    SELECT dag_id AS "dagId", is_paused AS "isPaused", is_stale AS "isStale", current_version_id AS "versionId",
      max_active_runs AS "maxActiveRuns", max_consecutive_failed_dag_runs AS "maxConsecutiveFailedRuns"
    FROM dag WHERE dag_id = ANY (${dagIds}::text[])`);
}

export interface VersionRecord {
  readonly id: number;
  readonly dagId: string;
  readonly hash: string;
  readonly spec: DagSpec;
  readonly files: { [relativeFile: string]: string };
  readonly interpreter: string;
  readonly dagsFolder: string;
}

export function loadVersions(on: Executor, ids: readonly number[]): Promise<VersionRecord[]> {
  return on.rows<VersionRecord>(sql`
    SELECT v.id, v.dag_id AS "dagId", v.hash, v.spec, v.files, v.interpreter, d.dags_folder AS "dagsFolder"
    FROM dag_version v JOIN dag d USING (dag_id) WHERE v.id = ANY (${ids}::bigint[])`);
}

export interface RunRecord {
  readonly pk: number;
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  readonly state: DagRunState;
  readonly logicalDate: number | null;
  readonly intervalStart: number | null;
  readonly intervalEnd: number | null;
  readonly runAfter: number;
  readonly queuedAt: number;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly triggeredBy: TriggeredBy;
  readonly triggeringUser: string | null;
  readonly conf: Json;
  readonly clearNumber: number;
  readonly backfillId: number | null;
  readonly versionId: number;
  readonly partitionKey: string | null;
  readonly note: string | null;
  readonly sortOrdinal: number;
}

const runColumns = sql`
  r.id AS pk, r.dag_id AS "dagId", r.run_id AS "runId", r.run_type AS "runType", r.state, r.logical_date AS "logicalDate",
  r.data_interval_start AS "intervalStart", r.data_interval_end AS "intervalEnd", r.run_after AS "runAfter",
  r.queued_at AS "queuedAt", r.start_date AS "startDate", r.end_date AS "endDate", r.triggered_by AS "triggeredBy",
  r.triggering_user AS "triggeringUser", r.conf, r.clear_number AS "clearNumber", r.backfill_id AS "backfillId",
  r.version_id AS "versionId", r.partition_key AS "partitionKey", r.note,
  coalesce((SELECT b.sort_ordinal FROM backfill_dag_run b
            WHERE b.backfill_id = r.backfill_id AND b.dag_run_id = r.id LIMIT 1), 0) AS "sortOrdinal"`;

/** Ids of the unfinished runs of these Dags; index dag_run_unfinished alone. */
export async function unfinishedRuns(on: Executor, dagIds: readonly string[]): Promise<number[]> {
  const rows = await on.rows<{ id: number }>(
    sql`SELECT id FROM dag_run WHERE dag_id = ANY (${dagIds}::text[]) AND end_date IS NULL ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

export function loadRuns(on: Executor, pks: readonly number[]): Promise<RunRecord[]> {
  return on.rows<RunRecord>(
    sql`SELECT ${runColumns} FROM dag_run r WHERE r.id = ANY (${pks}::bigint[]) ORDER BY r.id`,
  );
}

export function loadRunsById(on: Executor, dagId: string, runIds: readonly string[]): Promise<RunRecord[]> {
  return on.rows<RunRecord>(sql`
    SELECT ${runColumns} FROM dag_run r WHERE r.dag_id = ${dagId} AND r.run_id = ANY (${runIds}::text[]) ORDER BY r.id`);
}

export interface InstanceRecord {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly attemptId: string | null;
  readonly state: TaskInstanceState | null;
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly scheduledAt: number | null;
  readonly queuedAt: number | null;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly notBefore: number | null;
  readonly hostname: string | null;
  readonly pid: number | null;
  readonly workerId: string | null;
  readonly triggerId: number | null;
  readonly triggerTimeout: number | null;
  readonly nextMethod: string | null;
  readonly nextKwargs: string | null;
}

export function loadInstances(on: Executor, runPks: readonly number[]): Promise<InstanceRecord[]> {
  return on.rows<InstanceRecord>(sql`
    SELECT run_pk AS "runPk", task_id AS "taskId", map_index AS "mapIndex", attempt_id AS "attemptId", state,
      try_number AS "tryNumber", max_tries AS "maxTries", scheduled_at AS "scheduledAt", queued_at AS "queuedAt",
      start_date AS "startDate", end_date AS "endDate", not_before AS "notBefore", hostname, pid, worker_id AS "workerId",
      trigger_id AS "triggerId", trigger_timeout AS "triggerTimeout", next_method AS "nextMethod",
      next_kwargs::text AS "nextKwargs"
    FROM task_instance WHERE run_pk = ANY (${runPks}::bigint[])`);
}

export interface ReturnedRecord {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
  /** Null for an instance of a mapped task, of which only that it returned something counts. */
  readonly length: number | null;
}

/** Lengths of returned values, and which instances of mapped tasks returned one. */
export function loadReturned(on: Executor, runPks: readonly number[]): Promise<ReturnedRecord[]> {
  return on.rows<ReturnedRecord>(sql`
    SELECT run_pk AS "runPk", task_id AS "taskId", map_index AS "mapIndex", length
    FROM task_map WHERE run_pk = ANY (${runPks}::bigint[]) AND map_index = -1
    UNION ALL
    SELECT run_pk, task_id, map_index, NULL FROM xcom
    WHERE run_pk = ANY (${runPks}::bigint[]) AND map_index >= 0 AND key = 'return_value'`);
}

export interface SkipDecisionRecord {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly decision: { followed: string[] } | { skipped: string[] };
}

export function loadSkipDecisions(on: Executor, runPks: readonly number[]): Promise<SkipDecisionRecord[]> {
  return on.rows<SkipDecisionRecord>(sql`
    SELECT run_pk AS "runPk", task_id AS "taskId", map_index AS "mapIndex", value AS decision
    FROM xcom WHERE run_pk = ANY (${runPks}::bigint[]) AND key = 'skipmixin_key' AND value IS NOT NULL`);
}

export interface RescheduleRecord {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly firstAt: number;
  readonly count: number;
}

export function loadReschedules(on: Executor, runPks: readonly number[]): Promise<RescheduleRecord[]> {
  return on.rows<RescheduleRecord>(sql`
    SELECT run_pk AS "runPk", task_id AS "taskId", map_index AS "mapIndex", min(start_date) AS "firstAt", count(*) AS count
    FROM task_reschedule WHERE run_pk = ANY (${runPks}::bigint[]) GROUP BY run_pk, task_id, map_index`);
}

export interface PastRecord {
  readonly pk: number;
  readonly logicalDate: number;
}

/** The run before a date that `depends_on_past` means: of any type, or only scheduled ones where the Dag catches up. */
export function loadPreviousRun(
  on: Executor,
  dagId: string,
  before: number,
  scheduledOnly: boolean,
): Promise<PastRecord | null> {
  return on.row<PastRecord>(sql`
    SELECT id AS pk, logical_date AS "logicalDate" FROM dag_run
    WHERE dag_id = ${dagId} AND logical_date < ${new Date(before)} AND (NOT ${scheduledOnly}::boolean OR run_type = 'scheduled')
    ORDER BY logical_date DESC LIMIT 1`);
}

export interface PastStateRecord {
  readonly taskId: string;
  readonly mapIndex: number;
  readonly state: TaskInstanceState | null;
}

export function loadPastStates(on: Executor, runPk: number): Promise<PastStateRecord[]> {
  return on.rows<PastStateRecord>(sql`
    SELECT task_id AS "taskId", map_index AS "mapIndex", state FROM task_instance
    WHERE run_pk = ${runPk} ORDER BY task_id, map_index`);
}

/** Which of the tasks stood in any run with an earlier date. One look through the primary key for each run found. */
export async function loadTasksEverThere(
  on: Executor,
  dagId: string,
  before: number,
  taskIds: readonly string[],
): Promise<string[]> {
  const rows = await on.rows<{ taskId: string }>(sql`
    SELECT t.task_id AS "taskId" FROM unnest(${taskIds}::text[]) AS t (task_id)
    WHERE EXISTS (
      SELECT FROM dag_run r JOIN task_instance i ON i.run_pk = r.id AND i.task_id = t.task_id
      WHERE r.dag_id = ${dagId} AND r.logical_date < ${new Date(before)})`);
  return rows.map(({ taskId }) => taskId);
}

export interface ExistingRunRecord {
  readonly dagId: string;
  readonly runId: string;
  readonly logicalDate: number | null;
}

/** Which of these runs exist already, by run id or by logical date (both indexes are unique). */
export function existingRuns(
  on: Executor,
  runs: readonly { dagId: string; runId: string; logicalDate: number | null }[],
): Promise<ExistingRunRecord[]> {
  return on.rows<ExistingRunRecord>(sql`
    SELECT r.dag_id AS "dagId", r.run_id AS "runId", r.logical_date AS "logicalDate"
    FROM unnest(${runs.map((r) => r.dagId)}::text[], ${runs.map((r) => r.runId)}::text[],
      ${runs.map((r) => instant(r.logicalDate))}::timestamptz[]) AS u (dag_id, run_id, logical_date)
    JOIN dag_run r ON r.dag_id = u.dag_id AND (r.run_id = u.run_id OR r.logical_date = u.logical_date)`);
}

/** States of the newest runs of a Dag, newest first (index dag_run_recent). */
export async function newestRunStates(on: Executor, dagId: string, limit: number): Promise<DagRunState[]> {
  const rows = await on.rows<{ state: DagRunState }>(sql`
    SELECT state FROM dag_run WHERE dag_id = ${dagId} ORDER BY run_after DESC, id DESC LIMIT ${limit}`);
  return rows.map(({ state }) => state);
}

/** Seconds that the Dag's successful runs took, newest logical date first. */
export async function pastDurations(on: Executor, dagId: string, limit: number): Promise<number[]> {
  const rows = await on.rows<{ seconds: number }>(sql`
    SELECT extract(epoch FROM end_date - start_date)::float8 AS seconds FROM dag_run
    WHERE dag_id = ${dagId} AND state = 'success' AND start_date IS NOT NULL
    ORDER BY logical_date DESC NULLS LAST, id DESC LIMIT ${limit}`);
  return rows.map(({ seconds }) => seconds);
}

/** Null for a Dag without a version; throws nothing for one that does not exist either. */
export async function currentVersionOf(on: Executor, dagId: string): Promise<number | null> {
  const row = await on.row<{ id: number | null }>(
    sql`SELECT current_version_id AS id FROM dag WHERE dag_id = ${dagId}`,
  );
  return row?.id ?? null;
}
