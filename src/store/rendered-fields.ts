/** Template fields of a task instance as they were rendered at its last start. */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { json, sql } from "./sql.ts";

interface InstanceKey {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
}

export async function setRenderedFields(
  executor: Executor,
  at: InstanceKey,
  fields: { [name: string]: Json },
): Promise<void> {
  await executor.run(sql`
    INSERT INTO rendered_task_instance_fields (run_pk, task_id, map_index, fields)
    VALUES (${at.runPk}, ${at.taskId}, ${at.mapIndex}, ${json(fields)})
    ON CONFLICT (run_pk, task_id, map_index) DO UPDATE SET fields = excluded.fields`);
}

export async function findRenderedFields(
  executor: Executor,
  at: InstanceKey,
): Promise<{ [name: string]: Json } | null> {
  const row = await executor.row<{ fields: { [name: string]: Json } }>(sql`
    SELECT fields FROM rendered_task_instance_fields
    WHERE run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex}`);
  return row?.fields ?? null;
}
