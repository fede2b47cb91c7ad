/** Feature views by version, and the newest values of each entity. */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { instant, instants, json, prepared, sql } from "./sql.ts";

export interface FeatureViewRow {
  readonly name: string;
  readonly version: number;
  readonly spec: { readonly [name: string]: Json };
  readonly materializedUntil: number | null;
  readonly createdAt: number;
}

const columns = sql`
  name, version, spec, materialized_until AS "materializedUntil", created_at AS "createdAt"`;

/** Without `version` the newest one. */
export function findFeatureView(
  executor: Executor,
  name: string,
  version?: number,
): Promise<FeatureViewRow | null> {
  return executor.row(sql`
    SELECT ${columns} FROM feature_view WHERE name = ${name} AND (${version ?? null}::integer IS NULL OR version = ${version ?? null})
    ORDER BY version DESC LIMIT 1`);
}

/** All versions of all views, by name and version. */
export function listFeatureViews(executor: Executor): Promise<FeatureViewRow[]> {
  return executor.rows(sql`SELECT ${columns} FROM feature_view ORDER BY name, version`);
}

/** The versions of one view, the oldest first. */
export function listFeatureVersions(executor: Executor, name: string): Promise<FeatureViewRow[]> {
  return executor.rows(sql`SELECT ${columns} FROM feature_view WHERE name = ${name} ORDER BY version`);
}

export interface OnlineCount {
  readonly version: number;
  readonly rows: number;
  /** Event times. */
  readonly oldest: number;
  readonly newest: number;
}

/** What is online of each version of a view; a version without values is missing. */
export function countOnlineFeatures(executor: Executor, view: string): Promise<OnlineCount[]> {
  return executor.rows(sql`
    SELECT version, count(*) AS rows, min(event_at) AS oldest, max(event_at) AS newest
    FROM online_feature WHERE view = ${view} GROUP BY version`);
}

export async function insertFeatureView(
  executor: Executor,
  view: { name: string; version: number; spec: Json },
  now: number,
): Promise<boolean> {
  const count = await executor.run(sql`
    INSERT INTO feature_view (name, version, spec, created_at)
    VALUES (${view.name}, ${view.version}, ${json(view.spec)}, ${instant(now)}) ON CONFLICT DO NOTHING`);
  return count === 1;
}

export async function updateFeatureView(
  executor: Executor,
  name: string,
  version: number,
  spec: Json,
): Promise<void> {
  await executor.run(
    sql`UPDATE feature_view SET spec = ${json(spec)} WHERE name = ${name} AND version = ${version}`,
  );
}

/** Never back: of two that materialise at once the later border stays. */
export async function setMaterializedUntil(
  executor: Executor,
  name: string,
  version: number,
  until: number,
): Promise<void> {
  await executor.run(sql`
    UPDATE feature_view SET materialized_until = greatest(materialized_until, ${instant(until)}::timestamptz)
    WHERE name = ${name} AND version = ${version}`);
}

export interface OnlineRow {
  readonly key: string;
  readonly eventAt: number;
  readonly createdAt: number;
  readonly values: { readonly [feature: string]: Json };
}

/** Replaces what is older; a value that comes late does not replace a newer one. Keys must differ. Returns how many it wrote. */
export function upsertOnlineFeatures(
  executor: Executor,
  view: string,
  version: number,
  rows: readonly OnlineRow[],
): Promise<number> {
  return executor.run(
    prepared(
      "online_features_upsert",
      sql`
    INSERT INTO online_feature (view, version, entity_key, event_at, created_at, "values")
    SELECT ${view}, ${version}, u.key, u.event_at, u.created_at, u."values"
    FROM unnest(${rows.map(({ key }) => key)}::text[], ${instants(rows.map(({ eventAt }) => eventAt))}::timestamptz[],
      ${instants(rows.map(({ createdAt }) => createdAt))}::timestamptz[],
      ${rows.map(({ values }) => json(values as Json))}::jsonb[]) AS u (key, event_at, created_at, "values")
    ORDER BY u.key
    ON CONFLICT (view, version, entity_key) DO UPDATE
      SET event_at = excluded.event_at, created_at = excluded.created_at, "values" = excluded."values"
      WHERE (online_feature.event_at, online_feature.created_at) <= (excluded.event_at, excluded.created_at)`,
    ),
  );
}

/** By primary key; those that are not there are missing from the answer. */
export function readOnlineFeatures(
  executor: Executor,
  view: string,
  version: number,
  keys: readonly string[],
): Promise<OnlineRow[]> {
  return executor.rows(
    prepared(
      "online_features_read",
      sql`
    SELECT entity_key AS key, event_at AS "eventAt", created_at AS "createdAt", "values"
    FROM online_feature WHERE view = ${view} AND version = ${version} AND entity_key = ANY(${[...keys]}::text[])`,
    ),
  );
}
