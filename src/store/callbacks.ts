/** Callbacks that are to run: written with the end that asks for them, gone when they have run. */
import type { Json } from "../core/dag-model.ts";
import type { CallbackKind } from "../runtime/protocol.ts";
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export interface CallbackRow {
  readonly id: string;
  readonly dagId: string;
  readonly versionId: number;
  readonly kind: CallbackKind;
  readonly context: { readonly [key: string]: Json };
  /** Relative to the log folder. */
  readonly logPath: string;
}

/** Oldest first (index callback_by_dag). */
export function waitingCallbacks(
  executor: Executor,
  dagIds: readonly string[],
  limit: number,
): Promise<CallbackRow[]> {
  return executor.rows(sql`
    SELECT id, dag_id AS "dagId", version_id AS "versionId", kind, context, log_path AS "logPath" FROM callback
    WHERE dag_id = ANY (${dagIds}::text[]) ORDER BY created_at, id LIMIT ${limit}`);
}

/** Before it is handed to a worker, which may not live to tell. How often it was, this time included; null: it is gone. */
export async function countCallbackTry(executor: Executor, id: string): Promise<number | null> {
  const row = await executor.row<{ tries: number }>(
    sql`UPDATE callback SET tries = tries + 1 WHERE id = ${id} RETURNING tries`,
  );
  return row?.tries ?? null;
}

/** No worker took it. */
export async function takeBackCallbackTry(executor: Executor, id: string): Promise<void> {
  await executor.run(sql`UPDATE callback SET tries = tries - 1 WHERE id = ${id} AND tries > 0`);
}

export async function deleteCallback(executor: Executor, id: string): Promise<void> {
  await executor.run(sql`DELETE FROM callback WHERE id = ${id}`);
}
