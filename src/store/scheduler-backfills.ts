/** Backfills that are not over, and the dates of them for which no run was made yet. */
import type { Json } from "../core/dag-model.ts";
import type { DagRunState } from "../core/states.ts";
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export interface OpenBackfill {
  readonly id: number;
  readonly dagId: string;
  readonly conf: Json;
  readonly isPaused: boolean;
  readonly reprocessBehavior: "none" | "failed" | "completed";
  readonly maxActiveRuns: number;
  readonly triggeringUser: string | null;
  readonly pendingDates: number;
  readonly unfinishedRuns: number;
  /** It was given up while runs of it waited. */
  readonly isCancelled: boolean;
}

export function openBackfills(on: Executor, dagIds: readonly string[]): Promise<OpenBackfill[]> {
  return on.rows<OpenBackfill>(sql`
    SELECT b.id, b.dag_id AS "dagId", b.conf, b.is_paused AS "isPaused", b.reprocess_behavior AS "reprocessBehavior",
      b.max_active_runs AS "maxActiveRuns", b.triggering_user AS "triggeringUser",
      (SELECT count(*) FROM backfill_dag_run d
       WHERE d.backfill_id = b.id AND d.dag_run_id IS NULL AND d.exception_reason IS NULL) AS "pendingDates",
      (SELECT count(*) FROM dag_run r WHERE r.backfill_id = b.id AND r.end_date IS NULL) AS "unfinishedRuns",
      b.completed_at IS NOT NULL AS "isCancelled"
    FROM backfill b
    WHERE b.dag_id = ANY (${dagIds}::text[]) AND (b.completed_at IS NULL OR EXISTS (
      SELECT FROM dag_run r WHERE r.backfill_id = b.id AND r.state = 'queued' AND r.end_date IS NULL))
    ORDER BY b.id`);
}

export interface BackfillDate {
  readonly logicalDate: number;
  readonly sortOrdinal: number;
  readonly intervalStart: number;
  readonly intervalEnd: number;
  readonly runAfter: number;
  /** Where the timetable names its runs itself. */
  readonly runId: string | null;
  readonly partitionKey: string | null;
  /** The run that the date has already. */
  readonly runPk: number | null;
  readonly state: DagRunState | null;
}

export function pendingDates(on: Executor, backfillId: number, limit: number): Promise<BackfillDate[]> {
  return on.rows<BackfillDate>(sql`
    SELECT d.logical_date AS "logicalDate", d.sort_ordinal AS "sortOrdinal",
      coalesce(d.data_interval_start, d.logical_date) AS "intervalStart",
      coalesce(d.data_interval_end, d.logical_date) AS "intervalEnd",
      coalesce(d.run_after, d.logical_date) AS "runAfter", d.run_id AS "runId", d.partition_key AS "partitionKey", r.id AS "runPk", r.state
    FROM backfill_dag_run d JOIN backfill b ON b.id = d.backfill_id
    LEFT JOIN dag_run r ON r.dag_id = b.dag_id AND r.logical_date = d.logical_date
    WHERE d.backfill_id = ${backfillId} AND d.dag_run_id IS NULL AND d.exception_reason IS NULL
    ORDER BY d.sort_ordinal LIMIT ${limit}`);
}
