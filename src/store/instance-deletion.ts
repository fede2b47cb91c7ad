/** Takes one task instance away with everything that belongs to it; its run must have ended. */
import type { Executor } from "./connect.ts";
import { tablesOfRuns } from "./run-deletion.ts";
import { identifier, sql } from "./sql.ts";

/** Tables of runs whose rows name no instance. */
const ofWholeRuns: ReadonlySet<string> = new Set(["dagrun_asset_event", "deadline"]);

export async function deleteTaskInstance(
  tx: Executor,
  at: { readonly runPk: number; readonly taskId: string; readonly mapIndex: number },
): Promise<void> {
  for (const table of tablesOfRuns) {
    if (ofWholeRuns.has(table)) continue;
    await tx.run(sql`
      DELETE FROM ${identifier(table)}
      WHERE run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex}`);
  }
}
