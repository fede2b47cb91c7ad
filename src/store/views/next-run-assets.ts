/** Assets of a Dag's schedule with what came of them since its newest run. */
import type { Executor } from "../connect.ts";
import { sql } from "../sql.ts";

export interface NextRunAsset {
  readonly id: number;
  readonly name: string;
  readonly uri: string;
  readonly isActive: boolean;
  /** Of its newest event that no run has taken yet; null where there is none. */
  readonly lastUpdate: number | null;
}

/** By URI. */
export function listNextRunAssets(executor: Executor, dagId: string): Promise<NextRunAsset[]> {
  return executor.rows(sql`
    WITH newest AS (
      SELECT logical_date FROM dag_run WHERE dag_id = ${dagId} ORDER BY run_after DESC, id DESC LIMIT 1
    ), scheduled AS (
      SELECT a.id, a.name, a.uri, a.is_active,
        EXISTS (SELECT FROM asset_dag_run_queue q WHERE q.dag_id = ${dagId} AND q.asset_id = a.id)
        OR EXISTS (
          SELECT FROM partition_run p JOIN partition_run_event x ON x.partition_run_id = p.id
            JOIN asset_event e ON e.id = x.event_id
          WHERE p.dag_id = ${dagId} AND p.run_pk IS NULL AND e.asset_id = a.id) AS waits
      FROM asset a WHERE a.id IN (
        SELECT f.asset_id FROM asset_reference f WHERE f.dag_id = ${dagId} AND f.role = 'schedule')
    )
    SELECT s.id, s.name, s.uri, s.is_active AS "isActive", CASE WHEN s.waits THEN (
        SELECT max(e."timestamp") FROM asset_event e WHERE e.asset_id = s.id
          AND e."timestamp" >= coalesce((SELECT logical_date FROM newest), '-infinity')) END AS "lastUpdate"
    FROM scheduled s ORDER BY s.uri, s.name`);
}
