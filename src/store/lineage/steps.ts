/**
 * One step from nodes of a kind, upstream or downstream. Each finds the far ends for a whole set of near ones with one
 * statement, by an index, and no more than `widest` for each.
 */
import type { LineageDirection, LineageKind } from "../../core/lineage.ts";
import { parseVariantNode, variantNode } from "../../core/lineage.ts";
import { parseRequestId } from "../../core/request-id.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { hexId } from "../tracking/ids.ts";
import { attempts, dagRuns, dagVersions, datasets, numbered, plain, rows, runs, variants } from "./keys.ts";

export interface FarEnd {
  readonly near: string;
  readonly id: string;
}

export interface LineageStep {
  readonly from: LineageKind;
  readonly direction: LineageDirection;
  readonly to: LineageKind;
  readonly relation: string;
  /** By SQL, with columns `near` and `id`; or by the id alone. */
  /** False leaves a far end out that the statement cannot tell from others. */
  readonly keep?: (end: FarEnd) => boolean;
  readonly find: ((ids: readonly string[]) => Statement) | { readonly byId: (id: string) => string | null };
}

/** Far ends of one near end in one step; the newest where there are more. */
export const widest = 100;

const attemptId = sql`concat_ws('/', x.dag_id, x.run_id, x.task_id, x.map_index, x.try_number)`;

/** The row of an attempt, of its newest try or of an earlier one: `t (version_id, state)`, of the run `d`. */
const attemptRow = sql`
  JOIN dag_run d ON d.dag_id = u.dag_id AND d.run_id = u.run_id
  CROSS JOIN LATERAL (
    SELECT version_id FROM task_instance WHERE (run_pk, task_id, map_index, try_number) = (d.id, u.task_id, u.map_index, u.try_number)
    UNION ALL
    SELECT version_id FROM task_instance_history
    WHERE (run_pk, task_id, map_index, try_number) = (d.id, u.task_id, u.map_index, u.try_number)
    LIMIT 1) t`;

/** Of what the attempt in `u` used. */
function uses(ids: readonly string[], direction: "input" | "output", kind: string, id: Statement): Statement {
  return sql`
    SELECT u.id AS near, ${id} AS id FROM ${attempts(ids)} CROSS JOIN LATERAL (
      SELECT * FROM lineage_use x WHERE (x.dag_id, x.run_id, x.task_id, x.map_index, x.try_number)
          = (u.dag_id, u.run_id, u.task_id, u.map_index, u.try_number)
        AND x.direction = ${direction} AND x.kind = ${kind} LIMIT ${widest}) x`;
}

/** Attempts that used the thing in `u`, the newest. */
function usedBy(near: Statement, direction: "input" | "output", kind: string, same: Statement): Statement {
  return sql`
    SELECT u.id AS near, ${attemptId} AS id FROM ${near} CROSS JOIN LATERAL (
      SELECT * FROM lineage_use x WHERE x.kind = ${kind} AND x.direction = ${direction} AND ${same}
      ORDER BY x.recorded_at DESC LIMIT ${widest}) x`;
}

const bothTexts = sql`x.name || '/' || x.version`;
const sameNumber = sql`x.name = u.name AND x.version = u.version::text`;
const sameDigest = sql`x.name = u.name AND x.version = u.digest`;

const upstream = (
  from: LineageKind,
  to: LineageKind,
  relation: string,
  find: LineageStep["find"],
): LineageStep => ({ from, direction: "upstream", to, relation, find });
const downstream = (
  from: LineageKind,
  to: LineageKind,
  relation: string,
  find: LineageStep["find"],
): LineageStep => ({ from, direction: "downstream", to, relation, find });

function variantOfAnswer(id: string): string | null {
  const known = parseRequestId(id);
  return known === null ? null : variantNode({ ...known, version: known.version ?? "" });
}

