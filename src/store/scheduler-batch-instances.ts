/** Set statements on task_instance and its history. Every look-up goes through the primary key. */
import type { TaskInstanceState } from "../core/states.ts";
import { plainArray, textArray } from "./scheduler-arrays.ts";
import type { BatchStatement, SchedulerBatch } from "./scheduler-batch.ts";

export interface InstanceRef {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
}

/** What changes in the life of an attempt; the row is written as memory has it. */
export interface InstanceFields {
  readonly state: TaskInstanceState | null;
  readonly attemptId: string | null;
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
}

/** `expect…` is what the database must hold for the write to count: the state and attempt of the last commit. */
export interface InstanceWrite extends InstanceRef, InstanceFields {
  readonly expectState: TaskInstanceState | null;
  readonly expectAttempt: string | null;
}

export interface InstanceStatic {
  readonly versionId: number;
  readonly pool: string;
  readonly poolSlots: number;
  readonly queue: string;
  readonly priorityWeight: number;
  readonly operator: string;
}

export interface InstanceInsert extends InstanceRef, InstanceFields, InstanceStatic {}

/** Instances `from` … `to - 1` of a mapped task, alike in everything but their index. */
export interface ExpansionWrite extends InstanceStatic {
  readonly runPk: number;
  readonly taskId: string;
  readonly from: number;
  readonly to: number;
  readonly state: TaskInstanceState | null;
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly scheduledAt: number | null;
}

/** A try that ended and is followed by another: copied before its row is used again. */
export interface HistoryWrite extends InstanceRef {
  readonly state: TaskInstanceState | null;
  readonly endDate: number | null;
}

/** Rare columns: deferral, labels and what a clear or a new version changes. Undefined leaves the row as it is. */
export interface InstanceDetailWrite extends InstanceRef {
  readonly triggerId: number | null;
  readonly triggerTimeout: number | null;
  readonly nextMethod: string | null;
  readonly nextKwargs: string | null;
  readonly renderedMapIndex: string | null;
}

const historySql = `
INSERT INTO task_instance_history (run_pk, task_id, map_index, try_number, attempt_id, state, max_tries, version_id,
  pool, pool_slots, queue, priority_weight, operator, scheduled_at, queued_at, start_date, end_date, hostname, pid,
  worker_id, rendered_map_index)
SELECT t.run_pk, t.task_id, t.map_index, t.try_number, t.attempt_id, u.state, t.max_tries, t.version_id, t.pool,
  t.pool_slots, t.queue, t.priority_weight, t.operator, t.scheduled_at, t.queued_at, t.start_date,
  coalesce(to_timestamp(u.end_date / 1000.0), t.end_date), t.hostname, t.pid, t.worker_id, t.rendered_map_index
FROM unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::float8[]) AS u (run_pk, task_id, map_index, state, end_date)
JOIN task_instance t ON t.run_pk = u.run_pk AND t.task_id = u.task_id AND t.map_index = u.map_index
WHERE t.attempt_id IS NOT NULL
ON CONFLICT DO NOTHING`;

const deleteSql = `
DELETE FROM task_instance t
USING unnest($1::bigint[], $2::text[], $3::int[]) AS u (run_pk, task_id, map_index)
WHERE t.run_pk = u.run_pk AND t.task_id = u.task_id AND t.map_index = u.map_index`;

const insertSql = `
INSERT INTO task_instance (run_pk, task_id, map_index, attempt_id, state, try_number, max_tries, version_id, pool,
  pool_slots, queue, priority_weight, operator, scheduled_at, queued_at, start_date, end_date, not_before)
SELECT u.run_pk, u.task_id, u.map_index, u.attempt_id, u.state, u.try_number, u.max_tries, u.version_id, u.pool,
  u.pool_slots, u.queue, u.priority_weight, u.operator, to_timestamp(u.scheduled_at / 1000.0),
  to_timestamp(u.queued_at / 1000.0), to_timestamp(u.start_date / 1000.0), to_timestamp(u.end_date / 1000.0),
  to_timestamp(u.not_before / 1000.0)
FROM unnest($1::bigint[], $2::text[], $3::int[], $4::uuid[], $5::text[], $6::int[], $7::int[], $8::bigint[], $9::text[],
  $10::int[], $11::text[], $12::int[], $13::text[], $14::float8[], $15::float8[], $16::float8[], $17::float8[],
  $18::float8[])
AS u (run_pk, task_id, map_index, attempt_id, state, try_number, max_tries, version_id, pool, pool_slots, queue,
  priority_weight, operator, scheduled_at, queued_at, start_date, end_date, not_before)`;

