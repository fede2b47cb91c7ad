/** Backfills: a range of logical dates of a Dag, run under a cap of their own. The scheduler makes the runs. */
import type { Json } from "../core/dag-model.ts";
import type { NextRun } from "../core/timetable/timetable.ts";
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import { instant, instants, json, sql } from "./sql.ts";

export interface BackfillRow {
  readonly id: number;
  readonly dagId: string;
  readonly fromDate: number;
  readonly toDate: number;
  readonly conf: Json;
  readonly isPaused: boolean;
  readonly runBackwards: boolean;
  readonly reprocessBehavior: "none" | "failed" | "completed";
  readonly maxActiveRuns: number;
  readonly triggeringUser: string | null;
  readonly createdAt: number;
  readonly completedAt: number | null;
}

export interface BackfillDagRunRow {
  readonly id: number;
  readonly dagRunId: number | null;
  readonly logicalDate: number;
  readonly sortOrdinal: number;
  /** Why there is no run, e.g. "already exists". */
  readonly exceptionReason: string | null;
}

export const backfillColumns = sql`
  id, dag_id AS "dagId", from_date AS "fromDate", to_date AS "toDate", conf, is_paused AS "isPaused",
  run_backwards AS "runBackwards", reprocess_behavior AS "reprocessBehavior", max_active_runs AS "maxActiveRuns",
  triggering_user AS "triggeringUser", created_at AS "createdAt", completed_at AS "completedAt"`;

export type NewBackfill = Omit<
  BackfillRow,
  "id" | "createdAt" | "completedAt" | "isPaused" | "triggeringUser"
> & {
  readonly triggeringUser?: string | null;
  /** In the order in which the runs are wanted. */
  readonly dates: readonly { run: NextRun; exceptionReason?: string | null }[];
};

/**
 * Runs in a transaction of the caller. One backfill of a Dag at a time (an advisory lock on the Dag's id closes
 * the gap between the question and the insert).
 *
 * @throws TradewindError TW_BACKFILL_EXISTS.
 */
export async function createBackfill(tx: Executor, backfill: NewBackfill, now: number): Promise<BackfillRow> {
  await tx.run(sql`SELECT pg_advisory_xact_lock(9, hashtext(${backfill.dagId}))`);
  const other = await tx.row<{ id: number }>(
    sql`SELECT id FROM backfill WHERE dag_id = ${backfill.dagId} AND completed_at IS NULL LIMIT 1`,
  );
  if (other !== null) {
    throw new TradewindError(
      "TW_BACKFILL_EXISTS",
      `expected no running backfill of ${backfill.dagId}, got number ${other.id}`,
      { hint: "wait for its end, or cancel it" },
    );
  }
  const row = await tx.row<BackfillRow>(sql`
    INSERT INTO backfill (dag_id, from_date, to_date, conf, run_backwards, reprocess_behavior, max_active_runs,
      triggering_user, created_at)
    VALUES (${backfill.dagId}, ${instant(backfill.fromDate)}, ${instant(backfill.toDate)}, ${json(backfill.conf)},
      ${backfill.runBackwards}, ${backfill.reprocessBehavior}, ${backfill.maxActiveRuns},
      ${backfill.triggeringUser ?? null}, ${instant(now)})
    RETURNING ${backfillColumns}`);
  const made = row as BackfillRow;
  const runs = backfill.dates.map(({ run }) => run);
  await tx.run(sql`
    INSERT INTO backfill_dag_run (backfill_id, logical_date, data_interval_start, data_interval_end, run_after, run_id,
      partition_key, exception_reason, sort_ordinal)
    SELECT ${made.id}, u.*
    FROM unnest(${instants(runs.map((run) => run.logicalDate))}::timestamptz[],
      ${instants(runs.map((run) => run.dataInterval.start))}::timestamptz[],
      ${instants(runs.map((run) => run.dataInterval.end))}::timestamptz[],
      ${instants(runs.map((run) => run.runAfter))}::timestamptz[], ${runs.map((run) => run.runId ?? null)}::text[],
      ${runs.map((run) => run.partitionKey ?? null)}::text[],
      ${backfill.dates.map((date) => date.exceptionReason ?? null)}::text[]) WITH ORDINALITY AS u`);
  return made;
}

