/** Data sets and models that runs used, and models that they made. */
import type { DatasetInput } from "../../core/tracking/entities.ts";
import type { Executor, Transactor } from "../connect.ts";
import { sql } from "../sql.ts";
import { requireActiveRun } from "./runs.ts";

/** An input that is there already changes nothing. @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_VALUE. */
export async function logInputs(
  database: Transactor,
  id: string,
  inputs: { datasets: readonly DatasetInput[]; models: readonly string[] },
): Promise<void> {
  const { runId, experimentId } = await requireActiveRun(database, id);
  await database.transaction(async (tx) => {
    await insertDatasets(tx, { runId, experimentId }, inputs.datasets);
    await tx.run(sql`
      INSERT INTO run_model (run_id, model_id, direction)
      SELECT ${runId}::uuid, m.id, 'input' FROM unnest(${[...new Set(inputs.models)].sort()}::text[]) AS m (id)
      ON CONFLICT DO NOTHING`);
  });
}

async function insertDatasets(
  tx: Executor,
  run: { runId: string; experimentId: number },
  datasets: readonly DatasetInput[],
): Promise<void> {
  if (datasets.length === 0) return;
  const rows = JSON.stringify(
    datasets.map(({ dataset, tags }) => ({
      ...dataset,
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    })),
  );
  const given = sql`json_to_recordset(${rows}) AS g (name text, digest text, "sourceType" text, source text,
    schema text, profile text, tags jsonb)`;
  await tx.run(sql`
    INSERT INTO dataset (experiment_id, name, digest, source_type, source, schema, profile)
    SELECT DISTINCT ON (g.name, g.digest) ${run.experimentId}::bigint, g.name, g.digest, g."sourceType", g.source, g.schema, g.profile
    FROM ${given} ORDER BY g.name, g.digest
    ON CONFLICT (experiment_id, name, digest) DO NOTHING`);
  await tx.run(sql`
    INSERT INTO run_dataset (run_id, dataset_id, tags)
    SELECT DISTINCT ON (d.id) ${run.runId}::uuid, d.id, g.tags FROM ${given}
    JOIN dataset d ON d.experiment_id = ${run.experimentId} AND d.name = g.name AND d.digest = g.digest
    ORDER BY d.id ON CONFLICT (run_id, dataset_id) DO NOTHING`);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_VALUE for a deleted run. */
export async function logOutputs(
  executor: Executor,
  id: string,
  models: readonly { modelId: string; step: number }[],
): Promise<void> {
  const { runId } = await requireActiveRun(executor, id);
  await executor.run(sql`
    INSERT INTO run_model (run_id, model_id, direction, step)
    SELECT ${runId}::uuid, m.id, 'output', m.step
    FROM unnest(${models.map(({ modelId }) => modelId)}::text[], ${models.map(({ step }) => step)}::bigint[]) AS m (id, step)
    ON CONFLICT DO NOTHING`);
}

export interface DatasetSummary {
  readonly experimentId: number;
  readonly name: string;
  readonly digest: string;
  /** Empty when the runs named none. */
  readonly context: string;
}

/** Each data set once for each context in which a run of the experiments used it. */
export function listDatasets(
  executor: Executor,
  experimentIds: readonly number[],
  limit: number,
): Promise<DatasetSummary[]> {
  return executor.rows(sql`
    SELECT DISTINCT d.experiment_id AS "experimentId", d.name, d.digest,
      coalesce(i.tags ->> 'mlflow.data.context', '') AS context
    FROM dataset d JOIN run_dataset i ON i.dataset_id = d.id
    WHERE d.experiment_id = ANY (${experimentIds}::bigint[])
    ORDER BY d.experiment_id, d.name, d.digest, context LIMIT ${limit}`);
}
