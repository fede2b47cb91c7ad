/** Lists of assets with who waits for, makes and reads them; of aliases; of events with the runs that took them. */

import { type AssetEventRow, assetEventColumns } from "../asset-events.ts";
import { type AssetRow, assetColumns } from "../assets.ts";
import type { Executor } from "../connect.ts";
import {
  allOf,
  equals,
  type ListColumns,
  type ListPage,
  matches,
  type Range,
  startsWith,
  withinInstants,
} from "../list-query.ts";
import { type ListResult, readList } from "../read-list.ts";
import { sql } from "../sql.ts";

export interface AssetDetails {
  readonly assetId: number;
  readonly references: {
    dagId: string;
    taskId: string;
    role: "schedule" | "outlet" | "inlet";
    createdAt: number;
  }[];
  readonly aliases: { id: number; name: string; group: string }[];
  readonly watchers: { name: string; triggerId: number; createdAt: number }[];
  readonly lastEvent: { id: number; timestamp: number } | null;
}

export const assetListColumns = {
  id: { column: sql`asset.id`, type: "bigint" },
  name: { column: sql`asset.name`, type: "text" },
  uri: { column: sql`asset.uri`, type: "text" },
  created_at: { column: sql`asset.created_at`, type: "timestamptz" },
} as const satisfies ListColumns;

export async function listAssetRows(
  executor: Executor,
  f: {
    namePattern?: string | null | undefined;
    namePrefix?: string | null | undefined;
    uriPattern?: string | null | undefined;
    uriPrefix?: string | null | undefined;
    dagIds?: readonly string[] | undefined;
    onlyActive?: boolean | undefined;
  },
  page: ListPage,
): Promise<ListResult<AssetRow>> {
  const where = allOf([
    matches(sql`asset.name`, f.namePattern),
    startsWith(sql`asset.name`, f.namePrefix),
    matches(sql`asset.uri`, f.uriPattern),
    startsWith(sql`asset.uri`, f.uriPrefix),
    f.onlyActive === false ? null : sql`asset.is_active`,
    f.dagIds === undefined || f.dagIds.length === 0
      ? null
      : sql`EXISTS (SELECT FROM asset_reference x WHERE x.asset_id = asset.id AND x.dag_id = ANY (${f.dagIds}::text[]))`,
  ]);
  return readList(
    executor,
    { select: assetColumns, from: sql`asset`, where, columns: assetListColumns },
    page,
  );
}

/** Of each asset what stands in other tables, in the order of the ids. */
export function assetDetails(executor: Executor, ids: readonly number[]): Promise<AssetDetails[]> {
  return executor.rows(sql`
    SELECT a.id AS "assetId",
      coalesce((SELECT json_agg(json_build_object('dagId', x.dag_id, 'taskId', x.task_id, 'role', x.role,
          'createdAt', (extract(epoch FROM d.last_parsed_at) * 1000)::bigint) ORDER BY x.dag_id, x.task_id)
        FROM asset_reference x JOIN dag d ON d.dag_id = x.dag_id WHERE x.asset_id = a.id), '[]') AS "references",
      coalesce((SELECT json_agg(json_build_object('id', l.id, 'name', l.name, 'group', l."group") ORDER BY l.id)
        FROM asset_alias_asset m JOIN asset_alias l ON l.id = m.alias_id WHERE m.asset_id = a.id), '[]') AS aliases,
      coalesce((SELECT json_agg(json_build_object('name', g.classpath, 'triggerId', g.id,
          'createdAt', (extract(epoch FROM g.created_at) * 1000)::bigint) ORDER BY g.id)
        FROM trigger g WHERE g.asset_id = a.id), '[]') AS watchers,
      (SELECT json_build_object('id', e.id, 'timestamp', (extract(epoch FROM e."timestamp") * 1000)::bigint)
        FROM asset_event e WHERE e.asset_id = a.id ORDER BY e."timestamp" DESC, e.id DESC LIMIT 1) AS "lastEvent"
    FROM asset a WHERE a.id = ANY (${ids}::bigint[]) ORDER BY a.id`);
}

export interface AliasSummary {
  readonly id: number;
  readonly name: string;
  readonly group: string;
}

export const aliasListColumns = {
  id: { column: sql`l.id`, type: "bigint" },
  name: { column: sql`l.name`, type: "text" },
} as const satisfies ListColumns;

export async function listAliasRows(
  executor: Executor,
  f: { namePattern?: string | null | undefined; namePrefix?: string | null | undefined },
  page: ListPage,
): Promise<ListResult<AliasSummary>> {
  const where = allOf([matches(sql`l.name`, f.namePattern), startsWith(sql`l.name`, f.namePrefix)]);
  const select = sql`l.id, l.name, l."group"`;
  return readList(executor, { select, from: sql`asset_alias l`, where, columns: aliasListColumns }, page);
}

export function findAlias(executor: Executor, id: number): Promise<AliasSummary | null> {
  return executor.row(sql`SELECT l.id, l.name, l."group" FROM asset_alias l WHERE l.id = ${id}`);
}

