/** What is said of an attempt that its process could not report itself. */
import { TradewindError } from "../../errors.ts";
import type { TaskResult } from "../../runtime/protocol.ts";
import type { ProcessExit } from "./task-process.ts";

/** A failure that the worker found. What the same code will do again on every try is not retried. */
export function failedResult(error: Error): TaskResult {
  const code = error instanceof TradewindError ? error.code : undefined;
  const hint = error instanceof TradewindError && error.hint !== undefined ? ` ${error.hint}` : "";
  return {
    outcome: "failed",
    retryable: code !== "TW_RUN_AS_USER" && code !== "TW_POOL_DEVICES",
    error: {
      name: error.name,
      message: `${error.message}${hint === "" ? "" : `.${hint}`}`,
      ...(code === undefined ? {} : { code }),
      causes: [],
    },
  };
}

/** One sentence on how a process ended without a result. */
export function describeExit(exit: ProcessExit, memoryLimitMb: number | null): string {
  const how =
    exit.error !== null
      ? exit.error.message
      : exit.signal !== null
        ? `signal ${exit.signal}`
        : `exit code ${exit.code ?? "unknown"}`;
  const last = exit.lastError === "" ? "" : `; its last line on standard error: ${exit.lastError}`;
  if (exit.lastError.includes("heap out of memory")) {
    const limit = memoryLimitMb === null ? "" : ` (memory limit ${memoryLimitMb} MiB)`;
    return `the task's process ran out of JavaScript heap memory${limit} and ended with ${how}`;
  }
  if (!exit.ready) return `the task's process ended before it was ready, with ${how}${last}`;
  const killed =
    exit.signal === "SIGKILL" ? " (killed by another process, or by the system when memory ran out)" : "";
  return `the task's process ended without a result, with ${how}${killed}${last}`;
}
