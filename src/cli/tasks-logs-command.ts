/** `tradewind tasks logs`: what an attempt wrote, and why it failed; followed while it runs. */
import { join } from "node:path";
import type { Command } from "commander";
import pc from "picocolors";
import { finishedStates } from "../core/states.ts";
import { TradewindError } from "../errors.ts";
import { readLog } from "../logs/read-log.ts";
import { attemptLogPath } from "../scheduler/workload.ts";
import type { DagRunRow } from "../store/dag-runs.ts";
import { findVersionById } from "../store/dag-versions.ts";
import { findTaskInstance, type TaskInstanceRow, taskInstancesOfRun } from "../store/task-instances.ts";
import { delay } from "../time.ts";
import { findRun } from "./dags-read-commands.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { wholeNumber } from "./flags.ts";
import { recordText } from "./log-text.ts";
import { findTask } from "./tasks-read-commands.ts";

interface LogsFlags {
  mapIndex: string;
  try?: string;
  follow?: boolean;
}

/** Between two looks at a file that is followed. */
const lookMs = 200;
/** Records that are held at once. */
const pageSize = 10_000;

export function addTasksLogsCommand(group: Command): void {
  databaseCommand(
    group,
    "logs <dag-id> <task-id> <logical-date-or-run-id>",
    "what a task instance wrote, and why it failed",
  )
    .option("--map-index <n>", "which instance of a mapped task", "-1")
    .option("--try <n>", "which try; the newest when not given")
    .option("-f, --follow", "go on while the task runs, try after try")
    .action(onDatabase(logs));
}

interface Followed {
  readonly run: DagRunRow;
  readonly taskId: string;
  readonly mapIndex: number;
}

async function logs(
  work: Work,
  [dagId = "", taskId = "", runIdOrDate = ""]: string[],
  flags: LogsFlags,
): Promise<void> {
  const run = await findRun(work, dagId, runIdOrDate);
  const version = await findVersionById(work.database, run.versionId);
  if (version) findTask(version.spec, taskId);
  const of = { run, taskId, mapIndex: wholeNumber(flags.mapIndex, "--map-index", -1) };
  const instance = await instanceOf(work, of);
  const newest = instance?.tryNumber ?? 0;
  const first = flags.try === undefined ? Math.max(1, newest) : wholeNumber(flags.try, "--try", 1);
  if (flags.try !== undefined && first > newest)
    throw new TradewindError("TW_USAGE", `--try: expected a try from 1 to ${newest}, got ${first}`);
  if (flags.follow) return await follow(work, of, first, flags.try === undefined);
  if (newest === 0)
    return work.session.note(
      `${dagId}.${taskId} has not started: it is ${instance?.state ?? "not there yet"}`,
    );
  if ((await printFrom(work, pathOf(work, of, first), 0)) === 0)
    work.session.note(
      `try ${first} of ${dagId}.${taskId} wrote nothing; its state is ${instance?.state ?? "None"}`,
    );
}

function pathOf(work: Work, { run, taskId, mapIndex }: Followed, tryNumber: number): string {
  const { dagId, runId } = run;
  return join(work.session.config.paths.logs, attemptLogPath({ dagId, runId, taskId, mapIndex, tryNumber }));
}

async function instanceOf(work: Work, { run, taskId, mapIndex }: Followed): Promise<TaskInstanceRow | null> {
  const { dagId, runId } = run;
  const found = await findTaskInstance(work.database, { dagId, runId, taskId, mapIndex });
  if (found !== null) return found;
  const others = (await taskInstancesOfRun(work.database, run.id)).filter((one) => one.taskId === taskId);
  if (others.length === 0) return null;
  throw new TradewindError(
    "TW_TASK_NOT_FOUND",
    `expected an instance of ${dagId}.${taskId} with map index ${mapIndex}, got those from ${others[0]?.mapIndex} to ${others.at(-1)?.mapIndex}`,
    { hint: "`--map-index` chooses one" },
  );
}

/** Prints the file from a byte offset to its end; returns the offset of the end. */
async function printFrom(work: Work, path: string, from: number): Promise<number> {
  const { session } = work;
  const colours = pc.isColorSupported && process.stdout.isTTY === true;
  for (let offset = from; ; ) {
    const page = await readLog(path, { from: offset, limit: pageSize });
    for (const record of page.records)
      session.print(session.format === "json" ? JSON.stringify(record) : recordText(record, colours));
    offset = page.next;
    if (page.atEnd) return offset;
  }
}

async function follow(work: Work, of: Followed, first: number, laterTries: boolean): Promise<void> {
  let tryNumber = first;
  let offset = 0;
  for (;;) {
    // The state is asked for before the file is read: what a try wrote is in the file before its end is committed.
    const instance = await instanceOf(work, of);
    offset = await printFrom(work, pathOf(work, of, tryNumber), offset);
    const newest = instance?.tryNumber ?? 0;
    if (newest > tryNumber) {
      if (!laterTries) return;
      tryNumber++;
      offset = 0;
      continue;
    }
    if (instance !== null && finishedStates.has(instance.state)) return;
    if (!laterTries && instance?.state === "up_for_retry") return;
    await delay(lookMs);
  }
}
