/**
 * What a handler can ask while it runs: `getContext()` for the facts of its attempt under Airflow's names,
 * `getClient()` for variables, connections, XComs and runs. Both read an AsyncLocalStorage that the runtime (or
 * `tradewind/testing`) sets around the call, so a handler stays a plain function of its own data.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { AssetExpression, DagSpec, Json, TaskSpec } from "../core/dag-model.ts";
import type { LineageUse } from "../core/lineage.ts";
import type { DagRunState, DagRunType, TaskInstanceState, TriggeredBy } from "../core/states.ts";
import { TradewindError } from "../errors.ts";
import type { InletEvents, OutletEvents, TriggeringAssetEvents } from "./asset-events.ts";
import type { PythonCall } from "./dag-state.ts";

/** Structured log of the attempt. The second argument becomes fields of the line. */
export interface TaskLogger {
  debug(message: string, fields?: { [key: string]: unknown }): void;
  info(message: string, fields?: { [key: string]: unknown }): void;
  warning(message: string, fields?: { [key: string]: unknown }): void;
  /** The same as `warning`. */
  warn(message: string, fields?: { [key: string]: unknown }): void;
  error(message: string, fields?: { [key: string]: unknown }): void;
  critical(message: string, fields?: { [key: string]: unknown }): void;
}

/** The Dag run that the attempt belongs to. */
export interface DagRunInfo {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  readonly logicalDate: Date | null;
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  readonly runAfter: Date;
  readonly startDate: Date | null;
  readonly endDate: Date | null;
  readonly conf: { readonly [key: string]: Json };
  readonly partitionKey: string | null;
  readonly clearNumber: number;
  readonly triggeredBy: TriggeredBy;
  readonly state: DagRunState;
}

export interface XComPullOptions {
  /** Whose value; the running task itself when absent (Airflow 3). An array gives an array. */
  readonly taskIds?: string | readonly string[];
  readonly dagId?: string;
  readonly runId?: string;
  /** Default "return_value". */
  readonly key?: string;
  /** One index, several, or null for all instances of a mapped task. */
  readonly mapIndexes?: number | readonly number[] | null;
  readonly includePriorDates?: boolean;
  /** Given back where nothing was pushed; null when absent. */
  readonly default?: unknown;
}

/** The task instance, as Airflow's `ti`. */
export interface TaskInstanceInfo {
  readonly dagId: string;
  readonly taskId: string;
  readonly runId: string;
  /** -1 where the task is not mapped. */
  readonly mapIndex: number;
  /** 1 for the first try. */
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly startDate: Date;
  readonly operator: string;
  readonly task: TaskSpec;
  readonly state: TaskInstanceState;
  /** `dag__task__20260101`-like key of Airflow's `task_instance_key_str`. */
  readonly key: string;
  xcomPush(key: string, value: unknown): Promise<void>;
  xcomPull<T = unknown>(options?: XComPullOptions): Promise<T>;
}

/** A variable store under the names of Airflow's `Variable` and `var`. */
export interface VariableAccess {
  /** The text of the variable; `fallback` when there is none, or an error without one. */
  get(key: string, fallback?: string | null): Promise<string>;
  /** The variable parsed as JSON. */
  getJson<T = unknown>(key: string, fallback?: T): Promise<T>;
  set(key: string, value: string | Json, description?: string): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface ConnectionAccess {
  /** @throws ConnectionNotFoundError where there is none and no fallback is given. */
  get(connId: string, fallback?: ConnectionResult | null): Promise<ConnectionResult>;
}

/** The facts of the running attempt. */
export interface TaskContext {
  readonly dagId: string;
  readonly taskId: string;
  readonly runId: string;
  readonly tryNumber: number;
  readonly mapIndex: number;
  /** Whether a mapped task expands over what this one returns. */
  readonly hasMappedDependants: boolean;
  /** Fires when the attempt is cancelled, times out or its process is told to end. */
  readonly signal: AbortSignal;

  readonly dag: DagSpec;
  readonly task: TaskSpec;
  readonly dagRun: DagRunInfo;
  readonly ti: TaskInstanceInfo;
  readonly taskInstance: TaskInstanceInfo;
  readonly taskInstanceKeyStr: string;
  readonly params: { readonly [name: string]: unknown };
  readonly conf: { readonly [key: string]: Json };

  /** These eight throw `TW_CONTEXT_NO_LOGICAL_DATE` in a run that has no logical date, as Airflow does. */
  readonly logicalDate: Date;
  readonly dataIntervalStart: Date;
  readonly dataIntervalEnd: Date;
  /** `YYYY-MM-DD` of the logical date in UTC. */
  readonly ds: string;
  readonly dsNodash: string;
  /** `2026-01-01T00:00:00+00:00`. */
  readonly ts: string;
  /** `20260101T000000`. */
  readonly tsNodash: string;
  /** `20260101T000000+0000`. */
  readonly tsNodashWithTz: string;

