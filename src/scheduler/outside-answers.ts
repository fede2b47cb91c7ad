/**
 * Answers that need no running attempt: variables, connections, states of runs and tasks, asset events. Triggers ask
 * for them, callbacks of runs that have ended, and attempts through `execution-service.ts`.
 */
import type { Json } from "../core/dag-model.ts";
import type { DagRunState } from "../core/states.ts";
import { answerKnown } from "../core/timetable/known-answers.ts";
import { instantFromIso } from "../core/timetable/next-run.ts";
import { assertNever, TradewindError } from "../errors.ts";
import type { ChildRequest, XComValue } from "../runtime/protocol.ts";
import { listAssetEvents } from "../store/asset-events.ts";
import { ChangedSubjects } from "../store/changed-subjects.ts";
import type { Database, Executor } from "../store/connect.ts";
import { deleteConnection, listConnections, putConnection } from "../store/connections.ts";
import {
  type DagRunOrder,
  type DagRunRow,
  dagRunOrders,
  findDagRun,
  listDagRuns,
} from "../store/dag-runs.ts";
import { findDag, listDags, setPaused } from "../store/dags.ts";
import { resolveConnection, resolveVariable, type SecretSources } from "../store/environment-secrets.ts";
import { notify } from "../store/notify.ts";
import { deletePool, listPoolUsage, setPool } from "../store/pools.ts";
import {
  listTaskInstances,
  readStates,
  type TaskInstanceFilter,
  type TaskInstanceRow,
} from "../store/task-instances.ts";
import { deleteVariable, setVariable } from "../store/variables.ts";
import { deleteXComs, findXComs, type XComRow } from "../store/xcoms.ts";
import { systemClock } from "../time.ts";
import { answerAboutStudy } from "./study-answers.ts";

type Params<M extends ChildRequest["method"]> = Extract<ChildRequest, { method: M }>["params"];

const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

/** Rows of an answer to a question that names no limit. */
const mostRows = 1000;

/** What may be asked without being a running attempt. */
export type OutsideRequest = Exclude<
  ChildRequest,
  {
    method:
      | `xcom.${string}`
      | `${string}-state.${string}`
      | `step-cache.${string}`
      | "rendered-fields.set"
      | "dag-run.trigger";
  }
>;

export class OutsideAnswers {
  readonly #database: Database;
  readonly #sources: SecretSources;
  readonly #news: ChangedSubjects;

  constructor(database: Database, sources: SecretSources) {
    this.#database = database;
    this.#news = new ChangedSubjects(database, systemClock);
    this.#sources = sources;
  }

  /** What a trigger asks. @throws TradewindError TW_PROTOCOL for what only attempts may. */
  async answerTrigger(request: ChildRequest): Promise<Json> {
    const { method } = request;
    if (
      /^xcom\.|-state\.|^step-cache\./.test(method) ||
      method === "rendered-fields.set" ||
      method === "dag-run.trigger"
    )
      throw new TradewindError("TW_PROTOCOL", `a trigger may not ask for ${method}`);
    return await this.answer(request as OutsideRequest);
  }

  async answer(request: OutsideRequest): Promise<Json> {
    const database = this.#database;
    const secretSources = this.#sources;
    const { secrets } = secretSources;
    switch (request.method) {
      case "variable.get":
        return (await resolveVariable(secretSources, request.params.key))?.value ?? null;
      case "variable.set": {
        const { key, value, description = null } = request.params;
        await setVariable(database, secrets, { key, value, description });
        return null;
      }
      case "variable.delete":
        await deleteVariable(database, request.params.key).catch(ignoreMissing);
        return null;
      case "connection.get":
        return (await resolveConnection(secretSources, request.params.connId)) as unknown as Json;
      case "connection.set":
        await putConnection(database, secrets, request.params);
        return null;
      case "connection.delete":
        await deleteConnection(database, request.params.connId).catch(ignoreMissing);
        return null;
      case "connection.list": {
        const found = await listConnections(database, secrets);
        return found.map(({ connId, connType, description }) => ({ connId, connType, description }));
      }
      case "dag-run.get": {
        const run = await findDagRun(database, request.params.dagId, request.params.runId);
        return run === null ? null : runAnswer(run);
      }
      case "dag-run.list":
        return this.#listRuns(request.params);
      case "dag-run.xcoms":
        return this.#listXComs(request.params);
      case "dag-run.delete-xcoms":
        return deleteXComs(database, request.params.entries);
      case "pool.list":
        return (await listPoolUsage(database)).map((pool) => ({ ...pool }));
      case "pool.set":
        return this.#changePools((tx) => setPool(tx, request.params));
      case "pool.delete":
        return this.#changePools((tx) => deletePool(tx, request.params.name));
      case "timetable":
        return answerKnown(request.params, systemClock.now());
      case "task-instance.states":
        return this.#states(request.params);
      case "task-instance.list":
        return this.#listInstances(request.params);
      case "dag.get": {
        const dag = await findDag(database, request.params.dagId);
        return dag === null ? null : { dagId: dag.dagId, isPaused: dag.isPaused };
      }
      case "dag.list": {
        const { rows } = await listDags(database, {}, { limit: mostRows });
        return rows.map(({ dagId, isPaused }) => ({ dagId, isPaused }));
      }
      case "dag.set-paused": {
        const { dagId, isPaused } = request.params;
        const changed = await setPaused(database, [dagId], isPaused);
        await notify(
          database,
          changed.map((id) => `dag:${id}`),
        );
        return null;
      }
      case "asset-events.get":
        return this.#assetEvents(request.params);
      case "study.read":
        return answerAboutStudy(database, request);
      case "study.create":
      case "study.write": {
        const answer = await answerAboutStudy(database, request);
        this.#news.changed("studies", `study:${request.params.name}`);
        return answer;
      }
      default:
        return assertNever(request, "request of a task");
    }
  }

