/**
 * The lines of an attempt's log that the worker writes itself: a first one when it starts, why it did not succeed,
 * and a last one with its state and time. An attempt that succeeds without a word leaves no file.
 */
import { hostname } from "node:os";
import type { Json } from "../../core/dag-model.ts";
import { assertNever } from "../../errors.ts";
import type { AttemptLog } from "../../logs/attempt-log.ts";
import type { StartTask, TaskResult } from "../../runtime/protocol.ts";
import type { EndReport } from "../link.ts";

export function writeOpening(log: AttemptLog, start: StartTask, pid: number): void {
  const { dagId, taskId, runId, mapIndex } = start.task;
  const name = `${dagId}.${taskId}${mapIndex < 0 ? "" : `[${mapIndex}]`}`;
  const verb = start.resume === undefined ? "starts" : "goes on after its deferral";
  log.opening(`${name} of run ${runId} ${verb}: ${tries(start)}, process ${pid} on ${hostname()}`);
}

/** The error with its stack and its causes, or why the task was skipped. */
export function writeOutcome(log: AttemptLog, result: TaskResult): void {
  if (result.outcome === "skipped") log.conclude("info", "task", `skipped: ${result.message}`);
  if (result.outcome !== "failed") return;
  const { name, message, code, stack, causes } = result.error;
  const head = code?.startsWith("TW_") ? `${message} [${code}]` : `${name}: ${message}`;
  log.conclude("error", "task", head, {
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
    ...(causes.length === 0 ? {} : { causes: causes as unknown as Json }),
  });
}

export function writeEnd(log: AttemptLog, start: StartTask, report: EndReport, seconds: number): void {
  const state = stateAfter(start, report);
  if (state === "success" && log.isEmpty) return;
  const { tryNumber, maxTries } = start.task;
  log.conclude("info", "worker", `${state} after ${seconds.toFixed(2)} s, ${tries(start)}`, {
    state,
    seconds,
    try_number: tryNumber,
    max_tries: maxTries + 1,
  });
}

function tries(start: StartTask): string {
  return `try ${start.task.tryNumber} of ${Math.max(start.task.tryNumber, start.task.maxTries + 1)}`;
}

/** As far as the worker knows: the scheduler decides on what has no result. */
function stateAfter(start: StartTask, report: EndReport): string {
  if (report.type === "lost") return "ended without a result";
  const { result } = report.end;
  switch (result.outcome) {
    case "success":
    case "skipped":
    case "deferred":
    case "awaiting_input":
      return result.outcome;
    case "reschedule":
      return "up_for_reschedule";
    case "failed":
      return result.retryable && start.task.tryNumber <= start.task.maxTries ? "up_for_retry" : "failed";
    default:
      return assertNever(result, "outcome");
  }
}
