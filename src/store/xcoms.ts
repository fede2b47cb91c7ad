/** Values between tasks. Large ones are files in the artifact store, and here is their reference. */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { instant, json, sql } from "./sql.ts";

/** Exactly one of the two is set. */
export interface XComRow {
  readonly taskId: string;
  readonly mapIndex: number;
  readonly key: string;
  readonly createdAt: number;
  /** JSON `null` is a value; `hasValue` tells it from none. */
  readonly value: Json;
  readonly hasValue: boolean;
  readonly ref: { uri: string; bytes: number; mediaType: string } | null;
}

export interface XComKey {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly key: string;
}

const columns = sql`
  x.task_id AS "taskId", x.map_index AS "mapIndex", x.key, x.created_at AS "createdAt", x.value,
  x.value IS NOT NULL AS "hasValue", x.ref`;

export function findXCom(executor: Executor, at: XComKey): Promise<XComRow | null> {
  return executor.row(sql`
    SELECT ${columns} FROM xcom x
    WHERE run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex} AND key = ${at.key}`);
}

/** By task and map index. Null for `mapIndexes` takes all of them, null for `key` what each instance pushed last. */
export function readXComs(
  executor: Executor,
  query: {
    runPk: number;
    taskIds: readonly string[];
    mapIndexes?: readonly number[] | null;
    key: string | null;
  },
): Promise<XComRow[]> {
  const where = sql`
    run_pk = ${query.runPk} AND task_id = ANY (${query.taskIds}::text[])
    AND (${query.mapIndexes ?? null}::int[] IS NULL OR map_index = ANY (${query.mapIndexes ?? null}))`;
  if (query.key !== null)
    return executor.rows(
      sql`SELECT ${columns} FROM xcom x WHERE ${where} AND key = ${query.key} ORDER BY task_id, map_index`,
    );
  // What an attempt pushed and what it returned are written at once; the latter came last.
  return executor.rows(sql`
    SELECT DISTINCT ON (task_id, map_index) ${columns} FROM xcom x WHERE ${where}
    ORDER BY task_id, map_index, created_at DESC, key = 'return_value' DESC, key DESC`);
}

/** The newest value per task in this run or an earlier one by logical date (`include_prior_dates`). */
export function readPriorXComs(
  executor: Executor,
  query: {
    dagId: string;
    logicalDate: number;
    taskIds: readonly string[];
    mapIndexes?: readonly number[] | null;
    key: string | null;
  },
): Promise<XComRow[]> {
  return executor.rows(sql`
    SELECT DISTINCT ON (x.task_id, x.map_index) ${columns}
    FROM dag_run r JOIN xcom x ON x.run_pk = r.id
    WHERE r.dag_id = ${query.dagId} AND r.logical_date <= ${instant(query.logicalDate)}
      AND x.task_id = ANY (${query.taskIds}::text[]) AND (${query.key}::text IS NULL OR x.key = ${query.key})
      AND (${query.mapIndexes ?? null}::int[] IS NULL OR x.map_index = ANY (${query.mapIndexes ?? null}))
    ORDER BY x.task_id, x.map_index, r.logical_date DESC, x.created_at DESC, x.key = 'return_value' DESC`);
}

/** Without values, for lists. */
export function listXComs(
  executor: Executor,
  at: { runPk: number; taskId?: string | null; mapIndex?: number | null },
): Promise<Omit<XComRow, "value" | "hasValue">[]> {
  return executor.rows(sql`
    SELECT task_id AS "taskId", map_index AS "mapIndex", key, created_at AS "createdAt", ref FROM xcom
    WHERE run_pk = ${at.runPk} AND (${at.taskId ?? null}::text IS NULL OR task_id = ${at.taskId ?? null})
      AND (${at.mapIndex ?? null}::int IS NULL OR map_index = ${at.mapIndex ?? null})
    ORDER BY task_id, map_index, key`);
}

/** Sets or replaces. */
export async function setXCom(
  executor: Executor,
  at: XComKey,
  content: { value: Json } | { ref: { uri: string; bytes: number; mediaType: string } },
  now: number,
): Promise<void> {
  const value = "value" in content ? json(content.value) : null;
  const ref = "ref" in content ? json(content.ref) : null;
  await executor.run(sql`
    INSERT INTO xcom (run_pk, task_id, map_index, key, value, ref, created_at)
    VALUES (${at.runPk}, ${at.taskId}, ${at.mapIndex}, ${at.key}, ${value}, ${ref}, ${instant(now)})
    ON CONFLICT (run_pk, task_id, map_index, key)
    DO UPDATE SET value = excluded.value, ref = excluded.ref, created_at = excluded.created_at`);
}

/** True when there was one. Its file, when it has one, is the caller's to remove. */
export async function deleteXCom(executor: Executor, at: XComKey): Promise<boolean> {
  const count = await executor.run(sql`
    DELETE FROM xcom
    WHERE run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex} AND key = ${at.key}`);
  return count === 1;
}

/** A value with the names of what it belongs to. */
export interface NamedXCom extends XComRow {
  readonly dagId: string;
  readonly runId: string;
  readonly logicalDate: number | null;
  readonly runAfter: number;
}

/** Values of any runs, the newest first. A filter that is absent takes all. */
export function findXComs(
  executor: Executor,
  filter: {
    readonly dagIds?: readonly string[] | undefined;
    readonly runIds?: readonly string[] | undefined;
    readonly taskIds?: readonly string[] | undefined;
    readonly keys?: readonly string[] | undefined;
  },
  limit: number,
): Promise<NamedXCom[]> {
  const { dagIds = null, runIds = null, taskIds = null, keys = null } = filter;
  return executor.rows(sql`
    SELECT r.dag_id AS "dagId", r.run_id AS "runId", r.logical_date AS "logicalDate",
      r.run_after AS "runAfter", ${columns}
    FROM dag_run r JOIN xcom x ON x.run_pk = r.id
    WHERE (${dagIds}::text[] IS NULL OR r.dag_id = ANY (${dagIds}))
      AND (${runIds}::text[] IS NULL OR r.run_id = ANY (${runIds}))
      AND (${taskIds}::text[] IS NULL OR x.task_id = ANY (${taskIds}))
      AND (${keys}::text[] IS NULL OR x.key = ANY (${keys}))
    ORDER BY x.created_at DESC, r.id DESC, x.task_id, x.map_index, x.key LIMIT ${limit}`);
}

/** How many there were. */
export function deleteXComs(
  executor: Executor,
  entries: readonly { dagId: string; runId: string; taskId: string; mapIndex: number; key: string }[],
): Promise<number> {
  return executor.run(sql`
    DELETE FROM xcom x USING dag_run r, unnest(
      ${entries.map((one) => one.dagId)}::text[], ${entries.map((one) => one.runId)}::text[],
      ${entries.map((one) => one.taskId)}::text[], ${entries.map((one) => one.mapIndex)}::int[],
      ${entries.map((one) => one.key)}::text[]) AS u (dag_id, run_id, task_id, map_index, key)
    WHERE r.dag_id = u.dag_id AND r.run_id = u.run_id AND x.run_pk = r.id AND x.task_id = u.task_id
      AND x.map_index = u.map_index AND x.key = u.key`);
}