  async #listRuns(params: Params<"dag-run.list">): Promise<Json> {
    const { rows } = await listDagRuns(
      this.#database,
      {
        ...(params.dagId === undefined ? {} : { dagIds: [params.dagId] }),
        ...(params.logicalDates === undefined
          ? {}
          : { logicalDates: params.logicalDates.map(instantFromIso) }),
        ...(params.states === undefined ? {} : { states: params.states as DagRunState[] }),
      },
      { limit: params.limit ?? mostRows, orderBy: orderOf(params.orderBy) },
    );
    return rows.map(runAnswer);
  }

  async #listXComs({ limit = mostRows, values = true, ...filter }: Params<"dag-run.xcoms">): Promise<Json> {
    const rows = await findXComs(this.#database, filter, limit);
    return rows.map(({ dagId, runId, taskId, mapIndex, key, ...row }) => {
      const value: XComValue | null = values ? valueOf(row) : null;
      const names = { dagId, runId, taskId, mapIndex, key };
      const { logicalDate, runAfter, createdAt } = row;
      const dates = { logicalDate: iso(logicalDate), runAfter: iso(runAfter), createdAt: iso(createdAt) };
      return { ...names, ...dates, value: value as Json };
    });
  }

  async #changePools(change: (tx: Executor) => Promise<unknown>): Promise<null> {
    await this.#database.transaction(async (tx) => {
      await change(tx);
      await notify(tx, ["pools"]);
    });
    return null;
  }

  async #listInstances(params: Params<"task-instance.list">): Promise<Json> {
    const { limit = mostRows, ...filter } = params;
    const { rows } = await listTaskInstances(this.#database, filter as TaskInstanceFilter, { limit });
    return rows.map(instanceAnswer);
  }

  async #states(params: Params<"task-instance.states">): Promise<Json> {
    const rows = await readStates(this.#database, {
      dagId: params.dagId,
      runIds: params.runIds ?? null,
      logicalDates: params.logicalDates?.map(instantFromIso) ?? null,
      taskIds: params.taskIds ?? null,
      taskGroupId: params.taskGroupId ?? null,
    });
    const byRun: { [runId: string]: { [taskId: string]: string | null } } = {};
    for (const { runId, taskId, mapIndex, state } of rows) {
      const name = mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`;
      byRun[runId] = { ...byRun[runId], [name]: state };
    }
    return byRun;
  }

  async #assetEvents(params: Params<"asset-events.get">): Promise<Json> {
    const { limit = 100, ...filter } = params;
    const { rows } = await listAssetEvents(this.#database, filter, { limit, ascending: true });
    return rows.map((row) => ({
      asset: { name: row.name, uri: row.uri },
      extra: row.extra,
      timestamp: new Date(row.timestamp).toISOString(),
      sourceDagId: row.sourceDagId,
      sourceTaskId: row.sourceTaskId,
      sourceRunId: row.sourceRunId,
      sourceMapIndex: row.sourceMapIndex,
    }));
  }
}

function valueOf({ value, ref }: Pick<XComRow, "value" | "ref">): XComValue {
  return ref === null ? { json: value } : { ref };
}

const missing = new Set(["TW_VARIABLE_NOT_FOUND", "TW_CONNECTION_NOT_FOUND"]);

function ignoreMissing(error: unknown): void {
  if (!(error instanceof TradewindError && missing.has(error.code))) throw error;
}

function orderOf(name: string | undefined): DagRunOrder {
  if (name === undefined) return "-run_after";
  // Handlers in TypeScript say -runAfter, Python files -run_after.
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const order = dagRunOrders.find((one) => one === snake);
  if (order !== undefined) return order;
  throw new TradewindError(
    "TW_PROTOCOL",
    `expected orderBy to be one of ${dagRunOrders.join(", ")}, got ${name}`,
  );
}

function instanceAnswer(row: TaskInstanceRow): { [key: string]: Json } {
  const { dagId, runId, taskId, mapIndex, state, tryNumber, maxTries, operator, pool, queue } = row;
  return {
    dagId,
    runId,
    taskId,
    mapIndex,
    state,
    tryNumber,
    maxTries,
    operator,
    pool,
    queue,
    logicalDate: iso(row.logicalDate),
    runAfter: iso(row.runAfter),
    startDate: iso(row.startDate),
    endDate: iso(row.endDate),
  };
}

function runAnswer(run: DagRunRow): { [key: string]: Json } {
  return {
    dagId: run.dagId,
    runId: run.runId,
    runType: run.runType,
    state: run.state,
    logicalDate: iso(run.logicalDate),
    runAfter: iso(run.runAfter),
    dataIntervalStart: iso(run.dataIntervalStart),
    dataIntervalEnd: iso(run.dataIntervalEnd),
    startDate: iso(run.startDate),
    endDate: iso(run.endDate),
  };
}
