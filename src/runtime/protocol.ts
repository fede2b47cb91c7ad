/**
 * The protocol between a supervisor and the process in which user code runs, in TypeScript or Python.
 *
 * Frames over one duplex byte stream (file descriptor 3 of the child): a 4-byte big-endian length, then that
 * many bytes of UTF-8 JSON, one message each, `type` naming it. Requests of the child carry an `id`, which the
 * answer repeats. Standard output and error of the child are not part of it: they become log lines.
 *
 * Instants are ISO 8601 strings with offset; durations are seconds. Unknown fields are ignored by both sides.
 */
import type { DagRunHook, Json, TriggerSpec } from "../core/dag-model.ts";
import type { LineageUse } from "../core/lineage.ts";
import type { KnownAnswer, KnownQuestion } from "../core/timetable/known-answers.ts";

export const protocolVersion = 1;

/** Largest frame that either side accepts, in bytes; larger values go by reference to the artifact store. */
export const maxFrameBytes = 64 * 1024 * 1024;

export type LogLevel = "debug" | "info" | "warning" | "error" | "critical";

/** A value that travels between tasks: JSON in place, or a file of the artifact store. */
export type XComValue = { json: Json } | { ref: { uri: string; bytes: number; mediaType: string } };

export interface ErrorInfo {
  /** Class name: "TypeError", "airflow.exceptions.AirflowException". */
  name: string;
  message: string;
  stack?: string;
  code?: string;
  /** The rest of the cause chain, outermost first. */
  causes: { name: string; message: string; stack?: string }[];
}

export interface TaskCoordinates {
  dagId: string;
  taskId: string;
  runId: string;
  mapIndex: number;
  tryNumber: number;
  attemptId: string;
}

/** All that an attempt may know when it starts; the child asks for the rest. */
export interface StartTask {
  type: "start";
  task: TaskCoordinates & { maxTries: number; startDate: string };
  code: CodeLocation;
  run: {
    runType: string;
    logicalDate: string | null;
    dataIntervalStart: string | null;
    dataIntervalEnd: string | null;
    runAfter: string;
    startDate: string | null;
    conf: Json;
    partitionKey: string | null;
    clearNumber: number;
    triggeredBy: string;
  };
  /** Values of upstream tasks that the supervisor knew already, by `taskId`, `mapIndex` and key. */
  xcoms: { taskId: string; mapIndex: number; key: string; value: XComValue }[];
  /** Index and values of the expansion that this instance is one of. */
  expansion?: { index: number; total: number };
  /** Single elements of values that this instance is expanded over, where the supervisor had picked them already. */
  elements?: { taskId: string; key: string; index: number; value: XComValue; entry?: boolean }[];
  /** How much tasks returned that this instance is expanded over, where that says which of their elements are its own. */
  lengths?: { [taskId: string]: number };
  params: { [name: string]: Json };
  /** Present when the attempt goes on after a deferral. */
  resume?: { method: string; kwargs: { [key: string]: Json }; event: Json; error?: string };
  /** First poke of a rescheduled sensor, and how often it was rescheduled. */
  reschedule?: { firstAt: string; count: number };
  /** In place of a task of the Dag file: a function of a file in the child's language. */
  call?: ForeignCall;
  executionTimeout: number | null;
  memoryLimitMb: number | null;
  artifactRoot: string;
  /** Folder from which relative paths count; made by the first task of a run. The process's own where absent. */
  workingFolder?: string;
  xcomInlineLimit: number;
  /** Where MLflow's clients in the task log to, and the attempt's token; absent where nothing serves them. */
  tracking?: { uri: string; token: string };
  /**
   * Of a cached task: what came of the look into the step cache, for the log. `ask`: the key is made by a function of the
   * task's process, which asks for a result itself.
   */
  cache?: { note: string; ask: boolean };
  logLevel: LogLevel;
  context?: { [key: string]: Json };
}

export interface ForeignCall {
  /** Relative to the folder of the Dag file that `code` names; "tradewind/ml" for a task that the program itself has. */
  file: string;
  /** Null: the file is a script. */
  function: string | null;
  args: { [name: string]: XComValue };
  /** Names of arguments that the Dag's author wrote: their texts are templates. */
  templated: string[];
  /** Command-line arguments of a script, which are templates. */
  argv: string[];
  /** Interpreter and requirements of a Python function, as `executor_config` of a Python task names them. */
  environment: { [name: string]: Json };
  multipleOutputs: boolean;
}

