/** The client of one attempt: what a handler asks, as requests to the supervisor. */
import type { Json } from "../core/dag-model.ts";
import type { LineageUse } from "../core/lineage.ts";
import { TradewindError } from "../errors.ts";
import {
  type AssetEventInfo,
  type AssetEventsQuery,
  ConnectionNotFoundError,
  type ConnectionResult,
  type DagRunQuery,
  type DagRunSummary,
  type GetXComOpts,
  type SetXComOpts,
  type TaskClient,
  type TaskStateStore,
  type TaskStatesQuery,
  type TriggerDagRunRequest,
  VariableNotFoundError,
  type XComPullOptions,
} from "../sdk/context.ts";
import { systemClock } from "../time.ts";
import { connectionFromEnvironment, variableFromEnvironment } from "./environment.ts";
import type { ChildAnswers, ChildRequest, ConnectionAnswer, TaskCoordinates, XComValue } from "./protocol.ts";
import { isSensitive, secretsOf } from "./secret-names.ts";
import { decodeValue, encodeValue, type ValueStore } from "./xcom-values.ts";

/** Null for ever. @param retention Seconds. */
function expiryOf(retention: number): string | null {
  return Number.isFinite(retention) ? new Date(systemClock.now() + retention * 1000).toISOString() : null;
}

export interface ClientPort {
  request(request: ChildRequest): Promise<Json>;
  /** Hides these values in every later log line. */
  mask(values: string[]): void;
}

export class AttemptClient implements TaskClient {
  readonly #port: ClientPort;
  readonly #store: ValueStore;
  /** Pushed by this attempt: others see them at once, too, and its end names them once more. */
  readonly pushed = new Map<string, XComValue>();
  /** What the handler told of data and models; committed with its end. */
  readonly uses: LineageUse[] = [];

  constructor(port: ClientPort, store: ValueStore) {
    this.#port = port;
    this.#store = store;
  }

