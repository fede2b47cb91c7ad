/** What happened to assets, and what Dags that wait for them have not taken yet. */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import type { Listing, Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import { instant, json, sql } from "./sql.ts";

export interface AssetEventRow {
  readonly id: number;
  readonly assetId: number;
  readonly name: string;
  readonly uri: string;
  readonly timestamp: number;
  readonly extra: { [key: string]: Json };
  readonly sourceDagId: string | null;
  readonly sourceTaskId: string | null;
  readonly sourceRunId: string | null;
  readonly sourceMapIndex: number | null;
  readonly partitionKey: string | null;
}

export const assetEventColumns = sql`
  e.id, e.asset_id AS "assetId", a.name, a.uri, e."timestamp", e.extra, e.source_dag_id AS "sourceDagId",
  e.source_task_id AS "sourceTaskId", e.source_run_id AS "sourceRunId", e.source_map_index AS "sourceMapIndex",
  e.partition_key AS "partitionKey"`;

/**
 * An event from outside (a person, an API, a watcher). The Dags that are scheduled on the asset and not paused get
 * it into their queue; returns their ids, for the scheduler to be told. A task's own events are the scheduler's.
 */
export async function createAssetEvent(
  tx: Executor,
  event: { assetId: number; extra?: { [key: string]: Json }; partitionKey?: string | null },
  now: number,
): Promise<{ eventId: number; dagIds: string[] }> {
  const made = await tx.row<{ id: number }>(sql`
    INSERT INTO asset_event (asset_id, "timestamp", extra, partition_key)
    VALUES (${event.assetId}, ${instant(now)}, ${json(event.extra ?? {})}, ${event.partitionKey ?? null}) RETURNING id`);
  const eventId = made?.id ?? 0;
  if (event.partitionKey != null)
    return { eventId, dagIds: await queuePartition(tx, event.assetId, eventId) };
  const queued = await tx.rows<{ dagId: string }>(sql`
    INSERT INTO asset_dag_run_queue (dag_id, asset_id, created_at)
    SELECT DISTINCT r.dag_id, ${event.assetId}::bigint, ${instant(now)}::timestamptz
    FROM asset_reference r JOIN dag d ON d.dag_id = r.dag_id AND NOT d.is_paused AND NOT d.is_stale
    WHERE r.role = 'schedule' AND NOT r.is_partitioned AND (r.asset_id = ${event.assetId} OR r.alias_id IN (
      SELECT m.alias_id FROM asset_alias_asset m WHERE m.asset_id = ${event.assetId}))
    ON CONFLICT (dag_id, asset_id) DO UPDATE SET created_at = excluded.created_at
    RETURNING dag_id AS "dagId"`);
  return { eventId, dagIds: queued.map(({ dagId }) => dagId).sort() };
}

/** An event with a key is for the Dags that go by partitions, and for no others. */
async function queuePartition(tx: Executor, assetId: number, eventId: number): Promise<string[]> {
  const queued = await tx.rows<{ dagId: string }>(sql`
    INSERT INTO partition_event (dag_id, event_id)
    SELECT DISTINCT r.dag_id, ${eventId}::bigint
    FROM asset_reference r JOIN dag d ON d.dag_id = r.dag_id AND NOT d.is_paused AND NOT d.is_stale
    WHERE r.role = 'schedule' AND r.is_partitioned AND r.asset_id = ${assetId}
    RETURNING dag_id AS "dagId"`);
  return queued.map(({ dagId }) => dagId).sort();
}

export interface AssetEventFilter {
  readonly assetId?: number | null;
  readonly name?: string | null;
  readonly uri?: string | null;
  readonly alias?: string | null;
  readonly sourceDagId?: string | null;
  readonly sourceTaskId?: string | null;
  readonly sourceRunId?: string | null;
  readonly after?: number | null;
  readonly before?: number | null;
}

/** Newest first; `ascending` turns it round. */
export async function listAssetEvents(
  executor: Executor,
  filter: AssetEventFilter,
  page: Page & { ascending?: boolean } = {},
): Promise<Listing<AssetEventRow>> {
  const from = sql`
    FROM asset_event e JOIN asset a ON a.id = e.asset_id
    WHERE (${filter.assetId ?? null}::bigint IS NULL OR e.asset_id = ${filter.assetId ?? null})
      AND (${filter.name ?? null}::text IS NULL OR a.name = ${filter.name ?? null})
      AND (${filter.uri ?? null}::text IS NULL OR a.uri = ${filter.uri ?? null})
      AND (${filter.sourceDagId ?? null}::text IS NULL OR e.source_dag_id = ${filter.sourceDagId ?? null})
      AND (${filter.sourceTaskId ?? null}::text IS NULL OR e.source_task_id = ${filter.sourceTaskId ?? null})
      AND (${filter.sourceRunId ?? null}::text IS NULL OR e.source_run_id = ${filter.sourceRunId ?? null})
      AND (${instant(filter.after)}::timestamptz IS NULL OR e."timestamp" >= ${instant(filter.after)})
      AND (${instant(filter.before)}::timestamptz IS NULL OR e."timestamp" <= ${instant(filter.before)})
      AND (${filter.alias ?? null}::text IS NULL OR e.id IN (
        SELECT x.event_id FROM asset_alias_event x JOIN asset_alias l ON l.id = x.alias_id WHERE l.name = ${filter.alias ?? null}))`;
  const order = page.ascending === true ? sql`e."timestamp", e.id` : sql`e."timestamp" DESC, e.id DESC`;
  const rows = await executor.rows<AssetEventRow>(sql`
    SELECT ${assetEventColumns} ${from} ORDER BY ${order} LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const total = await executor.row<{ total: number }>(sql`SELECT count(*) AS total ${from}`);
  return { rows, total: total?.total ?? 0 };
}

/** Events that a run was started by. */
export function eventsOfRun(executor: Executor, runPk: number): Promise<AssetEventRow[]> {
  return executor.rows(sql`
    SELECT ${assetEventColumns} FROM dagrun_asset_event x JOIN asset_event e ON e.id = x.event_id JOIN asset a ON a.id = e.asset_id
    WHERE x.run_pk = ${runPk} ORDER BY e."timestamp", e.id`);
}

export interface QueuedAsset {
  readonly dagId: string;
  readonly assetId: number;
  readonly name: string;
  readonly uri: string;
  readonly createdAt: number;
}

export function listQueued(
  executor: Executor,
  filter: { dagIds?: readonly string[] | null; assetId?: number | null } = {},
): Promise<QueuedAsset[]> {
  return executor.rows(sql`
    SELECT q.dag_id AS "dagId", q.asset_id AS "assetId", a.name, a.uri, q.created_at AS "createdAt"
    FROM asset_dag_run_queue q JOIN asset a ON a.id = q.asset_id
    WHERE (${filter.dagIds ?? null}::text[] IS NULL OR q.dag_id = ANY (${filter.dagIds ?? null}))
      AND (${filter.assetId ?? null}::bigint IS NULL OR q.asset_id = ${filter.assetId ?? null})
    ORDER BY q.dag_id, q.created_at, q.asset_id`);
}

/** Forgets what a Dag, or everyone, has not taken yet. Returns how many. */
export function clearQueued(
  executor: Executor,
  filter: { dagId?: string | null; assetId?: number | null },
): Promise<number> {
  return executor.run(sql`
    DELETE FROM asset_dag_run_queue
    WHERE num_nonnulls(${filter.dagId ?? null}::text, ${filter.assetId ?? null}::bigint) > 0
      AND (${filter.dagId ?? null}::text IS NULL OR dag_id = ${filter.dagId ?? null})
      AND (${filter.assetId ?? null}::bigint IS NULL OR asset_id = ${filter.assetId ?? null})`);
}
