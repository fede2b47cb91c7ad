/** Options that every task has: Airflow's `BaseOperator` arguments in camelCase, with Airflow's defaults. */
import { type TriggerRule, triggerRules, type WeightRule, weightRules } from "../core/states.ts";
import type { AssetLike } from "./assets.ts";
import type { CallbackLike } from "./callbacks.ts";
import { isCallbackLike } from "./callbacks.ts";
import type { TaskContext } from "./context.ts";
import type { Duration } from "./duration.ts";
import { type OptionTable, option } from "./options.ts";
import type { ParamsLike } from "./params.ts";
import { type CacheOption, isCacheOption } from "./step-cache.ts";

export interface TaskOptions {
  /** Default: the name of the handler. Letters, digits, `-`, `_` and `.`, at most 250. */
  readonly taskId?: string;
  /** What pages show instead of the id. */
  readonly taskDisplayName?: string;
  /** Default "airflow". */
  readonly owner?: string;
  readonly email?: string | readonly string[];
  /** Default true; needs `email`. */
  readonly emailOnFailure?: boolean;
  /** Default true; needs `email`. */
  readonly emailOnRetry?: boolean;

  /** Tries after the first one. Default 0. */
  readonly retries?: number;
  /** Default 5 minutes. */
  readonly retryDelay?: Duration;
  /** 0 or false: constant delay; a number: the factor from try to try; true: 2. Default 0. */
  readonly retryExponentialBackoff?: number | boolean;
  /** Upper bound of the delay. */
  readonly maxRetryDelay?: Duration;
  /** An attempt that runs longer fails, and may be retried. */
  readonly executionTimeout?: Duration;

  /** Default "all_success". */
  readonly triggerRule?: TriggerRule;
  /** The task's instance in the run before must have succeeded. Default false. */
  readonly dependsOnPast?: boolean;
  readonly ignoreFirstDependsOnPast?: boolean;
  readonly waitForPastDependsBeforeSkipping?: boolean;
  /** As `dependsOnPast`, and the tasks directly after it too. Default false. */
  readonly waitForDownstream?: boolean;

  /** Default 1. */
  readonly priorityWeight?: number;
  /** Default "downstream". */
  readonly weightRule?: WeightRule;
  /** Default "default_pool". */
  readonly pool?: string;
  /** Default 1. */
  readonly poolSlots?: number;
  /** Default "default". */
  readonly queue?: string;
  readonly executor?: string;
  readonly executorConfig?: { readonly [key: string]: unknown };
  /** What the task asks of the machine (`cpus`, `ram`, `disk`, `gpus`), shown and handed to executors. */
  readonly resources?: { readonly [name: string]: unknown };
  /** Across all runs of the Dag. */
  readonly maxActiveTisPerDag?: number;
  readonly maxActiveTisPerDagrun?: number;
  readonly startDate?: Date | string;
  readonly endDate?: Date | string;

  /** Whether the returned value is kept. Default true. */
  /**
   * The result of an earlier attempt with the same code, inputs and params stands for that of a new one, which then does not
   * run. Default false.
   */
  readonly cache?: CacheOption;
  readonly doXcomPush?: boolean;
  /** Pushes each key of a returned object as an XCom of its own as well. Default false. */
  readonly multipleOutputs?: boolean;
  readonly params?: ParamsLike;
  readonly inlets?: AssetLike | readonly AssetLike[];
  /** Assets that the task's success updates. */
  readonly outlets?: AssetLike | readonly AssetLike[];
  /** A template for the label of each instance of a mapped task: "{{ task.taskId }} {{ file }}". */
  readonly mapIndexTemplate?: string;

  readonly onExecuteCallback?: CallbackLike;
  readonly onSuccessCallback?: CallbackLike;
  readonly onFailureCallback?: CallbackLike;
  readonly onRetryCallback?: CallbackLike;
  readonly onSkippedCallback?: CallbackLike;
  /** Called right before the handler; may throw `SkipException`. */
  readonly preExecute?: (context: TaskContext) => unknown;
  /** Called right after it with what it returned. */
  readonly postExecute?: (context: TaskContext, result: unknown) => unknown;

