/**
 * The facts that a decision about one run may know, and the commands that a decision is made of.
 *
 * `planRun(facts, changed)` in `plan.ts` reads the facts and returns commands; `applyCommand` makes the facts
 * what they are after one; `settle` does both until nothing is left to decide. Nobody else changes the facts,
 * and none of them touches a clock, a database or randomness: `now` is a fact, and so is every date. The
 * scheduler commits the commands of a batch before it acts on them; `tradewind/testing` applies the same
 * commands in memory.
 *
 * Instants are milliseconds since the epoch, UTC. Tasks are named by their index in `CompiledDag.tasks`.
 */
import type { Json } from "./dag-model.ts";
import type { CompiledDag } from "./graph.ts";
import type { Instance, InstanceTable } from "./instances.ts";
import type { RunValues } from "./run-values.ts";
import type { DagRunState, DagRunType, TaskInstanceState } from "./states.ts";

export interface RunInfo {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  state: DagRunState;
  readonly logicalDate: number | null;
  readonly dataInterval: { start: number; end: number } | null;
  readonly runAfter: number;
  readonly queuedAt: number;
  startDate: number | null;
  endDate: number | null;
  readonly conf: Json;
  readonly backfillId: number | null;
}

/**
 * The run before this one, for `depends_on_past`; null when there is none (the first run of a Dag, or of a
 * backfill, passes). With catchup it is the scheduled run before this one, else the run before of any type.
 */
export interface PastRun {
  /** How many instances of the task are neither success nor skipped there; null: the run does not have the task. */
  unsuccessful(taskId: string): number | null;
  /** Whether any earlier run has the task, for `ignore_first_depends_on_past`. */
  wasEverThere(taskId: string): boolean;
  readonly logicalDate: number | null;
}

/** What finished instances returned, as far as expansion asks. `RunValues` in `run-values.ts` keeps it in memory. */
export interface ReturnedValues {
  /** Length of the list or object that a task which is not mapped returned; null: none, or nothing to expand. */
  length(task: number): number | null;
  /** How many instances of a mapped task returned a value. */
  count(task: number): number;
}

export interface RunFacts {
  readonly dag: CompiledDag;
  readonly run: RunInfo;
  readonly instances: InstanceTable;
  readonly past: PastRun | null;
  readonly values: RunValues;
  /** What branches and short circuits decided in this run (`skipmixin_key`), by task index, then map index. */
  readonly skipDecisions: Map<number, Map<number, SkipDecision>>;
  /** The caller moves it on before each call. */
  now: number;
}

/** One of the two: the direct downstream tasks that a branch chose, or those that it skipped. */
export type SkipDecision = { readonly followed: readonly string[] } | { readonly skipped: readonly string[] };

export interface InstanceKey {
  readonly task: number;
  /** -1 for a task that is not mapped. */
  readonly mapIndex: number;
}

/** Instances with map index `from … to-1`; -1 is that of an unmapped or unexpanded one. */
export interface InstanceRange {
  readonly task: number;
  readonly from: number;
  readonly to: number;
}

/**
 * What is to be looked at: instances whose state changed, whose time came (retry, next poke) or that wait for
 * what changed, or "all" (a run that starts, was loaded, or is swept).
 */
export type Changed = "all" | readonly (InstanceKey | InstanceRange)[];

/** Why a command was given: shown on pages ("why is it not running") and kept with the audit. */
export type Reason = string;

export interface SetState {
  readonly kind: "set-state";
  readonly at: InstanceKey;
  readonly from: TaskInstanceState | null;
  readonly to: TaskInstanceState | null;
  readonly reason: Reason;
  /** Fields that change with the state; absent ones stay. */
  readonly tryNumber?: number;
  readonly maxTries?: number;
  readonly notBefore?: number | null;
  readonly attemptId?: string;
}

/**
 * Makes the instances `from … to-1` of `total`, without state. With `from` 0 they take the place of the
 * unexpanded instance; a long expansion comes as several commands over several plans.
 */
export interface Expand {
  readonly kind: "expand";
  readonly task: number;
  readonly from: number;
  readonly to: number;
  readonly total: number;
}

export type Command =
  | SetState
  | Expand
  /** Kept so that a task which is cleared later is skipped again (Airflow's NotPreviouslySkipped). */
  | { readonly kind: "keep-skip-decision"; readonly at: InstanceKey; readonly decision: SkipDecision }
  /** Length of a value that tasks are expanded over. Of a mapped task it says only that the instance returned one. */
  | { readonly kind: "keep-length"; readonly at: InstanceKey; readonly length: number | null }
  | {
      readonly kind: "set-run-state";
      readonly from: DagRunState;
      readonly to: DagRunState;
      readonly reason: Reason;
    }
  /** Nothing to commit: the plan was cut short here, and the next call is to look at these. */
  | { readonly kind: "look-again"; readonly at: InstanceRange };

export function setState(at: Instance, to: TaskInstanceState | null, reason: Reason): SetState {
  return { kind: "set-state", at: { task: at.task, mapIndex: at.mapIndex }, from: at.state, to, reason };
}

/** All instances of a task, whatever their number. */
export function wholeTask(task: number): InstanceRange {
  return { task, from: -1, to: Number.MAX_SAFE_INTEGER };
}

/** What a branch or short circuit decided about the tasks after it. */
export type SkipRequest =
  /** The chosen ones; every other direct downstream is skipped unless a chosen one leads to it. */
  | { readonly followed: readonly string[] }
  | { readonly skipped: readonly string[] }
  /** Everything downstream, transitively, but for teardowns. */
  | { readonly skipAll: true };

/** How one attempt ended, as the child reports it (`runtime/protocol.ts` carries the same words). */
export type AttemptOutcome =
  /** `length`: of the returned list or object; null where it returned something else; absent where nothing. */
  | { readonly kind: "success"; readonly skip?: SkipRequest; readonly length?: number | null }
  | { readonly kind: "skipped"; readonly message: string }
  /** `retryable: false` is AirflowFailException, a sensor's timeout, or a task that was told to end. */
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly retryable: boolean;
      /** Seconds until the next try, in place of what the task says: its retry policy decided so. */
      readonly retryDelay?: number;
    }
  | { readonly kind: "deferred" }
  | { readonly kind: "reschedule"; readonly at: number }
  | { readonly kind: "awaiting_input" };
