/** `tradewind dags test`: one run of one Dag, now, with its progress; a scheduler is not needed. */
import type { Command } from "commander";
import type { DagSpec, Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import {
  killLocalWorker,
  localExecutorFromConfig,
  timetableHostFromConfig,
} from "../executor/from-config.ts";
import { silentLog } from "../log.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { schedulerSettings } from "../scheduler/settings.ts";
import { type DagRunRow, listDagRuns } from "../store/dag-runs.ts";
import { hasLiveScheduler, requestOf, type SchedulerRequest } from "../store/scheduler-requests.ts";
import { delay, systemClock } from "../time.ts";
import { announceResult } from "./announce-result.ts";
import { applyRequest, currentUser, notePools, triggerDag } from "./ask-scheduler.ts";
import { configuredConnections } from "./configured-connections.ts";
import { syncDagFile, syncDagsFolder } from "./dags-folder.ts";
import { currentSpec } from "./dags-read-commands.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { instantFlag, jsonFlag } from "./flags.ts";
import { catchInterrupts, type Interrupts, interruptedExitCode, underInterrupts } from "./interrupts.ts";
import { createTriggerer } from "./services.ts";
import { watchRun } from "./watch-run.ts";

interface TestFlags {
  runId?: string;
  conf?: string;
  dagfilePath?: string;
  markSuccessPattern?: string;
}

/** Tasks of an interrupted test get this long to end; then they are killed. */
const stopGraceMs = 2000;

export function addDagsTestCommand(group: Command): void {
  databaseCommand(
    group,
    "test <dag-id> [logical-date]",
    "run a Dag once, paused or not, and show its progress; the exit code says the outcome",
  )
    .option("-r, --run-id <id>", "its id; made up when not given")
    .option("-c, --conf <json>", "conf of the run, an object; params take their values from it")
    .option("-f, --dagfile-path <file>", "the file of the Dag; it may lie outside of the Dags folder")
    .option("--mark-success-pattern <regexp>", "tasks whose ids match are marked as success instead of run")
    .option("--use-executor", "tasks run in the processes of the executor, which they always do here")
    .action(testInterruptibly);
}

async function testInterruptibly(...all: unknown[]): Promise<void> {
  let endAtOnce = (): void => undefined;
  const interrupts = catchInterrupts(
    (name) => process.stderr.write(`${name}: ending the test; once more ends at once\n`),
    () => endAtOnce(),
  );
  await underInterrupts(interrupts, async () => {
    const run = onDatabase((work, args, flags: TestFlags) =>
      test(work, args, flags, {
        interrupts,
        leads: (end) => {
          endAtOnce = end;
        },
      }),
    );
    await run(...all);
    if (interrupts.signal.aborted) process.exitCode = interruptedExitCode;
  });
}

/** As in Airflow, a test of a date takes the place of that date's run, where that one has ended. */
async function replaceEarlier(work: Work, dagId: string, logicalDate: number): Promise<void> {
  const filter = { dagIds: [dagId], logicalDates: [logicalDate] };
  const [earlier] = (await listDagRuns(work.database, filter, { limit: 1 })).rows;
  if (earlier === undefined || earlier.endDate === null) return;
  work.session.note(`${earlier.runId}, the run of that date, is replaced`);
  await applyRequest(work, dagId, { kind: "delete-runs", runIds: [earlier.runId] });
}

interface Surroundings {
  readonly interrupts: Interrupts;
  /** Told what ends at once the processes that the test leads; a scheduler of somebody else's keeps its own. */
  leads(endAtOnce: () => void): void;
}

async function test(
  work: Work,
  [dagId = "", date]: string[],
  flags: TestFlags,
  { interrupts, leads }: Surroundings,
): Promise<void> {
  const { signal } = interrupts;
  if (!signal.aborted)
    await (flags.dagfilePath === undefined ? syncDagsFolder(work) : syncDagFile(work, flags.dagfilePath));
  if (signal.aborted) return;
  const spec = await currentSpec(work, dagId);
  await notePools(work, spec);
  const marked = tasksThatMatch(spec, flags.markSuccessPattern);
  if (date !== undefined) await replaceEarlier(work, dagId, instantFlag(date, "logical date"));
  const request = {
    dagId,
    runId: flags.runId,
    // As in Airflow: a test that names no date is of now, so that templates have one.
    logicalDate: date === undefined ? work.now() : instantFlag(date, "logical date"),
    conf: flags.conf === undefined ? undefined : (jsonFlag(flags.conf, "--conf") as Json),
    triggeredBy: "test" as const,
  };
  if (await hasLiveScheduler(work.database, dagId)) {
    work.session.note("a scheduler is running: it runs the test");
    const run = await triggerDag(work, request);
    await markSuccess(work, run, marked);
    if (!(await follow(work, run, signal)))
      work.session.note(`the scheduler goes on with ${run.dagId} ${run.runId}`);
    return;
  }
  leads(() => killLocalWorker(work.session.config));
  const run = await triggerDag(work, request);
  await markSuccess(work, run, marked);
  await withOwnScheduler(work, dagId, async (scheduler) => {
    if (!(await follow(work, run, signal))) await markFailed(work, scheduler, run);
  });
}

/** @throws TradewindError TW_USAGE when the pattern is no regular expression, or matches no task. */
function tasksThatMatch(spec: DagSpec, pattern: string | undefined): string[] {
  if (pattern === undefined) return [];
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw new TradewindError("TW_USAGE", `--mark-success-pattern: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const matching = spec.tasks.map((task) => task.taskId).filter((taskId) => expression.test(taskId));
  if (matching.length > 0) return matching;
  throw new TradewindError(
    "TW_USAGE",
    `--mark-success-pattern: expected one that matches a task of ${spec.dagId}, got "${pattern}"; the tasks are ${spec.tasks.map((task) => task.taskId).join(", ")}`,
  );
}

async function markSuccess(work: Work, run: DagRunRow, taskIds: readonly string[]): Promise<void> {
  if (taskIds.length === 0) return;
  const request: SchedulerRequest = {
    kind: "mark-tasks",
    runIds: [run.runId],
    tasks: taskIds.map((taskId) => ({ taskId })),
    state: "success",
  };
  const by = { now: work.now(), user: currentUser(work) };
  await work.database.transaction((tx) => requestOf(tx, run.dagId, request, by));
}

/** False when it was interrupted. */
async function follow(work: Work, run: DagRunRow, signal: AbortSignal): Promise<boolean> {
  const end = await watchRun(work, run, signal);
  if (end === "interrupted") return false;
  process.exitCode = end === "success" ? 0 : 1;
  await announceResult(work, run);
  return true;
}

/** A scheduler and a worker for this Dag alone; other Dags are left to whoever comes for them. */
async function withOwnScheduler(
  work: Work,
  dagId: string,
  follow: (scheduler: Scheduler) => Promise<void>,
): Promise<void> {
  const { session, database } = work;
  const log = silentLog();
  const timetables = timetableHostFromConfig({ config: session.config, clock: systemClock, log });
  const scheduler = await Scheduler.create({
    database,
    configuredConnections: configuredConnections(session.config),
    secrets: work.secrets(),
    environment: session.config.environment,
    executor: localExecutorFromConfig({ config: session.config, clock: systemClock, log }),
    timetables,
    clock: systemClock,
    log,
    settings: {
      ...schedulerSettings(session.config),
      useJobSchedule: false,
      onlyDags: [dagId],
      trackingUri: null,
    },
  });
  const triggerer = createTriggerer(session, database, work.secrets(), log);
  try {
    await scheduler.start();
    await triggerer.start();
    await follow(scheduler);
  } finally {
    await triggerer.stop();
    await scheduler.stop({ keepRunning: false, graceMs: stopGraceMs });
    await timetables.stop();
  }
}

/** So that the next test, or a scheduler, does not go on with a run that nobody waits for any more. */
async function markFailed(work: Work, scheduler: Scheduler, run: DagRunRow): Promise<void> {
  const { dagId, runId } = run;
  const by = { now: work.now(), user: currentUser(work) };
  const ended = scheduler.waitForRun(run.id).then(() => true);
  await work.database.transaction((tx) =>
    requestOf(tx, dagId, { kind: "mark-run", runIds: [runId], state: "failed" }, by),
  );
  const inTime = await Promise.race([ended, delay(stopGraceMs).then(() => false)]);
  work.session.note(
    inTime
      ? `${dagId} ${runId} was ended and is marked as failed`
      : `${dagId} ${runId} could not be ended in time: a scheduler goes on with it`,
  );
}