/** @throws TradewindError TW_BACKFILL_NOT_FOUND. */
export async function getBackfill(executor: Executor, id: number): Promise<BackfillRow> {
  const row = await executor.row<BackfillRow>(sql`SELECT ${backfillColumns} FROM backfill WHERE id = ${id}`);
  if (row !== null) return row;
  throw new TradewindError("TW_BACKFILL_NOT_FOUND", `expected a backfill, got number ${id}`);
}

/** Newest first. */
export function listBackfills(
  executor: Executor,
  filter: { dagId?: string | null; onlyActive?: boolean } = {},
): Promise<BackfillRow[]> {
  return executor.rows(sql`
    SELECT ${backfillColumns} FROM backfill
    WHERE (${filter.dagId ?? null}::text IS NULL OR dag_id = ${filter.dagId ?? null})
      AND (NOT ${filter.onlyActive ?? false}::boolean OR completed_at IS NULL)
    ORDER BY id DESC`);
}

export function listBackfillRuns(executor: Executor, backfillId: number): Promise<BackfillDagRunRow[]> {
  return executor.rows(sql`
    SELECT id, dag_run_id AS "dagRunId", logical_date AS "logicalDate", sort_ordinal AS "sortOrdinal",
      exception_reason AS "exceptionReason"
    FROM backfill_dag_run WHERE backfill_id = ${backfillId} ORDER BY sort_ordinal`);
}

export interface BackfillProgress extends BackfillRow {
  readonly cancelledAt: number | null;
  /** Dates that it is for; those in none of the numbers below wait for their run to be made. */
  readonly dates: number;
  /** Dates that get no run, as they have one already. */
  readonly skipped: number;
  readonly queued: number;
  readonly running: number;
  readonly success: number;
  readonly failed: number;
}

/** Newest first, each with how far it is. Runs are found by dag_run_backfill. */
export function backfillProgress(
  executor: Executor,
  dagId: string,
  limit: number,
): Promise<BackfillProgress[]> {
  return executor.rows(sql`
    SELECT ${backfillColumns}, cancelled_at AS "cancelledAt", dates.*, runs.*
    FROM (SELECT * FROM backfill WHERE dag_id = ${dagId} ORDER BY id DESC LIMIT ${limit}) b,
      LATERAL (
        SELECT count(*)::int AS dates, count(*) FILTER (WHERE exception_reason IS NOT NULL)::int AS skipped
        FROM backfill_dag_run d WHERE d.backfill_id = b.id) dates,
      LATERAL (
        SELECT count(*) FILTER (WHERE state = 'queued')::int AS queued,
          count(*) FILTER (WHERE state = 'running')::int AS running,
          count(*) FILTER (WHERE state = 'success')::int AS success,
          count(*) FILTER (WHERE state = 'failed')::int AS failed
        FROM dag_run r WHERE r.backfill_id = b.id) runs
    ORDER BY b.id DESC`);
}

/** False when it is over already. */
export async function setBackfillPaused(executor: Executor, id: number, isPaused: boolean): Promise<boolean> {
  const count = await executor.run(
    sql`UPDATE backfill SET is_paused = ${isPaused} WHERE id = ${id} AND completed_at IS NULL`,
  );
  return count === 1;
}

/** No more runs are made; those that wait in its queue are the scheduler's to fail. False when it is over already. */
export async function cancelBackfill(executor: Executor, id: number, now: number): Promise<boolean> {
  const count = await executor.run(sql`
    UPDATE backfill SET completed_at = ${instant(now)}, cancelled_at = ${instant(now)}, is_paused = true WHERE id = ${id} AND completed_at IS NULL`);
  return count === 1;
}
