/** Set statements on dag_run, backfill_dag_run and deadline. */
import type { Json } from "../core/dag-model.ts";
import type { DagRunState, DagRunType, TriggeredBy } from "../core/states.ts";
import { tablesOfRuns } from "./run-deletion.ts";
import { plainArray, textArray } from "./scheduler-arrays.ts";
import type { BatchStatement, SchedulerBatch } from "./scheduler-batch.ts";

export interface RunInsert {
  /** Taken from the sequence before, so that instances can be inserted in the same transaction. */
  readonly pk: number;
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  readonly state: DagRunState;
  readonly logicalDate: number | null;
  readonly dataInterval: { start: number; end: number } | null;
  readonly runAfter: number;
  readonly queuedAt: number;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly triggeredBy: TriggeredBy;
  readonly triggeringUser: string | null;
  readonly conf: Json;
  readonly backfillId: number | null;
  readonly versionId: number;
  readonly partitionKey: string | null;
  readonly note: string | null;
}

export interface RunWrite {
  readonly pk: number;
  readonly expectState: DagRunState;
  readonly state: DagRunState;
  readonly queuedAt: number;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly clearNumber: number;
  readonly versionId: number;
  readonly backfillId: number | null;
}

const insertSql = `
INSERT INTO dag_run (id, dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end, run_after,
  queued_at, start_date, end_date, triggered_by, triggering_user, conf, backfill_id, version_id, partition_key, note)
SELECT u.id, u.dag_id, u.run_id, u.run_type, u.state, to_timestamp(u.logical_date / 1000.0),
  to_timestamp(u.interval_start / 1000.0), to_timestamp(u.interval_end / 1000.0), to_timestamp(u.run_after / 1000.0),
  to_timestamp(u.queued_at / 1000.0), to_timestamp(u.start_date / 1000.0), to_timestamp(u.end_date / 1000.0),
  u.triggered_by, u.triggering_user, u.conf, u.backfill_id, u.version_id, u.partition_key, u.note
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::float8[],
  $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::text[], $14::text[], $15::json[], $16::bigint[],
  $17::bigint[], $18::text[], $19::text[])
AS u (id, dag_id, run_id, run_type, state, logical_date, interval_start, interval_end, run_after, queued_at, start_date,
  end_date, triggered_by, triggering_user, conf, backfill_id, version_id, partition_key, note)`;

const updateSql = `
UPDATE dag_run r SET state = u.state, queued_at = to_timestamp(u.queued_at / 1000.0),
  start_date = to_timestamp(u.start_date / 1000.0), end_date = to_timestamp(u.end_date / 1000.0),
  clear_number = u.clear_number, version_id = u.version_id, backfill_id = u.backfill_id
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::float8[], $6::float8[], $7::int[], $8::bigint[], $9::bigint[])
AS u (id, expect_state, state, queued_at, start_date, end_date, clear_number, version_id, backfill_id)
WHERE r.id = u.id AND r.state = u.expect_state`;

export function runStatements(batch: SchedulerBatch): BatchStatement[] {
  const out: BatchStatement[] = [];
  if (batch.runDeletes.length > 0) out.push(...deleteStatements(batch.runDeletes));
  if (batch.runInserts.length > 0) out.push(insertStatement(batch.runInserts));
  if (batch.runs.length > 0) out.push(updateStatement(batch.runs));
  return out;
}

function deleteStatements(pks: readonly number[]): BatchStatement[] {
  const values = [plainArray(pks, (pk) => pk)];
  return [
    ...tablesOfRuns.map((table) => ({
      name: `tw_run_delete_${table}`,
      text: `DELETE FROM ${table} WHERE run_pk = ANY ($1::bigint[])`,
      values,
    })),
    { name: "tw_run_delete", text: "DELETE FROM dag_run WHERE id = ANY ($1::bigint[])", values },
  ];
}

function insertStatement(rows: readonly RunInsert[]): BatchStatement {
  const values = [
    plainArray(rows, (r) => r.pk),
    textArray(rows, (r) => r.dagId),
    textArray(rows, (r) => r.runId),
    plainArray(rows, (r) => r.runType),
    plainArray(rows, (r) => r.state),
    plainArray(rows, (r) => r.logicalDate),
    plainArray(rows, (r) => r.dataInterval?.start ?? null),
    plainArray(rows, (r) => r.dataInterval?.end ?? null),
    plainArray(rows, (r) => r.runAfter),
    plainArray(rows, (r) => r.queuedAt),
    plainArray(rows, (r) => r.startDate),
    plainArray(rows, (r) => r.endDate),
    plainArray(rows, (r) => r.triggeredBy),
    textArray(rows, (r) => r.triggeringUser),
    textArray(rows, (r) => JSON.stringify(r.conf)),
    plainArray(rows, (r) => r.backfillId),
    plainArray(rows, (r) => r.versionId),
    textArray(rows, (r) => r.partitionKey),
    textArray(rows, (r) => r.note),
  ];
  return { name: "tw_run_insert", text: insertSql, values, expect: rows.length };
}

function updateStatement(rows: readonly RunWrite[]): BatchStatement {
  const values = [
    plainArray(rows, (r) => r.pk),
    plainArray(rows, (r) => r.expectState),
    plainArray(rows, (r) => r.state),
    plainArray(rows, (r) => r.queuedAt),
    plainArray(rows, (r) => r.startDate),
    plainArray(rows, (r) => r.endDate),
    plainArray(rows, (r) => r.clearNumber),
    plainArray(rows, (r) => r.versionId),
    plainArray(rows, (r) => r.backfillId),
  ];
  return { name: "tw_run_update", text: updateSql, values, expect: rows.length };
}
