/**
 * What other processes ask of the scheduler that holds a Dag's lease. A request is a row; its notification is sent
 * in the same transaction. The row goes in the transaction that carries it out, so it is done once.
 */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { addRequest, listRequests } from "./scheduling-requests.ts";
import { instant, sql } from "./sql.ts";

/** Tasks of a run; without `mapIndexes` all instances of the task. */
export interface TaskChoice {
  readonly taskId: string;
  readonly mapIndexes?: readonly number[];
}

/** Which runs of the Dag: by id, and from these also earlier or later ones by logical date. */
export interface RunChoice {
  readonly runIds?: readonly string[];
  /** All runs with a logical date from … to, both included; epoch milliseconds. */
  readonly from?: number;
  readonly to?: number;
  readonly past?: boolean;
  readonly future?: boolean;
}

export type SchedulerRequest =
  | ({
      readonly kind: "clear";
      /** All tasks when absent. */
      readonly tasks?: readonly TaskChoice[];
      readonly upstream?: boolean;
      readonly downstream?: boolean;
      readonly onlyFailed?: boolean;
      readonly onlyRunning?: boolean;
      /** False: a finished run keeps its state, and its cleared tasks wait until it is queued by hand. */
      readonly resetDagRuns?: boolean;
      readonly runOnLatestVersion?: boolean;
    } & RunChoice)
  | ({
      readonly kind: "mark-tasks";
      readonly tasks: readonly TaskChoice[];
      readonly state: "success" | "failed" | "skipped";
      readonly upstream?: boolean;
      readonly downstream?: boolean;
    } & RunChoice)
  | {
      readonly kind: "mark-run";
      readonly runIds: readonly string[];
      readonly state: "success" | "failed" | "queued";
    }
  | { readonly kind: "delete-runs"; readonly runIds: readonly string[] }
  | AnswerRequest;

/** What a person answered an attempt that waits for it. */
export interface AnswerRequest {
  readonly kind: "answer";
  readonly runIds: readonly string[];
  readonly taskId: string;
  readonly mapIndex: number;
  readonly attemptId: string;
  /** What the task goes on with. */
  readonly event: Json;
}

export interface StoredRequest {
  readonly id: number;
  readonly dagId: string;
  readonly request: SchedulerRequest;
  readonly requestedBy: string | null;
}

/** A request as other processes make it; its row and notification are one transaction when `tx` is one. */
export function requestOf(
  tx: Executor,
  dagId: string,
  request: SchedulerRequest,
  by: { now: number; user?: string | null },
): Promise<number> {
  const { kind, ...payload } = request;
  return addRequest(
    tx,
    { dagId, kind, payload: payload as unknown as Json, requestedBy: by.user ?? null },
    by.now,
  );
}

export async function pendingRequests(on: Executor, dagIds: readonly string[]): Promise<StoredRequest[]> {
  const rows = await listRequests(on, dagIds);
  return rows.map(({ id, dagId, kind, payload, requestedBy }) => ({
    id,
    dagId,
    requestedBy,
    request: { kind, ...(payload as object) } as SchedulerRequest,
  }));
}

/** Ids of the runs that a choice means, in the order of their dates. */
export async function chosenRuns(on: Executor, dagId: string, choice: RunChoice): Promise<number[]> {
  const { runIds = null, from = null, to = null, past = false, future = false } = choice;
  const rows = await on.rows<{ id: number }>(sql`
    WITH named AS (
      SELECT id, logical_date FROM dag_run WHERE dag_id = ${dagId} AND run_id = ANY (${runIds}::text[])
    ), bounds AS (SELECT min(logical_date) AS first, max(logical_date) AS last FROM named)
    SELECT r.id FROM dag_run r, bounds b
    WHERE r.dag_id = ${dagId} AND (
      r.id IN (SELECT id FROM named)
      OR (${past}::boolean AND r.logical_date < b.first)
      OR (${future}::boolean AND r.logical_date > b.last)
      OR (${runIds === null}::boolean AND (${from !== null || to !== null}::boolean)
        AND (${instant(from)}::timestamptz IS NULL OR r.logical_date >= ${instant(from)})
        AND (${instant(to)}::timestamptz IS NULL OR r.logical_date <= ${instant(to)})))
    ORDER BY r.logical_date NULLS LAST, r.id`);
  return rows.map(({ id }) => id);
}

/** Whether a scheduler with a live session holds the lease of the Dag. */
export async function hasLiveScheduler(on: Executor, dagId: string | null = null): Promise<boolean> {
  const row = await on.row<{ found: boolean }>(sql`
    SELECT EXISTS (
      SELECT FROM pg_locks l
      WHERE l.locktype = 'advisory' AND l.classid = 7 AND l.objsubid = 2 AND l.granted
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (${dagId}::text IS NULL OR l.objid::bigint = (SELECT scheduler_id FROM dag_lease WHERE dag_id = ${dagId}))
    ) AS found`);
  return row?.found === true;
}
