/** Assets with who makes and who waits for them, as the list shows them. */
import type { Executor } from "../connect.ts";
import { containing, sql } from "../sql.ts";
import { asRunId } from "../tracking/ids.ts";

export interface AssetListRow {
  readonly id: number;
  readonly name: string;
  readonly uri: string;
  readonly group: string;
  readonly isActive: boolean;
  readonly latestEvent: number | null;
  readonly events: number;
  readonly producers: { dagId: string; taskId: string }[];
  readonly consumers: string[];
}

/** By name; `id` for one alone. Inactive ones come last. */
export function listAssetsForPage(executor: Executor, id: number | null = null): Promise<AssetListRow[]> {
  return executor.rows(sql`
    SELECT a.id, a.name, a.uri, a."group", a.is_active AS "isActive", e.latest AS "latestEvent",
      coalesce(e.events, 0)::int AS events,
      coalesce((SELECT json_agg(json_build_object('dagId', r.dag_id, 'taskId', r.task_id) ORDER BY r.dag_id, r.task_id)
        FROM asset_reference r WHERE r.asset_id = a.id AND r.role = 'outlet'), '[]'::json) AS producers,
      array(SELECT r.dag_id FROM asset_reference r WHERE r.asset_id = a.id AND r.role = 'schedule'
        ORDER BY r.dag_id) AS consumers
    FROM asset a
    LEFT JOIN LATERAL (
      SELECT max("timestamp") AS latest, count(*) AS events FROM asset_event e WHERE e.asset_id = a.id
    ) e ON true
    WHERE (${id}::bigint IS NULL OR a.id = ${id})
    ORDER BY NOT a.is_active, a.name, a.uri LIMIT 5000`);
}

export interface SearchRow {
  readonly kind: "dag" | "task" | "run" | "asset" | "experiment" | "tracked-run" | "model";
  readonly dagId: string | null;
  readonly id: string;
  readonly label: string;
}

export interface SearchScope {
  /** Dags that may be seen; null: all. */
  readonly dagIds: readonly string[] | null;
  readonly experiments: boolean;
  readonly models: boolean;
}

/** A few of each kind whose name holds the text; what starts with it stands first. Runs are found by their whole id. */
export async function searchEverything(
  executor: Executor,
  { dagIds: permitted, experiments, models }: SearchScope,
  text: string,
): Promise<SearchRow[]> {
  const part = containing(text);
  const order = sql`position(lower(${text}) IN lower(label)), length(label), label`;
  const runId = asRunId(text);
  const may = sql`(${permitted}::text[] IS NULL OR d.dag_id = ANY (${permitted}))`;
  const found = await Promise.all([
    executor.rows<SearchRow>(sql`
      SELECT * FROM (
        SELECT 'dag' AS kind, d.dag_id AS "dagId", d.dag_id AS id, d.display_name AS label FROM dag d
        WHERE NOT d.is_stale AND ${may} AND (d.dag_id ILIKE ${part} OR d.display_name ILIKE ${part})
      ) found ORDER BY ${order} LIMIT 8`),
    executor.rows<SearchRow>(sql`
      SELECT * FROM (
        SELECT 'task' AS kind, d.dag_id AS "dagId", t->>'taskId' AS id, t->>'taskId' AS label
        FROM dag d JOIN dag_version v ON v.id = d.current_version_id
        CROSS JOIN LATERAL jsonb_array_elements(v.spec->'tasks') AS t
        WHERE NOT d.is_stale AND ${may} AND t->>'taskId' ILIKE ${part}
      ) found ORDER BY ${order} LIMIT 6`),
    executor.rows<SearchRow>(sql`
      SELECT * FROM (
        SELECT 'run' AS kind, d.dag_id AS "dagId", d.run_id AS id, d.run_id AS label FROM dag_run d
        WHERE ${may} AND d.run_id = ${text}
      ) found LIMIT 4`),
    executor.rows<SearchRow>(sql`
      SELECT * FROM (
        SELECT 'asset' AS kind, NULL AS "dagId", a.id::text AS id, a.name AS label FROM asset a
        WHERE a.is_active AND (a.name ILIKE ${part} OR a.uri ILIKE ${part})
      ) found ORDER BY ${order} LIMIT 5`),
    executor.rows<SearchRow>(sql`
      SELECT * FROM (
        SELECT 'experiment' AS kind, NULL AS "dagId", e.experiment_id::text AS id, e.name AS label FROM experiment e
        WHERE ${experiments} AND e.lifecycle_stage = 'active' AND e.name ILIKE ${part}
      ) found ORDER BY ${order} LIMIT 5`),
    executor.rows<SearchRow>(sql`
      SELECT 'tracked-run' AS kind, NULL AS "dagId", ${runId}::text AS id, r.name AS label FROM run r
      WHERE ${experiments} AND r.run_id = ${runId}`),
    executor.rows<SearchRow>(sql`
      SELECT * FROM (
        SELECT 'model' AS kind, NULL AS "dagId", m.name AS id, m.name AS label FROM registered_model m
        WHERE ${models} AND m.name ILIKE ${part}
      ) found ORDER BY ${order} LIMIT 5`),
  ]);
  return found.flat();
}
