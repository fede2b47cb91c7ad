/**
 * What other processes ask of the scheduler that holds a Dag's lease: clear, mark, delete. The row and the
 * notification belong into one transaction; the scheduler deletes the row with the batch that did it.
 */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { notify } from "./notify.ts";
import { instant, json, sql } from "./sql.ts";

export interface SchedulerRequestRow {
  readonly id: number;
  readonly dagId: string;
  readonly kind: string;
  readonly payload: Json;
  readonly createdAt: number;
  readonly requestedBy: string | null;
}

/** Returns the request's id; it is done when `isRequestDone` says so. */
export async function addRequest(
  tx: Executor,
  request: { dagId: string; kind: string; payload: Json; requestedBy?: string | null },
  now: number,
): Promise<number> {
  const row = await tx.row<{ id: number }>(sql`
    INSERT INTO scheduler_request (dag_id, kind, payload, created_at, requested_by)
    VALUES (${request.dagId}, ${request.kind}, ${json(request.payload)}, ${instant(now)}, ${request.requestedBy ?? null})
    RETURNING id`);
  await notify(tx, [`request:${request.dagId}`]);
  return row?.id ?? 0;
}

export async function isRequestDone(executor: Executor, id: number): Promise<boolean> {
  return (await executor.row(sql`SELECT 1 AS waiting FROM scheduler_request WHERE id = ${id}`)) === null;
}

/** In the order in which they were made (index scheduler_request_by_dag). */
export function listRequests(executor: Executor, dagIds: readonly string[]): Promise<SchedulerRequestRow[]> {
  return executor.rows(sql`
    SELECT id, dag_id AS "dagId", kind, payload, created_at AS "createdAt", requested_by AS "requestedBy"
    FROM scheduler_request WHERE dag_id = ANY (${dagIds}::text[]) ORDER BY id`);
}

/** One that nobody took up. True when it was still there. */
export async function withdrawRequest(executor: Executor, id: number): Promise<boolean> {
  return (await executor.run(sql`DELETE FROM scheduler_request WHERE id = ${id}`)) === 1;
}