const served: readonly LineageStep[] = [
  upstream("prediction", "endpoint_variant", "answered", {
    byId: variantOfAnswer,
  }),
  upstream(
    "endpoint",
    "endpoint_variant",
    "variant of",
    (ids) => sql`
    SELECT u.id AS near, x.endpoint || '/' || x.variant || '@' || x.model_name || '/' || x.model_version AS id
    FROM ${plain(ids)} CROSS JOIN LATERAL (
      SELECT * FROM endpoint_served x WHERE x.endpoint = u.id ORDER BY x.last_at DESC LIMIT ${widest}) x`,
  ),
  upstream("endpoint_variant", "model_version", "served as", {
    byId: (id) => {
      const known = parseVariantNode(id);
      return known === null || known.version === "" ? null : `${known.model}/${known.version}`;
    },
  }),
  {
    // Answers of which something came; others are known by their ids alone.
    ...downstream(
      "endpoint_variant",
      "prediction",
      "answered",
      (ids) => sql`
      SELECT u.id AS near, x.request_id AS id FROM ${variants(ids)} CROSS JOIN LATERAL (
        SELECT DISTINCT x.request_id FROM endpoint_outcome x WHERE x.endpoint = u.endpoint AND x.variant = u.variant
        ORDER BY x.request_id DESC LIMIT ${widest}) x`,
    ),
    keep: ({ near, id }) => variantOfAnswer(id) === near,
  },
  downstream(
    "model_version",
    "endpoint_variant",
    "served as",
    (ids) => sql`
    SELECT u.id AS near, x.endpoint || '/' || x.variant || '@' || x.model_name || '/' || x.model_version AS id
    FROM ${numbered(ids)} CROSS JOIN LATERAL (
      SELECT * FROM endpoint_served x WHERE x.model_name = u.name AND x.model_version = u.version::text
      ORDER BY x.last_at DESC LIMIT ${widest}) x`,
  ),
];

const registry: readonly LineageStep[] = [
  upstream(
    "registered_model",
    "model_version",
    "version of",
    (ids) => sql`
    SELECT u.id AS near, x.name || '/' || x.version AS id FROM ${plain(ids)} CROSS JOIN LATERAL (
      SELECT * FROM model_version x WHERE x.name = u.id ORDER BY x.version DESC LIMIT ${widest}) x`,
  ),
  upstream(
    "model_version",
    "logged_model",
    "registered as",
    (ids) => sql`
    SELECT u.id AS near, x.model_id AS id FROM ${numbered(ids)}
    JOIN model_version x ON x.name = u.name AND x.version = u.version WHERE x.model_id IS NOT NULL`,
  ),
  upstream(
    "model_version",
    "run",
    "registered as",
    (ids) => sql`
    SELECT u.id AS near, ${hexId(sql`x.run_id`)} AS id FROM ${numbered(ids)}
    JOIN model_version x ON x.name = u.name AND x.version = u.version
    WHERE x.run_id IS NOT NULL AND x.model_id IS NULL`,
  ),
  downstream("model_version", "task_attempt", "read", (ids) =>
    usedBy(numbered(ids), "input", "model_version", sameNumber),
  ),
  upstream("model_version", "task_attempt", "made", (ids) =>
    usedBy(numbered(ids), "output", "model_version", sameNumber),
  ),
  upstream(
    "logged_model",
    "run",
    "logged",
    (ids) => sql`
    SELECT u.id AS near, ${hexId(sql`x.run`)} AS id FROM ${plain(ids)} CROSS JOIN LATERAL (
      SELECT source_run_id AS run FROM logged_model WHERE model_id = u.id AND source_run_id IS NOT NULL
      UNION SELECT run_id FROM run_model WHERE model_id = u.id AND direction = 'output' LIMIT ${widest}) x`,
  ),
  downstream(
    "logged_model",
    "model_version",
    "registered as",
    (ids) => sql`
    SELECT u.id AS near, x.name || '/' || x.version AS id FROM ${plain(ids)} JOIN model_version x ON x.model_id = u.id`,
  ),
  downstream(
    "logged_model",
    "run",
    "read",
    (ids) => sql`
    SELECT u.id AS near, ${hexId(sql`x.run_id`)} AS id FROM ${plain(ids)} CROSS JOIN LATERAL (
      SELECT DISTINCT run_id FROM run_model WHERE model_id = u.id AND direction = 'input' ORDER BY run_id DESC LIMIT ${widest}) x`,
  ),
];