export interface AssetEventSummary extends AssetEventRow {
  readonly group: string;
}

export const assetEventListColumns = {
  id: { column: sql`e.id`, type: "bigint" },
  timestamp: { column: sql`e."timestamp"`, type: "timestamptz" },
  source_dag_id: { column: sql`e.source_dag_id`, type: "text" },
  source_task_id: { column: sql`e.source_task_id`, type: "text" },
  source_run_id: { column: sql`e.source_run_id`, type: "text" },
  source_map_index: { column: sql`coalesce(e.source_map_index, -1)`, type: "bigint" },
} as const satisfies ListColumns;

const eventsFrom = sql`asset_event e JOIN asset a ON a.id = e.asset_id`;
const eventsSelect = sql`${assetEventColumns}, a."group"`;

export async function listAssetEventRows(
  executor: Executor,
  f: {
    assetId?: number | null | undefined;
    sourceDagId?: string | null | undefined;
    sourceTaskId?: string | null | undefined;
    sourceRunId?: string | null | undefined;
    sourceMapIndex?: number | null | undefined;
    namePattern?: string | null | undefined;
    namePrefix?: string | null | undefined;
    timestamp?: Range | undefined;
  },
  page: ListPage,
): Promise<ListResult<AssetEventSummary>> {
  const where = allOf([
    equals(sql`e.asset_id`, f.assetId),
    equals(sql`e.source_dag_id`, f.sourceDagId),
    equals(sql`e.source_task_id`, f.sourceTaskId),
    equals(sql`e.source_run_id`, f.sourceRunId),
    equals(sql`coalesce(e.source_map_index, -1)`, f.sourceMapIndex),
    matches(sql`a.name`, f.namePattern),
    startsWith(sql`a.name`, f.namePrefix),
    withinInstants(sql`e."timestamp"`, f.timestamp),
  ]);
  const columns = assetEventListColumns;
  return readList(
    executor,
    { select: eventsSelect, from: eventsFrom, where, columns, mayBeLong: true },
    page,
  );
}

/** Of one event, or of those that a run took; oldest first. */
export function assetEventRows(
  executor: Executor,
  of: { eventId: number } | { runPk: number },
): Promise<AssetEventSummary[]> {
  const where =
    "eventId" in of
      ? sql`e.id = ${of.eventId}`
      : sql`e.id IN (SELECT x.event_id FROM dagrun_asset_event x WHERE x.run_pk = ${of.runPk})`;
  return executor.rows(
    sql`SELECT ${eventsSelect} FROM ${eventsFrom} WHERE ${where} ORDER BY e."timestamp", e.id`,
  );
}

export interface EventRun {
  readonly eventId: number;
  readonly runId: string;
  readonly dagId: string;
  readonly logicalDate: number | null;
  readonly startDate: number | null;
  readonly runAfter: number;
  readonly endDate: number | null;
  readonly state: string;
  readonly dataIntervalStart: number | null;
  readonly dataIntervalEnd: number | null;
  readonly partitionKey: string | null;
}

/** Runs that took the events. */
export function runsOfEvents(executor: Executor, eventIds: readonly number[]): Promise<EventRun[]> {
  return executor.rows(sql`
    SELECT x.event_id AS "eventId", r.run_id AS "runId", r.dag_id AS "dagId", r.logical_date AS "logicalDate",
      r.start_date AS "startDate", r.run_after AS "runAfter", r.end_date AS "endDate", r.state,
      r.data_interval_start AS "dataIntervalStart", r.data_interval_end AS "dataIntervalEnd",
      r.partition_key AS "partitionKey"
    FROM dagrun_asset_event x JOIN dag_run r ON r.id = x.run_pk
    WHERE x.event_id = ANY (${eventIds}::bigint[]) ORDER BY x.event_id, r.id`);
}

export interface QueuedEvent {
  readonly dagId: string;
  readonly assetId: number;
  readonly createdAt: number;
  readonly displayName: string;
}

export interface QueuedEventFilter {
  readonly dagId?: string | null;
  readonly assetId?: number | null;
  readonly before?: number | null | undefined;
}

export function listQueuedEvents(executor: Executor, filter: QueuedEventFilter): Promise<QueuedEvent[]> {
  return executor.rows(sql`
    SELECT q.dag_id AS "dagId", q.asset_id AS "assetId", q.created_at AS "createdAt", d.display_name AS "displayName"
    FROM asset_dag_run_queue q JOIN dag d ON d.dag_id = q.dag_id
    WHERE ${queued(filter)} ORDER BY q.dag_id, q.asset_id`);
}

/** Returns how many there were. */
export function deleteQueuedEvents(executor: Executor, filter: QueuedEventFilter): Promise<number> {
  return executor.run(sql`DELETE FROM asset_dag_run_queue q WHERE ${queued(filter)}`);
}

function queued({ dagId, assetId, before }: QueuedEventFilter) {
  return allOf([
    equals(sql`q.dag_id`, dagId),
    equals(sql`q.asset_id`, assetId),
    before === null || before === undefined ? null : withinInstants(sql`q.created_at`, { lt: before }),
  ]);
}
