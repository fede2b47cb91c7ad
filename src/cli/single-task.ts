/** Runs or renders one task in this process, without a scheduler and without writing anything down. */
import { randomBytes } from "node:crypto";
import type { Json } from "../core/dag-model.ts";
import { pythonSideSettings } from "../executor/from-config.ts";
import { uuid7 } from "../ids.ts";
import { loadRunnableDag } from "../runtime/dag-cache.ts";
import type { ChildRequest, CodeLocation, LogLevel, StartTask, XComValue } from "../runtime/protocol.ts";
import { runPythonAttempt } from "../runtime/python-attempt.ts";
import { type AttemptPort, type AttemptReport, runAttempt } from "../runtime/run-attempt.ts";
import type { RunnableDag } from "../runtime/runnable-dag.ts";
import { workingFolderOf } from "../scheduler/run-folder.ts";
import { answerAboutStudy } from "../scheduler/study-answers.ts";
import { type DagRunRow, findDagRun, findDagRunByLogicalDate } from "../store/dag-runs.ts";

import { resolveConnection, resolveVariable } from "../store/environment-secrets.ts";
import { readXComs } from "../store/xcoms.ts";
import { systemClock } from "../time.ts";
import { currentCode } from "./code-location.ts";
import { configuredConnections } from "./configured-connections.ts";
import { syncDagsFolder } from "./dags-folder.ts";
import type { Work } from "./database-command.ts";
import { instantFlag } from "./flags.ts";
import { findTask } from "./tasks-read-commands.ts";

export interface SingleTask {
  readonly dagId: string;
  readonly taskId: string;
  /** Logical date or id of a run, whose values are read where it exists; now when absent. */
  readonly run: string | undefined;
  readonly mapIndex: number;
  readonly params: { [name: string]: Json };
  /** Templates only; the handler does not run. */
  readonly renderOnly: boolean;
  log(level: LogLevel, message: string): void;
}

export interface SingleTaskReport extends AttemptReport {
  readonly rendered: { [field: string]: Json };
}

export async function runSingleTask(work: Work, task: SingleTask): Promise<SingleTaskReport> {
  await syncDagsFolder(work);
  const { version, code } = await currentCode(work, task.dagId);
  findTask(version.spec, task.taskId);
  const run = await existingRun(work, task);
  const start = startMessage(work, task, code, run);
  let rendered: { [field: string]: Json } = {};
  const port: AttemptPort = {
    clock: systemClock,
    cancelled: new AbortController().signal,
    mask: () => undefined,
    log: (level, message, fields) =>
      task.log(level, fields === undefined ? message : `${message} ${JSON.stringify(fields)}`),
    async request(request) {
      if (request.method === "rendered-fields.set") rendered = request.params.fields;
      return await answer(work, run, request);
    },
  };
  const report =
    code.interpreter === "node"
      ? await runInThisProcess(start, task, port)
      : await runPythonAttempt(
          task.renderOnly ? { ...start, context: { renderOnly: true } } : start,
          port,
          pythonSideSettings(work.session.config),
        );
  return { ...report, rendered };
}

async function runInThisProcess(
  start: StartTask,
  { dagId, taskId, renderOnly }: SingleTask,
  port: AttemptPort,
): Promise<AttemptReport> {
  const loaded = await loadRunnableDag(start.code, dagId);
  return await runAttempt(start, renderOnly ? withoutHandler(loaded, taskId) : loaded, port);
}

async function existingRun(work: Work, { dagId, run }: SingleTask): Promise<DagRunRow | null> {
  if (run === undefined) return null;
  const byId = await findDagRun(work.database, dagId, run);
  if (byId !== null || !/^\d{4}-\d{2}-\d{2}/.test(run)) return byId;
  return await findDagRunByLogicalDate(work.database, dagId, instantFlag(run, "logical date"));
}

