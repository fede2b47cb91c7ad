/** The log of one try: page by page, followed while it is written, and what it says of a failure. */
import type { Json } from "../../core/dag-model.ts";
import { logFileIn } from "../../logs/attempt-log.ts";
import type { LogRecord } from "../../logs/log-record.ts";
import { readLog, readLogTail } from "../../logs/read-log.ts";
import { attemptLogPath } from "../../scheduler/workload.ts";
import type { ApiParts } from "../parts.ts";
import type { LogLine, LogPage } from "./contract.ts";

export interface AttemptAt {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
}

/** @throws TradewindError TW_PROTOCOL when an id would lead out of the log folder. */
export const logFileOf = ({ config }: ApiParts, at: AttemptAt): string =>
  logFileIn(config.paths.logs, attemptLogPath(at));

export async function logPage(
  parts: ApiParts,
  at: AttemptAt,
  query: { from: number; limit: number },
): Promise<Omit<LogPage, "live">> {
  const { records, next, atEnd } = await readLog(logFileOf(parts, at), query);
  return { lines: records.map(lineOf), next, atEnd };
}

export function lineOf({ time, level, logger, message, ...fields }: LogRecord): LogLine {
  const line = { time, level, logger, message };
  return Object.keys(fields).length === 0 ? line : { ...line, fields };
}

export interface Cause {
  readonly name: string;
  readonly message: string;
  /** Of the Dag's file, where the stack names it. */
  readonly line: number | null;
}

/** The last error that the task or its worker reported. */
export async function causeOf(parts: ApiParts, at: AttemptAt): Promise<Cause | null> {
  const records = (await readLogTail(logFileOf(parts, at)).catch(() => null)) ?? [];
  const error = records.findLast(
    ({ level, logger }) =>
      (level === "error" || level === "critical") && (logger === "task" || logger === "worker"),
  );
  if (error === undefined) return null;
  const stack = typeof error["stack"] === "string" ? error["stack"] : "";
  return { name: nameOf(error["error"]), message: error.message, line: lineIn(stack) };
}

const nameOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** The first place that a stack names: "at f (file.ts:12:3)" or 'File "x.py", line 12'. */
function lineIn(stack: string): number | null {
  const python = [...stack.matchAll(/File "[^"]+", line (\d+)/g)].at(-1)?.[1];
  const node = /^\s+at .*?:(\d+):\d+\)?$/m.exec(stack)?.[1];
  const found = python ?? node;
  return found === undefined ? null : Number(found);
}
