/** Why tasks of a run failed, from the ends of their logs: the error, where it was thrown, and the file to read. */
import { statfsSync } from "node:fs";
import { join } from "node:path";
import type { LogRecord } from "../logs/log-record.ts";
import { readLogTail } from "../logs/read-log.ts";
import { attemptLogPath } from "../scheduler/workload.ts";
import type { DagRunRow } from "../store/dag-runs.ts";
import { taskInstancesOfRun } from "../store/task-instances.ts";
import type { Work } from "./database-command.ts";

/** Bytes; a disk with less room is as good as full. */
const fullBelow = 64 * 1024;

/** More than anyone reads at the end of a run. */
const most = 10;

/** Prints a paragraph for each failed task instance of a run, the first to fail first. */
export async function announceFailures(work: Work, run: DagRunRow): Promise<void> {
  const { session } = work;
  const instances = await taskInstancesOfRun(work.database, run.id);
  const failed = instances
    .filter(({ state }) => state === "failed")
    .sort((a, b) => (a.endDate ?? 0) - (b.endDate ?? 0));
  for (const { taskId, mapIndex, tryNumber } of failed.slice(0, most)) {
    const { dagId, runId } = run;
    const path = join(
      session.config.paths.logs,
      attemptLogPath({ dagId, runId, taskId, mapIndex, tryNumber }),
    );
    const name = mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`;
    const reason = errorOf((await readLogTail(path)) ?? []) || withoutLog(session.config.paths.logs);
    session.print(`${name} failed${tryNumber > 1 ? ` on try ${tryNumber}` : ""}${reason}`);
    session.print(`    log: ${path}`);
  }
  if (failed.length > most) session.print(`… and ${failed.length - most} more failed`);
}

/** A log may be missing because nothing can be written any more; what filled the disk has often failed the task. */
function withoutLog(folder: string): string {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < fullBelow
    ? `: its log could not be written, no space left on device (${folder})`
    : ", and its log does not say why";
}

/** The last error that the task or its worker reported: message, first frame of the user's code, causes. */
function errorOf(records: readonly LogRecord[]): string {
  const error = records.findLast(
    ({ level, logger }) => level === "error" && (logger === "task" || logger === "worker"),
  );
  if (error === undefined) return "";
  const { stack, causes } = error;
  const frame =
    typeof stack === "string" ? stack.split("\n").find((line) => /^\s+at /.test(line)) : undefined;
  const chain = Array.isArray(causes)
    ? causes.map((cause) => {
        const { name, message } = cause as { name: string; message: string };
        return `\n    caused by ${name}: ${message}`;
      })
    : [];
  return `: ${error.message}${frame === undefined ? "" : `\n    ${frame.trim()}`}${chain.join("")}`;
}
