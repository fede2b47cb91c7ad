/**
 * Answers that need no running attempt: variables, connections, states of runs and tasks, asset events. Triggers ask
 * for them, callbacks of runs that have ended, and attempts through `execution-service.ts`.
 */
import type { Json } from "../core/dag-model.ts";
import type { DagRunState } from "../core/states.ts";
import { instantFromIso } from "../core/timetable/next-run.ts";
import { assertNever, TradewindError } from "../errors.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import { listAssetEvents } from "../store/asset-events.ts";
import type { Database } from "../store/connect.ts";
import { type DagRunRow, findDagRun, listDagRuns } from "../store/dag-runs.ts";
import { findDag } from "../store/dags.ts";
import { resolveConnection, resolveVariable, type SecretSources } from "../store/environment-secrets.ts";
import { readStates } from "../store/task-instances.ts";
import { deleteVariable, setVariable } from "../store/variables.ts";
import { answerAboutStudy } from "./study-answers.ts";

type Params<M extends ChildRequest["method"]> = Extract<ChildRequest, { method: M }>["params"];

const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

/** What may be asked without being a running attempt. */
export type OutsideRequest = Exclude<
  ChildRequest,
  { method: `xcom.${string}` | "rendered-fields.set" | "dag-run.trigger" }
>;

export class OutsideAnswers {
  readonly #database: Database;
  readonly #sources: SecretSources;

  constructor(database: Database, sources: SecretSources) {
    this.#database = database;
    this.#sources = sources;
  }

  /** What a trigger asks. @throws TradewindError TW_PROTOCOL for what only attempts may. */
  async answerTrigger(request: ChildRequest): Promise<Json> {
    const { method } = request;
    if (method.startsWith("xcom.") || method === "rendered-fields.set" || method === "dag-run.trigger")
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
      case "study.create":
      case "study.read":
      case "study.write":
        return answerAboutStudy(database, request);
      default:
        return assertNever(request, "request of a task");
    }
  }

  async #listRuns(params: Params<"dag-run.list">): Promise<Json> {
    const { rows } = await listDagRuns(
      this.#database,
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
