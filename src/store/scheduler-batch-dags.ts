/** Set statements on dag, assets and their queue, deadlines, backfills, requests, the audit log, and NOTIFY. */
import type { Json } from "../core/dag-model.ts";
import { plainArray, textArray } from "./scheduler-arrays.ts";
import type { BatchStatement, SchedulerBatch } from "./scheduler-batch.ts";

/** What pages forecast, and what the scheduler goes on from after a restart. */
export interface DagWrite {
  readonly dagId: string;
  readonly nextDagrun: number | null;
  readonly nextInterval: { start: number; end: number } | null;
  readonly nextCreateAfter: number | null;
  /** Null leaves it. */
  readonly isPaused: boolean | null;
}

/** An asset, or an alias with the asset that stands for it this time. */
export interface AssetEventWrite {
  readonly name: string;
  readonly uri: string;
  readonly alias: string | null;
  readonly extra: { [key: string]: Json };
  readonly dagId: string | null;
  readonly taskId: string | null;
  readonly runId: string | null;
  readonly mapIndex: number;
  /** Of the partition that it brings. */
  readonly partitionKey: string | null;
}

export interface DeadlineWrite {
  readonly runPk: number;
  readonly dagId: string;
  readonly name: string | null;
  readonly deadlineAt: number;
  readonly callback: number;
}

export interface BackfillRunWrite {
  readonly backfillId: number;
  readonly logicalDate: number;
  readonly runPk: number | null;
  readonly exceptionReason: string | null;
}

export interface LogWrite {
  readonly event: string;
  readonly dagId: string | null;
  readonly taskId: string | null;
  readonly runId: string | null;
  readonly mapIndex: number | null;
  readonly tryNumber: number | null;
  readonly owner: string | null;
  readonly extra: string | null;
}

const dagSql = `
UPDATE dag d SET next_dagrun = to_timestamp(u.next / 1000.0),
  next_dagrun_data_interval_start = to_timestamp(u.interval_start / 1000.0),
  next_dagrun_data_interval_end = to_timestamp(u.interval_end / 1000.0),
  next_dagrun_create_after = to_timestamp(u.create_after / 1000.0), is_paused = coalesce(u.is_paused, d.is_paused)
FROM unnest($1::text[], $2::float8[], $3::float8[], $4::float8[], $5::float8[], $6::boolean[])
AS u (dag_id, next, interval_start, interval_end, create_after, is_paused)
WHERE d.dag_id = u.dag_id`;

// One statement, so that an event, its alias and the queue of the Dags that wait for it stand or fall together.
// Dags that are paused or gone queue nothing, as in Airflow's AssetManager. An event with the key of a partition is for
// the Dags that go by partitions, one without is for the others.
const assetSql = `
WITH u AS (
  SELECT x.*, nextval(pg_get_serial_sequence('asset_event', 'id')) AS event_id
  FROM unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::text[], $6::text[], $7::text[], $8::int[], $10::text[])
  AS x (name, uri, alias, extra, dag_id, task_id, run_id, map_index, partition_key)
), made AS (
  INSERT INTO asset (name, uri, created_at) SELECT DISTINCT u.name, u.uri, to_timestamp($9::float8 / 1000.0) FROM u
  ON CONFLICT (name, uri) DO UPDATE SET is_active = true RETURNING id, name, uri
), made_alias AS (
  INSERT INTO asset_alias (name) SELECT DISTINCT u.alias FROM u WHERE u.alias IS NOT NULL
  ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id, name
), e AS (
  SELECT u.*, made.id AS asset_id, made_alias.id AS alias_id
  FROM u JOIN made USING (name, uri) LEFT JOIN made_alias ON made_alias.name = u.alias
), events AS (
  INSERT INTO asset_event (id, asset_id, "timestamp", extra, source_dag_id, source_task_id, source_run_id, source_map_index, partition_key)
  OVERRIDING SYSTEM VALUE
  SELECT e.event_id, e.asset_id, to_timestamp($9::float8 / 1000.0), e.extra, e.dag_id, e.task_id, e.run_id, e.map_index, e.partition_key FROM e
), partitions AS (
  INSERT INTO partition_event (dag_id, event_id)
  SELECT DISTINCT r.dag_id, e.event_id FROM e
  JOIN asset_reference r ON r.role = 'schedule' AND r.is_partitioned AND r.asset_id = e.asset_id
  JOIN dag d ON d.dag_id = r.dag_id AND NOT d.is_paused AND NOT d.is_stale
  WHERE e.partition_key IS NOT NULL
), links AS (
  INSERT INTO asset_alias_asset (alias_id, asset_id)
  SELECT DISTINCT e.alias_id, e.asset_id FROM e WHERE e.alias_id IS NOT NULL ON CONFLICT DO NOTHING
), alias_events AS (
  INSERT INTO asset_alias_event (alias_id, event_id) SELECT e.alias_id, e.event_id FROM e WHERE e.alias_id IS NOT NULL
)
INSERT INTO asset_dag_run_queue (dag_id, asset_id, created_at)
SELECT DISTINCT r.dag_id, e.asset_id, to_timestamp($9::float8 / 1000.0)
FROM e JOIN asset_reference r ON r.role = 'schedule' AND NOT r.is_partitioned
  AND (r.asset_id = e.asset_id OR r.alias_id = e.alias_id)
JOIN dag d ON d.dag_id = r.dag_id AND NOT d.is_paused AND NOT d.is_stale
WHERE e.partition_key IS NULL
ON CONFLICT (dag_id, asset_id) DO UPDATE SET created_at = excluded.created_at`;

