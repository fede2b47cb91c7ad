/**
 * Entities in MLflow's JSON: names of its protocol, ids as texts, what is not set left out.
 */
import type {
  Experiment,
  LoggedModel,
  ModelVersion,
  RegisteredModel,
  Run,
  RunInfo,
} from "../../core/tracking/entities.ts";
import type { KeyValue, LoggedMetric } from "../../core/tracking/limits.ts";

type Wire = Record<string, unknown>;

/** JSON has no NaN, and MLflow keeps infinities as the largest numbers there are. */
export function toDouble(value: number): number | string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  return value === Number.NEGATIVE_INFINITY ? -Number.MAX_VALUE : value;
}

/** Empty lists are left out. */
function filled(name: string, list: readonly unknown[]): Wire {
  return list.length === 0 ? {} : { [name]: list };
}

function set(name: string, value: unknown): Wire {
  return value === null || value === undefined ? {} : { [name]: value };
}

const pair = ({ key, value }: KeyValue): Wire => ({ key, value });

export function toMetric({ key, value, timestamp, step }: LoggedMetric): Wire {
  return { key, value: toDouble(value), timestamp, step };
}

export function toExperiment(experiment: Experiment): Wire {
  return {
    experiment_id: String(experiment.experimentId),
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.lifecycleStage,
    last_update_time: experiment.lastUpdateTime,
    creation_time: experiment.creationTime,
    ...filled("tags", experiment.tags.map(pair)),
  };
}

export function toRunInfo(info: RunInfo): Wire {
  return {
    run_uuid: info.runId,
    experiment_id: String(info.experimentId),
    run_name: info.name,
    user_id: info.userId,
    status: info.status,
    start_time: info.startTime,
    ...set("end_time", info.endTime),
    artifact_uri: info.artifactUri,
    lifecycle_stage: info.lifecycleStage,
    run_id: info.runId,
  };
}

export function toRun(run: Run): Wire {
  const datasets = run.datasets.map(({ dataset, tags }) => ({
    ...filled("tags", tags.map(pair)),
    dataset: {
      name: dataset.name,
      digest: dataset.digest,
      source_type: dataset.sourceType,
      source: dataset.source,
      ...set("schema", dataset.schema),
      ...set("profile", dataset.profile),
    },
  }));
  const outputs = run.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step }));
  return {
    info: toRunInfo(run.info),
    data: {
      ...filled("metrics", run.metrics.map(toMetric)),
      ...filled("params", run.params.map(pair)),
      ...filled("tags", run.tags.map(pair)),
    },
    inputs: {
      ...filled("dataset_inputs", datasets),
      ...filled(
        "model_inputs",
        run.modelInputs.map((id) => ({ model_id: id })),
      ),
    },
    outputs: filled("model_outputs", outputs),
  };
}

export function toLoggedModelWire(model: LoggedModel): Wire {
  return {
    info: {
      model_id: model.modelId,
      experiment_id: String(model.experimentId),
      name: model.name,
      creation_timestamp_ms: model.creationTime,
      last_updated_timestamp_ms: model.lastUpdateTime,
      artifact_uri: model.artifactUri,
      status: `LOGGED_MODEL_${model.status}`,
      model_type: model.modelType ?? "",
      ...set("source_run_id", model.sourceRunId),
      ...set("status_message", model.statusMessage),
      ...filled("tags", model.tags.map(pair)),
    },
    data: {
      ...filled("params", model.params.map(pair)),
      ...filled(
        "metrics",
        model.metrics.map((metric) => ({
          ...toMetric(metric),
          model_id: metric.modelId,
          run_id: metric.runId,
          ...(metric.datasetName === "" ? {} : { dataset_name: metric.datasetName }),
          ...(metric.datasetDigest === "" ? {} : { dataset_digest: metric.datasetDigest }),
        })),
      ),
    },
  };
}

export function toModelVersion(version: ModelVersion): Wire {
  return {
    name: version.name,
    version: String(version.version),
    creation_timestamp: version.creationTime,
    last_updated_timestamp: version.lastUpdateTime,
    ...set("user_id", version.userId),
    current_stage: version.currentStage,
    description: version.description,
    source: version.source,
    run_id: version.runId ?? "",
    status: version.status,
    ...filled("tags", version.tags.map(pair)),
    run_link: version.runLink,
    ...filled("aliases", version.aliases),
    ...set("model_id", version.modelId),
  };
}

export function toRegisteredModel(model: RegisteredModel, latest: readonly ModelVersion[]): Wire {
  return {
    name: model.name,
    creation_timestamp: model.creationTime,
    last_updated_timestamp: model.lastUpdateTime,
    ...set("description", model.description || null),
    ...filled("latest_versions", latest.map(toModelVersion)),
    ...filled("tags", model.tags.map(pair)),
    ...filled(
      "aliases",
      model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    ),
    ...set("deployment_job_id", model.deploymentJobId),
  };
}