const tracked: readonly LineageStep[] = [
  upstream(
    "run",
    "task_attempt",
    "logged",
    (ids) => sql`
    SELECT u.id AS near, concat_ws('/', x.dag_id, x.dag_run_id, x.task_id, x.map_index, x.try_number) AS id
    FROM ${runs(ids)} JOIN run x ON x.run_id = u.run WHERE x.dag_id IS NOT NULL`,
  ),
  upstream(
    "run",
    "dataset",
    "read",
    (ids) => sql`
    SELECT u.id AS near, x.name || ':' || x.digest AS id FROM ${runs(ids)}
    JOIN run_dataset i ON i.run_id = u.run JOIN dataset x ON x.id = i.dataset_id`,
  ),
  upstream(
    "run",
    "logged_model",
    "read",
    (ids) => sql`
    SELECT DISTINCT u.id AS near, x.model_id AS id FROM ${runs(ids)}
    JOIN run_model x ON x.run_id = u.run AND x.direction = 'input'`,
  ),
  downstream(
    "run",
    "logged_model",
    "logged",
    (ids) => sql`
    SELECT u.id AS near, x.model_id AS id FROM ${runs(ids)} CROSS JOIN LATERAL (
      SELECT model_id FROM logged_model WHERE source_run_id = u.run AND deleted_at IS NULL
      UNION SELECT model_id FROM run_model WHERE run_id = u.run AND direction = 'output' LIMIT ${widest}) x`,
  ),
  downstream(
    "run",
    "model_version",
    "registered as",
    (ids) => sql`
    SELECT u.id AS near, x.name || '/' || x.version AS id FROM ${runs(ids)}
    JOIN model_version x ON x.run_id = u.run WHERE x.model_id IS NULL`,
  ),
  downstream(
    "dataset",
    "run",
    "read",
    (ids) => sql`
    SELECT u.id AS near, ${hexId(sql`x.run_id`)} AS id FROM ${datasets(ids)} CROSS JOIN LATERAL (
      SELECT i.run_id FROM dataset e JOIN run_dataset i ON i.dataset_id = e.id
      WHERE e.name = u.name AND e.digest = u.digest ORDER BY i.run_id DESC LIMIT ${widest}) x`,
  ),
];

const used: readonly LineageStep[] = [
  ...(["dataset", "feature_view", "model_version"] as const).flatMap((kind) => {
    const id = kind === "dataset" ? sql`x.name || ':' || x.version` : bothTexts;
    return [
      upstream("task_attempt", kind, "read", (ids) => uses(ids, "input", kind, id)),
      downstream("task_attempt", kind, "made", (ids) => uses(ids, "output", kind, id)),
    ];
  }),
  upstream("dataset", "task_attempt", "made", (ids) =>
    usedBy(datasets(ids), "output", "dataset", sameDigest),
  ),
  downstream("dataset", "task_attempt", "read", (ids) =>
    usedBy(datasets(ids), "input", "dataset", sameDigest),
  ),
  upstream("feature_view", "task_attempt", "made", (ids) =>
    usedBy(numbered(ids), "output", "feature_view", sameNumber),
  ),
  downstream("feature_view", "task_attempt", "read", (ids) =>
    usedBy(numbered(ids), "input", "feature_view", sameNumber),
  ),
];

