/** Assets, their aliases, and who is scheduled on, makes or reads them. */
import type { AssetExpression, DagSpec, Json } from "../core/dag-model.ts";
import { isPartitioned } from "../core/timetable/next-run.ts";
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import type { Listing, Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import { instant, json, sql } from "./sql.ts";

export interface AssetRow {
  readonly id: number;
  readonly name: string;
  readonly uri: string;
  readonly group: string;
  readonly extra: { [key: string]: Json };
  /** Some Dag that is not stale mentions it. */
  readonly isActive: boolean;
  readonly createdAt: number;
}

export const assetColumns = sql`id, name, uri, "group", extra, is_active AS "isActive", created_at AS "createdAt"`;

type Role = "schedule" | "outlet" | "inlet";

interface Reference {
  readonly taskId: string;
  readonly role: Role;
  readonly name: string | null;
  readonly uri: string | null;
  readonly alias: string | null;
}

/** The assets and aliases that stand anywhere in an expression. */
function leaves(
  expression: AssetExpression,
): { name: string | null; uri: string | null; alias: string | null }[] {
  if ("asset" in expression) return [{ ...expression.asset, alias: null }];
  if ("alias" in expression) return [{ name: null, uri: null, alias: expression.alias.name }];
  if ("ref" in expression)
    return [{ name: expression.ref.name ?? null, uri: expression.ref.uri ?? null, alias: null }];
  return ("all" in expression ? expression.all : expression.any).flatMap(leaves);
}

function referencesOf(spec: DagSpec): Reference[] {
  const { timetable } = spec;
  const schedule = "assets" in timetable ? leaves(timetable.assets) : [];
  const ofTasks = spec.tasks.flatMap((task) => [
    ...task.outlets
      .flatMap(leaves)
      .map((leaf) => ({ ...leaf, taskId: task.taskId, role: "outlet" as const })),
    ...task.inlets.flatMap(leaves).map((leaf) => ({ ...leaf, taskId: task.taskId, role: "inlet" as const })),
  ]);
  return [...schedule.map((leaf) => ({ ...leaf, taskId: "", role: "schedule" as const })), ...ofTasks];
}

function aliasesOf(spec: DagSpec): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (expression: AssetExpression): void => {
    if ("alias" in expression) found.set(expression.alias.name, expression.alias.group);
    else if ("all" in expression) expression.all.forEach(visit);
    else if ("any" in expression) expression.any.forEach(visit);
  };
  if ("assets" in spec.timetable) visit(spec.timetable.assets);
  for (const task of spec.tasks) [...task.outlets, ...task.inlets].forEach(visit);
  return found;
}

/**
 * Makes the assets that a Dag mentions, and its references what its new version says. Runs in the transaction of
 * the import. A reference by name or URI alone finds the asset when some Dag defines it, and is made again at
 * that Dag's import.
 */
export async function registerAssets(tx: Executor, spec: DagSpec, now: number): Promise<void> {
  const { assets } = spec;
  if (assets.length > 0) {
    await tx.run(sql`
      INSERT INTO asset (name, uri, "group", extra, created_at)
      SELECT u.name, u.uri, u."group", u.extra, ${instant(now)}
      FROM unnest(${assets.map((a) => a.name)}::text[], ${assets.map((a) => a.uri)}::text[],
        ${assets.map((a) => a.group)}::text[], ${assets.map((a) => json(a.extra))}::jsonb[]) AS u (name, uri, "group", extra)
      ORDER BY u.name, u.uri
      ON CONFLICT (name, uri) DO UPDATE SET "group" = excluded."group", extra = excluded.extra, is_active = true`);
  }
  const aliases = [...aliasesOf(spec)].sort();
  if (aliases.length > 0) {
    await tx.run(sql`
      INSERT INTO asset_alias (name, "group")
      SELECT * FROM unnest(${aliases.map(([name]) => name)}::text[], ${aliases.map(([, group]) => group)}::text[])
      ON CONFLICT (name) DO UPDATE SET "group" = excluded."group"`);
  }
  await replaceReferences(tx, spec);
}

async function replaceReferences(tx: Executor, spec: DagSpec): Promise<void> {
  const list = referencesOf(spec);
  await tx.run(sql`DELETE FROM asset_reference WHERE dag_id = ${spec.dagId}`);
  if (list.length === 0) return;
  await tx.run(sql`
    INSERT INTO asset_reference (dag_id, task_id, role, asset_id, alias_id, is_partitioned)
    SELECT ${spec.dagId}, u.task_id, u.role, coalesce(a.id, 0), coalesce(l.id, 0),
      u.role = 'schedule' AND ${isPartitioned(spec.timetable)}::boolean
    FROM unnest(${list.map((r) => r.taskId)}::text[], ${list.map((r) => r.role)}::text[], ${list.map((r) => r.name)}::text[],
      ${list.map((r) => r.uri)}::text[], ${list.map((r) => r.alias)}::text[]) AS u (task_id, role, name, uri, alias)
    LEFT JOIN asset a ON (u.name IS NOT NULL OR u.uri IS NOT NULL)
      AND (u.name IS NULL OR a.name = u.name) AND (u.uri IS NULL OR a.uri = u.uri)
    LEFT JOIN asset_alias l ON l.name = u.alias
    WHERE a.id IS NOT NULL OR l.id IS NOT NULL
    ON CONFLICT DO NOTHING`);
  // What waits for an asset that the Dag is not scheduled on any more would never be taken.
  await tx.run(sql`
    DELETE FROM asset_dag_run_queue q WHERE q.dag_id = ${spec.dagId} AND NOT EXISTS (
      SELECT FROM asset_reference r LEFT JOIN asset_alias_asset m ON m.alias_id = r.alias_id
      WHERE r.dag_id = q.dag_id AND r.role = 'schedule' AND q.asset_id IN (r.asset_id, m.asset_id))`);
}