/** Where the code of a version is. `files` maps a path relative to the Dags folder to the hash of its text. */
export interface CodeLocation {
  dagsFolder: string;
  relativeFile: string;
  versionHash: string;
  /** Folder that holds the text of every file of the version under its hash. */
  snapshotFolder: string;
  files: { [relativeFile: string]: string };
  /** Which interpreter runs it: "node" or the path of a Python. */
  interpreter: string;
}

/** A callback of the Dag, of a task whose process did not live to call it, or a hook of listeners for the run's state. */
export type CallbackKind =
  | "success"
  | "failure"
  | { deadline: number }
  | { task: "success" | "failure" | "retry" | "skipped" }
  | { listener: DagRunHook; state: string };

export type SupervisorMessage =
  | StartTask
  | {
      type: "run-callback";
      code: CodeLocation;
      dagId: string;
      callback: CallbackKind;
      context: Json;
    }
  | { type: "response"; id: number; result: Json }
  | { type: "response-error"; id: number; error: { code: string; message: string } }
  /** End soon: run `onKill`, then exit; SIGTERM and SIGKILL follow. */
  | { type: "cancel"; reason: string }
  | { type: "shutdown" };

export type ChildRequest =
  | {
      method: "xcom.get";
      params: {
        dagId?: string;
        runId?: string;
        taskIds: string[];
        mapIndexes?: number[] | null;
        /** Null: what each instance pushed last, under whatever key. */
        key: string | null;
        includePriorDates?: boolean;
        item?: number;
      };
    }
  /** Of the instance that asks; others read it as soon as it is answered. The attempt's end names the value once more. */
  | { method: "xcom.set"; params: { key: string; value: XComValue } }
  | { method: "xcom.delete"; params: { key: string } }
  | { method: "variable.get"; params: { key: string } }
  | { method: "variable.set"; params: { key: string; value: string; description?: string } }
  | { method: "variable.delete"; params: { key: string } }
  | { method: "connection.get"; params: { connId: string } }
  | { method: "connection.set"; params: ConnectionAnswer }
  | { method: "connection.delete"; params: { connId: string } }
  | { method: "connection.list"; params: { [name: string]: never } }
  | {
      method: "dag-run.trigger";
      params: {
        dagId: string;
        runId?: string;
        logicalDate?: string | null;
        conf?: Json;
        reset?: boolean;
        note?: string;
      };
    }
  | { method: "dag-run.get"; params: { dagId: string; runId: string } }
  | {
      method: "dag-run.list";
      /** Without `dagId` of all Dags. `orderBy` is a name of `dagRunOrders`; the latest first without it. */
      params: {
        dagId?: string;
        logicalDates?: string[];
        states?: string[];
        limit?: number;
        orderBy?: string;
      };
    }
  | {
      method: "task-instance.states";
      params: {
        dagId: string;
        runIds?: string[];
        logicalDates?: string[];
        taskIds?: string[];
        taskGroupId?: string;
      };
    }
  | {
      method: "task-instance.list";
      params: { dagIds?: string[]; runIds?: string[]; taskIds?: string[]; states?: string[]; limit?: number };
    }
  /** Values of any runs; a filter that is absent takes all. Without `values` only what they are of. */
  | {
      method: "dag-run.xcoms";
      params: {
        dagIds?: string[];
        runIds?: string[];
        taskIds?: string[];
        keys?: string[];
        limit?: number;
        values?: boolean;
      };
    }
  | { method: "dag-run.delete-xcoms"; params: { entries: XComName[] } }
  | { method: "pool.list"; params: { [name: string]: never } }
  | {
      method: "pool.set";
      params: { name: string; slots: number; description?: string | null; includeDeferred?: boolean };
    }
  | { method: "pool.delete"; params: { name: string } }
  /** When runs of a timetable are that the scheduler knows. */
  | { method: "timetable"; params: KnownQuestion }
  | { method: "dag.get"; params: { dagId: string } }
  | { method: "dag.list"; params: { [name: string]: never } }
  | { method: "dag.set-paused"; params: { dagId: string; isPaused: boolean } }
  | { method: "asset-events.get"; params: { name?: string; uri?: string; alias?: string; limit?: number } }
  | { method: "task-state.get"; params: { key: string } }
  /** `expiresAt` null: for ever; absent: as `state_store.default_retention_days` says. */
  | { method: "task-state.set"; params: { key: string; value: Json; expiresAt?: string | null } }
  | { method: "task-state.delete"; params: { key?: string } }
  | { method: "asset-state.get"; params: { name?: string; uri?: string; key: string } }
  | { method: "asset-state.set"; params: { name?: string; uri?: string; key: string; value: Json } }
  | { method: "asset-state.delete"; params: { name?: string; uri?: string; key?: string } }
  | { method: "study.create"; params: { name: string; directions: string[]; spec: Json } }
  | { method: "study.read"; params: { name: string; after: number } }
  | { method: "study.write"; params: { name: string; id: number; revision: number; trials: Json[] } }
  | { method: "step-cache.look"; params: { value: Json } }
  | { method: "rendered-fields.set"; params: { fields: { [name: string]: Json }; mapIndexLabel?: string } };

