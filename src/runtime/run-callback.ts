/**
 * Callbacks that run in a process of their own: of a Dag (success, failure, deadline) when its run has ended, of a
 * task whose process did not live to call them.
 * The message's context has `run` (as a start message has it), `task` (the coordinates of the instance that
 * stands for the run: the one that failed last, say), `params` over the Dag's defaults, `reason` and for failures
 * `exception`.
 */
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { runWithContext } from "../sdk/context.ts";
import type { Callback } from "../sdk/task.ts";
import { AttemptClient } from "./attempt-client.ts";
import { AttemptContext } from "./attempt-context.ts";
import type { StartTask, SupervisorMessage } from "./protocol.ts";
import type { AttemptPort } from "./run-attempt.ts";
import { indexOf, type RunnableDag } from "./runnable-dag.ts";
import { mergeParams } from "./task-params.ts";

type RunCallback = Extract<SupervisorMessage, { type: "run-callback" }>;

/** Calls all callbacks of the kind; rejects with an AggregateError when some failed, after all were called. */
export async function runDagCallback(
  message: RunCallback,
  dag: RunnableDag,
  port: AttemptPort,
): Promise<void> {
  const callbacks = callbacksOf(message, dag);
  const given = message.context as { [name: string]: Json };
  const start = startOf(message, given);
  const task = indexOf(dag.spec).tasks.get(start.task.taskId) ?? dag.spec.tasks[0];
  if (!task) return;
  const store = { artifactRoot: start.artifactRoot, inlineLimit: start.xcomInlineLimit, task: start.task };
  const client = new AttemptClient(port, store);
  const context = new AttemptContext({
    start,
    dag,
    task,
    params: await mergeParams(
      dag.spec.params,
      `Dag "${message.dagId}"`,
      dag.paramSchemas,
      given["params"] ?? {},
      start.run.conf,
    ),
    client,
    clock: port.clock,
    signal: port.cancelled,
    callPython: () =>
      Promise.reject(new TradewindError("TW_CALLBACK", "a callback cannot call a function of dag.python()")),
    log: (level, text, fields) => port.log(level, text, fields),
  }).ended(errorOf(given["exception"]), typeof given["reason"] === "string" ? given["reason"] : "");
  const failures: unknown[] = [];
  for (const callback of callbacks) {
    try {
      await runWithContext(context, client, () => callback(context));
    } catch (error) {
      failures.push(error);
    }
  }
  await mail(message, context, client).catch((error: unknown) => failures.push(error));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new AggregateError(failures, `${failures.length} callbacks of Dag "${message.dagId}" failed`);
}

function callbacksOf(message: RunCallback, dag: RunnableDag): readonly Callback[] {
  if (message.callback === "success" || message.callback === "failure")
    return dag.callbacks[message.callback];
  // Listeners are of Python.
  if ("listener" in message.callback) return [];
  if ("task" in message.callback) {
    const { taskId = "" } = ((message.context as { task?: { taskId?: string } }).task ?? {}) as {
      taskId?: string;
    };
    return dag.tasks.get(taskId)?.callbacks[message.callback.task] ?? [];
  }
  const callback = dag.deadlineCallbacks[message.callback.deadline];
  if (callback) return [callback];
  throw new TradewindError(
    "TW_INTERNAL",
    `Dag "${message.dagId}" has no deadline callback number ${message.callback.deadline}`,
  );
}

/** About a failure that the task's own process could not tell. */
async function mail(message: RunCallback, context: AttemptContext, client: AttemptClient): Promise<void> {
  const what =
    typeof message.callback === "object" && "task" in message.callback ? message.callback.task : null;
  if (what !== "failure" && what !== "retry") return;
  const { task } = context;
  if (!task.email?.length || !(what === "retry" ? task.emailOnRetry : task.emailOnFailure)) return;
  const { mailAboutFailure } = await import("./failure-mail.ts");
  await runWithContext(context, client, () => mailAboutFailure(context, what === "retry"));
}

function startOf(message: RunCallback, given: { [name: string]: Json }): StartTask {
  const task = (given["task"] ?? {}) as Partial<StartTask["task"]>;
  const run = (given["run"] ?? {}) as Partial<StartTask["run"]>;
  const runId = typeof given["runId"] === "string" ? given["runId"] : "";
  const noon = new Date(0).toISOString();
  return {
    type: "start",
    task: {
      dagId: message.dagId,
      taskId: "",
      runId,
      mapIndex: -1,
      tryNumber: 1,
      attemptId: "callback",
      maxTries: 0,
      startDate: run.startDate ?? noon,
      ...task,
    },
    code: message.code,
    run: {
      runType: "manual",
      logicalDate: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      runAfter: noon,
      startDate: null,
      conf: {},
      partitionKey: null,
      clearNumber: 0,
      triggeredBy: "cli",
      ...run,
    },
    xcoms: [],
    params: {},
    executionTimeout: null,
    memoryLimitMb: null,
    artifactRoot: "",
    xcomInlineLimit: Number.MAX_SAFE_INTEGER,
    logLevel: "info",
    context: given,
  };
}

function errorOf(exception: Json | undefined): Error | undefined {
  return typeof exception === "string" ? new Error(exception) : undefined;
}
