/** Experiments and registered models as the page lists them, with what is in each. */
import type { LifecycleStage } from "../../core/tracking/entities.ts";
import type { Executor } from "../connect.ts";
import type { Listing } from "../page.ts";
import type { Statement } from "../sql.ts";
import { containing, sql } from "../sql.ts";
import { hexId } from "../tracking/ids.ts";

export interface ListQuery {
  /** Part of a name, or of a tag's key or value. */
  readonly search: string | null;
  readonly sort: string;
  readonly limit: number;
  readonly offset: number;
}

export interface ExperimentRow {
  readonly experimentId: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly tags: { key: string; value: string }[];
  readonly runs: number;
  readonly running: number;
  readonly lastRun: number | null;
}

/** Value of `sort` → order; the first is the default. */
export const experimentSorts = {
  "-last": sql`"lastRun" DESC NULLS LAST, name`,
  last: sql`"lastRun" NULLS LAST, name`,
  name: sql`name COLLATE "C"`,
  "-name": sql`name COLLATE "C" DESC`,
  "-created": sql`"creationTime" DESC, name`,
  created: sql`"creationTime", name`,
  "-runs": sql`runs DESC, name`,
  runs: sql`runs, name`,
} as const satisfies Record<string, Statement>;

/** By the given sort. Runs are counted by the index run_by_experiment. */
export async function listExperimentsForPage(
  executor: Executor,
  query: ListQuery & { sort: keyof typeof experimentSorts; stage: LifecycleStage | null; id: number | null },
): Promise<Listing<ExperimentRow>> {
  const words = containing(query.search);
  const rows = await executor.rows<ExperimentRow & { total: number }>(sql`
    SELECT e.experiment_id::text AS "experimentId", e.name, e.artifact_location AS "artifactLocation",
      e.lifecycle_stage AS "lifecycleStage", e.creation_time AS "creationTime", e.last_update_time AS "lastUpdateTime",
      coalesce((SELECT json_agg(json_build_object('key', t.key, 'value', t.value) ORDER BY t.key)
        FROM experiment_tag t WHERE t.experiment_id = e.experiment_id), '[]') AS tags,
      r.runs, r.running, r."lastRun", count(*) OVER () AS total
    FROM experiment e
    LEFT JOIN LATERAL (
      SELECT count(*) AS runs, count(*) FILTER (WHERE status = 'RUNNING') AS running, max(start_time) AS "lastRun"
      FROM run r WHERE r.experiment_id = e.experiment_id AND r.lifecycle_stage = e.lifecycle_stage
    ) r ON true
    WHERE (${query.stage}::text IS NULL OR e.lifecycle_stage = ${query.stage})
      AND (${query.id}::bigint IS NULL OR e.experiment_id = ${query.id})
      AND (${words}::text IS NULL OR e.name ILIKE ${words} OR EXISTS (SELECT FROM experiment_tag t
        WHERE t.experiment_id = e.experiment_id AND (t.key ILIKE ${words} OR t.value ILIKE ${words})))
    ORDER BY ${experimentSorts[query.sort]} LIMIT ${query.limit} OFFSET ${query.offset}`);
  return withTotal(rows);
}

function withTotal<Row extends { total: number }>(rows: readonly Row[]): Listing<Omit<Row, "total">> {
  const own = rows.map((row) => {
    const { total: _, ...rest } = row;
    return rest;
  });
  return { rows: own, total: rows[0]?.total ?? 0 };
}

export interface ModelRow {
  readonly name: string;
  readonly description: string;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly tags: { key: string; value: string }[];
  readonly aliases: { alias: string; version: number }[];
  readonly versions: number;
  readonly latestVersion: number | null;
  readonly stages: { [stage: string]: number };
}

export const modelSorts = {
  name: sql`m.name COLLATE "C"`,
  "-name": sql`m.name COLLATE "C" DESC`,
  "-updated": sql`m.last_update_time DESC, m.name`,
  updated: sql`m.last_update_time, m.name`,
} as const satisfies Record<string, Statement>;

