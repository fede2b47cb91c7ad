/** The step cache over HTTP: what is kept, what came of the looks of a run, and forgetting. */
import { z } from "zod";
import {
  type CacheEntry,
  type CacheLookup,
  clearResults,
  listLookups,
  listResults,
} from "../../store/step-cache.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";

const ByDag = z.object({ dag_id: z.string() });
const ByRun = ByDag.extend({ dag_run_id: z.string() });
const Filter = z.object({ task_id: z.string().optional(), dag_run_id: z.string().optional() });
const Page = Filter.extend({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
});
const tags = ["StepCache"];

export function registerStepCacheRoutes(app: ApiApp, { database }: ApiParts): void {
  const read = { access: can("read", "Task Instances") };
  const list = { tags, operationId: "list_step_cache", params: ByDag, querystring: Page };
  app.get("/api/step-cache/:dag_id", { config: read, schema: list }, async ({ params, query }) => {
    const filter = { dagId: params.dag_id, taskId: query.task_id ?? null, runId: query.dag_run_id ?? null };
    const { rows, total } = await listResults(database, filter, query);
    return { results: rows.map(resultOut), total_entries: total };
  });
  const clear = { tags, operationId: "clear_step_cache", params: ByDag, querystring: Filter };
  const edit = { access: can("edit", "Task Instances"), audit: true };
  app.delete("/api/step-cache/:dag_id", { config: edit, schema: clear }, async ({ params, query }) => {
    const filter = { dagId: params.dag_id, taskId: query.task_id ?? null, runId: query.dag_run_id ?? null };
    return { deleted: await clearResults(database, filter) };
  });
  const looks = {
    tags,
    operationId: "list_step_cache_lookups",
    params: ByRun,
    querystring: Filter.pick({ task_id: true }),
  };
  app.get(
    "/api/step-cache/:dag_id/runs/:dag_run_id",
    { config: read, schema: looks },
    async ({ params, query }) => {
      const run = { dagId: params.dag_id, runId: params.dag_run_id, taskId: query.task_id ?? null };
      return { lookups: (await listLookups(database, run)).map(lookupOut) };
    },
  );
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function resultOut(row: CacheEntry) {
  return {
    task_id: row.taskId,
    map_index: row.mapIndex,
    dag_run_id: row.runId,
    try_number: row.tryNumber,
    key: row.key,
    parts: row.parts,
    surroundings: row.surroundings,
    created_at: iso(row.createdAt),
    expires_at: iso(row.expiresAt),
  };
}

function lookupOut(row: CacheLookup) {
  return {
    task_id: row.taskId,
    map_index: row.mapIndex,
    try_number: row.tryNumber,
    outcome: row.outcome,
    explanation: row.explanation,
    key: row.key,
    source:
      row.sourceRunId === null
        ? null
        : {
            dag_run_id: row.sourceRunId,
            map_index: row.sourceMapIndex,
            try_number: row.sourceTryNumber,
          },
    looked_at: iso(row.lookedAt),
  };
}
