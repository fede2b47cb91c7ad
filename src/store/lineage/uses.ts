/** Writes what lineage keeps for itself: what attempts used is part of the scheduler's batch, the rest is here. */
import type { ServedVariant } from "../../core/lineage.ts";
import type { Executor } from "../connect.ts";
import { instant, instants, sql } from "../sql.ts";

export interface ServedSpan extends ServedVariant {
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Adds to what is known; several servers may tell of one variant. Each variant and version once in a call. */
export async function recordServed(tx: Executor, spans: readonly ServedSpan[]): Promise<void> {
  if (spans.length === 0) return;
  await tx.run(sql`
    INSERT INTO endpoint_served AS old (endpoint, variant, model_name, model_version, first_at, last_at)
    SELECT * FROM unnest(${spans.map(({ endpoint }) => endpoint)}::text[], ${spans.map(({ variant }) => variant)}::text[],
      ${spans.map(({ model }) => model)}::text[], ${spans.map(({ version }) => version)}::text[],
      ${instants(spans.map(({ firstAt }) => firstAt))}::timestamptz[],
      ${instants(spans.map(({ lastAt }) => lastAt))}::timestamptz[]) AS s (endpoint, variant, model, version, first_at, last_at)
    ORDER BY 1, 2, 3, 4
    ON CONFLICT (endpoint, variant, model_name, model_version) DO UPDATE
      SET first_at = least(old.first_at, excluded.first_at), last_at = greatest(old.last_at, excluded.last_at)`);
}

/** Of attempts whose Dag run is gone and that no tracked run leads to. Returns how many went. */
export function pruneUses(executor: Executor, before: number, limit: number): Promise<number> {
  return executor.run(sql`
    DELETE FROM lineage_use WHERE ctid = ANY (ARRAY(
      SELECT u.ctid FROM lineage_use u WHERE u.recorded_at < ${instant(before)}
        AND NOT EXISTS (SELECT FROM dag_run d WHERE d.dag_id = u.dag_id AND d.run_id = u.run_id)
        AND NOT EXISTS (SELECT FROM run r WHERE (r.dag_id, r.dag_run_id, r.task_id, r.map_index)
          = (u.dag_id, u.run_id, u.task_id, u.map_index))
      LIMIT ${limit}))`);
}
