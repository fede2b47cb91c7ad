/**
 * Answers what running attempts ask: values, variables, connections, other runs. Values, and runs that are started,
 * are for an attempt that a row names and that runs. What an attempt writes goes through the batch, so that it stands
 * under the same fence as its end.
 */
import type { Json } from "../core/dag-model.ts";
import type { DagRunState } from "../core/states.ts";
import { instantFromIso } from "../core/timetable/next-run.ts";
import { assertNever, TradewindError } from "../errors.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import { listAssetEvents } from "../store/asset-events.ts";
import { type DagRunRow, findDagRun, listDagRuns } from "../store/dag-runs.ts";
import { findDag } from "../store/dags.ts";
import { resolveConnection, resolveVariable } from "../store/environment-secrets.ts";
import { readStates } from "../store/task-instances.ts";
import { deleteVariable, setVariable } from "../store/variables.ts";
import type { Attempt } from "./memory.ts";
import { ReadXComs } from "./read-xcoms.ts";
import { writeDetails } from "./run-changes.ts";
import type { Services } from "./services.ts";
import { refOf, type Work } from "./work.ts";

type Params<M extends ChildRequest["method"]> = Extract<ChildRequest, { method: M }>["params"];

/** Starts a run for an attempt; wired to the scheduler's own trigger. */
export type TriggerForTask = (
  params: Params<"dag-run.trigger">,
) => Promise<{ runId: string; created: boolean }>;

const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

/** What may be asked without being a running attempt. */
export type OutsideRequest = Exclude<
  ChildRequest,
  { method: `xcom.${string}` | "rendered-fields.set" | "dag-run.trigger" }
>;

export class ExecutionService {
  readonly #services: Services;
  readonly #trigger: TriggerForTask;
  readonly #reads: ReadXComs;
  /** Resolves when memory is filled for the first time: adopted attempts may ask before. */
  readonly #ready: Promise<void>;

  constructor(services: Services, trigger: TriggerForTask, ready: Promise<void>) {
    this.#services = services;
    this.#trigger = trigger;
    this.#ready = ready;
    this.#reads = new ReadXComs(services);
  }

  /** @throws TradewindError TW_XCOM_INSTANCE when the attempt is not (any more) the one that runs. */
  async request(attemptId: string, request: ChildRequest): Promise<Json> {
    await this.#ready;
    switch (request.method) {
      case "xcom.get":
        return (await this.#reads.get(this.#attempt(attemptId), request.params)) as unknown as Json;
      case "xcom.set":
        return this.#write(attemptId, request.params.key, (work, at) => {
          const { key, value } = request.params;
          work.batch.xcoms.push({ ...at, key, value });
        });
      case "xcom.delete":
        return this.#write(attemptId, request.params.key, (work, at) => {
          work.batch.xcomDeletes.push({ ...at, key: request.params.key });
        });
      case "rendered-fields.set":
        return this.#write(attemptId, null, (work, at) => {
          const { fields, mapIndexLabel } = request.params;
          work.batch.rendered.push({ ...at, fields });
          const now = work.memory.attempts.get(attemptId);
          if (mapIndexLabel === undefined || now === undefined) return;
          writeDetails(work, now.run, now.instance, now.run.rowOf(now.instance), mapIndexLabel);
        });
      case "dag-run.trigger":
        this.#attempt(attemptId);
        return this.#trigger(request.params);
      default:
        return this.outside(request);
    }
  }

  /** Requests that have nothing to do with an attempt: triggers make them, and callbacks of runs that have ended. */
  async outside(request: OutsideRequest): Promise<Json> {
    const { database, secrets, secretSources } = this.#services;
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
      case "dag-run.get": {
        const run = await findDagRun(database, request.params.dagId, request.params.runId);
        return run === null ? null : runAnswer(run);
      }
      case "dag-run.list":
        return this.#listRuns(request.params);
      case "task-instance.states":
        return this.#states(request.params);
      case "dag.get": {
        const dag = await findDag(database, request.params.dagId);
        return dag === null ? null : { dagId: dag.dagId, isPaused: dag.isPaused };
      }
      case "asset-events.get":
        return this.#assetEvents(request.params);
      default:
        return assertNever(request, "request of a task");
    }
  }

  #attempt(attemptId: string): Attempt {
    const attempt = this.#services.engine.memory.attempts.get(attemptId);
    if (attempt?.instance.state === "running") return attempt;
    throw new TradewindError(
      "TW_XCOM_INSTANCE",
      `expected attempt ${attemptId} to run, but it is over or another one took its place`,
    );
  }

  #write(
    attemptId: string,
    key: string | null,
    apply: (work: Work, at: ReturnType<typeof refOf>) => void,
  ): Promise<null> {
    const { engine, xcoms } = this.#services;
    return new Promise((resolve, reject) => {
      let problem: unknown = null;
      engine.submit({
        name: "write of a task",
        apply: (work) => {
          const attempt = work.memory.attempts.get(attemptId);
          if (attempt?.instance.state !== "running") {
            problem = new TradewindError(
              "TW_XCOM_INSTANCE",
              `expected attempt ${attemptId} to run, but it is over`,
            );
            return;
          }
          const at = refOf(attempt.run, attempt.instance);
          if (key !== null) xcoms.forget(at.runPk, at.taskId, at.mapIndex, key);
          apply(work, at);
        },
        committed: () => (problem === null ? resolve(null) : reject(problem)),
        failed: reject,
      });
    });
  }

  async #listRuns(params: Params<"dag-run.list">): Promise<Json> {
    const { rows } = await listDagRuns(
      this.#services.database,
      {
        dagIds: [params.dagId],
        ...(params.logicalDates === undefined
          ? {}
          : { logicalDates: params.logicalDates.map(instantFromIso) }),
        ...(params.states === undefined ? {} : { states: params.states as DagRunState[] }),
      },
      { limit: params.limit ?? 100 },
    );
    return rows.map(runAnswer);
  }

  async #states(params: Params<"task-instance.states">): Promise<Json> {
    const rows = await readStates(this.#services.database, {
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
    const { rows } = await listAssetEvents(this.#services.database, filter, { limit, ascending: true });
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

function ignoreMissing(error: unknown): void {
  if (!(error instanceof TradewindError && error.code === "TW_VARIABLE_NOT_FOUND")) throw error;
}

function runAnswer(run: DagRunRow): { [key: string]: Json } {
  return {
    dagId: run.dagId,
    runId: run.runId,
    runType: run.runType,
    state: run.state,
    logicalDate: iso(run.logicalDate),
    dataIntervalStart: iso(run.dataIntervalStart),
    dataIntervalEnd: iso(run.dataIntervalEnd),
    startDate: iso(run.startDate),
    endDate: iso(run.endDate),
  };
}
