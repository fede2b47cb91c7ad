/** What tasks can ask for, in memory: XComs, variables, connections and runs of other Dags. */

import type { TaskInstanceState } from "../core/states.ts";
import { answerKnown } from "../core/timetable/known-answers.ts";
import { assertNever } from "../errors.ts";
import type {
  AssetEventAnswer,
  ChildAnswers,
  ChildRequest,
  ConnectionAnswer,
  DagRunAnswer,
  XComValue,
} from "../runtime/protocol.ts";
import { systemClock } from "../time.ts";
import { MemoryStates } from "./memory-states.ts";
import { MemoryStudies } from "./memory-studies.ts";
import type { Json, OutletEventJson } from "./test-types.ts";

export interface WorldOptions {
  readonly variables?: { readonly [key: string]: Json };
  readonly connections?: { readonly [connId: string]: TestConnection };
  /** Runs of other Dags that tasks can find. */
  readonly dagRuns?: readonly (Partial<DagRunAnswer> & { dagId: string; runId: string; state: string })[];
  readonly assetEvents?: readonly (Partial<AssetEventAnswer> & { asset: { name: string; uri: string } })[];
}

/** A connection as a test writes it. */
export interface TestConnection {
  readonly type?: string;
  readonly host?: string;
  readonly schema?: string;
  readonly login?: string;
  readonly password?: string;
  readonly port?: number;
  readonly extra?: { readonly [key: string]: Json };
}

/** A run of another Dag that a task triggered. */
export interface TriggeredRun {
  readonly dagId: string;
  readonly runId: string;
  readonly conf: Json;
}

type XComKey = `${string}\n${number}\n${string}`;

export class MemoryWorld {
  readonly variables = new Map<string, string>();
  readonly triggered: TriggeredRun[] = [];
  readonly emitted: OutletEventJson[] = [];
  readonly rendered = new Map<string, { readonly [name: string]: Json }>();
  readonly #xcoms = new Map<XComKey, { taskId: string; mapIndex: number; key: string; value: XComValue }>();
  readonly #connections: { [connId: string]: NonNullable<WorldOptions["connections"]>[string] };
  readonly #studies = new MemoryStudies();
  readonly #stateStores = new MemoryStates();
  readonly #dagRuns: DagRunAnswer[];
  readonly #assetEvents: AssetEventAnswer[];
  readonly #states: () => { [task: string]: TaskInstanceState | null };
  readonly #dagId: string;
  readonly #runId: string;

  constructor(
    options: WorldOptions,
    run: { dagId: string; runId: string; states: () => { [task: string]: TaskInstanceState | null } },
  ) {
    for (const [key, value] of Object.entries(options.variables ?? {})) {
      this.variables.set(key, typeof value === "string" ? value : JSON.stringify(value));
    }
    this.#connections = { ...options.connections };
    this.#dagRuns = (options.dagRuns ?? []).map(asDagRun);
    this.#assetEvents = (options.assetEvents ?? []).map(asAssetEvent);
    this.#dagId = run.dagId;
    this.#runId = run.runId;
    this.#states = run.states;
  }

  setXCom(taskId: string, mapIndex: number, key: string, value: XComValue): void {
    this.#xcoms.set(`${taskId}\n${mapIndex}\n${key}`, { taskId, mapIndex, key, value });
  }

  /** A new try starts without the values of the one before. */
  clearXComs(taskId: string, mapIndex: number): void {
    for (const [name, xcom] of this.#xcoms) {
      if (xcom.taskId === taskId && xcom.mapIndex === mapIndex) this.#xcoms.delete(name);
    }
  }

  /** In the order of the map index. `wanted` null: what each instance pushed last. */
  xcoms(taskId: string, wanted: string | null): { mapIndex: number; value: XComValue }[] {
    const found = [...this.#xcoms.values()].filter(
      ({ taskId: owner, key }) => owner === taskId && (wanted === null || key === wanted),
    );
    // Without a key the last one of each instance.
    const last = new Map(found.map((xcom) => [xcom.mapIndex, xcom]));
    return [...last.values()].sort((a, b) => a.mapIndex - b.mapIndex);
  }