/**
 * What each request is answered with. What is not there is `null` or an empty list, never an error; an error
 * says that the question itself could not be answered.
 */
export interface ChildAnswers {
  /**
   * What was pushed, in the order of `taskIds` and of the map index; nothing where nothing was pushed. Without
   * `mapIndexes` (or with null) all instances. `item` asks for one element only: of a mapped task the item-th
   * instance that pushed; of any other the item-th element of its list or `[key, value]` of its object. A server
   * that has picked the element says `item: true`, and `entry: true` of an object's; one that has not sends the whole
   * value, and the child picks.
   */
  "xcom.get": { taskId: string; mapIndex: number; value: XComValue; item?: boolean; entry?: boolean }[];
  "xcom.set": null;
  "xcom.delete": null;
  "variable.get": string | null;
  "variable.set": null;
  "variable.delete": null;
  "connection.get": ConnectionAnswer | null;
  "connection.set": null;
  "connection.delete": null;
  /** Of those in the store; what is secret about one is asked for by its id. */
  "connection.list": { connId: string; connType: string; description: string | null }[];
  /** `created` is false where the run existed already; with `reset` it was cleared and starts again. */
  "dag-run.trigger": { runId: string; created: boolean };
  "dag-run.get": DagRunAnswer | null;
  "dag-run.list": DagRunAnswer[];
  /** By run id, then by task id: `task`, or `task[3]` for an instance of a mapped task. */
  "task-instance.states": { [runId: string]: { [taskId: string]: string | null } };
  "task-instance.list": TaskInstanceAnswer[];
  /** The newest first. */
  "dag-run.xcoms": (XComName & {
    logicalDate: string | null;
    runAfter: string;
    createdAt: string;
    value: XComValue | null;
  })[];
  /** How many there were. */
  "dag-run.delete-xcoms": number;
  "pool.list": PoolAnswer[];
  "pool.set": null;
  "pool.delete": null;
  timetable: KnownAnswer | null;
  "dag.get": DagAnswer | null;
  "dag.list": DagAnswer[];
  "dag.set-paused": null;
  "asset-events.get": AssetEventAnswer[];
  /** Of the instance that asks; null where the key is not there. */
  "task-state.get": Json;
  "task-state.set": null;
  /** Without a key all of them. */
  "task-state.delete": null;
  "asset-state.get": Json;
  "asset-state.set": null;
  "asset-state.delete": null;
  /** False where a study of that name exists. */
  "study.create": boolean;
  /** Trials that changed after the given revision. */
  "study.read": { id: number; revision: number; spec: Json; trials: Json[] } | null;
  /** The new revision; null, with nothing written, where the study is at another one than the task knew. */
  "study.write": number | null;
  /** A result that stands for that of the attempt; null where none does, and why. */
  "step-cache.look": { explanation: string; result: CachedStep | null };
  "rendered-fields.set": null;
}

/** What an attempt ended with, kept for others. */
export interface CachedStep {
  xcoms: { key: string; value: XComValue }[];
  length?: number;
  keys?: string[];
  skip?: SkipRequest;
  outletEvents?: OutletEvent[];
}

/** Which value it is. */
export interface XComName {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
  key: string;
}

export interface PoolAnswer {
  name: string;
  /** -1 is without limit. */
  slots: number;
  description: string | null;
  includeDeferred: boolean;
  runningSlots: number;
  queuedSlots: number;
  scheduledSlots: number;
  deferredSlots: number;
  occupiedSlots: number;
  /** Null without limit. */
  openSlots: number | null;
}

export interface DagAnswer {
  dagId: string;
  isPaused: boolean;
}

export interface TaskInstanceAnswer {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
  state: string | null;
  tryNumber: number;
  maxTries: number;
  operator: string;
  pool: string;
  queue: string;
  logicalDate: string | null;
  runAfter: string | null;
  startDate: string | null;
  endDate: string | null;
}

export interface ConnectionAnswer {
  connId: string;
  connType: string;
  host: string | null;
  schema: string | null;
  login: string | null;
  password: string | null;
  port: number | null;
  /** JSON text. */
  extra: string | null;
  description: string | null;
}

