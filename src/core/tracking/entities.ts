/** Experiments, runs and models as they are kept. Instants are milliseconds since the epoch. */
import type { KeyValue, LoggedDataset, LoggedMetric } from "./limits.ts";

export const runStatuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export type RunStatus = (typeof runStatuses)[number];

export type LifecycleStage = "active" | "deleted";

/** Which of them a search sees. */
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

export interface Experiment {
  readonly experimentId: number;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly tags: readonly KeyValue[];
}

/** The attempt of a task in which a run was started. */
export interface RunOrigin {
  readonly dagId: string;
  readonly dagRunPk: number;
  readonly dagRunId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly attemptId: string;
  readonly tryNumber: number;
  readonly dagVersionId: number;
  /** The version's number, as people see it. */
  readonly dagVersion: number;
}

export interface RunInfo {
  /** 32 hexadecimal digits. */
  readonly runId: string;
  readonly experimentId: number;
  readonly name: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly artifactUri: string;
  readonly lifecycleStage: LifecycleStage;
}

export interface DatasetInput {
  readonly dataset: LoggedDataset;
  readonly tags: readonly KeyValue[];
}

export interface Run {
  readonly info: RunInfo;
  /** The last of each key. */
  readonly metrics: readonly LoggedMetric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly datasets: readonly DatasetInput[];
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly { readonly modelId: string; readonly step: number }[];
}

export const loggedModelStatuses = ["PENDING", "READY", "UPLOAD_FAILED"] as const;
export type LoggedModelStatus = (typeof loggedModelStatuses)[number];

export interface LoggedModelMetric extends LoggedMetric {
  readonly modelId: string;
  readonly runId: string;
  /** Empty for none. */
  readonly datasetName: string;
  readonly datasetDigest: string;
}

export interface LoggedModel {
  readonly modelId: string;
  readonly experimentId: number;
  readonly name: string;
  readonly modelType: string | null;
  readonly sourceRunId: string | null;
  readonly artifactUri: string;
  readonly status: LoggedModelStatus;
  readonly statusMessage: string | null;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly metrics: readonly LoggedModelMetric[];
}

export const modelStages = ["None", "Staging", "Production", "Archived"] as const;
export type ModelStage = (typeof modelStages)[number];

export interface ModelVersion {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly userId: string | null;
  readonly currentStage: ModelStage;
  readonly source: string;
  readonly storageLocation: string;
  readonly runId: string | null;
  readonly modelId: string | null;
  readonly runLink: string;
  readonly status: "PENDING_REGISTRATION" | "FAILED_REGISTRATION" | "READY";
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly tags: readonly KeyValue[];
  readonly aliases: readonly string[];
}

export interface RegisteredModel {
  readonly name: string;
  readonly description: string;
  readonly deploymentJobId: string | null;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly tags: readonly KeyValue[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
}

/** A change of where a version stands. */
export interface ModelVersionEvent {
  readonly happenedAt: number;
  readonly name: string;
  readonly version: number;
  readonly kind: "created" | "deleted" | "stage" | "alias_set" | "alias_removed";
  readonly stage: ModelStage | null;
  readonly previousStage: ModelStage | null;
  readonly alias: string | null;
  readonly previousVersion: number | null;
  readonly actor: string | null;
}

/** Part of a list, and whether there is more. */
export interface Slice<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}
