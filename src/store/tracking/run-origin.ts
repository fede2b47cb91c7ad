/** From the attempt that a request comes out of to what a run keeps of it. */
import type { RunOrigin } from "../../core/tracking/entities.ts";
import type { Executor } from "../connect.ts";
import { instant, sql } from "../sql.ts";

export interface AttemptKey {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly attemptId: string;
}

/**
 * Null when the attempt is not the running one of its task instance, and did not end after `endedAfter`: what a client's
 * threads still hold at the end may be written, and nothing later.
 */
export function findOrigin(
  executor: Executor,
  key: AttemptKey,
  endedAfter: number,
): Promise<RunOrigin | null> {
  return executor.row(sql`
    SELECT r.dag_id AS "dagId", r.id AS "dagRunPk", r.run_id AS "dagRunId", t.task_id AS "taskId",
      t.map_index AS "mapIndex", t.attempt_id AS "attemptId", t.try_number AS "tryNumber",
      t.version_id AS "dagVersionId", v.version_number AS "dagVersion"
    FROM task_instance t JOIN dag_run r ON r.id = t.run_pk JOIN dag_version v ON v.id = t.version_id
    WHERE t.run_pk = ${key.runPk} AND t.task_id = ${key.taskId} AND t.map_index = ${key.mapIndex}
      AND t.attempt_id = ${key.attemptId} AND (t.state = 'running' OR t.end_date >= ${instant(endedAfter)})`);
}