const assets: readonly LineageStep[] = [
  upstream(
    "asset",
    "asset_event",
    "updated",
    (ids) => sql`
    SELECT u.id AS near, x.id::text AS id FROM ${rows(ids)} CROSS JOIN LATERAL (
      SELECT id FROM asset_event WHERE asset_id = u.row ORDER BY "timestamp" DESC, id DESC LIMIT ${widest}) x`,
  ),
  // An event is written in the batch of its attempt's end.
  upstream(
    "asset_event",
    "task_attempt",
    "made",
    (ids) => sql`
    SELECT u.id AS near, concat_ws('/', e.source_dag_id, e.source_run_id, e.source_task_id, e.source_map_index, x.try_number) AS id
    FROM ${rows(ids)} JOIN asset_event e ON e.id = u.row
    JOIN dag_run d ON d.dag_id = e.source_dag_id AND d.run_id = e.source_run_id
    CROSS JOIN LATERAL (
      SELECT try_number FROM (
        SELECT try_number, end_date FROM task_instance
        WHERE (run_pk, task_id, map_index) = (d.id, e.source_task_id, e.source_map_index)
        UNION ALL SELECT try_number, end_date FROM task_instance_history
        WHERE (run_pk, task_id, map_index) = (d.id, e.source_task_id, e.source_map_index)) tries
      ORDER BY abs(extract(epoch FROM coalesce(end_date, e."timestamp") - e."timestamp")), try_number DESC LIMIT 1) x`,
  ),
  downstream(
    "asset_event",
    "dag_run",
    "started",
    (ids) => sql`
    SELECT u.id AS near, d.dag_id || '/' || d.run_id AS id FROM ${rows(ids)}
    JOIN dagrun_asset_event x ON x.event_id = u.row JOIN dag_run d ON d.id = x.run_pk`,
  ),
  downstream("asset_event", "task_attempt", "read", (ids) =>
    usedBy(rows(ids), "input", "asset_event", sql`x.version = u.id`),
  ),
  upstream("task_attempt", "asset_event", "read", (ids) => uses(ids, "input", "asset_event", sql`x.version`)),
  downstream(
    "task_attempt",
    "asset_event",
    "made",
    (ids) => sql`
    SELECT u.id AS near, x.id::text AS id FROM ${attempts(ids)}
    JOIN dag_run d ON d.dag_id = u.dag_id AND d.run_id = u.run_id
    JOIN task_instance t ON (t.run_pk, t.task_id, t.map_index, t.try_number) = (d.id, u.task_id, u.map_index, u.try_number)
    CROSS JOIN LATERAL (
      SELECT id FROM asset_event e WHERE e.source_dag_id = u.dag_id AND e.source_run_id = u.run_id
        AND e.source_task_id = u.task_id AND e.source_map_index = u.map_index AND e."timestamp" >= t.start_date
      ORDER BY id DESC LIMIT ${widest}) x`,
  ),
];

/** Of a task's edges to others of its run: `s (task)` is its part of the version's spec. */
const tasksOfVersion = sql`JOIN dag_version v ON v.id = t.version_id
  CROSS JOIN LATERAL jsonb_array_elements(v.spec -> 'tasks') AS s (task)`;

