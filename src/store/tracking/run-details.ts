/** What runs logged, for a page of them at once: one statement for each table, all on their way together. */
import type { DatasetInput, Run, RunInfo } from "../../core/tracking/entities.ts";
import type { KeyValue, LoggedDataset, LoggedMetric } from "../../core/tracking/limits.ts";
import type { Executor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { hexId } from "./ids.ts";

interface Grouped<Item> {
  readonly runId: string;
  readonly items: readonly Item[];
}

type Pair = readonly [key: string, value: string];
/** PostgreSQL writes NaN and infinities into JSON as strings. */
type Point = readonly [key: string, value: number | string, timestamp: number, step: number];

async function grouped<Item>(
  executor: Executor,
  statement: Statement,
): Promise<Map<string, readonly Item[]>> {
  const rows = await executor.rows<Grouped<Item>>(statement);
  return new Map(rows.map(({ runId, items }) => [runId, items]));
}

const toPair = ([key, value]: Pair): KeyValue => ({ key, value });
const toPoint = ([key, value, timestamp, step]: Point): LoggedMetric => ({
  key,
  value: Number(value),
  timestamp,
  step,
});

interface DatasetRow extends LoggedDataset {
  readonly tags: Readonly<Record<string, string>>;
}

function toInput({ tags, ...dataset }: DatasetRow): DatasetInput {
  return { dataset, tags: Object.entries(tags).map(([key, value]) => ({ key, value })) };
}

function readParams(executor: Executor, ids: readonly string[]) {
  return grouped<Pair>(
    executor,
    sql`SELECT ${hexId(sql`run_id`)} AS "runId", json_agg(json_build_array(key, value)) AS items
        FROM run_param WHERE run_id = ANY (${ids}::uuid[]) GROUP BY run_id`,
  );
}

function readTags(executor: Executor, ids: readonly string[]) {
  return grouped<Pair>(
    executor,
    sql`SELECT ${hexId(sql`run_id`)} AS "runId", json_agg(json_build_array(key, value)) AS items
        FROM run_tag WHERE run_id = ANY (${ids}::uuid[]) GROUP BY run_id`,
  );
}

function readLatestMetrics(executor: Executor, ids: readonly string[]) {
  return grouped<Point>(
    executor,
    sql`SELECT ${hexId(sql`run_id`)} AS "runId",
          json_agg(json_build_array(key, value, timestamp_ms, step)) AS items
        FROM run_latest_metric WHERE run_id = ANY (${ids}::uuid[]) GROUP BY run_id`,
  );
}

function readDatasets(executor: Executor, ids: readonly string[]) {
  return grouped<DatasetRow>(
    executor,
    sql`SELECT ${hexId(sql`i.run_id`)} AS "runId", json_agg(json_build_object('name', d.name, 'digest', d.digest,
          'sourceType', d.source_type, 'source', d.source, 'schema', d.schema, 'profile', d.profile,
          'tags', i.tags) ORDER BY d.id) AS items
        FROM run_dataset i JOIN dataset d ON d.id = i.dataset_id
        WHERE i.run_id = ANY (${ids}::uuid[]) GROUP BY i.run_id`,
  );
}

interface ModelRow {
  readonly modelId: string;
  readonly direction: "input" | "output";
  readonly step: number;
}

function readModels(executor: Executor, ids: readonly string[]) {
  return grouped<ModelRow>(
    executor,
    sql`SELECT ${hexId(sql`run_id`)} AS "runId",
          json_agg(json_build_object('modelId', model_id, 'direction', direction, 'step', step)) AS items
        FROM run_model WHERE run_id = ANY (${ids}::uuid[]) GROUP BY run_id`,
  );
}

/** In the order of the given ones. */
export async function withDetails(executor: Executor, infos: readonly RunInfo[]): Promise<Run[]> {
  if (infos.length === 0) return [];
  const ids = infos.map(({ runId }) => runId);
  const [metrics, params, tags, datasets, models] = await Promise.all([
    readLatestMetrics(executor, ids),
    readParams(executor, ids),
    readTags(executor, ids),
    readDatasets(executor, ids),
    readModels(executor, ids),
  ]);
  return infos.map((info) => {
    const used = models.get(info.runId) ?? [];
    return {
      info,
      metrics: (metrics.get(info.runId) ?? []).map(toPoint),
      params: (params.get(info.runId) ?? []).map(toPair),
      tags: (tags.get(info.runId) ?? []).map(toPair),
      datasets: (datasets.get(info.runId) ?? []).map(toInput),
      modelInputs: used.filter(({ direction }) => direction === "input").map(({ modelId }) => modelId),
      modelOutputs: used.filter(({ direction }) => direction === "output"),
    };
  });
}
