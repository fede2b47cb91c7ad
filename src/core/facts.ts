/**
 * The facts that a decision about one run may know, and the commands that a decision is made of.
 *
 * `planRun(facts, changed)` in `plan.ts` reads the facts and returns commands; `applyCommand` makes the facts
 * what they are after one. Nobody else changes them, and neither touches a clock, a database or randomness:
 * `now` is a fact, and so is every date. The scheduler commits the commands of a batch before it acts on them;
 * `tradewind/testing` applies the same commands in memory.
 *
 * Instants are milliseconds since the epoch, UTC. Tasks are named by their index in `CompiledDag.tasks`.
 */
import type { Json } from "./dag-model.ts";
import type { CompiledDag } from "./graph.ts";
import type { RunInstances } from "./instances.ts";
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

/** State of the run before this one, for `depends_on_past`; null when there is none (the first run passes). */
export interface PastRun {
  /** Null: the task was not there yet. Several states: a mapped task, by map index. */
  states(taskId: string): readonly (TaskInstanceState | null)[] | null;
}

export interface RunFacts {
  readonly dag: CompiledDag;
  readonly run: RunInfo;
  readonly instances: RunInstances;
  readonly past: PastRun | null;
  /** What branches and short circuits decided in this run, by task index and map index (`skipmixin_key`). */
  readonly skipDecisions: ReadonlyMap<number, readonly SkipDecision[]>;
  /** Length of what a task's `mapped` spec expands over; null until the upstream values are known. */
  mapLength(taskIndex: number, mapIndexOfGroup: number): MapLength;
  readonly limits: { maxMapLength: number };
  readonly now: number;
}

export type MapLength =
  | { known: number }
  | "unknown"
  /** The upstream returned something that cannot be expanded, or nothing. */
  | { invalid: string };

export interface SkipDecision {
  readonly mapIndex: number;
  /** Task ids that the branch chose, or that it skipped. */
  readonly followed?: readonly string[];
  readonly skipped?: readonly string[];
}

export interface InstanceKey {
  readonly task: number;
  /** -1 for a task that is not mapped. */
  readonly mapIndex: number;
}

/** Why a command was given: shown on pages ("why is it not running") and kept with the audit. */
export type Reason = string;

export type Command =
  /** `to: "scheduled"` starts a new try unless the instance came from up_for_reschedule or deferred. */
  | { kind: "set-state"; at: InstanceKey; from: TaskInstanceState | null; to: TaskInstanceState | null; reason: Reason }
  /** Replaces the unexpanded instance (-1) by instances 0 … length-1, all without state. */
  | { kind: "expand"; task: number; /** of the mapped group around it, else -1 */ groupIndex: number; length: number }
  | { kind: "set-run-state"; from: DagRunState; to: DagRunState; reason: Reason };

/** How one attempt ended, as the child reports it (`runtime/protocol.ts` carries the same words). */
export type AttemptOutcome =
  | { kind: "success"; skipDownstream?: readonly string[]; skipAllDownstream?: boolean; decision?: SkipDecision }
  | { kind: "skipped"; message: string }
  /** `retryable: false` is AirflowFailException, a sensor's timeout, or a task that was told to end. */
  | { kind: "failed"; message: string; retryable: boolean }
  | { kind: "deferred"; timeoutAt: number | null }
  | { kind: "reschedule"; at: number }
  | { kind: "awaiting_input" };
