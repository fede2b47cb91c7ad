/** The context of one attempt, built as it is read: a handler that asks for nothing pays for nothing. */
import type { AssetExpression, DagSpec, Json, TaskSpec } from "../core/dag-model.ts";
import type { DagRunType, TriggeredBy } from "../core/states.ts";
import { TradewindError } from "../errors.ts";
import {
  type AssetIdentity,
  createOutletEvents,
  type InletEvents,
  type OutletEvents,
  type TriggeringAssetEvents,
} from "../sdk/asset-events.ts";
import { renderKey } from "../sdk/callbacks.ts";
import type {
  AssetEventInfo,
  ConnectionAccess,
  ConnectionResult,
  DagRunInfo,
  TaskContext,
  TaskInstanceInfo,
  TaskLogger,
  VariableAccess,
  XComPullOptions,
} from "../sdk/context.ts";
import { TemplateDate } from "../sdk/template-date.ts";
import { dateFilters } from "../sdk/template-filters.ts";
import type { Clock } from "../time.ts";
import type { AttemptClient } from "./attempt-client.ts";
import { inheritedEnvironment } from "./environment.ts";
import type { LogLevel, StartTask } from "./protocol.ts";
import { indexOf, type RunnableDag } from "./runnable-dag.ts";

export interface ContextParts {
  readonly start: StartTask;
  readonly dag: RunnableDag;
  readonly task: TaskSpec;
  readonly params: { readonly [name: string]: unknown };
  readonly client: AttemptClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly callPython: TaskContext["callPython"];
  readonly log: (level: LogLevel, message: string, fields?: { [key: string]: unknown }) => void;
}

export class AttemptContext implements TaskContext {
  readonly #parts: ContextParts;
  #outletEvents: OutletEvents | undefined;
  /** What the handler looked at that the step cache cannot know before it runs; kept for a cached task only. */
  #looked: { [name: string]: string | null } | null = null;
  /** Set for callbacks. */
  exception?: unknown;
  reason?: string;

  constructor(parts: ContextParts) {
    this.#parts = parts;
  }

