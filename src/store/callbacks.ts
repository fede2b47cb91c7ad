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

export async function deleteCallback(executor: Executor, id: string): Promise<void> {
  await executor.run(sql`DELETE FROM callback WHERE id = ${id}`);
}