  /** Number of instances that the task was expanded into; null where it is not mapped. */
  readonly expandedTiCount: number | null;
  readonly mapIndexTemplate: string | null;
  readonly taskRescheduleCount: number;
  /** First poke of a sensor in reschedule mode, else the start of this attempt. */
  readonly firstStart: Date;
  /** What the trigger sent, when the attempt goes on after `defer`; else undefined. */
  readonly triggerEvent: Json | undefined;
  readonly inlets: readonly AssetExpression[];
  readonly outlets: readonly AssetExpression[];
  readonly inletEvents: InletEvents;
  readonly outletEvents: OutletEvents;
  readonly triggeringAssetEvents: TriggeringAssetEvents;
  readonly variables: VariableAccess;
  readonly connections: ConnectionAccess;
  readonly logger: TaskLogger;
  /** What the process of the attempt was given, and Airflow's `AIRFLOW_CTX_…` names; for commands that it starts. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** True in `tradewind/testing` and `tasks test`. */
  readonly testMode: boolean;
  /** For `dag.python`: calls the function in a Python process of this attempt. */
  readonly callPython: (call: PythonCall, inputs: { readonly [name: string]: unknown }) => Promise<unknown>;
  /** In callbacks: what ended the attempt. */
  readonly exception?: unknown;
  readonly reason?: string;

  /** The time, by the clock that the runtime runs on; a simulated one in `tradewind/testing`. */
  now(): Date;
  /** Waits, and wakes with the abort reason when the attempt is cancelled. */
  sleep(seconds: number): Promise<void>;
}

/** A connection as Airflow's SDKs show it. */
export interface ConnectionResult {
  readonly id: string;
  readonly type: string;
  readonly host?: string | null;
  readonly schema?: string | null;
  readonly login?: string | null;
  readonly password?: string | null;
  readonly port?: number | null;
  /** JSON text. */
  readonly extra?: string | null;
  readonly description?: string | null;
}

export interface GetXComOpts {
  key: string;
  dagId?: string;
  runId?: string;
  taskId?: string;
  mapIndex?: number | null;
  includePriorDates?: boolean;
}

export interface SetXComOpts {
  key: string;
  value: unknown;
  dagId?: string;
  runId?: string;
  taskId?: string;
  mapIndex?: number | null;
}

export interface TriggerDagRunRequest {
  dagId: string;
  runId?: string;
  logicalDate?: Date | string | null;
  conf?: { [key: string]: Json };
  reset?: boolean;
  note?: string;
}

export interface DagRunSummary {
  readonly dagId: string;
  readonly runId: string;
  readonly state: DagRunState;
  readonly runType: DagRunType;
  readonly logicalDate: string | null;
  readonly dataIntervalStart: string | null;
  readonly dataIntervalEnd: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
}

export interface DagRunQuery {
  dagId: string;
  logicalDates?: readonly string[];
  states?: readonly DagRunState[];
  limit?: number;
  /** A field of the run, with "-" before it for the newest first: "-logicalDate". */
  orderBy?: string;
}

export interface TaskStatesQuery {
  dagId: string;
  runIds?: readonly string[];
  logicalDates?: readonly string[];
  taskIds?: readonly string[];
  taskGroupId?: string;
}

export interface AssetEventsQuery {
  name?: string;
  uri?: string;
  alias?: string;
  limit?: number;
}

/** An event of an asset, as inlet events and triggering events give it. */
export interface AssetEventInfo {
  readonly asset: { readonly name: string; readonly uri: string };
  readonly extra: { readonly [key: string]: Json };
  readonly timestamp: string;
  readonly sourceDagId: string | null;
  readonly sourceTaskId: string | null;
  readonly sourceRunId: string | null;
  readonly sourceMapIndex: number | null;
}

/**
 * Reads and writes what the attempt may know of the rest of the system. The first group of methods is that of
 * Airflow's TypeScript SDK; the second is ours.
 */
export interface TaskClient extends StudyClient {
  /** Null when there is none. */
  getVariable(key: string): Promise<string | null>;
  /** @throws VariableNotFoundError */
  getVariableOrThrow(key: string): Promise<string>;
  setVariable(key: string, value: string, description?: string | null): Promise<void>;
  deleteVariable(key: string): Promise<void>;
  /** Null when nothing was pushed. Without `taskId` the running task's own value. */
  getXCom<T = unknown>(opts: GetXComOpts): Promise<T | null>;
  setXCom(opts: SetXComOpts): Promise<void>;
  getConnection(connId: string): Promise<ConnectionResult | null>;
  /** @throws ConnectionNotFoundError */
  getConnectionOrThrow(connId: string): Promise<ConnectionResult>;