const expandSql = `
INSERT INTO task_instance (run_pk, task_id, map_index, state, try_number, max_tries, version_id, pool, pool_slots, queue,
  priority_weight, operator, scheduled_at)
SELECT u.run_pk, u.task_id, i, u.state, u.try_number, u.max_tries, u.version_id, u.pool, u.pool_slots, u.queue,
  u.priority_weight, u.operator, to_timestamp(u.scheduled_at / 1000.0)
FROM unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::text[], $6::int[], $7::int[], $8::bigint[], $9::text[],
  $10::int[], $11::text[], $12::int[], $13::text[], $14::float8[])
AS u (run_pk, task_id, first, last, state, try_number, max_tries, version_id, pool, pool_slots, queue, priority_weight,
  operator, scheduled_at)
CROSS JOIN LATERAL generate_series(u.first, u.last) AS i`;

const updateSql = `
UPDATE task_instance t SET state = u.state, attempt_id = u.attempt_id, try_number = u.try_number, max_tries = u.max_tries,
  scheduled_at = to_timestamp(u.scheduled_at / 1000.0), queued_at = to_timestamp(u.queued_at / 1000.0),
  start_date = to_timestamp(u.start_date / 1000.0), end_date = to_timestamp(u.end_date / 1000.0),
  not_before = to_timestamp(u.not_before / 1000.0), hostname = u.hostname, pid = u.pid, worker_id = u.worker_id
FROM unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::int[], $9::int[],
  $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::float8[], $15::text[], $16::int[], $17::text[])
AS u (run_pk, task_id, map_index, expect_state, expect_attempt, state, attempt_id, try_number, max_tries, scheduled_at,
  queued_at, start_date, end_date, not_before, hostname, pid, worker_id)
WHERE t.run_pk = u.run_pk AND t.task_id = u.task_id AND t.map_index = u.map_index
  AND t.state IS NOT DISTINCT FROM u.expect_state AND t.attempt_id IS NOT DISTINCT FROM u.expect_attempt`;

const detailSql = `
UPDATE task_instance t SET trigger_id = u.trigger_id, trigger_timeout = to_timestamp(u.trigger_timeout / 1000.0),
  next_method = u.next_method, next_kwargs = u.next_kwargs,
  rendered_map_index = coalesce(u.rendered_map_index, t.rendered_map_index)
FROM unnest($1::bigint[], $2::text[], $3::int[], $4::bigint[], $5::float8[], $6::text[], $7::json[], $8::text[])
AS u (run_pk, task_id, map_index, trigger_id, trigger_timeout, next_method, next_kwargs, rendered_map_index)
WHERE t.run_pk = u.run_pk AND t.task_id = u.task_id AND t.map_index = u.map_index`;

const versionSql = `
UPDATE task_instance t SET version_id = u.version_id
FROM unnest($1::bigint[], $2::text[], $3::int[], $4::bigint[]) AS u (run_pk, task_id, map_index, version_id)
WHERE t.run_pk = u.run_pk AND t.task_id = u.task_id AND t.map_index = u.map_index`;

const removeSql = `
UPDATE task_instance t SET state = 'removed'
FROM unnest($1::bigint[], $2::text[], $3::int[]) AS u (run_pk, task_id, map_index)
WHERE t.run_pk = u.run_pk AND t.task_id = u.task_id AND t.map_index = u.map_index`;

export function refArrays(rows: readonly InstanceRef[]): string[] {
  return [
    plainArray(rows, (r) => r.runPk),
    textArray(rows, (r) => r.taskId),
    plainArray(rows, (r) => r.mapIndex),
  ];
}

