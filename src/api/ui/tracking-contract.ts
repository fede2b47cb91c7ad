/**
 * What the page asks for under `/ui/tracking`: experiments, runs, models. As in `contract.ts`, instants are
 * milliseconds since the epoch; a number that JSON cannot write is "NaN", "Infinity" or "-Infinity".
 */
import type {
  LifecycleStage,
  LoggedModelStatus,
  ModelStage,
  RunStatus,
} from "../../core/tracking/entities.ts";

export type { LifecycleStage, ModelStage, RunStatus };

export type Numeric = number | "NaN" | "Infinity" | "-Infinity";

export interface KeyValue {
  key: string;
  value: string;
}

export interface ExperimentItem {
  experimentId: string;
  name: string;
  artifactLocation: string;
  lifecycleStage: LifecycleStage;
  creationTime: number;
  lastUpdateTime: number;
  tags: KeyValue[];
  /** Runs that are not deleted. */
  runs: number;
  running: number;
  lastRun: number | null;
}

export interface ExperimentList {
  experiments: ExperimentItem[];
  total: number;
}

/** The attempt of a task that started a run. */
export interface TrackedOrigin {
  dagId: string;
  dagRunId: string;
  taskId: string;
  mapIndex: number;
  tryNumber: number;
}

export interface RunRow {
  runId: string;
  experimentId: string;
  name: string;
  userId: string;
  status: RunStatus;
  startTime: number;
  endTime: number | null;
  lifecycleStage: LifecycleStage;
  origin: TrackedOrigin | null;
  /** `mlflow.source.name`. */
  source: string | null;
  /** Runs within it. */
  children: number;
  datasets: { name: string; digest: string; context: string }[];
  versions: { name: string; version: number }[];
  /** Column, as `metrics.loss`, `params.lr` or `tags.team` → its value in this run. */
  values: { [column: string]: string | number };
}

/** Part of a list of runs, and how long the whole list is. */
export interface RunWindow {
  runs: RunRow[];
  total: number;
}

/** Keys that the newest runs have. */
export interface RunColumns {
  metrics: string[];
  params: string[];
  tags: string[];
}

export interface MetricPoint {
  key: string;
  value: Numeric;
  timestamp: number;
  step: number;
}

export interface DatasetUse {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema: string | null;
  profile: string | null;
  context: string;
}

export interface LoggedModelItem {
  modelId: string;
  name: string;
  modelType: string | null;
  status: LoggedModelStatus;
  artifactUri: string;
  creationTime: number;
  sourceRunId: string | null;
  params: KeyValue[];
  tags: KeyValue[];
  metrics: (MetricPoint & { datasetName: string })[];
}

export interface RunFacts {
  runId: string;
  experimentId: string;
  name: string;
  userId: string;
  status: RunStatus;
  startTime: number;
  endTime: number | null;
  artifactUri: string;
  lifecycleStage: LifecycleStage;
  metrics: MetricPoint[];
  params: KeyValue[];
  tags: KeyValue[];
}

export interface RunPage extends RunFacts {
  experimentName: string;
  origin: TrackedOrigin | null;
  parent: { runId: string; name: string } | null;
  /** The newest first, at most 200. */
  children: { runId: string; name: string; status: RunStatus }[];
  datasets: DatasetUse[];
  inputModels: LoggedModelItem[];
  models: LoggedModelItem[];
  versions: { name: string; version: number; stage: ModelStage; aliases: string[] }[];
}

/** A run beside the task that started it. */
export interface TrackedRun extends TrackedOrigin {
  runId: string;
  name: string;
  status: RunStatus;
  startTime: number;
  endTime: number | null;
  experimentId: string;
  experimentName: string;
  /** Some of its last metrics. */
  metrics: { key: string; value: Numeric }[];
}

export interface ModelItem {
  name: string;
  description: string;
  creationTime: number;
  lastUpdateTime: number;
  tags: KeyValue[];
  aliases: { alias: string; version: number }[];
  versions: number;
  latestVersion: number | null;
  /** Stage → newest version that stands there. */
  stages: { [stage: string]: number };
}

export interface ModelList {
  models: ModelItem[];
  total: number;
}

export interface ModelVersionItem {
  version: number;
  stage: ModelStage;
  status: string;
  aliases: string[];
  description: string;
  userId: string | null;
  source: string;
  creationTime: number;
  lastUpdateTime: number;
  tags: KeyValue[];
  modelId: string | null;
  run: { runId: string; name: string; experimentId: string } | null;
  /** Of its logged model, and what only its run has. */
  metrics: { key: string; value: Numeric }[];
}

export interface ModelPage {
  model: Omit<ModelItem, "versions" | "latestVersion" | "stages">;
  /** The newest first. */
  versions: ModelVersionItem[];
}

/** A column or a tensor that a model takes or gives. */
export interface SignatureColumn {
  name: string;
  type: string;
  required: boolean;
}

export interface ModelVersionPage extends ModelVersionItem {
  name: string;
  artifactUri: string;
  origin: TrackedOrigin | null;
  params: KeyValue[];
  /** Null: its `MLmodel` cannot be read here, or has none. */
  signature: { inputs: SignatureColumn[]; outputs: SignatureColumn[]; params: SignatureColumn[] } | null;
  flavors: string[];
}
