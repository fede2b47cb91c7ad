/** Triggers that fired and whose task is to go on; partial index trigger_fired. */
import type { Json } from "../core/dag-model.ts";
import type { TriggerEnd } from "../runtime/protocol.ts";
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export interface FiredTrigger {
  readonly id: number;
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly event: Json;
  /** Set when the trigger ended its task itself. */
  readonly end: TriggerEnd | null;
  readonly error: string | null;
}

export function firedTriggers(on: Executor, runPks: readonly number[]): Promise<FiredTrigger[]> {
  return on.rows<FiredTrigger>(sql`
    SELECT id, run_pk AS "runPk", task_id AS "taskId", map_index AS "mapIndex", event, ends AS "end", error FROM trigger
    WHERE fired_at IS NOT NULL AND run_pk = ANY (${runPks}::bigint[]) ORDER BY id LIMIT 2000`);
}