  get #task(): TaskCoordinates {
    return this.#store.task;
  }

  async #ask<M extends ChildRequest["method"]>(
    method: M,
    params: Extract<ChildRequest, { method: M }>["params"],
  ): Promise<ChildAnswers[M]> {
    return (await this.#port.request({ method, params } as ChildRequest)) as ChildAnswers[M];
  }

  async getVariable(key: string): Promise<string | null> {
    const value = variableFromEnvironment(key) ?? (await this.#ask("variable.get", { key }));
    if (value !== null && isSensitive(key)) this.#port.mask([value]);
    return value;
  }

  async getVariableOrThrow(key: string): Promise<string> {
    const value = await this.getVariable(key);
    if (value === null) throw new VariableNotFoundError(key);
    return value;
  }

  async setVariable(key: string, value: string, description?: string | null): Promise<void> {
    await this.#ask("variable.set", { key, value, ...(description ? { description } : {}) });
  }

  async deleteVariable(key: string): Promise<void> {
    await this.#ask("variable.delete", { key });
  }

  async getConnection(connId: string): Promise<ConnectionResult | null> {
    const found: ConnectionAnswer | null =
      connectionFromEnvironment(connId) ?? (await this.#ask("connection.get", { connId }));
    if (found === null) return null;
    const secrets = secretsOf(found);
    if (secrets.length > 0) this.#port.mask(secrets);
    const { connId: id, connType: type, ...rest } = found;
    return { id, type, ...rest };
  }

  async getConnectionOrThrow(connId: string): Promise<ConnectionResult> {
    const found = await this.getConnection(connId);
    if (found === null) throw new ConnectionNotFoundError(connId);
    return found;
  }

  async getXCom<T = unknown>(opts: GetXComOpts): Promise<T | null> {
    const { key, taskId = this.#task.taskId, dagId, runId, mapIndex, includePriorDates } = opts;
    const own = taskId === this.#task.taskId && (mapIndex ?? this.#task.mapIndex) === this.#task.mapIndex;
    const values = await this.pullXComs({
      taskIds: [taskId],
      key,
      ...(dagId === undefined ? {} : { dagId }),
      ...(runId === undefined ? {} : { runId }),
      ...(includePriorDates === undefined ? {} : { includePriorDates }),
      mapIndexes: mapIndex ?? (own ? this.#task.mapIndex : null),
    });
    return (values[0] ?? null) as T | null;
  }

  async setXCom({ key, value, ...where }: SetXComOpts): Promise<void> {
    const { dagId = this.#task.dagId, runId = this.#task.runId, taskId = this.#task.taskId } = where;
    if (dagId !== this.#task.dagId || runId !== this.#task.runId || taskId !== this.#task.taskId) {
      throw new TradewindError(
        "TW_XCOM_VALUE",
        `expected to push a value of the running task "${this.#task.taskId}", got task "${taskId}" of Dag "${dagId}"`,
        {
          hint: "a task can push only its own values",
        },
      );
    }
    if (value === undefined)
      throw new TradewindError("TW_XCOM_VALUE", `expected a value for the key "${key}", got undefined`);
    const encoded = await encodeValue(value, key, `the value of the key "${key}"`, this.#store);
    this.pushed.set(key, encoded);
    // A scheduler that cannot write now gets it with the attempt's end.
    await this.#ask("xcom.set", { key, value: encoded }).catch(() => undefined);
  }

  async pullXComs(query: Omit<XComPullOptions, "default">): Promise<unknown[]> {
    const { taskIds = this.#task.taskId, key = "return_value", mapIndexes, ...rest } = query;
    const ids = typeof taskIds === "string" ? [taskIds] : [...taskIds];
    const elsewhere = rest.dagId !== undefined && rest.dagId !== this.#task.dagId;
    const own = ids.length === 1 && ids[0] === this.#task.taskId && !elsewhere && rest.runId === undefined;
    const mine = own ? this.pushed.get(key) : undefined;
    if (mine !== undefined) return [await decodeValue(mine)];
    const indexes = mapIndexes === undefined && own ? this.#task.mapIndex : mapIndexes;
    const answers = await this.#ask("xcom.get", {
      ...rest,
      taskIds: ids,
      key,
      mapIndexes:
        indexes === undefined || indexes === null
          ? null
          : typeof indexes === "number"
            ? [indexes]
            : [...indexes],
    });
    return Promise.all(answers.map(({ value }) => decodeValue(value)));
  }

  async deleteXCom(key: string): Promise<void> {
    this.pushed.delete(key);
    await this.#ask("xcom.delete", { key });
  }

  async triggerDagRun(request: TriggerDagRunRequest): Promise<{ runId: string; alreadyExisted: boolean }> {
    const { logicalDate, ...rest } = request;
    const { runId, created } = await this.#ask("dag-run.trigger", {
      ...rest,
      ...(logicalDate === undefined
        ? {}
        : { logicalDate: logicalDate instanceof Date ? logicalDate.toISOString() : logicalDate }),
    });
    return { runId, alreadyExisted: !created };
  }

  async getDagRun(dagId: string, runId: string): Promise<DagRunSummary | null> {
    return (await this.#ask("dag-run.get", { dagId, runId })) as DagRunSummary | null;
  }

  async listDagRuns(query: DagRunQuery): Promise<DagRunSummary[]> {
    const { logicalDates, states, ...rest } = query;
    const params = {
      ...rest,
      ...(logicalDates === undefined ? {} : { logicalDates: [...logicalDates] }),
      ...(states === undefined ? {} : { states: [...states] }),
    };
    return (await this.#ask("dag-run.list", params)) as DagRunSummary[];
  }

  async taskStates(query: TaskStatesQuery): ReturnType<TaskClient["taskStates"]> {
    const { dagId, runIds, logicalDates, taskIds, taskGroupId } = query;
    const params = {
      dagId,
      ...(runIds === undefined ? {} : { runIds: [...runIds] }),
      ...(logicalDates === undefined ? {} : { logicalDates: [...logicalDates] }),
      ...(taskIds === undefined ? {} : { taskIds: [...taskIds] }),
      ...(taskGroupId === undefined ? {} : { taskGroupId }),
    };
    return (await this.#ask("task-instance.states", params)) as Awaited<ReturnType<TaskClient["taskStates"]>>;
  }

  getDag(dagId: string): Promise<{ dagId: string; isPaused: boolean } | null> {
    return this.#ask("dag.get", { dagId });
  }

  getAssetEvents(query: AssetEventsQuery): Promise<AssetEventInfo[]> {
    return this.#ask("asset-events.get", query);
  }

  readonly taskStateStore: TaskStateStore = {
    get: async <T>(key: string) => (await this.#ask("task-state.get", { key })) as T | null,
    set: async (key, value, { retention } = {}) => {
      await this.#ask("task-state.set", {
        key,
        value,
        ...(retention === undefined ? {} : { expiresAt: expiryOf(retention) }),
      });
    },
    delete: async (key) => {
      await this.#ask("task-state.delete", { key });
    },
    clear: async () => {
      await this.#ask("task-state.delete", {});
    },
  };

  recordLineage(uses: readonly LineageUse[]): void {
    this.uses.push(...uses);
  }

  createStudy(study: { name: string; directions: string[]; spec: Json }): Promise<boolean> {
    return this.#ask("study.create", study);
  }

  readStudy(name: string, after: number): Promise<ChildAnswers["study.read"]> {
    return this.#ask("study.read", { name, after });
  }

  writeStudy(change: { name: string; id: number; revision: number; trials: Json[] }): Promise<number | null> {
    return this.#ask("study.write", change);
  }
}
