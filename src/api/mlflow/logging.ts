/** What runs log: metrics, params, tags, data sets, models. */
import type { DatasetInput, LoggedModelMetric } from "../../core/tracking/entities.ts";
import {
  cutParam,
  cutRunTag,
  type KeyValue,
  type LoggedMetric,
  most,
  refuse,
  requireBatch,
  requireDataset,
  requireInputTag,
} from "../../core/tracking/limits.ts";
import { asRunId } from "../../store/tracking/ids.ts";
import { logLoggedModelMetrics } from "../../store/tracking/logged-models.ts";
import { logInputs, logOutputs } from "../../store/tracking/run-inputs.ts";
import { appendLoggedModelHistory, deleteRunTag, logBatch } from "../../store/tracking/run-logging.ts";
import { noRun } from "../../store/tracking/runs.ts";
import { missing, type Params } from "./params.ts";
import { callsOf, type MlflowParts, type Rpc } from "./rpc.ts";

const { edit } = callsOf("Experiments");

interface ReadMetric {
  readonly metric: LoggedMetric;
  readonly model: Pick<LoggedModelMetric, "modelId" | "datasetName" | "datasetDigest"> | null;
}

function readMetric(given: Params): ReadMetric {
  const modelId = given.text("model_id") || null;
  return {
    metric: {
      key: given.requiredText("key"),
      value: given.requiredDouble("value"),
      timestamp: given.requiredInt("timestamp"),
      step: given.int("step") ?? 0,
    },
    model:
      modelId === null
        ? null
        : {
            modelId,
            datasetName: given.text("dataset_name") ?? "",
            datasetDigest: given.text("dataset_digest") ?? "",
          },
  };
}

interface ReadBatch {
  readonly metrics: readonly ReadMetric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

async function log({ database, watch }: MlflowParts, id: string, read: ReadBatch): Promise<void> {
  const batch = {
    metrics: read.metrics.map(({ metric }) => metric),
    params: read.params.map(({ key, value }) => ({ key, value: cutParam(value) })),
    tags: read.tags.map(({ key, value }) => ({ key, value: cutRunTag(value) })),
  };
  requireBatch(batch);
  const runId = asRunId(id);
  if (runId === null) throw noRun(id);
  await logBatch(database, runId, batch);
  const measured = read.metrics.flatMap(({ metric, model }) =>
    model === null ? [] : [{ ...metric, ...model, runId }],
  );
  await logLoggedModelMetrics(database, measured);
  if (batch.metrics.length > 0) await watch.logged(runId, batch.metrics);
}

const none: ReadBatch = { metrics: [], params: [], tags: [] };

function readDatasetInput(given: Params): DatasetInput {
  const dataset = given.message("dataset");
  if (dataset === null) throw missing("datasets.dataset");
  const input = {
    dataset: {
      name: dataset.requiredText("name"),
      digest: dataset.requiredText("digest"),
      sourceType: dataset.requiredText("source_type"),
      source: dataset.requiredText("source"),
      schema: dataset.text("schema"),
      profile: dataset.text("profile"),
    },
    tags: given.keyValues("tags"),
  };
  requireDataset(input.dataset);
  for (const { key, value } of input.tags) requireInputTag(key, value);
  return input;
}

function readModelJson(text: string): unknown {
  let model: unknown;
  try {
    model = JSON.parse(text);
  } catch {
    throw refuse(`Malformed model info. \n ${text.slice(0, 200)} \n is not a valid JSON.`);
  }
  const fields = ["artifact_path", "flavors", "utc_time_created", "run_id"];
  const absent =
    typeof model === "object" && model !== null ? fields.filter((name) => !(name in model)) : fields;
  if (absent.length > 0)
    throw refuse(`Model json is missing mandatory fields: ${absent.map((name) => `'${name}'`).join(", ")}`);
  return model;
}

export const loggingCalls: readonly Rpc[] = [
  edit("POST", "runs/log-metric", async ({ given }, parts) =>
    log(parts, given.runId(), { ...none, metrics: [readMetric(given)] }),
  ),
  edit("POST", "runs/log-parameter", async ({ given }, parts) =>
    log(parts, given.runId(), {
      ...none,
      params: [{ key: given.requiredText("key"), value: given.text("value") ?? "" }],
    }),
  ),
  edit("POST", "runs/set-tag", async ({ given }, parts) =>
    log(parts, given.runId(), {
      ...none,
      tags: [{ key: given.requiredText("key"), value: given.presentText("value") }],
    }),
  ),
  edit("POST", "runs/delete-tag", async ({ given }, { database }) =>
    deleteRunTag(database, given.requiredText("run_id"), given.requiredText("key")),
  ),
  edit("POST", "runs/log-batch", async ({ given }, parts) =>
    log(parts, given.runId(), {
      metrics: given.list("metrics").map(readMetric),
      params: given.keyValues("params"),
      tags: given.keyValues("tags"),
    }),
  ),
  edit("POST", "runs/log-model", async ({ given }, { database }) => {
    const model = readModelJson(given.requiredText("model_json"));
    await appendLoggedModelHistory(database, given.runId(), model);
  }),
  edit("POST", "runs/log-inputs", async ({ given }, { database }) => {
    const datasets = given.list("datasets");
    if (datasets.length > most.datasets)
      throw refuse(
        `A log-inputs request can contain at most ${most.datasets} datasets. Got ${datasets.length}.`,
      );
    await logInputs(database, given.requiredText("run_id"), {
      datasets: datasets.map(readDatasetInput),
      models: given.list("models").map((model) => model.requiredText("model_id")),
    });
  }),
  edit("POST", "runs/outputs", async ({ given }, { database }) =>
    logOutputs(
      database,
      given.requiredText("run_id"),
      given.list("models").map((model) => ({
        modelId: model.requiredText("model_id"),
        step: model.int("step") ?? 0,
      })),
    ),
  ),
];
