/** Takes one task instance away with everything that belongs to it; its run must have ended. */
import type { Executor } from "./connect.ts";
import { identifier, sql } from "./sql.ts";

/** Tables of runs whose rows name an instance. */
const tablesOfInstances = [
  "task_instance",
  "task_instance_history",
  "task_reschedule",
  "task_map",
  "xcom",
  "rendered_task_instance_fields",
  "trigger",
  "hitl_detail",
  "task_state",
] as const;

export async function deleteTaskInstance(
  tx: Executor,
  at: { readonly runPk: number; readonly taskId: string; readonly mapIndex: number },
): Promise<void> {
  for (const table of tablesOfInstances) {
    await tx.run(sql`
      DELETE FROM ${identifier(table)}
      WHERE run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex}`);
  }
}