export interface DagRunAnswer {
  dagId: string;
  runId: string;
  runType: string;
  state: string;
  logicalDate: string | null;
  /** When it was due; null where nobody knows. */
  runAfter: string | null;
  dataIntervalStart: string | null;
  dataIntervalEnd: string | null;
  startDate: string | null;
  endDate: string | null;
}

export interface AssetEventAnswer {
  asset: { name: string; uri: string };
  extra: { [key: string]: Json };
  timestamp: string;
  sourceDagId: string | null;
  sourceTaskId: string | null;
  sourceRunId: string | null;
  sourceMapIndex: number | null;
}

/** Asset events that a success brings; emitted in the same transaction. */
export interface OutletEvent {
  asset?: { name: string; uri: string };
  alias?: string;
  extra: { [key: string]: Json };
  /** Keys of the partitions that the task brought: an event for each, in place of that of its run. */
  partitionKeys?: string[];
}

export type TaskResult =
  | { outcome: "success"; value?: XComValue; skip?: SkipRequest; outletEvents?: OutletEvent[] }
  | { outcome: "skipped"; message: string }
  | {
      outcome: "failed";
      error: ErrorInfo;
      retryable: boolean;
      /** Seconds until the next try, in place of the task's own delay: what its retry policy decided. */
      retryDelay?: number;
    }
  | {
      outcome: "deferred";
      trigger: TriggerSpec;
      method: string;
      kwargs: { [key: string]: Json };
      timeout: number | null;
    }
  | { outcome: "reschedule"; at: string }
  | { outcome: "awaiting_input"; request: Json };

/** What a branch or short circuit decided about the tasks after it. */
export type SkipRequest =
  | { followed: string[] }
  | { skipped: string[] }
  /** Everything downstream, transitively. */
  | { skipAll: true };

export type ChildMessage =
  | { type: "ready"; protocol: number; pid: number; language: "typescript" | "python"; version: string }
  | ({ type: "request"; id: number } & ChildRequest)
  | {
      type: "log";
      level: LogLevel;
      message: string;
      time: string;
      logger?: string;
      fields?: { [key: string]: Json };
    }
  /** Values to hide in every later log line. */
  | { type: "mask"; values: string[] }
  | { type: "heartbeat" }
  /**
   * The end of the attempt. `xcoms` are the values that were pushed; they are committed with the state.
   * `length` of the returned list or object lets mapped tasks downstream expand. `uses` is what the attempt told of
   * data and models that it read and made, whatever its outcome.
   */
  | {
      type: "result";
      attemptId: string;
      result: TaskResult;
      xcoms: { key: string; value: XComValue }[];
      length?: number;
      keys?: string[];
      uses?: LineageUse[];
      /** Of a cached task: what it looked at beside its inputs and params, by name. */
      looked?: { [name: string]: string | null };
      leaked?: string[];
      heapMb?: number;
    };

/** What a trigger makes of its task without waking it. */
export interface TriggerEnd {
  state: "success" | "failed" | "skipped";
  xcoms: { key: string; value: XComValue }[];
}

/** To the triggerer: one process that waits for all deferred tasks. Frames on descriptor 3, as for a task. */
export type TriggererMessage =
  /** Wait for it from now on. The same id again replaces the first. `task` is null for triggers of asset watchers. */
  | {
      type: "trigger";
      triggerId: string;
      trigger: TriggerSpec;
      code: CodeLocation;
      task: TaskCoordinates | null;
      logLevel: LogLevel;
    }
  | { type: "cancel-trigger"; triggerId: string }
  | { type: "response"; id: number; result: Json }
  | { type: "response-error"; id: number; error: { code: string; message: string } }
  | { type: "shutdown" };

export type TriggererEvent =
  | { type: "ready"; protocol: number; pid: number; language: "typescript" | "python"; version: string }
  /**
   * `last` is false for triggers that may fire again (asset watchers); a task's trigger fires once. With `end` the
   * task ends there and does not go on.
   */
  | { type: "fired"; triggerId: string; event: Json; last: boolean; end?: TriggerEnd }
  | { type: "trigger-failed"; triggerId: string; error: ErrorInfo }
  | ({ type: "request"; id: number; triggerId: string } & ChildRequest)
  | {
      type: "log";
      triggerId?: string;
      level: LogLevel;
      message: string;
      time: string;
      logger?: string;
      fields?: { [key: string]: Json };
    }
  | { type: "mask"; values: string[] }
  | { type: "heartbeat" };
