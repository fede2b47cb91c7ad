/** What asset-scheduled Dags have not consumed yet, and the events that a run of theirs takes. */
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";

export interface QueuedAssetRecord {
  readonly dagId: string;
  readonly name: string;
  readonly uri: string;
  readonly queuedAt: number;
  /** Of the newest asset-triggered run of the Dag. */
  readonly previousRunAfter: number | null;
}

export function queuedAssets(on: Executor, dagIds: readonly string[]): Promise<QueuedAssetRecord[]> {
  return on.rows<QueuedAssetRecord>(sql`
    SELECT q.dag_id AS "dagId", a.name, a.uri, q.created_at AS "queuedAt",
      (SELECT r.run_after FROM dag_run r WHERE r.dag_id = q.dag_id AND r.run_type = 'asset_triggered'
       ORDER BY r.run_after DESC, r.id DESC LIMIT 1) AS "previousRunAfter"
    FROM asset_dag_run_queue q JOIN asset a ON a.id = q.asset_id
    WHERE q.dag_id = ANY (${dagIds}::text[]) ORDER BY q.dag_id, q.created_at`);
}

export interface AliasRecord {
  readonly alias: string;
  readonly name: string;
  readonly uri: string;
}

/** Assets that events have gone to through aliases. */
export function aliasAssets(on: Executor, aliases: readonly string[]): Promise<AliasRecord[]> {
  return on.rows<AliasRecord>(sql`
    SELECT l.name AS alias, a.name, a.uri FROM asset_alias l
    JOIN asset_alias_asset m ON m.alias_id = l.id JOIN asset a ON a.id = m.asset_id
    WHERE l.name = ANY (${aliases}::text[])`);
}

/** Events of the assets that the Dag is scheduled on, in (after, upTo]. */
export async function eventsBetween(
  on: Executor,
  dagId: string,
  after: number | null,
  upTo: number,
): Promise<number[]> {
  const rows = await on.rows<{ id: number }>(sql`
    SELECT DISTINCT e.id FROM asset_reference r
    LEFT JOIN asset_alias_asset m ON m.alias_id = r.alias_id AND r.alias_id <> 0
    JOIN asset_event e ON e.asset_id = CASE WHEN r.asset_id <> 0 THEN r.asset_id ELSE m.asset_id END
    WHERE r.dag_id = ${dagId} AND r.role = 'schedule' AND e."timestamp" <= ${instant(upTo)}
      AND (${instant(after)}::timestamptz IS NULL OR e."timestamp" > ${instant(after)})
    ORDER BY e.id`);
  return rows.map(({ id }) => id);
}
