/** The step cache: reads for a look into it, lists for people. What attempts leave is part of the scheduler's batch. */
import type { CacheParts, Surroundings } from "../core/step-cache.ts";
import type { CachedStep } from "../runtime/protocol.ts";
import type { Executor } from "./connect.ts";
import type { Listing, Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import { instant, prepared, sql } from "./sql.ts";

export interface CacheEntry {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly key: string;
  readonly parts: CacheParts;
  readonly surroundings: Surroundings;
  readonly result: CachedStep;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

const columns = sql`
  dag_id AS "dagId", run_id AS "runId", task_id AS "taskId", map_index AS "mapIndex", try_number AS "tryNumber", key, parts,
  surroundings, result, created_at AS "createdAt", expires_at AS "expiresAt"`;

/** Results of one key that are looked at: as many as there were surroundings, the newest first. */
const mostOfKey = 100;

/** Those that have not expired, the newest first, in whose surroundings nothing contradicts those of now. */
export function findResults(
  executor: Executor,
  key: string,
  surroundings: Surroundings,
  now: number,
): Promise<CacheEntry[]> {
  return executor.rows(
    prepared(
      "step_cache_find",
      sql`
    SELECT ${columns} FROM step_cache
    WHERE key = ${key} AND (expires_at IS NULL OR expires_at > ${instant(now)}) AND surroundings <@ ${JSON.stringify(surroundings)}::jsonb
    ORDER BY created_at DESC LIMIT ${mostOfKey}`,
    ),
  );
}

/** Whatever its key, to say what changed since. */
export function newestResult(executor: Executor, dagId: string, taskId: string): Promise<CacheEntry | null> {
  return executor.row(sql`
    SELECT ${columns} FROM step_cache WHERE dag_id = ${dagId} AND task_id = ${taskId} ORDER BY created_at DESC LIMIT 1`);
}

/** Whether the instance has succeeded in this run before: then somebody cleared it, and wants it to run. */
export async function succeededBefore(
  executor: Executor,
  at: { readonly runPk: number; readonly taskId: string; readonly mapIndex: number },
): Promise<boolean> {
  const row = await executor.row(sql`
    SELECT 1 FROM task_instance_history
    WHERE (run_pk, task_id, map_index) = (${at.runPk}::bigint, ${at.taskId}, ${at.mapIndex}) AND state = 'success' LIMIT 1`);
  return row !== null;
}

export interface CacheFilter {
  readonly dagId?: string | null;
  readonly taskId?: string | null;
  readonly runId?: string | null;
}

/** The newest first. */
export async function listResults(
  executor: Executor,
  filter: CacheFilter,
  page: Page = {},
): Promise<Listing<CacheEntry>> {
  const where = sql`
    WHERE (${filter.dagId ?? null}::text IS NULL OR dag_id = ${filter.dagId ?? null})
      AND (${filter.taskId ?? null}::text IS NULL OR task_id = ${filter.taskId ?? null})
      AND (${filter.runId ?? null}::text IS NULL OR run_id = ${filter.runId ?? null})`;
  const rows = await executor.rows<CacheEntry>(sql`
    SELECT ${columns} FROM step_cache ${where} ORDER BY created_at DESC, run_pk DESC, task_id, map_index
    LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const total = await executor.row<{ total: number }>(sql`SELECT count(*) AS total FROM step_cache ${where}`);
  return { rows, total: total?.total ?? 0 };
}

/** Forgets results; files of their values stay with their runs. Returns how many went. */
export function clearResults(executor: Executor, filter: CacheFilter): Promise<number> {
  return executor.run(sql`
    DELETE FROM step_cache
    WHERE (${filter.dagId ?? null}::text IS NULL OR dag_id = ${filter.dagId ?? null})
      AND (${filter.taskId ?? null}::text IS NULL OR task_id = ${filter.taskId ?? null})
      AND (${filter.runId ?? null}::text IS NULL OR run_id = ${filter.runId ?? null})`);
}

export interface CacheLookup {
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly outcome: "hit" | "miss" | "off";
  readonly explanation: string;
  readonly key: string | null;
  readonly sourceRunId: string | null;
  readonly sourceMapIndex: number | null;
  readonly sourceTryNumber: number | null;
  readonly lookedAt: number;
}

/** Of one run, by task, map index and try. */
export function listLookups(
  executor: Executor,
  run: { readonly dagId: string; readonly runId: string; readonly taskId?: string | null },
): Promise<CacheLookup[]> {
  return executor.rows(sql`
    SELECT l.task_id AS "taskId", l.map_index AS "mapIndex", l.try_number AS "tryNumber", l.outcome, l.explanation, l.key,
      l.source_run_id AS "sourceRunId", l.source_map_index AS "sourceMapIndex", l.source_try_number AS "sourceTryNumber",
      l.looked_at AS "lookedAt"
    FROM dag_run d JOIN step_cache_lookup l ON l.run_pk = d.id
    WHERE d.dag_id = ${run.dagId} AND d.run_id = ${run.runId}
      AND (${run.taskId ?? null}::text IS NULL OR l.task_id = ${run.taskId ?? null})
    ORDER BY l.task_id, l.map_index, l.try_number`);
}