  /** The same context for callbacks, which see what ended the attempt. */
  ended(exception: unknown, reason: string): AttemptContext {
    const copy = new AttemptContext(this.#parts);
    copy.#outletEvents = this.#outletEvents;
    copy.exception = exception;
    copy.reason = reason;
    return copy;
  }

  get dagId(): string {
    return this.#parts.start.task.dagId;
  }
  get taskId(): string {
    return this.#parts.start.task.taskId;
  }
  get runId(): string {
    const { runId } = this.#parts.start.task;
    this.#look("runId", runId);
    return runId;
  }

  /** From now on what is looked at is noted. */
  noteLooks(): void {
    this.#looked ??= {};
  }

  /** Null where nothing was noted. */
  get looked(): { readonly [name: string]: string | null } | null {
    return this.#looked;
  }

  #look(name: string, value: string | null): void {
    if (this.#looked !== null) this.#looked[name] = value;
  }
  get tryNumber(): number {
    return this.#parts.start.task.tryNumber;
  }
  get mapIndex(): number {
    return this.#parts.start.task.mapIndex;
  }
  get hasMappedDependants(): boolean {
    return indexOf(this.#parts.dag.spec).hasMappedDependants(this.taskId);
  }
  get signal(): AbortSignal {
    return this.#parts.signal;
  }
  get dag(): DagSpec {
    return this.#parts.dag.spec;
  }
  get task(): TaskSpec {
    return this.#parts.task;
  }
  get params(): { readonly [name: string]: unknown } {
    return this.#parts.params;
  }
  get conf(): { readonly [key: string]: Json } {
    const { conf } = this.#parts.start.run;
    return conf !== null && typeof conf === "object" && !Array.isArray(conf) ? conf : {};
  }
  get dagRun(): DagRunInfo {
    const { run, task } = this.#parts.start;
    this.#look("runId", task.runId);
    return {
      dagId: task.dagId,
      runId: task.runId,
      runType: run.runType as DagRunType,
      logicalDate: dateOf(run.logicalDate),
      dataIntervalStart: dateOf(run.dataIntervalStart),
      dataIntervalEnd: dateOf(run.dataIntervalEnd),
      runAfter: new Date(run.runAfter),
      startDate: dateOf(run.startDate),
      endDate: null,
      conf: this.conf,
      partitionKey: run.partitionKey,
      clearNumber: run.clearNumber,
      triggeredBy: run.triggeredBy as TriggeredBy,
      state: "running",
    };
  }
  get ti(): TaskInstanceInfo {
    return taskInstance(this, this.#parts);
  }
  get taskInstance(): TaskInstanceInfo {
    return this.ti;
  }
  get taskInstanceKeyStr(): string {
    const date = this.#parts.start.run.logicalDate;
    if (date !== null) this.#look("logicalDate", date);
    return `${this.dagId}__${this.taskId}__${date === null ? this.runId : date.slice(0, 10).replaceAll("-", "")}`;
  }

  get logicalDate(): Date {
    return this.#dated("logicalDate", this.#parts.start.run.logicalDate);
  }
  get dataIntervalStart(): Date {
    return this.#dated("dataIntervalStart", this.#parts.start.run.dataIntervalStart);
  }
  get dataIntervalEnd(): Date {
    return this.#dated("dataIntervalEnd", this.#parts.start.run.dataIntervalEnd);
  }
  get ds(): string {
    return this.#spelled("ds");
  }
  get dsNodash(): string {
    return this.#spelled("ds_nodash");
  }
  get ts(): string {
    return this.#spelled("ts");
  }
  get tsNodash(): string {
    return this.#spelled("ts_nodash");
  }
  get tsNodashWithTz(): string {
    return this.#spelled("ts_nodash_with_tz");
  }
  #spelled(name: keyof typeof dateFilters): string {
    return dateFilters[name](
      new TemplateDate(this.#dated(name, this.#parts.start.run.logicalDate).getTime()),
    );
  }
  #dated(name: string, value: string | null): Date {
    this.#look(name.startsWith("dataInterval") ? name : "logicalDate", value);
    if (value !== null) return new Date(value);
    throw new TradewindError(
      "TW_CONTEXT_NO_LOGICAL_DATE",
      `expected a run with a logical date for "${name}", run "${this.runId}" has none`,
      {
        hint: "a run that an asset or the API started without a date has none; use runAfter of the run",
      },
    );
  }

  get expandedTiCount(): number | null {
    return this.#parts.start.expansion?.total ?? null;
  }
  get mapIndexTemplate(): string | null {
    return this.#parts.task.mapIndexTemplate ?? null;
  }
  get taskRescheduleCount(): number {
    return this.#parts.start.reschedule?.count ?? 0;
  }
  get firstStart(): Date {
    return new Date(this.#parts.start.reschedule?.firstAt ?? this.#parts.start.task.startDate);
  }
  get triggerEvent(): Json | undefined {
    return this.#parts.start.resume?.event;
  }
  get inlets(): readonly AssetExpression[] {
    return this.#parts.task.inlets;
  }
  get outlets(): readonly AssetExpression[] {
    return this.#parts.task.outlets;
  }
  get inletEvents(): InletEvents {
    const { client } = this.#parts;
    return {
      of: (inlet) =>
        client.getAssetEvents(
          "aliasName" in inlet ? { alias: inlet.aliasName } : { name: inlet.name, uri: inlet.uri },
        ),
    };
  }
  get outletEvents(): OutletEvents {
    this.#outletEvents ??= createOutletEvents();
    return this.#outletEvents;
  }
  /** Undefined where the handler told nothing of its outlets. */
  get toldOutletEvents(): OutletEvents | undefined {
    return this.#outletEvents;
  }
  get triggeringAssetEvents(): TriggeringAssetEvents {
    this.#look("runId", this.#parts.start.task.runId);
    const all = (this.#parts.start.context?.["triggeringAssetEvents"] ?? []) as unknown as AssetEventInfo[];
    return {
      all: () => all,
      of: (asset: AssetIdentity) => all.filter((event) => event.asset.uri === asset.uri),
    };
  }
  get variables(): VariableAccess {
    return variableAccess(this.#parts.client);
  }
  get connections(): ConnectionAccess {
    const { client } = this.#parts;
    return {
      async get(connId, fallback): Promise<ConnectionResult> {
        if (fallback === undefined || fallback === null) return client.getConnectionOrThrow(connId);
        return (await client.getConnection(connId)) ?? fallback;
      },
    };
  }
  get logger(): TaskLogger {
    const { log } = this.#parts;
    return {
      debug: (message, fields) => log("debug", message, fields),
      info: (message, fields) => log("info", message, fields),
      warning: (message, fields) => log("warning", message, fields),
      warn: (message, fields) => log("warning", message, fields),
      error: (message, fields) => log("error", message, fields),
      critical: (message, fields) => log("critical", message, fields),
    };
  }
  get environment(): { readonly [name: string]: string | undefined } {
    const { run, task } = this.#parts.start;
    this.#look("runId", task.runId);
    const email = this.#parts.task.email?.join(",");
    return {
      ...inheritedEnvironment(),
      AIRFLOW_CTX_DAG_OWNER: this.#parts.task.owner,
      AIRFLOW_CTX_DAG_ID: task.dagId,
      AIRFLOW_CTX_TASK_ID: task.taskId,
      ...(run.logicalDate === null ? {} : { AIRFLOW_CTX_LOGICAL_DATE: run.logicalDate }),
      AIRFLOW_CTX_TRY_NUMBER: String(task.tryNumber),
      AIRFLOW_CTX_DAG_RUN_ID: task.runId,
      ...(email ? { AIRFLOW_CTX_DAG_EMAIL: email } : {}),
    };
  }
  get callPython(): TaskContext["callPython"] {
    return this.#parts.callPython;
  }
  get testMode(): boolean {
    return this.#parts.start.context?.["testMode"] === true;
  }

  /** For notifiers, whose texts are templates. */
  async [renderKey](value: unknown, field: string): Promise<unknown> {
    const { start, dag, client, clock } = this.#parts;
    const { OptionRenderer } = await import("./render-options.ts");
    return new OptionRenderer(start, dag, this, client, clock).render(value, field);
  }

  // Functions of their own, not methods, so that `const { now, sleep } = getContext()` works like every other field.
  readonly now = (): Date => new Date(this.#parts.clock.now());

  readonly sleep = (seconds: number): Promise<void> => {
    const { clock, signal } = this.#parts;
    return new Promise((resolve, reject) => {
      const refuse = () => reject(signal.reason as Error);
      if (signal.aborted) return refuse();
      const timer = clock.after(seconds * 1000, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      const abort = () => {
        timer.cancel();
        refuse();
      };
      signal.addEventListener("abort", abort, { once: true });
    });
  };
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

function taskInstance(context: AttemptContext, { start, task, client }: ContextParts): TaskInstanceInfo {
  const { dagId, taskId, mapIndex, tryNumber, maxTries, startDate } = start.task;
  return {
    dagId,
    taskId,
    get runId() {
      return context.runId;
    },
    mapIndex,
    tryNumber,
    maxTries,
    startDate: new Date(startDate),
    operator: task.operator,
    task,
    state: "running",
    get key() {
      return context.taskInstanceKeyStr;
    },
    xcomPush: (key, value) => client.setXCom({ key, value }),
    async xcomPull<T>(options: XComPullOptions = {}): Promise<T> {
      const values = await client.pullXComs(options);
      return pulled(values, options, indexOf(context.dag).tasks) as T;
    },
  };
}

/** One value for one instance, a list for several tasks or for all instances of a mapped task. */
export function pulled(
  values: unknown[],
  options: XComPullOptions,
  tasks: ReadonlyMap<string, TaskSpec>,
): unknown {
  const { taskIds, mapIndexes, default: fallback = null } = options;
  const several = Array.isArray(taskIds) || Array.isArray(mapIndexes);
  const mapped =
    typeof taskIds === "string" && typeof mapIndexes !== "number" && tasks.get(taskIds)?.mapped !== undefined;
  if (several || mapped || values.length > 1) return values;
  return values.length === 0 ? fallback : values[0];
}

function variableAccess(client: AttemptClient): VariableAccess {
  return {
    async get(key, fallback) {
      if (fallback === undefined || fallback === null) return client.getVariableOrThrow(key);
      return (await client.getVariable(key)) ?? fallback;
    },
    async getJson<T>(key: string, fallback?: T): Promise<T> {
      const text =
        fallback === undefined ? await client.getVariableOrThrow(key) : await client.getVariable(key);
      return text === null ? (fallback as T) : (JSON.parse(text) as T);
    },
    set: (key, value, description) =>
      client.setVariable(key, typeof value === "string" ? value : JSON.stringify(value), description),
    delete: (key) => client.deleteVariable(key),
  };
}
