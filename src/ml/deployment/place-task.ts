/**
 * The tasks of this folder from plain data: what a Dag in another language hands over. Options and inputs are those of the
 * factories; tables come as paths of files or as rows, scores by name.
 */
import { TradewindError } from "../../errors.ts";
import type { TaskScope } from "../../sdk/task-scope.ts";
import { readCsv } from "../data/csv.ts";
import { readParquet, tableOfRows } from "../data/parquet.ts";
import type { Table } from "../data/table.ts";
import { type AbTestTaskOptions, abTestTask } from "./ab-test-task.ts";
import { type BatchPredictInputs, type BatchPredictOptions, batchPredictTask } from "./batch-predict-task.ts";
import { type CanaryTaskOptions, canaryTask, type DeployTaskOptions, deployTask } from "./deploy-task.ts";
import { type GateResult, type GateTaskOptions, gateTask } from "./gate-task.ts";
import { type DecayCheck, type MonitorTaskOptions, monitorTask } from "./monitor-task.ts";
import { losses, scoreOfAnswers } from "./prediction-scores.ts";
import {
  type PromoteTaskOptions,
  promoteTask,
  type RollbackTaskOptions,
  rollbackTask,
} from "./promote-tasks.ts";
import { type RegisterModelOptions, registerModelTask } from "./register-task.ts";
import type { ModelVersionRef } from "./registry.ts";
import { decideRetraining, type RetrainLimits, settleVersion } from "./retrain.ts";

interface Given<Options, Inputs> {
  readonly options: Options;
  readonly inputs: Inputs;
  readonly [table: string]: unknown;
}

interface ToModel {
  model: ModelVersionRef;
}

type PlainGate = Omit<GateTaskOptions, "holdOut"> & { target: string };
type PlainDecay = Omit<DecayCheck, "labels" | "score"> & { score: string };
type PlainMonitor = Omit<MonitorTaskOptions, "reference" | "current" | "decay" | "onAlarm"> & {
  decay?: PlainDecay;
};

/** Each places a task of the given id. Whoever hands data over has checked its names; the factories check the rest. */
const tasks = {
  register: (dag, id, { options, inputs }: Given<RegisterModelOptions, { source: string }>) =>
    registerModelTask(dag, id, options)(inputs),
  gate: (dag, id, { options, inputs, ...tables }: Given<PlainGate, { candidate: ModelVersionRef }>) => {
    const { target, ...rest } = options;
    const holdOut = async () => ({ table: await tableOf("the hold-out", tables["holdOut"]), target });
    return gateTask(dag, id, { ...rest, holdOut })(inputs);
  },
  deploy: (dag, id, { options, inputs }: Given<DeployTaskOptions, ToModel>) =>
    deployTask(dag, id, options)(inputs),
  canary: (dag, id, { options, inputs }: Given<CanaryTaskOptions, ToModel>) =>
    canaryTask(dag, id, { ...options, ...unhurried })(inputs),
  ab_test: (dag, id, { options, inputs }: Given<AbTestTaskOptions, ToModel>) =>
    abTestTask(dag, id, { ...options, ...unhurried })(inputs),
  promote: (dag, id, { options, inputs }: Given<PromoteTaskOptions, ToModel & { verdict?: GateResult }>) =>
    promoteTask(dag, id, options)(inputs),
  rollback: (dag, id, { options }: Given<RollbackTaskOptions, object>) => rollbackTask(dag, id, options)(),
  batch_predict: (dag, id, { options, inputs }: Given<BatchPredictOptions, BatchPredictInputs>) =>
    batchPredictTask(dag, id, options)(inputs),
  monitor: (dag, id, { options, ...given }: Given<PlainMonitor, object>) => {
    const { decay, ...rest } = options;
    const { reference, current, labels } = given;
    return monitorTask(dag, id, {
      ...rest,
      reference: () => tableOf("the reference", reference),
      ...(current === undefined ? {} : { current: () => tableOf("what is watched", current) }),
      ...(decay === undefined ? {} : { decay: decayOf(decay, labels) }),
    })();
  },
  may_retrain: (dag, id, { options }: Given<RetrainLimits & { force: boolean }, object>) =>
    dag.task(id, () => decideRetraining(options, options.force))(),
  settle: (dag, id, { options }: Given<{ model: string }, object>) =>
    dag.task(id, () => settleVersion(options.model))(),
} satisfies { readonly [name: string]: (dag: TaskScope, id: string, given: never) => unknown };

/** How often a waiting task looks, and until when, is the other language's. */
const unhurried = { mode: "reschedule", timeout: { days: 36_500 } } as const;

/** @throws TradewindError TW_HANDLER_INVALID for a name that is none; what the factory throws. */
export function placeTask(
  dag: TaskScope,
  id: string,
  name: string,
  given: { readonly [name: string]: unknown },
): void {
  if (!Object.hasOwn(tasks, name))
    throw new TradewindError(
      "TW_HANDLER_INVALID",
      `expected a task of tradewind/ml, one of ${Object.keys(tasks).join(", ")}, got ${JSON.stringify(name)}`,
    );
  const place = tasks[name as keyof typeof tasks] as (dag: TaskScope, id: string, given: unknown) => unknown;
  place(dag, id, given);
}

function decayOf({ score, ...rest }: PlainDecay, labels: unknown): DecayCheck {
  return {
    greaterIsBetter: !losses.has(score),
    ...rest,
    labels: () => tableOf("the labels", labels),
    score: scoreOfAnswers(score),
  };
}

async function tableOf(what: string, given: unknown): Promise<Table> {
  if (typeof given === "string") {
    if (given.endsWith(".parquet")) return readParquet(given);
    if (given.endsWith(".csv")) return readCsv(given);
  }
  if (Array.isArray(given) && given.every((row) => typeof row === "object" && row !== null))
    return tableOfRows(given as { [name: string]: unknown }[]);
  const got = typeof given === "string" ? JSON.stringify(given) : `a value of type ${typeof given}`;
  throw new TradewindError(
    "TW_ML_FORMAT",
    `${what}: expected a frame, or a file .parquet or .csv, got ${got}`,
  );
}