const queueTakeSql = `
DELETE FROM asset_dag_run_queue q USING unnest($1::text[], $2::float8[]) AS u (dag_id, up_to)
WHERE q.dag_id = u.dag_id AND q.created_at <= to_timestamp(u.up_to / 1000.0)`;

const partitionRunSql = `
UPDATE partition_run p SET run_pk = u.run_pk FROM unnest($1::bigint[], $2::bigint[]) AS u (id, run_pk)
WHERE p.id = u.id AND p.run_pk IS NULL`;

const runEventsSql = `
INSERT INTO dagrun_asset_event (run_pk, event_id)
SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING`;

const deadlineSql = `
INSERT INTO deadline (run_pk, dag_id, name, deadline_at, callback)
SELECT u.run_pk, u.dag_id, u.name, to_timestamp(u.deadline_at / 1000.0), u.callback
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::int[]) AS u (run_pk, dag_id, name, deadline_at, callback)`;

const missedSql = `
UPDATE deadline SET missed_at = to_timestamp($2::float8 / 1000.0) WHERE id = ANY ($1::bigint[]) AND missed_at IS NULL`;

const backfillRunSql = `
UPDATE backfill_dag_run b SET dag_run_id = u.run_pk, exception_reason = u.reason
FROM unnest($1::bigint[], $2::float8[], $3::bigint[], $4::text[]) AS u (backfill_id, logical_date, run_pk, reason)
WHERE b.backfill_id = u.backfill_id AND b.logical_date = to_timestamp(u.logical_date / 1000.0)`;

const backfillDoneSql = `
UPDATE backfill SET completed_at = to_timestamp($2::float8 / 1000.0) WHERE id = ANY ($1::bigint[]) AND completed_at IS NULL`;

const logSql = `
INSERT INTO log (dttm, event, dag_id, task_id, run_id, map_index, try_number, owner, extra)
SELECT to_timestamp($9::float8 / 1000.0), u.event, u.dag_id, u.task_id, u.run_id, u.map_index, u.try_number, u.owner, u.extra
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[], $8::text[])
AS u (event, dag_id, task_id, run_id, map_index, try_number, owner, extra)`;

const notifySql = `SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS u (channel, payload)`;

const heartbeatSql = `
UPDATE job SET latest_heartbeat = to_timestamp($2::float8 / 1000.0) WHERE id = ANY ($1::bigint[])`;

export function dagStatements(batch: SchedulerBatch): BatchStatement[] {
  const out: BatchStatement[] = [];
  if (batch.dags.length > 0) out.push(dagStatement(batch.dags));
  if (batch.assetEvents.length > 0) out.push(assetStatement(batch.assetEvents, batch.now));
  if (batch.assetQueueTakes.length > 0) {
    const rows = batch.assetQueueTakes;
    const values = [textArray(rows, (r) => r.dagId), plainArray(rows, (r) => r.upTo)];
    out.push({ name: "tw_asset_queue_take", text: queueTakeSql, values });
  }
  if (batch.partitionRuns.length > 0) {
    const rows = batch.partitionRuns;
    const values = [plainArray(rows, (r) => r.id), plainArray(rows, (r) => r.runPk)];
    out.push({ name: "tw_partition_run", text: partitionRunSql, values });
  }
  if (batch.runAssetEvents.length > 0) {
    const rows = batch.runAssetEvents.flatMap(({ runPk, eventIds }) => eventIds.map((id) => ({ runPk, id })));
    const values = [plainArray(rows, (r) => r.runPk), plainArray(rows, (r) => r.id)];
    out.push({ name: "tw_run_asset_events", text: runEventsSql, values });
  }
  out.push(...timeStatements(batch), ...bookStatements(batch));
  return out;
}

