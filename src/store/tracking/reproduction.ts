/** What tracked runs of a Dag run came to, to be compared with those of another. */
import type { TrackedResult } from "../../core/reproduction.ts";
import type { Executor } from "../connect.ts";
import { sql } from "../sql.ts";
import { asRunId, hexId } from "./ids.ts";
import { noRun } from "./runs.ts";

/** The Dag run in which a tracked run was started; nulls for one from outside. @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function dagRunOf(
  executor: Executor,
  id: string,
): Promise<{ runId: string; dagId: string | null; dagRunId: string | null }> {
  const row = await executor.row<{ runId: string; dagId: string | null; dagRunId: string | null }>(sql`
    SELECT ${hexId(sql`r.run_id`)} AS "runId", r.dag_id AS "dagId", r.dag_run_id AS "dagRunId"
    FROM run r WHERE r.run_id = ${asRunId(id)}::uuid`);
  if (row === null) throw noRun(id);
  return row;
}

/** In the order of their starts, of the try that counts; of deleted runs nothing. */
export async function resultsOfDagRun(executor: Executor, runPk: number): Promise<TrackedResult[]> {
  const rows = await executor.rows<
    Omit<TrackedResult, "metrics"> & { metrics: { readonly [key: string]: string } }
  >(sql`
    SELECT ${hexId(sql`r.run_id`)} AS "runId", r.name, r.task_id AS "taskId", r.map_index AS "mapIndex",
      coalesce((SELECT jsonb_object_agg(m.key, m.value::text) FROM run_latest_metric m WHERE m.run_id = r.run_id), '{}') AS metrics,
      coalesce((SELECT jsonb_object_agg(d.name, d.digest) FROM run_dataset i JOIN dataset d ON d.id = i.dataset_id
        WHERE i.run_id = r.run_id), '{}') AS inputs
    FROM run r JOIN task_instance t ON (t.run_pk, t.task_id, t.map_index) = (r.dag_run_pk, r.task_id, r.map_index)
      AND t.attempt_id = r.attempt_id
    WHERE r.dag_run_pk = ${runPk} AND r.lifecycle_stage = 'active' ORDER BY r.start_time, r.run_id`);
  return rows.map((row) => ({
    ...row,
    metrics: Object.fromEntries(Object.entries(row.metrics).map(([key, value]) => [key, Number(value)])),
  }));
}
