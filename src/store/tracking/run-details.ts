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

async function grouped<Item>(
  executor: Executor,
  statement: Statement,
): Promise<Map<string, readonly Item[]>> {
  const rows = await executor.rows<Grouped<Item>>(statement);
  return new Map(rows.map(({ runId, items }) => [runId, items]));
}

/** What a run logged, column by column: a list of each costs the server half of what a list for each row would. */
interface Pairs {
  readonly runId: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

interface Points {
  readonly runId: string;
  readonly keys: readonly string[];
  /** PostgreSQL writes NaN and infinities into JSON as strings. */
  readonly values: readonly (number | string)[];
  readonly timestamps: readonly number[];
  readonly steps: readonly number[];
}

const toPairs = ({ keys, values }: Pairs): KeyValue[] =>
  keys.map((key, at) => ({ key, value: values[at] as string }));
const toPoints = ({ keys, values, timestamps, steps }: Points): LoggedMetric[] =>
  keys.map((key, at) => ({
    key,
    value: Number(values[at]),
    timestamp: timestamps[at] as number,
    step: steps[at] as number,
  }));

interface DatasetRow extends LoggedDataset {
  readonly tags: Readonly<Record<string, string>>;
}

function toInput({ tags, ...dataset }: DatasetRow): DatasetInput {
  return { dataset, tags: Object.entries(tags).map(([key, value]) => ({ key, value })) };
}

async function readPairs(
  executor: Executor,
  table: Statement,
  ids: readonly string[],
): Promise<Map<string, KeyValue[]>> {
  const rows = await executor.rows<Pairs>(sql`
    SELECT ${hexId(sql`run_id`)} AS "runId", array_to_json(array_agg(key)) AS keys,
      array_to_json(array_agg(value)) AS "values"
    FROM ${table} WHERE run_id = ANY (${ids}::uuid[]) GROUP BY run_id`);
  return new Map(rows.map((row) => [row.runId, toPairs(row)]));
}

async function readLatestMetrics(
  executor: Executor,
  ids: readonly string[],
): Promise<Map<string, LoggedMetric[]>> {
  const rows = await executor.rows<Points>(sql`
    SELECT ${hexId(sql`run_id`)} AS "runId", array_to_json(array_agg(key)) AS keys,
      array_to_json(array_agg(value)) AS "values", array_to_json(array_agg(timestamp_ms)) AS timestamps,
      array_to_json(array_agg(step)) AS steps
    FROM run_latest_metric WHERE run_id = ANY (${ids}::uuid[]) GROUP BY run_id`);
  return new Map(rows.map((row) => [row.runId, toPoints(row)]));
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
    readPairs(executor, sql`run_param`, ids),
    readPairs(executor, sql`run_tag`, ids),
    readDatasets(executor, ids),
    readModels(executor, ids),
  ]);
  return infos.map((info) => {
    const used = models.get(info.runId) ?? [];
    return {
      info,
      metrics: metrics.get(info.runId) ?? [],
      params: params.get(info.runId) ?? [],
      tags: tags.get(info.runId) ?? [],
      datasets: (datasets.get(info.runId) ?? []).map(toInput),
      modelInputs: used.filter(({ direction }) => direction === "input").map(({ modelId }) => modelId),
      modelOutputs: used.filter(({ direction }) => direction === "output"),
    };
  });
}