function dagStatement(rows: readonly DagWrite[]): BatchStatement {
  const values = [
    textArray(rows, (r) => r.dagId),
    plainArray(rows, (r) => r.nextDagrun),
    plainArray(rows, (r) => r.nextInterval?.start ?? null),
    plainArray(rows, (r) => r.nextInterval?.end ?? null),
    plainArray(rows, (r) => r.nextCreateAfter),
    plainArray(rows, (r) => r.isPaused),
  ];
  return { name: "tw_dag_update", text: dagSql, values };
}

function assetStatement(rows: readonly AssetEventWrite[], now: number): BatchStatement {
  const values = [
    textArray(rows, (r) => r.name),
    textArray(rows, (r) => r.uri),
    textArray(rows, (r) => r.alias),
    textArray(rows, (r) => JSON.stringify(r.extra)),
    textArray(rows, (r) => r.dagId),
    textArray(rows, (r) => r.taskId),
    textArray(rows, (r) => r.runId),
    plainArray(rows, (r) => r.mapIndex),
    now,
    textArray(rows, (r) => r.partitionKey),
  ];
  return { name: "tw_asset_events", text: assetSql, values };
}

function timeStatements(batch: SchedulerBatch): BatchStatement[] {
  const out: BatchStatement[] = [];
  if (batch.deadlineInserts.length > 0) {
    const rows = batch.deadlineInserts;
    const values = [
      plainArray(rows, (r) => r.runPk),
      textArray(rows, (r) => r.dagId),
      textArray(rows, (r) => r.name),
      plainArray(rows, (r) => r.deadlineAt),
      plainArray(rows, (r) => r.callback),
    ];
    out.push({ name: "tw_deadline_insert", text: deadlineSql, values });
  }
  if (batch.deadlinesMissed.length > 0) {
    const values = [plainArray(batch.deadlinesMissed, (id) => id), batch.now];
    out.push({ name: "tw_deadline_missed", text: missedSql, values });
  }
  if (batch.deadlineDeletes.length > 0) {
    const values = [plainArray(batch.deadlineDeletes, (id) => id)];
    out.push({
      name: "tw_deadline_delete",
      text: "DELETE FROM deadline WHERE id = ANY ($1::bigint[])",
      values,
    });
  }
  if (batch.backfillRuns.length > 0) {
    const rows = batch.backfillRuns;
    const values = [
      plainArray(rows, (r) => r.backfillId),
      plainArray(rows, (r) => r.logicalDate),
      plainArray(rows, (r) => r.runPk),
      textArray(rows, (r) => r.exceptionReason),
    ];
    out.push({ name: "tw_backfill_run", text: backfillRunSql, values });
  }
  if (batch.backfillsCompleted.length > 0) {
    const values = [plainArray(batch.backfillsCompleted, (id) => id), batch.now];
    out.push({ name: "tw_backfill_done", text: backfillDoneSql, values });
  }
  return out;
}

function bookStatements(batch: SchedulerBatch): BatchStatement[] {
  const out: BatchStatement[] = [];
  if (batch.requestDeletes.length > 0) {
    const values = [plainArray(batch.requestDeletes, (id) => id)];
    out.push({
      name: "tw_request_delete",
      text: "DELETE FROM scheduler_request WHERE id = ANY ($1::bigint[])",
      values,
    });
  }
  if (batch.logs.length > 0) {
    const rows = batch.logs;
    const values = [
      textArray(rows, (r) => r.event),
      textArray(rows, (r) => r.dagId),
      textArray(rows, (r) => r.taskId),
      textArray(rows, (r) => r.runId),
      plainArray(rows, (r) => r.mapIndex),
      plainArray(rows, (r) => r.tryNumber),
      textArray(rows, (r) => r.owner),
      textArray(rows, (r) => r.extra),
      batch.now,
    ];
    out.push({ name: "tw_log_insert", text: logSql, values });
  }
  if (batch.heartbeats.length > 0) {
    const values = [plainArray(batch.heartbeats, (id) => id), batch.now];
    out.push({ name: "tw_heartbeat", text: heartbeatSql, values });
  }
  if (batch.notifications.length > 0) {
    const rows = batch.notifications;
    const values = [textArray(rows, (r) => r.channel), textArray(rows, (r) => r.payload)];
    out.push({ name: "tw_notify", text: notifySql, values });
  }
  return out;
}
