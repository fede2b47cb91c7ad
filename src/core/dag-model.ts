/**
 * A Dag as data: what the authoring side (TypeScript or Python) hands over, what the database keeps for each
 * version, and all that the scheduler ever knows of a Dag. Plain JSON; durations in seconds, instants in
 * ISO 8601 with offset. User code is not in it: a task's handler is found again by `taskId` in the Dag's file.
 */
import type { DagRunType, TriggerRule, WeightRule } from "./states.ts";
import type { CacheSpec } from "./step-cache.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const dagFormatVersion = 1;

/** A schedule. Names are Airflow's timetables'; see airflow.md of the reference, "Timetables". */
export type TimetableSpec =
  | { kind: "none" }
  | { kind: "once" }
  | { kind: "continuous" }
  | {
      kind: "cron-trigger";
      cron: string;
      timezone: string;
      interval?: number;
      runImmediately?: boolean | number;
    }
  | { kind: "cron-data-interval"; cron: string; timezone: string }
  | {
      kind: "multiple-cron-trigger";
      crons: string[];
      timezone: string;
      interval?: number;
      runImmediately?: boolean | number;
    }
  | { kind: "delta-trigger"; delta: DeltaSpec; interval?: number }
  | { kind: "delta-data-interval"; delta: DeltaSpec }
  | { kind: "events"; dates: string[]; restrictToEvents: boolean; description?: string }
  | {
      kind: "asset";
      assets: AssetExpression;
      /** A run for each partition; which key is of which partition, only the Dag's own mappers can tell. */
      partitioned?: boolean;
    }
  | { kind: "asset-or-time"; timetable: TimetableSpec; assets: AssetExpression }
  /** A timetable written by the user: only its own language can tell its next run. */
  | {
      kind: "custom";
      classpath: string;
      /** What its `serialize` gives, for its `deserialize`. */
      data: Json;
      summary: string;
      description?: string;
      /** Absent: true, true, none. */
      periodic?: boolean;
      canBeScheduled?: boolean;
      activeRunsLimit?: number;
    };

/** A step of time: seconds, or calendar fields as in dateutil's relativedelta (added in UTC, as Airflow does). */
export type DeltaSpec =
  | number
  | {
      years?: number;
      months?: number;
      weeks?: number;
      days?: number;
      hours?: number;
      minutes?: number;
      seconds?: number;
    };

export interface AssetSpec {
  name: string;
  uri: string;
  group: string;
  extra: { [key: string]: Json };
  watchers?: { name: string; trigger: TriggerSpec }[];
}

export type AssetExpression =
  | { asset: { name: string; uri: string } }
  | { alias: { name: string; group: string } }
  | { ref: { name?: string; uri?: string } }
  | { all: AssetExpression[] }
  | { any: AssetExpression[] };

export interface TriggerSpec {
  /** For TypeScript the exported name registered with `defineTrigger`, for Python the classpath. */
  classpath: string;
  kwargs: { [key: string]: Json };
}

export interface ParamSpec {
  /** The default; absent when the param has none and must be given. */
  value?: Json;
  description?: string;
  /** JSON Schema, draft 2020-12. */
  schema: { [key: string]: Json };
}

export interface TaskGroupSpec {
  /** Full id with the prefixes of its parents; the root group is not listed. */
  groupId: string;
  parentGroupId: string | null;
  label: string;
  tooltip: string;
  uiColor?: string;
  uiFgcolor?: string;
  /** Set when the whole group is expanded. */
  mapped?: MapSpec;
}

/** Where the value of one argument comes from. */
export type ValueSpec =
  | { literal: Json }
  | { xcom: XComRef }
  /** One of the values that a mapped group was expanded over. */
  | { groupArgument: { groupId: string; name: string } };

/** A reference to what another task returned, with the steps of `.map/.zip/.concat` applied in order. */
export interface XComRef {
  taskId: string;
  key: string;
  steps?: XComStep[];
}

export type XComStep =
  /** `fn` is an index into the Dag's registered functions; it runs in a child, never in the scheduler. */
  | { map: { fn: number } }
  | { zip: { others: ValueSpec[]; fillvalue?: Json } }
  | { concat: { others: ValueSpec[] } };

/** `expand` is a cross product over its keys, in order; `expandKwargs` takes a list of objects. */
export type MapSpec = { expand: { [name: string]: ValueSpec } } | { expandKwargs: ValueSpec };

export interface TaskSpec {
  taskId: string;
  /** Class name as pages show it: "BashOperator", "EmptyOperator", "@task", … */
  operator: string;
  label: string;
  groupId: string | null;
  /** Ids of the tasks directly before this one. Edges that `inputs` imply are listed too. */
  upstream: string[];
  triggerRule: TriggerRule;
  isSetup: boolean;
  isTeardown: boolean;
  onFailureFailDagrun: boolean;
  /** Nothing to run: goes straight to success (an EmptyOperator without callbacks, inlets or outlets). */
  empty: boolean;
  /** Decides which of its downstream run; the child's outcome names the ones to skip. */
  branch: boolean;
  mapped?: MapSpec;
  mapIndexTemplate?: string;
  /** Links of the task's page to somewhere else; an attempt leaves the address as an XCom under `key`. */
  extraLinks?: { name: string; key: string }[];

