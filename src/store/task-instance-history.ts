/** Tries of a task instance: the finished ones from the history, the newest from the instance itself. */
import type { TaskInstanceState } from "../core/states.ts";
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export interface TryRow {
  readonly tryNumber: number;
  readonly attemptId: string | null;
  readonly state: TaskInstanceState | null;
  readonly maxTries: number;
  readonly versionId: number;
  readonly pool: string;
  readonly poolSlots: number;
  readonly queue: string;
  readonly priorityWeight: number;
  readonly operator: string;
  readonly scheduledAt: number | null;
  readonly queuedAt: number | null;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly hostname: string | null;
  readonly pid: number | null;
  readonly workerId: string | null;
  readonly renderedMapIndex: string | null;
}

const columns = sql`
  try_number AS "tryNumber", attempt_id AS "attemptId", state, max_tries AS "maxTries", version_id AS "versionId",
  pool, pool_slots AS "poolSlots", queue, priority_weight AS "priorityWeight", operator, scheduled_at AS "scheduledAt",
  queued_at AS "queuedAt", start_date AS "startDate", end_date AS "endDate", hostname, pid, worker_id AS "workerId",
  rendered_map_index AS "renderedMapIndex"`;

/** Oldest first, the newest try last. */
export function listTries(
  executor: Executor,
  at: { runPk: number; taskId: string; mapIndex: number },
): Promise<TryRow[]> {
  const same = sql`run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex}`;
  return executor.rows(sql`
    SELECT * FROM (
      SELECT ${columns} FROM task_instance_history WHERE ${same}
      UNION ALL
      SELECT ${columns} FROM task_instance WHERE ${same} AND attempt_id IS NOT NULL
    ) tries ORDER BY "tryNumber", "startDate" NULLS LAST`);
}