  keysOf(taskId: string): string[] {
    return [
      ...new Set([...this.#xcoms.values()].filter((xcom) => xcom.taskId === taskId).map(({ key }) => key)),
    ];
  }

  async answer(request: ChildRequest, asker: { taskId: string; mapIndex: number }): Promise<Json> {
    return this.#answer(request, asker) as unknown as Json;
  }

  #answer(
    request: ChildRequest,
    asker: { taskId: string; mapIndex: number },
  ): ChildAnswers[ChildRequest["method"]] {
    switch (request.method) {
      case "xcom.get":
        return this.#pull(request.params);
      case "xcom.set":
        this.setXCom(asker.taskId, asker.mapIndex, request.params.key, request.params.value);
        return null;
      case "xcom.delete":
        this.#xcoms.delete(`${asker.taskId}\n${asker.mapIndex}\n${request.params.key}`);
        return null;
      case "variable.get":
        return this.variables.get(request.params.key) ?? null;
      case "variable.set":
        this.variables.set(request.params.key, request.params.value);
        return null;
      case "variable.delete":
        this.variables.delete(request.params.key);
        return null;
      case "connection.set": {
        const { connId, connType, extra, ...rest } = request.params;
        const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
        this.#connections[connId] = {
          type: connType,
          ...given,
          ...(extra === null ? {} : { extra: JSON.parse(extra) }),
        };
        return null;
      }
      case "connection.delete":
        delete this.#connections[request.params.connId];
        return null;
      case "connection.list":
        return Object.entries(this.#connections).map(([connId, { type = "generic" }]) => ({
          connId,
          connType: type,
          description: null,
        }));
      case "connection.get":
        return this.#connection(request.params.connId);
      case "dag-run.trigger":
        return this.#trigger(request.params);
      case "dag-run.get":
        return (
          this.#dagRuns.find(
            ({ dagId, runId }) => dagId === request.params.dagId && runId === request.params.runId,
          ) ?? null
        );
      case "dag-run.list":
        return this.#list(request.params);
      case "task-instance.states":
        return this.#taskStates(request.params);
      case "task-instance.list":
      case "dag.list":
      case "pool.list":
      case "dag-run.xcoms":
        return [];
      case "dag-run.delete-xcoms":
        return 0;
      case "timetable":
        return answerKnown(request.params, systemClock.now());
      case "dag.set-paused":
      case "pool.set":
      case "pool.delete":
        return null;
      case "dag.get":
        return { dagId: request.params.dagId, isPaused: false };
      case "asset-events.get":
        return this.#assetEvents.filter(
          ({ asset }) => asset.name === request.params.name || asset.uri === request.params.uri,
        );
      case "task-state.get":
      case "task-state.set":
      case "task-state.delete":
      case "asset-state.get":
      case "asset-state.set":
      case "asset-state.delete":
        return this.#stateStores.answer(request, asker);
      case "study.create":
        return this.#studies.create(request.params);
      case "study.read":
        return this.#studies.read(request.params.name, request.params.after);
      case "study.write":
        return this.#studies.write(request.params);
      case "step-cache.look":
        return { explanation: "nothing is kept between tests", result: null };
      case "rendered-fields.set":
        this.rendered.set(keyOf(asker.taskId, asker.mapIndex), request.params.fields);
        return null;
      default:
        return assertNever(request, "request");
    }
  }

  #pull(params: Extract<ChildRequest, { method: "xcom.get" }>["params"]): ChildAnswers["xcom.get"] {
    const here =
      (params.dagId ?? this.#dagId) === this.#dagId && (params.runId ?? this.#runId) === this.#runId;
    if (!here) return [];
    return params.taskIds.flatMap((taskId) =>
      this.xcoms(taskId, params.key)
        .filter(({ mapIndex }) => params.mapIndexes == null || params.mapIndexes.includes(mapIndex))
        .map(({ mapIndex, value }) => ({ taskId, mapIndex, value })),
    );
  }

  #connection(connId: string): ConnectionAnswer | null {
    const found = Object.hasOwn(this.#connections, connId) ? this.#connections[connId] : undefined;
    if (found === undefined) return null;
    return {
      connId,
      connType: found.type ?? "generic",
      host: found.host ?? null,
      schema: found.schema ?? null,
      login: found.login ?? null,
      password: found.password ?? null,
      port: found.port ?? null,
      extra: found.extra === undefined ? null : JSON.stringify(found.extra),
      description: null,
    };
  }

  /** A triggered run counts as succeeded at once, unless the test says how it ends. */
  #trigger(
    params: Extract<ChildRequest, { method: "dag-run.trigger" }>["params"],
  ): ChildAnswers["dag-run.trigger"] {
    const { dagId, conf = null, logicalDate = null } = params;
    const runId = params.runId ?? `manual__${this.triggered.length + 1}`;
    const known = this.#dagRuns.some((run) => run.dagId === dagId && run.runId === runId);
    if (!known || params.reset === true) this.triggered.push({ dagId, runId, conf });
    if (!known) this.#dagRuns.push(asDagRun({ dagId, runId, state: "success", logicalDate }));
    return { runId, created: !known };
  }

  #list(params: Extract<ChildRequest, { method: "dag-run.list" }>["params"]): DagRunAnswer[] {
    const found = this.#dagRuns.filter(
      (run) =>
        (params.dagId === undefined || run.dagId === params.dagId) &&
        (params.states === undefined || params.states.includes(run.state)) &&
        (params.logicalDates === undefined ||
          params.logicalDates.some((date) => sameInstant(date, run.logicalDate))),
    );
    return found.slice(0, params.limit ?? found.length);
  }

  #taskStates(
    params: Extract<ChildRequest, { method: "task-instance.states" }>["params"],
  ): ChildAnswers["task-instance.states"] {
    if (params.dagId !== this.#dagId) {
      return Object.fromEntries(this.#list({ dagId: params.dagId }).map((run) => [run.runId, {}]));
    }
    const wanted = Object.entries(this.#states()).filter(
      ([task]) => params.taskIds === undefined || params.taskIds.includes(task.replace(/\[\d+\]$/, "")),
    );
    return { [this.#runId]: Object.fromEntries(wanted) };
  }
}

/** `task`, or `task[3]` for an instance of a mapped task. */
export function keyOf(taskId: string, mapIndex: number): string {
  return mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`;
}

function sameInstant(one: string, other: string | null): boolean {
  return other !== null && Date.parse(one) === Date.parse(other);
}

function asDagRun(run: NonNullable<WorldOptions["dagRuns"]>[number]): DagRunAnswer {
  return {
    runType: "manual",
    logicalDate: null,
    runAfter: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    startDate: null,
    endDate: null,
    ...run,
  };
}

function asAssetEvent(event: NonNullable<WorldOptions["assetEvents"]>[number]): AssetEventAnswer {
  return {
    extra: {},
    timestamp: new Date(0).toISOString(),
    sourceDagId: null,
    sourceTaskId: null,
    sourceRunId: null,
    sourceMapIndex: null,
    ...event,
  };
}