export function instanceStatements(batch: SchedulerBatch): BatchStatement[] {
  const out: BatchStatement[] = [];
  if (batch.histories.length > 0) out.push(historyStatement(batch.histories));
  if (batch.instanceDeletes.length > 0) {
    out.push({ name: "tw_ti_delete", text: deleteSql, values: refArrays(batch.instanceDeletes) });
  }
  if (batch.instanceInserts.length > 0) out.push(insertStatement(batch.instanceInserts));
  if (batch.expansions.length > 0) out.push(expandStatement(batch.expansions));
  if (batch.instances.length > 0) out.push(updateStatement(batch.instances));
  if (batch.instanceVersions.length > 0) {
    const rows = batch.instanceVersions;
    out.push({
      name: "tw_ti_version",
      text: versionSql,
      values: [...refArrays(rows), plainArray(rows, (r) => r.versionId)],
    });
  }
  if (batch.instanceRemovals.length > 0) {
    out.push({ name: "tw_ti_remove", text: removeSql, values: refArrays(batch.instanceRemovals) });
  }
  if (batch.instanceDetails.length > 0) out.push(detailStatement(batch.instanceDetails));
  return out;
}

function historyStatement(rows: readonly HistoryWrite[]): BatchStatement {
  const values = [...refArrays(rows), plainArray(rows, (r) => r.state), plainArray(rows, (r) => r.endDate)];
  return { name: "tw_ti_history", text: historySql, values };
}

function staticArrays(rows: readonly InstanceStatic[]): string[] {
  return [
    plainArray(rows, (r) => r.versionId),
    textArray(rows, (r) => r.pool),
    plainArray(rows, (r) => r.poolSlots),
    textArray(rows, (r) => r.queue),
    plainArray(rows, (r) => r.priorityWeight),
    textArray(rows, (r) => r.operator),
  ];
}

function insertStatement(rows: readonly InstanceInsert[]): BatchStatement {
  const values = [
    ...refArrays(rows),
    plainArray(rows, (r) => r.attemptId),
    plainArray(rows, (r) => r.state),
    plainArray(rows, (r) => r.tryNumber),
    plainArray(rows, (r) => r.maxTries),
    ...staticArrays(rows),
    plainArray(rows, (r) => r.scheduledAt),
    plainArray(rows, (r) => r.queuedAt),
    plainArray(rows, (r) => r.startDate),
    plainArray(rows, (r) => r.endDate),
    plainArray(rows, (r) => r.notBefore),
  ];
  return { name: "tw_ti_insert", text: insertSql, values, expect: rows.length };
}

function expandStatement(rows: readonly ExpansionWrite[]): BatchStatement {
  const values = [
    plainArray(rows, (r) => r.runPk),
    textArray(rows, (r) => r.taskId),
    plainArray(rows, (r) => r.from),
    plainArray(rows, (r) => r.to - 1),
    plainArray(rows, (r) => r.state),
    plainArray(rows, (r) => r.tryNumber),
    plainArray(rows, (r) => r.maxTries),
    ...staticArrays(rows),
    plainArray(rows, (r) => r.scheduledAt),
  ];
  return {
    name: "tw_ti_expand",
    text: expandSql,
    values,
    expect: rows.reduce((sum, r) => sum + r.to - r.from, 0),
  };
}

function updateStatement(rows: readonly InstanceWrite[]): BatchStatement {
  const values = [
    ...refArrays(rows),
    plainArray(rows, (r) => r.expectState),
    plainArray(rows, (r) => r.expectAttempt),
    plainArray(rows, (r) => r.state),
    plainArray(rows, (r) => r.attemptId),
    plainArray(rows, (r) => r.tryNumber),
    plainArray(rows, (r) => r.maxTries),
    plainArray(rows, (r) => r.scheduledAt),
    plainArray(rows, (r) => r.queuedAt),
    plainArray(rows, (r) => r.startDate),
    plainArray(rows, (r) => r.endDate),
    plainArray(rows, (r) => r.notBefore),
    textArray(rows, (r) => r.hostname),
    plainArray(rows, (r) => r.pid),
    textArray(rows, (r) => r.workerId),
  ];
  return { name: "tw_ti_update", text: updateSql, values, expect: rows.length };
}

function detailStatement(rows: readonly InstanceDetailWrite[]): BatchStatement {
  const values = [
    ...refArrays(rows),
    plainArray(rows, (r) => r.triggerId),
    plainArray(rows, (r) => r.triggerTimeout),
    textArray(rows, (r) => r.nextMethod),
    textArray(rows, (r) => r.nextKwargs),
    textArray(rows, (r) => r.renderedMapIndex),
  ];
  return { name: "tw_ti_detail", text: detailSql, values };
}
