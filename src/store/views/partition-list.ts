/** Partitions of Dags with what they wait for, as the page shows them. */
import type { DagRunState } from "../../core/states.ts";
import type { Executor } from "../connect.ts";
import type { Listing } from "../page.ts";
import type { PartitionNeed } from "../partitions.ts";
import { sql } from "../sql.ts";

export interface PartitionRow {
  readonly id: number;
  readonly dagId: string;
  readonly key: string;
  readonly createdAt: number;
  /** Null until it has a run. */
  readonly runId: string | null;
  readonly state: DagRunState | null;
  /** Null before the Dag's mappers were asked. */
  readonly needs: readonly PartitionNeed[] | null;
  /** Assets that have brought all. */
  readonly complete: readonly { name: string; uri: string }[];
  readonly problem: string | null;
  /** Of the schedule's assets: their keys that came for it, and whether a Dag still names them. */
  readonly assets: readonly {
    id: number;
    name: string;
    uri: string;
    isActive: boolean;
    keys: readonly string[];
  }[];
}

export interface PartitionFilter {
  readonly dagId?: string | undefined;
  /** Dags that may be seen; null: all. */
  readonly dagIds: readonly string[] | null;
  readonly key?: string | undefined;
  /** Those with a run, or those that wait. */
  readonly hasRun?: boolean | undefined;
  readonly oldestFirst?: boolean;
}

/** The newest first, unless the filter says otherwise. */
export async function listPartitions(
  executor: Executor,
  { dagId, dagIds, key, hasRun, oldestFirst = false }: PartitionFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<Listing<PartitionRow>> {
  const where = sql`
    (${dagId ?? null}::text IS NULL OR p.dag_id = ${dagId ?? null}) AND (${dagIds}::text[] IS NULL OR p.dag_id = ANY (${dagIds}))
    AND (${key ?? null}::text IS NULL OR p.partition_key = ${key ?? null})
    AND (${hasRun ?? null}::boolean IS NULL OR (p.run_pk IS NOT NULL) = ${hasRun ?? null})`;
  const order = oldestFirst ? sql`p.created_at, p.id` : sql`p.created_at DESC, p.id DESC`;
  const rows = await executor.rows<PartitionRow>(sql`
    SELECT p.id, p.dag_id AS "dagId", p.partition_key AS key, p.created_at AS "createdAt", r.run_id AS "runId", r.state,
      p.needs, p.complete, p.problem, coalesce(came.assets, '[]'::json) AS assets
    FROM (SELECT * FROM partition_run p WHERE ${where} ORDER BY ${order}
      LIMIT ${page.limit} OFFSET ${page.offset}) p
    LEFT JOIN dag_run r ON r.id = p.run_pk
    LEFT JOIN LATERAL (
      SELECT json_agg(json_build_object('id', a.id, 'name', a.name, 'uri', a.uri, 'isActive', a.is_active, 'keys',
        array(SELECT DISTINCT e.partition_key FROM partition_run_event x JOIN asset_event e ON e.id = x.event_id
          WHERE x.partition_run_id = p.id AND e.asset_id = a.id ORDER BY 1)) ORDER BY a.uri, a.name) AS assets
      FROM asset_reference f JOIN asset a ON a.id = f.asset_id WHERE f.dag_id = p.dag_id AND f.role = 'schedule'
    ) came ON true
    ORDER BY ${order}`);
  const counted = await executor.row<{ total: number }>(
    sql`SELECT count(*) AS total FROM partition_run p WHERE ${where}`,
  );
  return { rows, total: counted?.total ?? 0 };
}
