/** Set statements on the step cache: results that attempts leave to it, and looks into it. */
import type { CacheParts, Surroundings } from "../core/step-cache.ts";
import type { CachedStep } from "../runtime/protocol.ts";
import type { BatchStatement, SchedulerBatch } from "./scheduler-batch.ts";
import type { InstanceRef } from "./scheduler-batch-instances.ts";
import type { CacheLookup } from "./step-cache.ts";

export interface CacheResultWrite extends InstanceRef {
  readonly dagId: string;
  readonly runId: string;
  readonly tryNumber: number;
  readonly key: string;
  readonly parts: CacheParts;
  readonly surroundings: Surroundings;
  readonly result: CachedStep;
  readonly expiresAt: number | null;
}

export type CacheLookupWrite = InstanceRef & Omit<CacheLookup, "lookedAt">;

const resultSql = `
INSERT INTO step_cache (run_pk, task_id, map_index, try_number, dag_id, run_id, key, parts, surroundings, result, created_at, expires_at)
SELECT u."runPk", u."taskId", u."mapIndex", u."tryNumber", u."dagId", u."runId", u.key, u.parts, u.surroundings, u.result,
  to_timestamp($2::float8 / 1000.0), to_timestamp(u."expiresAt" / 1000.0)
FROM json_to_recordset($1::json) AS u ("runPk" bigint, "taskId" text, "mapIndex" int, "tryNumber" int, "dagId" text,
  "runId" text, key text, parts jsonb, surroundings jsonb, result json, "expiresAt" float8)
ON CONFLICT (run_pk, task_id, map_index) DO UPDATE SET try_number = excluded.try_number, key = excluded.key,
  parts = excluded.parts, surroundings = excluded.surroundings, result = excluded.result,
  created_at = excluded.created_at, expires_at = excluded.expires_at`;

const lookupSql = `
INSERT INTO step_cache_lookup (run_pk, task_id, map_index, try_number, outcome, explanation, key, source_run_id,
  source_map_index, source_try_number, looked_at)
SELECT u."runPk", u."taskId", u."mapIndex", u."tryNumber", u.outcome, u.explanation, u.key, u."sourceRunId",
  u."sourceMapIndex", u."sourceTryNumber", to_timestamp($2::float8 / 1000.0)
FROM json_to_recordset($1::json) AS u ("runPk" bigint, "taskId" text, "mapIndex" int, "tryNumber" int, outcome text,
  explanation text, key text, "sourceRunId" text, "sourceMapIndex" int, "sourceTryNumber" int)
ON CONFLICT (run_pk, task_id, map_index, try_number) DO UPDATE SET outcome = excluded.outcome,
  explanation = excluded.explanation, key = excluded.key, looked_at = excluded.looked_at`;

export function cacheStatements(batch: SchedulerBatch): BatchStatement[] {
  const out: BatchStatement[] = [];
  const add = (name: string, text: string, rows: readonly object[]): void => {
    if (rows.length > 0) out.push({ name, text, values: [JSON.stringify(rows), batch.now] });
  };
  add("tw_step_cache_put", resultSql, batch.cacheResults);
  add("tw_step_cache_lookup", lookupSql, batch.cacheLookups);
  return out;
}