  /** "process" gives each attempt a fresh process; "warm" a reused one. Default "warm". */
  readonly isolation?: "warm" | "process";
  /** The attempt fails with an error that says so when its processes use more. */
  readonly memoryLimitMb?: number;
  readonly runAsUser?: string;
  /** Variables added to the environment of the attempt's process. */
  readonly env?: { readonly [name: string]: string };
  /** Working directory of the attempt. */
  readonly cwd?: string;

  /** Whose lines the task's logger writes: the `logger` of its log records. Default "task". */
  readonly loggerName?: string;
  readonly doc?: string;
  readonly docMd?: string;
  readonly docJson?: string;
  readonly docYaml?: string;
  readonly docRst?: string;
  readonly uiColor?: string;
  readonly uiFgcolor?: string;
  /** Renders templates to values instead of text; as the Dag says when absent. */
  readonly renderTemplateAsNativeObj?: boolean;
  /** Of Airflow's SDK; the result of a run is that of its leaves, so nothing follows from it here. */
  readonly returnsDagResult?: boolean;
}

const callback = option.that("a function, a notifier, or an array of them", isCallbackLike);
const assets = option.that("an asset, an asset alias, or an array of them", (value) =>
  [value].flat().every((item) => typeof item === "object" && item !== null),
);

export const taskOptionRules: OptionTable<TaskOptions> = {
  taskId: option.nonEmpty(),
  taskDisplayName: option.string(),
  owner: option.string(),
  email: option.that(
    "an address or an array of addresses",
    (value) => typeof value === "string" || option.strings().accepts(value),
  ),
  emailOnFailure: option.boolean(),
  emailOnRetry: option.boolean(),
  retries: option.integer({ min: 0 }),
  retryDelay: option.duration(),
  retryExponentialBackoff: option.that(
    "true, false or a number, 0 or more",
    (value) => typeof value === "boolean" || (typeof value === "number" && value >= 0),
  ),
  maxRetryDelay: option.duration(),
  executionTimeout: option.duration(),
  triggerRule: option.oneOf(triggerRules),
  dependsOnPast: option.boolean(),
  ignoreFirstDependsOnPast: option.boolean(),
  waitForPastDependsBeforeSkipping: option.boolean(),
  waitForDownstream: option.boolean(),
  priorityWeight: option.integer(),
  weightRule: option.oneOf(weightRules),
  pool: option.nonEmpty(),
  poolSlots: option.integer({ min: 1 }),
  queue: option.nonEmpty(),
  executor: option.nonEmpty(),
  executorConfig: option.object(),
  resources: option.object(),
  maxActiveTisPerDag: option.integer({ min: 1 }),
  maxActiveTisPerDagrun: option.integer({ min: 1 }),
  startDate: option.date(),
  endDate: option.date(),
  cache: option.that("true, false, or an object of key, ttl and code", isCacheOption),
  doXcomPush: option.boolean(),
  multipleOutputs: option.boolean(),
  params: option.that(
    "an object of params or a schema",
    (value) => typeof value === "object" && value !== null,
  ),
  inlets: assets,
  outlets: assets,
  mapIndexTemplate: option.string(),
  onExecuteCallback: callback,
  onSuccessCallback: callback,
  onFailureCallback: callback,
  onRetryCallback: callback,
  onSkippedCallback: callback,
  preExecute: option.function(),
  postExecute: option.function(),
  isolation: option.oneOf(["warm", "process"]),
  memoryLimitMb: option.integer({ min: 16 }),
  runAsUser: option.nonEmpty(),
  env: option.stringMap(),
  cwd: option.nonEmpty(),
  loggerName: option.nonEmpty(),
  doc: option.string(),
  docMd: option.string(),
  docJson: option.string(),
  docYaml: option.string(),
  docRst: option.string(),
  uiColor: option.string(),
  uiFgcolor: option.string(),
  renderTemplateAsNativeObj: option.boolean(),
  returnsDagResult: option.boolean(),
};
