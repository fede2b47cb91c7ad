/** Values that tasks and assets keep from run to run, each under a key of its own (Airflow's state stores). */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import type { Listing, Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import { instant, json, sql } from "./sql.ts";

export interface TaskStateKey {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
}

export interface TaskState {
  readonly key: string;
  readonly value: Json;
  readonly updatedAt: number;
  /** Null: it stays until somebody takes it away. */
  readonly expiresAt: number | null;
}

const taskColumns = sql`key, value, updated_at AS "updatedAt", expires_at AS "expiresAt"`;

/** What has expired is not there any more. */
const ofTask = (at: TaskStateKey, now: number) => sql`
  run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex}
  AND (expires_at IS NULL OR expires_at > ${instant(now)})`;

export async function listTaskStates(
  executor: Executor,
  at: TaskStateKey,
  page: Page,
  now: number,
): Promise<Listing<TaskState>> {
  const rows = await executor.rows<TaskState>(sql`
    SELECT ${taskColumns} FROM task_state WHERE ${ofTask(at, now)}
    ORDER BY key LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const counted = await executor.row<{ total: number }>(
    sql`SELECT count(*) AS total FROM task_state WHERE ${ofTask(at, now)}`,
  );
  return { rows, total: counted?.total ?? 0 };
}

export function findTaskState(
  executor: Executor,
  at: TaskStateKey,
  key: string,
  now: number,
): Promise<TaskState | null> {
  return executor.row(sql`SELECT ${taskColumns} FROM task_state WHERE ${ofTask(at, now)} AND key = ${key}`);
}

/** Sets or replaces. An `undefined` expiry leaves the one that is there. */
export async function setTaskState(
  executor: Executor,
  at: TaskStateKey,
  state: { key: string; value: Json; expiresAt?: number | null | undefined },
  now: number,
): Promise<void> {
  const keeps = state.expiresAt === undefined;
  await executor.run(sql`
    INSERT INTO task_state (run_pk, task_id, map_index, key, value, updated_at, expires_at)
    VALUES (${at.runPk}, ${at.taskId}, ${at.mapIndex}, ${state.key}, ${json(state.value)}, ${instant(now)},
      ${instant(state.expiresAt)})
    ON CONFLICT (run_pk, task_id, map_index, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
      expires_at = CASE WHEN ${keeps}::boolean THEN task_state.expires_at ELSE excluded.expires_at END`);
}

/** Of all keys where none is given, of all instances where `mapIndex` is null. Returns how many there were. */
export function deleteTaskStates(
  executor: Executor,
  at: Omit<TaskStateKey, "mapIndex"> & { readonly mapIndex: number | null },
  key: string | null = null,
): Promise<number> {
  return executor.run(sql`
    DELETE FROM task_state WHERE run_pk = ${at.runPk} AND task_id = ${at.taskId}
      AND (${at.mapIndex}::int IS NULL OR map_index = ${at.mapIndex}) AND (${key}::text IS NULL OR key = ${key})`);
}

/** What has expired, for people to read. */
export function listExpiredTaskStates(
  executor: Executor,
  now: number,
): Promise<{ dag_id: string; run_id: string; task_id: string; map_index: number; key: string }[]> {
  return executor.rows(sql`
    SELECT r.dag_id, r.run_id, s.task_id, s.map_index, s.key FROM task_state s JOIN dag_run r ON r.id = s.run_pk
    WHERE s.expires_at <= ${instant(now)} ORDER BY 1, 2, 3, 4, 5`);
}

/** Takes it away. Returns how many there were. */
export function deleteExpiredTaskStates(executor: Executor, now: number): Promise<number> {
  return executor.run(sql`DELETE FROM task_state WHERE expires_at <= ${instant(now)}`);
}

export interface StateWriter {
  readonly kind: "task" | "watcher" | "api";
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  readonly mapIndex?: number;
}

export interface AssetState {
  readonly key: string;
  readonly value: Json;
  readonly updatedAt: number;
  readonly writer: StateWriter;
}

const assetColumns = sql`key, value, updated_at AS "updatedAt", writer`;

export async function listAssetStates(
  executor: Executor,
  assetId: number,
  page: Page,
): Promise<Listing<AssetState>> {
  const rows = await executor.rows<AssetState>(sql`
    SELECT ${assetColumns} FROM asset_state WHERE asset_id = ${assetId}
    ORDER BY key LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const counted = await executor.row<{ total: number }>(
    sql`SELECT count(*) AS total FROM asset_state WHERE asset_id = ${assetId}`,
  );
  return { rows, total: counted?.total ?? 0 };
}

export function findAssetState(executor: Executor, assetId: number, key: string): Promise<AssetState | null> {
  return executor.row(
    sql`SELECT ${assetColumns} FROM asset_state WHERE asset_id = ${assetId} AND key = ${key}`,
  );
}

export async function setAssetState(
  executor: Executor,
  assetId: number,
  state: { key: string; value: Json; writer: StateWriter },
  now: number,
): Promise<void> {
  await executor.run(sql`
    INSERT INTO asset_state (asset_id, key, value, updated_at, writer)
    VALUES (${assetId}, ${state.key}, ${json(state.value)}, ${instant(now)}, ${json(state.writer as unknown as Json)})
    ON CONFLICT (asset_id, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
      writer = excluded.writer`);
}

/** Of all keys where none is given. Returns how many there were. */
export function deleteAssetStates(
  executor: Executor,
  assetId: number,
  key: string | null = null,
): Promise<number> {
  return executor.run(
    sql`DELETE FROM asset_state WHERE asset_id = ${assetId} AND (${key}::text IS NULL OR key = ${key})`,
  );
}
