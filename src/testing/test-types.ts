/** What a test gives and gets. */
import type { Json } from "../core/dag-model.ts";
import type { DagRunState, DagRunType, TaskInstanceState } from "../core/states.ts";
import type { LogLevel } from "../runtime/protocol.ts";
import type { OutletEventRecord } from "../sdk/asset-events.ts";
import type { TaskContext } from "../sdk/context.ts";
import type { Duration } from "../sdk/duration.ts";
import type { Inputs } from "../sdk/task.ts";
import type { TriggeredRun, WorldOptions } from "./memory-world.ts";

export type { Json };
export type OutletEventJson = OutletEventRecord;

/** Stands in for a task's handler: the value that it returns, or a function of its inputs. */
export type Mock = Json | ((inputs: Inputs, context: TaskContext) => unknown);

export interface TestDagOptions extends WorldOptions {
  /** What the run was triggered with. */
  readonly conf?: { readonly [key: string]: Json };
  readonly params?: { readonly [name: string]: Json };
  /** Default: `now`. Null for a run without one. */
  readonly logicalDate?: Date | string | null;
  /** When the run starts. Default: the logical date, or the time of the machine. */
  readonly now?: Date | string;
  readonly runId?: string;
  /** Default "manual". */
  readonly runType?: DagRunType;
  /** Instead of handlers, by task id. */
  readonly mocks?: { readonly [taskId: string]: Mock };
  /** Instead of triggers of deferred tasks, by the trigger's name: what the trigger sends. */
  readonly triggers?: {
    readonly [name: string]: (kwargs: { readonly [key: string]: Json }) => Json | Promise<Json>;
  };
  /** Simulated time after which a run that has not ended is an error. Default 31 days. */
  readonly within?: Duration;
  /** `[core] max_map_length`. Default 1024. */
  readonly maxMapLength?: number;
}

export interface TestLog {
  /** `task`, or `task[3]` for an instance of a mapped task. */
  readonly task: string;
  readonly tryNumber: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: { readonly [key: string]: unknown };
  readonly time: Date;
}

/** One attempt; a deferral or a reschedule ends one and begins another of the same try. */
export interface TestAttempt {
  readonly task: string;
  readonly tryNumber: number;
  readonly start: Date;
  readonly end: Date;
  readonly outcome: "success" | "failed" | "skipped" | "deferred" | "reschedule" | "awaiting_input";
  /** Of a failed or skipped one. */
  readonly message?: string;
}

export interface DagTestResult {
  readonly state: DagRunState;
  readonly runId: string;
  readonly start: Date;
  readonly end: Date;
  /** State of each instance: by task id, or `task[3]` of a mapped one. */
  readonly states: { readonly [task: string]: TaskInstanceState | null };
  /** Tries that were made. */
  readonly tries: { readonly [task: string]: number };
  /** Tasks in the order in which their attempts began; a task with two tries stands twice. */
  readonly order: readonly string[];
  readonly attempts: readonly TestAttempt[];
  readonly logs: readonly TestLog[];
  /** What each task returned, by task id; of a mapped task the list of what its instances returned. */
  readonly results: { readonly [taskId: string]: unknown };
  /** A value under any key; undefined when nothing was pushed. Of a mapped task the list, without a map index. */
  xcom(taskId: string, key?: string, mapIndex?: number): unknown;
  /** Template fields as they were rendered, by task. */
  readonly rendered: { readonly [task: string]: { readonly [field: string]: Json } };
  /** Why an instance is in its state: the message of the last transition. */
  readonly reasons: { readonly [task: string]: string };
  readonly triggered: readonly TriggeredRun[];
  readonly assetEvents: readonly OutletEventJson[];
  readonly variables: { readonly [key: string]: string };
}