function startMessage(work: Work, task: SingleTask, code: CodeLocation, run: DagRunRow | null): StartTask {
  const { config } = work.session;
  const now = new Date(work.now()).toISOString();
  const logicalDate =
    run?.logicalDate ??
    (task.run !== undefined && run === null ? instantFlag(task.run, "logical date") : work.now());
  const iso = (ms: number | null | undefined): string => new Date(ms ?? logicalDate).toISOString();
  const runId = run?.runId ?? `__tradewind_temporary_run_${now}__`;
  return {
    type: "start",
    task: {
      dagId: task.dagId,
      taskId: task.taskId,
      runId,
      mapIndex: task.mapIndex,
      tryNumber: 1,
      attemptId: uuid7(work.now(), randomBytes(16)),
      maxTries: 0,
      startDate: now,
    },
    code,
    run: {
      runType: run?.runType ?? "manual",
      logicalDate: iso(logicalDate),
      dataIntervalStart: iso(run?.dataIntervalStart),
      dataIntervalEnd: iso(run?.dataIntervalEnd),
      runAfter: iso(run?.runAfter),
      startDate: now,
      conf: run?.conf ?? {},
      partitionKey: null,
      clearNumber: 0,
      triggeredBy: "test",
    },
    xcoms: [],
    ...(task.mapIndex < 0 ? {} : { expansion: { index: task.mapIndex, total: task.mapIndex + 1 } }),
    params: task.params,
    executionTimeout: null,
    memoryLimitMb: null,
    artifactRoot: config.paths.artifacts,
    ...workingFolderOf(
      { workingDirectory: config.python.workingDirectory, runsFolder: config.paths.runs },
      code.interpreter,
      { dagId: task.dagId, runId },
    ),
    xcomInlineLimit: config.xcom.inlineLimit,
    logLevel: "debug",
  };
}

function withoutHandler(dag: RunnableDag, taskId: string): RunnableDag {
  const definition = dag.tasks.get(taskId);
  if (definition === undefined) return dag;
  const callbacks = { execute: [], success: [], failure: [], retry: [], skipped: [] };
  return {
    ...dag,
    tasks: new Map(dag.tasks).set(taskId, { ...definition, callbacks, execute: async () => undefined }),
  };
}

/** Reads come from the database; writes go nowhere but to studies, without which a trial cannot be tried. */
async function answer(work: Work, run: DagRunRow | null, request: ChildRequest): Promise<Json> {
  const sources = {
    environment: work.session.config.environment,
    executor: work.database,
    secrets: work.secrets(),
    configured: configuredConnections(work.session.config),
  };
  switch (request.method) {
    case "variable.get":
      return (await resolveVariable(sources, request.params.key))?.value ?? null;
    case "connection.get":
      return (await resolveConnection(sources, request.params.connId)) as unknown as Json;
    case "xcom.get":
      return run === null
        ? []
        : await xcomsOf(
            work,
            run,
            request.params.taskIds,
            request.params.key,
            request.params.mapIndexes ?? null,
          );
    case "study.create":
    case "study.read":
    case "study.write":
      return answerAboutStudy(work.database, request);
    case "dag.get":
    case "dag-run.get":
      return null;
    case "dag-run.list":
    case "dag.list":
    case "connection.list":
    case "pool.list":
    case "dag-run.xcoms":
    case "task-instance.list":
    case "task-instance.states":
    case "asset-events.get":
      return [];
    default:
      return null;
  }
}

async function xcomsOf(
  work: Work,
  run: DagRunRow,
  taskIds: readonly string[],
  key: string | null,
  mapIndexes: readonly number[] | null,
): Promise<Json> {
  const rows = await readXComs(work.database, { runPk: run.id, taskIds, key, mapIndexes });
  return rows.map(({ taskId, mapIndex, key: name, value, ref }) => {
    const found: XComValue = ref === null ? { json: value } : { ref: ref as never };
    return { taskId, mapIndex, key: name, value: found } as unknown as Json;
  });
}
