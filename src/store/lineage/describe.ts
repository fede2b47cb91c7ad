/** What pages show of nodes: a label, whether the thing is still there, and its facts. */
import type { Json } from "../../core/dag-model.ts";
import type { LineageKind } from "../../core/lineage.ts";
import { parseRequestId } from "../../core/request-id.ts";
import type { Executor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { attempts, dagRuns, dagVersions, datasets, numbered, plain, rows, runs, variants } from "./keys.ts";

export interface NodeFacts {
  readonly id: string;
  readonly label: string;
  readonly exists: boolean;
  readonly attributes: { readonly [name: string]: Json };
}

/** As JSON has instants. */
const iso = (column: Statement): Statement =>
  sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Shown of a run; the page of the run has all. */
const mostPairs = 20;

const newestPairs = (table: Statement): Statement => sql`
  (SELECT jsonb_object_agg(p.key, p.value) FROM (
    SELECT key, value::text AS value FROM ${table} WHERE run_id = x.run_id ORDER BY key LIMIT ${mostPairs}) p)`;

const bySql: { readonly [K in Exclude<LineageKind, "prediction">]: (ids: readonly string[]) => Statement } = {
  endpoint: (ids) => sql`
    SELECT u.id, u.id AS label, x.name IS NOT NULL AS exists, jsonb_build_object('description', x.description,
      'generation', x.generation, 'variants', x.variants, 'updated_at', ${iso(sql`x.updated_at`)}) AS attributes
    FROM ${plain(ids)} LEFT JOIN endpoint x ON x.name = u.id`,
  endpoint_variant: (ids) => sql`
    SELECT u.id, u.endpoint || '/' || u.variant AS label, x.endpoint IS NOT NULL AS exists,
      jsonb_build_object('endpoint', u.endpoint, 'variant', u.variant, 'model', u.model, 'version', u.version,
        'first_at', ${iso(sql`x.first_at`)}, 'last_at', ${iso(sql`x.last_at`)},
        'requests', (SELECT sum(m.requests) FROM endpoint_minute m WHERE m.endpoint = u.endpoint
          AND m.variant = u.variant AND m.model_version = u.version)) AS attributes
    FROM ${variants(ids)} LEFT JOIN endpoint_served x
      ON (x.endpoint, x.variant, x.model_name, x.model_version) = (u.endpoint, u.variant, u.model, u.version)`,
  registered_model: (ids) => sql`
    SELECT u.id, u.id AS label, x.name IS NOT NULL AS exists, jsonb_build_object('description', x.description,
      'created_at', ${iso(sql`x.creation_time`)}) AS attributes
    FROM ${plain(ids)} LEFT JOIN registered_model x ON x.name = u.id`,
  model_version: (ids) => sql`
    SELECT u.id, u.name || ' ' || u.version AS label, x.name IS NOT NULL AS exists, jsonb_build_object(
      'name', u.name, 'version', u.version, 'stage', x.current_stage, 'status', x.status, 'source', x.source,
      'user', x.user_id, 'created_at', ${iso(sql`x.creation_time`)}, 'aliases', (SELECT jsonb_agg(a.alias ORDER BY a.alias)
        FROM registered_model_alias a WHERE a.name = u.name AND a.version = u.version)) AS attributes
    FROM ${numbered(ids)} LEFT JOIN model_version x ON x.name = u.name AND x.version = u.version`,
  logged_model: (ids) => sql`
    SELECT u.id, coalesce(x.name, u.id) AS label, x.model_id IS NOT NULL AND x.deleted_at IS NULL AS exists,
      jsonb_build_object('name', x.name, 'model_type', x.model_type, 'status', x.status, 'artifact_uri', x.artifact_uri,
        'created_at', ${iso(sql`x.creation_time`)}) AS attributes
    FROM ${plain(ids)} LEFT JOIN logged_model x ON x.model_id = u.id`,
  run: (ids) => sql`
    SELECT u.id, coalesce(x.name, u.id) AS label, x.run_id IS NOT NULL AND x.deleted_at IS NULL AS exists,
      jsonb_build_object('experiment_id', x.experiment_id::text, 'experiment', e.name, 'status', x.status, 'user', x.user_id,
        'started_at', ${iso(sql`x.start_time`)}, 'ended_at', ${iso(sql`x.end_time`)},
        'metrics', ${newestPairs(sql`run_latest_metric`)}, 'params', ${newestPairs(sql`run_param`)}) AS attributes
    FROM ${runs(ids)} LEFT JOIN run x ON x.run_id = u.run LEFT JOIN experiment e ON e.experiment_id = x.experiment_id`,
  task_attempt: (ids) => sql`
    SELECT u.id, u.task_id || CASE WHEN u.map_index < 0 THEN '' ELSE '[' || u.map_index || ']' END AS label,
      x.state IS NOT NULL AS exists, jsonb_build_object('dag_id', u.dag_id, 'run_id', u.run_id, 'task_id', u.task_id,
        'map_index', u.map_index, 'try_number', u.try_number, 'state', x.state, 'operator', x.operator,
        'started_at', ${iso(sql`x.start_date`)}, 'ended_at', ${iso(sql`x.end_date`)},
        'dag_version', (SELECT v.version_number FROM dag_version v WHERE v.id = x.version_id)) AS attributes
    FROM ${attempts(ids)} LEFT JOIN dag_run d ON d.dag_id = u.dag_id AND d.run_id = u.run_id
    LEFT JOIN LATERAL (
      SELECT state, operator, start_date, end_date, version_id FROM task_instance
      WHERE (run_pk, task_id, map_index, try_number) = (d.id, u.task_id, u.map_index, u.try_number)
      UNION ALL SELECT state, operator, start_date, end_date, version_id FROM task_instance_history
      WHERE (run_pk, task_id, map_index, try_number) = (d.id, u.task_id, u.map_index, u.try_number) LIMIT 1) x ON true`,
  dag_run: (ids) => sql`
    SELECT u.id, u.run_id AS label, x.id IS NOT NULL AS exists, jsonb_build_object('dag_id', u.dag_id, 'run_id', u.run_id,
      'state', x.state, 'run_type', x.run_type, 'logical_date', ${iso(sql`x.logical_date`)},
      'started_at', ${iso(sql`x.start_date`)}, 'ended_at', ${iso(sql`x.end_date`)}, 'conf', x.conf) AS attributes
    FROM ${dagRuns(ids)} LEFT JOIN dag_run x ON x.dag_id = u.dag_id AND x.run_id = u.run_id`,
  dag_version: (ids) => sql`
    SELECT u.id, u.dag_id || ' v' || u.version_number AS label, x.id IS NOT NULL AS exists, jsonb_build_object(
      'dag_id', u.dag_id, 'version_number', u.version_number, 'hash', x.hash, 'commit', x.bundle_version, 'files', x.files,
      'created_at', ${iso(sql`x.created_at`)}) AS attributes
    FROM ${dagVersions(ids)} LEFT JOIN dag_version x ON x.dag_id = u.dag_id AND x.version_number = u.version_number`,
  dataset: (ids) => sql`
    SELECT u.id, u.name AS label, x.name IS NOT NULL OR l.name IS NOT NULL AS exists, jsonb_build_object('name', u.name,
      'digest', u.digest, 'source_type', x.source_type, 'source', x.source, 'schema', x.schema, 'profile', x.profile)
      || coalesce(l.details, '{}') AS attributes
    FROM ${datasets(ids)}
    LEFT JOIN LATERAL (SELECT * FROM dataset d WHERE d.name = u.name AND d.digest = u.digest ORDER BY d.id DESC LIMIT 1) x ON true
    LEFT JOIN LATERAL (SELECT w.name, w.details FROM lineage_use w WHERE w.kind = 'dataset' AND w.name = u.name
      AND w.version = u.digest ORDER BY w.recorded_at DESC LIMIT 1) l ON true`,
  feature_view: (ids) => sql`
    SELECT u.id, u.name || ' ' || u.version AS label, x.name IS NOT NULL AS exists, jsonb_build_object('name', u.name,
      'version', u.version, 'join_keys', x.spec -> 'joinKeys', 'features', x.spec -> 'features',
      'materialized_until', ${iso(sql`x.materialized_until`)}) AS attributes
    FROM ${numbered(ids)} LEFT JOIN feature_view x ON x.name = u.name AND x.version = u.version`,
  asset: (ids) => sql`
    SELECT u.id, coalesce(x.name, u.id) AS label, x.id IS NOT NULL AS exists, jsonb_build_object('name', x.name, 'uri', x.uri,
      'group', x."group") AS attributes
    FROM ${rows(ids)} LEFT JOIN asset x ON x.id = u.row`,
  asset_event: (ids) => sql`
    SELECT u.id, coalesce(a.name, u.id) AS label, x.id IS NOT NULL AS exists, jsonb_build_object('asset_id', x.asset_id,
      'name', a.name, 'uri', a.uri, 'timestamp', ${iso(sql`x."timestamp"`)}, 'extra', x.extra) AS attributes
    FROM ${rows(ids)} LEFT JOIN asset_event x ON x.id = u.row LEFT JOIN asset a ON a.id = x.asset_id`,
};

/** An answer left no row of its own: that its variant answered in its minute is what is known beside its id. */
async function describePredictions(executor: Executor, ids: readonly string[]): Promise<NodeFacts[]> {
  const known = ids.flatMap((id) => parseRequestId(id) ?? []);
  const minutes = await executor.rows<{ id: string; answered: boolean; outcomes: Json }>(sql`
    SELECT u.id, EXISTS (SELECT FROM endpoint_minute m WHERE m.endpoint = u.endpoint
        AND m.minute = date_trunc('minute', u.at) AND m.variant = u.variant AND m.model_version = u.version) AS answered,
      (SELECT jsonb_object_agg(o.metric, o.value) FROM endpoint_outcome o
        WHERE o.endpoint = u.endpoint AND o.request_id = u.id) AS outcomes
    FROM unnest(${known.map(({ id }) => id)}::text[], ${known.map(({ endpoint }) => endpoint)}::text[],
      ${known.map(({ variant }) => variant)}::text[], ${known.map(({ version }) => version ?? "")}::text[],
      ${known.map(({ at }) => new Date(at).toISOString())}::timestamptz[]) AS u (id, endpoint, variant, version, at)`);
  return known.map((one) => {
    const found = minutes.find(({ id }) => id === one.id);
    const { id, endpoint, variant, model, version, at } = one;
    const attributes = { endpoint, variant, model, version, at: new Date(at).toISOString() };
    return {
      id,
      label: id.slice(0, 8),
      exists: found?.answered === true,
      attributes: { ...attributes, outcomes: found?.outcomes ?? null },
    };
  });
}

/** In no particular order; ids that cannot be of the kind are left out. */
export function describeNodes(
  executor: Executor,
  kind: LineageKind,
  ids: readonly string[],
): Promise<NodeFacts[]> {
  return kind === "prediction" ? describePredictions(executor, ids) : executor.rows(bySql[kind](ids));
}
