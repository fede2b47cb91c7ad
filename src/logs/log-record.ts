/**
 * One line of a task's log file: a JSON object with `time`, `level`, `logger`, `message` and whatever else the
 * writer knew, as `{"time":"2026-01-31T08:00:00.123Z","level":"info","logger":"task.stdout","message":"hello"}`.
 */
import type { Json } from "../core/dag-model.ts";
import type { LogLevel } from "../runtime/protocol.ts";

export interface LogRecord {
  /** ISO 8601 with offset. */
  time: string;
  level: LogLevel;
  /** Who wrote it: "task.stdout", "task.stderr", "task", "worker", or a name of the task's own. */
  logger: string;
  message: string;
  [field: string]: Json;
}

export const logLevels: readonly LogLevel[] = ["debug", "info", "warning", "error", "critical"];

/** The record of a line of a log file. What is no record (a line torn by a crash) becomes a message. */
export function parseLogLine(line: string): LogRecord {
  try {
    const value = JSON.parse(line) as unknown;
    if (isRecord(value)) return value;
  } catch {
    // Not JSON: shown as it is.
  }
  return { time: "", level: "info", logger: "", message: line };
}

function isRecord(value: unknown): value is LogRecord {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { time, level, logger, message } = value as Record<string, unknown>;
  return (
    typeof time === "string" &&
    typeof logger === "string" &&
    typeof message === "string" &&
    logLevels.includes(level as LogLevel)
  );
}