const orchestrated: readonly LineageStep[] = [
  upstream(
    "task_attempt",
    "dag_version",
    "code of",
    (ids) => sql`
    SELECT u.id AS near, v.dag_id || '/' || v.version_number AS id
    FROM ${attempts(ids)} ${attemptRow} JOIN dag_version v ON v.id = t.version_id`,
  ),
  upstream(
    "task_attempt",
    "dag_run",
    "part of",
    (ids) => sql`
    SELECT u.id AS near, u.dag_id || '/' || u.run_id AS id FROM ${attempts(ids)}`,
  ),
  upstream(
    "task_attempt",
    "task_attempt",
    "ran before",
    (ids) => sql`
    SELECT u.id AS near, concat_ws('/', u.dag_id, u.run_id, p.task_id, p.map_index, p.try_number) AS id
    FROM ${attempts(ids)} ${attemptRow} ${tasksOfVersion}
    CROSS JOIN LATERAL (
      SELECT task_id, map_index, try_number FROM task_instance
      WHERE run_pk = d.id AND task_id IN (SELECT jsonb_array_elements_text(s.task -> 'upstream')) AND state = 'success'
      ORDER BY task_id, map_index LIMIT ${widest}) p
    WHERE s.task ->> 'taskId' = u.task_id`,
  ),
  downstream(
    "task_attempt",
    "task_attempt",
    "ran before",
    (ids) => sql`
    SELECT u.id AS near, concat_ws('/', u.dag_id, u.run_id, p.task_id, p.map_index, p.try_number) AS id
    FROM ${attempts(ids)} JOIN dag_run d ON d.dag_id = u.dag_id AND d.run_id = u.run_id
    JOIN task_instance t ON (t.run_pk, t.task_id, t.map_index, t.try_number) = (d.id, u.task_id, u.map_index, u.try_number)
      AND t.state = 'success'
    ${tasksOfVersion}
    CROSS JOIN LATERAL (
      SELECT task_id, map_index, try_number FROM task_instance
      WHERE run_pk = d.id AND task_id = s.task ->> 'taskId' AND try_number > 0
      ORDER BY map_index LIMIT ${widest}) p
    WHERE s.task -> 'upstream' ? u.task_id`,
  ),
  downstream(
    "task_attempt",
    "run",
    "logged",
    (ids) => sql`
    SELECT u.id AS near, ${hexId(sql`x.run_id`)} AS id FROM ${attempts(ids)} CROSS JOIN LATERAL (
      SELECT run_id FROM run r WHERE (r.dag_id, r.dag_run_id, r.task_id, r.map_index)
          = (u.dag_id, u.run_id, u.task_id, u.map_index) AND r.try_number = u.try_number
      ORDER BY run_id DESC LIMIT ${widest}) x`,
  ),
  upstream(
    "dag_run",
    "dag_version",
    "code of",
    (ids) => sql`
    SELECT u.id AS near, v.dag_id || '/' || v.version_number AS id FROM ${dagRuns(ids)}
    JOIN dag_run d ON d.dag_id = u.dag_id AND d.run_id = u.run_id JOIN dag_version v ON v.id = d.version_id`,
  ),
  upstream(
    "dag_run",
    "asset_event",
    "started",
    (ids) => sql`
    SELECT u.id AS near, x.event_id::text AS id FROM ${dagRuns(ids)}
    JOIN dag_run d ON d.dag_id = u.dag_id AND d.run_id = u.run_id JOIN dagrun_asset_event x ON x.run_pk = d.id`,
  ),
  downstream(
    "dag_run",
    "task_attempt",
    "part of",
    (ids) => sql`
    SELECT u.id AS near, concat_ws('/', u.dag_id, u.run_id, p.task_id, p.map_index, p.try_number) AS id
    FROM ${dagRuns(ids)} JOIN dag_run d ON d.dag_id = u.dag_id AND d.run_id = u.run_id
    CROSS JOIN LATERAL (
      SELECT task_id, map_index, try_number FROM task_instance WHERE run_pk = d.id AND try_number > 0
      ORDER BY start_date, task_id, map_index LIMIT ${widest}) p`,
  ),
  downstream(
    "dag_version",
    "dag_run",
    "code of",
    (ids) => sql`
    SELECT u.id AS near, x.dag_id || '/' || x.run_id AS id FROM ${dagVersions(ids)}
    JOIN dag_version v ON v.dag_id = u.dag_id AND v.version_number = u.version_number
    CROSS JOIN LATERAL (
      SELECT dag_id, run_id FROM dag_run WHERE dag_id = u.dag_id AND version_id = v.id
      ORDER BY run_after DESC, id DESC LIMIT ${widest}) x`,
  ),
];

export const lineageSteps: readonly LineageStep[] = [
  ...served,
  ...registry,
  ...tracked,
  ...used,
  ...assets,
  ...orchestrated,
];
