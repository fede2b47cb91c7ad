/** Predictions for a file of rows, as a task. */

import { TradewindError } from "../../errors.ts";
import { getContext } from "../../sdk/context.ts";
import type { TaskFactory } from "../../sdk/task-factory.ts";
import type { TaskOptions } from "../../sdk/task-options.ts";
import type { TaskScope } from "../../sdk/task-scope.ts";
import { TrackingClient } from "../tracking/client.ts";
import { type BatchChecks, predictBatch } from "./batch-prediction.ts";
import { withModel } from "./loaded-model.ts";
import type { Manifest } from "./prediction-profile.ts";
import { type ModelVersionRef, versionOfAlias } from "./registry.ts";
import { openRows } from "./row-source.ts";

export interface BatchPredictOptions extends TaskOptions, BatchChecks {
  /** The registered model; the version that the alias stands at is asked, unless one is handed in. */
  model: string;
  /** Default "champion". */
  alias?: string;
  /** Folder of the partitions. */
  output: string;
  /** Rows that go through the model at once. Default 50 000. */
  chunkRows?: number;
  /** Columns of the input that stand beside the prediction. */
  keep?: readonly string[];
}

export interface BatchPredictInputs {
  /** `.parquet` or `.csv`. */
  input: string;
  version?: ModelVersionRef;
  /** Default: `date=` and the logical date, or `run=` and the run. */
  partition?: string;
}

/**
 * A task that asks a model about all rows of a file and publishes the answers as one partition, whole or not at all. A
 * try after a killed one goes on where it was. See `batch-prediction.ts` for what lies where.
 *
 * @example
 * batchPredictTask(dag, "score", { model: "churn", output: "/data/scores", keep: ["customer"], after: scoresSuite })({ input: extract() });
 */
export function batchPredictTask(
  dag: TaskScope,
  id: string,
  options: BatchPredictOptions,
): TaskFactory<BatchPredictInputs, Manifest & { path: string }> {
  const { model, alias, output, chunkRows, keep, before, after, maxBadShare, maxShift, ...rest } = options;
  return dag.task(
    id,
    async ({ input, version, partition }: BatchPredictInputs) => {
      const { signal, logger, now } = getContext();
      const client = new TrackingClient();
      const chosen = version ?? (await versionAt(client, model, alias ?? "champion"));
      const source = await openRows(input);
      const name = partition ?? usualPartition();
      const manifest = await withModel(client, { name: chosen.name, version: chosen.version }, (asked) =>
        predictBatch({
          before,
          after,
          maxBadShare,
          maxShift,
          source,
          model: asked,
          folder: output,
          partition: name,
          chunkRows: chunkRows ?? 50_000,
          keep: keep ?? [],
          now: () => now().getTime(),
          signal,
          progress: (done, of) => logger.info(`${done} of ${of} rows`),
        }),
      );
      const { rows, bad, rows_per_second: speed } = manifest;
      logger.info(`published ${rows} predictions as ${name}`, { bad, rows_per_second: speed });
      return { ...manifest, path: `${output}/${name}/data.parquet` };
    },
    rest,
  );
}

async function versionAt(client: TrackingClient, model: string, alias: string): Promise<ModelVersionRef> {
  const found = await versionOfAlias(client, model, alias);
  if (found !== null) return found;
  throw new TradewindError("TW_MODEL_REFERENCE", `models:/${model}@${alias} leads to no version`);
}

function usualPartition(): string {
  const { dagRun, runId } = getContext();
  const { logicalDate } = dagRun;
  if (logicalDate !== null) return `date=${logicalDate.toISOString().slice(0, 10)}`;
  return `run=${runId.replaceAll(/[^\w.+:-]/g, "_")}`;
}