/** Assets that only stale Dags mention are inactive; call it after `markStale`. */
export async function refreshActive(executor: Executor): Promise<void> {
  await executor.run(sql`
    UPDATE asset a SET is_active = u.active
    FROM (SELECT a.id, EXISTS (
            SELECT FROM asset_reference r JOIN dag d USING (dag_id) WHERE r.asset_id = a.id AND NOT d.is_stale) AS active
          FROM asset a) u
    WHERE a.id = u.id AND a.is_active <> u.active`);
}

export async function listAssets(
  executor: Executor,
  filter: {
    namePattern?: string | null;
    uriPattern?: string | null;
    dagIds?: readonly string[] | null;
    onlyActive?: boolean;
  } = {},
  page: Page = {},
): Promise<Listing<AssetRow>> {
  const name =
    filter.namePattern === undefined || filter.namePattern === null ? null : `%${filter.namePattern}%`;
  const uri = filter.uriPattern === undefined || filter.uriPattern === null ? null : `%${filter.uriPattern}%`;
  const where = sql`
    (${name}::text IS NULL OR name ILIKE ${name}) AND (${uri}::text IS NULL OR uri ILIKE ${uri})
    AND (NOT ${filter.onlyActive ?? true}::boolean OR is_active)
    AND (${filter.dagIds ?? null}::text[] IS NULL OR EXISTS (
      SELECT FROM asset_reference r WHERE r.asset_id = asset.id AND r.dag_id = ANY (${filter.dagIds ?? null})))`;
  const rows = await executor.rows<AssetRow>(sql`
    SELECT ${assetColumns} FROM asset WHERE ${where}
    ORDER BY name, uri LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const total = await executor.row<{ total: number }>(
    sql`SELECT count(*) AS total FROM asset WHERE ${where}`,
  );
  return { rows, total: total?.total ?? 0 };
}

/** Those of the assets that a Dag names which are known by now. */
export function assetsNamed(
  executor: Executor,
  named: readonly { readonly name: string; readonly uri: string }[],
): Promise<AssetRow[]> {
  return executor.rows(sql`
    SELECT ${assetColumns} FROM asset
    WHERE (name, uri) IN (
      SELECT * FROM unnest(${named.map(({ name }) => name)}::text[], ${named.map(({ uri }) => uri)}::text[]))`);
}

/** By id, or by name, URI or both. @throws TradewindError TW_ASSET_NOT_FOUND. */
export async function getAsset(
  executor: Executor,
  by: { id: number } | { name?: string; uri?: string },
): Promise<AssetRow> {
  const id = "id" in by ? by.id : null;
  const name = "id" in by ? null : (by.name ?? null);
  const uri = "id" in by ? null : (by.uri ?? null);
  const rows = await executor.rows<AssetRow>(sql`
    SELECT ${assetColumns} FROM asset
    WHERE (${id}::bigint IS NULL OR id = ${id}) AND (${name}::text IS NULL OR name = ${name})
      AND (${uri}::text IS NULL OR uri = ${uri}) AND num_nonnulls(${id}::bigint, ${name}::text, ${uri}::text) > 0
    ORDER BY is_active DESC, id LIMIT 1`);
  const found = rows[0];
  if (found !== undefined) return found;
  throw new TradewindError("TW_ASSET_NOT_FOUND", `expected an asset, got ${JSON.stringify(by)}`);
}

export interface AssetReferenceRow {
  readonly dagId: string;
  /** Empty for the Dag's schedule. */
  readonly taskId: string;
  readonly role: Role;
}

export function listReferences(executor: Executor, assetId: number): Promise<AssetReferenceRow[]> {
  return executor.rows(sql`
    SELECT dag_id AS "dagId", task_id AS "taskId", role FROM asset_reference WHERE asset_id = ${assetId}
    ORDER BY role, dag_id, task_id`);
}

export interface AliasRow {
  readonly id: number;
  readonly name: string;
  readonly group: string;
  /** Assets that the alias stood for so far. */
  readonly assetIds: number[];
}

export function listAliases(executor: Executor): Promise<AliasRow[]> {
  return executor.rows(sql`
    SELECT l.id, l.name, l."group",
      array(SELECT m.asset_id FROM asset_alias_asset m WHERE m.alias_id = l.id ORDER BY m.asset_id) AS "assetIds"
    FROM asset_alias l ORDER BY l.name`);
}