/** Prompts, which clients keep as models with a tag, are left out. */
export async function listModelsForPage(
  executor: Executor,
  query: ListQuery & { sort: keyof typeof modelSorts },
): Promise<Listing<ModelRow>> {
  const words = containing(query.search);
  const rows = await executor.rows<ModelRow & { total: number }>(sql`
    SELECT m.name, m.description, m.creation_time AS "creationTime", m.last_update_time AS "lastUpdateTime",
      coalesce((SELECT json_agg(json_build_object('key', t.key, 'value', t.value) ORDER BY t.key)
        FROM registered_model_tag t WHERE t.name = m.name), '[]') AS tags,
      coalesce((SELECT json_agg(json_build_object('alias', a.alias, 'version', a.version) ORDER BY a.alias)
        FROM registered_model_alias a WHERE a.name = m.name), '[]') AS aliases,
      v.versions, v.latest AS "latestVersion", coalesce(s.stages, '{}') AS stages, count(*) OVER () AS total
    FROM registered_model m
    LEFT JOIN LATERAL (SELECT count(*) AS versions, max(version) AS latest FROM model_version v WHERE v.name = m.name) v
      ON true
    LEFT JOIN LATERAL (SELECT jsonb_object_agg(current_stage, version) AS stages
      FROM (SELECT current_stage, max(version) AS version FROM model_version v
        WHERE v.name = m.name AND v.current_stage <> 'None' GROUP BY current_stage) g) s ON true
    WHERE NOT EXISTS (SELECT FROM registered_model_tag t
        WHERE t.name = m.name AND t.key = 'mlflow.prompt.is_prompt' AND t.value = 'true')
      AND (${words}::text IS NULL OR m.name ILIKE ${words} OR EXISTS (SELECT FROM registered_model_tag t
        WHERE t.name = m.name AND (t.key ILIKE ${words} OR t.value ILIKE ${words})))
    ORDER BY ${modelSorts[query.sort]} LIMIT ${query.limit} OFFSET ${query.offset}`);
  return withTotal(rows);
}

export interface VersionRow {
  readonly version: number;
  readonly stage: "None" | "Staging" | "Production" | "Archived";
  readonly status: string;
  readonly aliases: string[];
  readonly description: string;
  readonly userId: string | null;
  readonly source: string;
  readonly storageLocation: string;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly tags: { key: string; value: string }[];
  readonly modelId: string | null;
  readonly run: { runId: string; name: string; experimentId: string } | null;
  readonly metrics: { key: string; value: number | string }[];
}

/** The newest first; `version` for one alone. Metrics are the logged model's, and beside them the run's. */
export function listVersionsForPage(
  executor: Executor,
  name: string,
  version: number | null = null,
): Promise<VersionRow[]> {
  return executor.rows(sql`
    SELECT v.version, v.current_stage AS stage, v.status, v.description, v.user_id AS "userId", v.source,
      v.storage_location AS "storageLocation", v.creation_time AS "creationTime",
      v.last_update_time AS "lastUpdateTime", v.model_id AS "modelId",
      ARRAY(SELECT a.alias FROM registered_model_alias a
        WHERE a.name = v.name AND a.version = v.version ORDER BY a.alias) AS aliases,
      coalesce((SELECT json_agg(json_build_object('key', t.key, 'value', t.value) ORDER BY t.key)
        FROM model_version_tag t WHERE t.name = v.name AND t.version = v.version), '[]') AS tags,
      (SELECT json_build_object('runId', ${hexId(sql`r.run_id`)}, 'name', r.name, 'experimentId', r.experiment_id::text)
        FROM run r WHERE r.run_id = v.run_id) AS run,
      coalesce((SELECT json_agg(json_build_object('key', m.key, 'value', m.value) ORDER BY m.key) FROM (
        SELECT DISTINCT ON (key) key, value FROM (
          SELECT key, value, 0 AS place, step, timestamp_ms FROM logged_model_metric l WHERE l.model_id = v.model_id
          UNION ALL
          SELECT key, value, 1, step, timestamp_ms FROM run_latest_metric l
          WHERE l.run_id = v.run_id AND l.key NOT LIKE 'system/%') every
        ORDER BY key, place, step DESC, timestamp_ms DESC) m), '[]') AS metrics
    FROM model_version v
    WHERE v.name = ${name} AND (${version}::int IS NULL OR v.version = ${version})
    ORDER BY v.version DESC`);
}