  retries: number;
  retryDelay: number;
  /** 0 = none, else the multiplier. */
  retryExponentialBackoff: number;
  maxRetryDelay?: number;
  executionTimeout?: number;
  dependsOnPast: boolean;
  ignoreFirstDependsOnPast: boolean;
  waitForDownstream: boolean;
  waitForPastDependsBeforeSkipping: boolean;
  priorityWeight: number;
  weightRule: WeightRule;
  pool: string;
  poolSlots: number;
  queue: string;
  executor?: string;
  executorConfig?: Json;
  maxActiveTisPerDag?: number;
  maxActiveTisPerDagrun?: number;
  startDate?: string;
  endDate?: string;
  owner: string;
  /** Who the lines of the task's logger come from in its log; "task" when absent. */
  loggerName?: string;
  /** What the task asks of the machine, for executors that place tasks by it. */
  resources?: Json;
  email?: string[];
  emailOnFailure: boolean;
  emailOnRetry: boolean;

  doXcomPush: boolean;
  multipleOutputs: boolean;
  /** An earlier result may stand for that of now. */
  cache?: CacheSpec;
  /** The function of another file that the task calls, in the other language. */
  call?: ForeignCallSpec;
  /** Named arguments of the handler (TypeScript) or op_kwargs-like values, resolved before the handler starts. */
  inputs: { [name: string]: ValueSpec };
  params: { [name: string]: ParamSpec };
  inlets: AssetExpression[];
  outlets: AssetExpression[];
  /** Which callbacks the task has; they live in user code. */
  callbacks: ("execute" | "success" | "failure" | "retry" | "skipped")[];

  /** "warm": a reused process, one task at a time; "process": a fresh one. */
  isolation: "warm" | "process";
  memoryLimitMb?: number;
  runAsUser?: string;
  env?: { [name: string]: string };
  cwd?: string;
  /** Poke and reschedule settings where the task is a sensor. */
  sensor?: { mode: "poke" | "reschedule"; pokeInterval: number; timeout: number; softFail: boolean };
  /** Options of the operator before rendering, for pages and `tasks render`. */
  options: { [name: string]: Json };
  templateFields: string[];
  /** As the Dag says when absent. */
  renderTemplateAsNativeObj?: boolean;
  /** Another Dag that this task triggers, waits for or marks, for the dependency graph. */
  dagDependency?: { kind: "trigger" | "sensor" | "marker"; dagId: string; taskId?: string };
  docMd?: string;
  uiColor?: string;
  uiFgcolor?: string;
  /** 1-based line of the task's definition in the Dag file. */
  line?: number;
}

/** A function in a file of the other language; a whole script where no function is named. */
export interface ForeignCallSpec {
  language: "python" | "typescript";
  /** Relative to the folder of the Dag file. */
  file: string;
  function?: string;
}

export interface DeadlineSpec {
  name?: string;
  reference:
    | { kind: "dagrun-queued-at" }
    | { kind: "dagrun-logical-date" }
    | { kind: "fixed"; date: string }
    | { kind: "average-runtime"; maxRuns: number; minRuns: number };
  interval: number;
  /** Index into the Dag's registered deadline callbacks. */
  callback: number;
}

export type DagRunHook = "on_dag_run_running" | "on_dag_run_success" | "on_dag_run_failed";

export interface DagSpec {
  format: typeof dagFormatVersion;
  dagId: string;
  language: "typescript" | "python";
  displayName: string;
  description?: string;
  docMd?: string;
  tags: string[];
  owners: string[];
  ownerLinks: { [owner: string]: string };
  /** Path relative to the Dags folder, with "/" on every platform. */
  relativeFile: string;
  line?: number;
  startDate?: string;
  endDate?: string;
  timezone: string;
  timetable: TimetableSpec;
  catchup: boolean;
  maxActiveTasks: number;
  maxActiveRuns: number;
  maxConsecutiveFailedDagRuns: number;
  dagrunTimeout?: number;
  failFast: boolean;
  isPausedUponCreation?: boolean;
  allowedRunTypes?: DagRunType[];
  deadlines: DeadlineSpec[];
  params: { [name: string]: ParamSpec };
  /** As the file gives them, under Airflow's names, for pages: each task has them already. */
  defaultArgs?: { [name: string]: Json };
  renderTemplateAsNativeObj: boolean;
  callbacks: ("success" | "failure")[];
  /** Hooks of listeners in plugins that want to hear of the Dag's runs. */
  listeners?: DagRunHook[];
  accessControl?: { [role: string]: string[] };
  assets: AssetSpec[];
  taskGroups: TaskGroupSpec[];
  tasks: TaskSpec[];
  edgeLabels: { from: string; to: string; label: string }[];
}