  /** The values of several tasks or map indexes, in order; null where nothing was pushed. */
  pullXComs(query: Omit<XComPullOptions, "default">): Promise<unknown[]>;
  deleteXCom(key: string): Promise<void>;
  /** Resolves with the run id. */
  triggerDagRun(request: TriggerDagRunRequest): Promise<{ runId: string; alreadyExisted: boolean }>;
  getDagRun(dagId: string, runId: string): Promise<DagRunSummary | null>;
  listDagRuns(query: DagRunQuery): Promise<DagRunSummary[]>;
  /** State of each task instance by run id, then by task id (`task` or `task[3]`). */
  taskStates(
    query: TaskStatesQuery,
  ): Promise<{ [runId: string]: { [taskId: string]: TaskInstanceState | null } }>;
  getDag(dagId: string): Promise<{ dagId: string; isPaused: boolean } | null>;
  getAssetEvents(query: AssetEventsQuery): Promise<AssetEventInfo[]>;
  /** Values that the running instance keeps from try to try. */
  readonly taskStateStore: TaskStateStore;
  /** What the attempt read and made, kept with its end; `recordLineage` of `tradewind/ml` makes it. */
  recordLineage(uses: readonly LineageUse[]): void;
}

/** Of one task instance within its run: what a try sets, the next one finds. */
export interface TaskStateStore {
  /** Null where the key was never set, was deleted or has expired. */
  get<T = unknown>(key: string): Promise<T | null>;
  /** Sets or replaces. Kept for `retention` seconds, for ever with NEVER_EXPIRE, without it as `state_store.default_retention_days` says. */
  set(key: string, value: NonNullable<Json>, opts?: { readonly retention?: number }): Promise<void>;
  /** Nothing happens where the key is not there. */
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
}

/** As `retention`: the value stays until it is deleted. */
export const NEVER_EXPIRE = Number.POSITIVE_INFINITY;

/** Rows of a study, for `tradewind/ml`, which makes decisions of them. Trials are as `core/study-record.ts` writes them. */
export interface StudyClient {
  /** False when a study of that name exists. */
  createStudy(study: { name: string; directions: string[]; spec: Json }): Promise<boolean>;
  /** The trials that changed after that revision; null when there is no such study. */
  readStudy(
    name: string,
    after: number,
  ): Promise<{ id: number; revision: number; spec: Json; trials: Json[] } | null>;
  /** The new revision; null, and nothing is written, when the study is no longer at the given one. */
  writeStudy(change: { name: string; id: number; revision: number; trials: Json[] }): Promise<number | null>;
}

/** A variable that was asked for is not there. */
export class VariableNotFoundError extends Error {
  override readonly name = "VariableNotFoundError";
  readonly key: string;
  constructor(key: string) {
    super(`Variable not found: ${key}`);
    this.key = key;
  }
}

/** A connection that was asked for is not there. */
export class ConnectionNotFoundError extends Error {
  override readonly name = "ConnectionNotFoundError";
  readonly connId: string;
  constructor(connId: string) {
    super(`Connection not found: ${connId}`);
    this.connId = connId;
  }
}

interface Ambient {
  readonly context: TaskContext;
  readonly client: TaskClient;
}

/** Shared by every copy of this package in the process, since a Dag file may resolve another one. */
const storageKey = Symbol.for("tradewind.task-context");
const shared = globalThis as { [storageKey]?: AsyncLocalStorage<Ambient> };
const storage: AsyncLocalStorage<Ambient> = (shared[storageKey] ??= new AsyncLocalStorage<Ambient>());

/** Runs `body` with a context and a client; for the runtime and for tests of handlers. */
export function runWithContext<T>(context: TaskContext, client: TaskClient, body: () => T): T {
  return storage.run({ context, client }, body);
}

/**
 * The facts of the attempt that is running.
 *
 * @example
 * const { ds, tryNumber, logger } = getContext();
 * @throws TradewindError `TW_CONTEXT_MISSING` outside of a task
 */
export function getContext(): TaskContext {
  return ambient("getContext").context;
}

/**
 * The client of the attempt that is running.
 *
 * @example
 * const region = (await getClient().getVariable("region")) ?? "eu";
 * @throws TradewindError `TW_CONTEXT_MISSING` outside of a task
 */
export function getClient(): TaskClient {
  return ambient("getClient").client;
}

/** The same where there may be none: in code that runs in tasks and outside of them. */
export function runningClient(): TaskClient | null {
  return storage.getStore()?.client ?? null;
}

function ambient(name: string): Ambient {
  const found = storage.getStore();
  if (found !== undefined) return found;
  throw new TradewindError("TW_CONTEXT_MISSING", `${name}() was called outside of a running task`, {
    hint: "call it inside a handler or a callback, not while the Dag file is imported",
  });
}
