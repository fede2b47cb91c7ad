/** `tradewind dags test`: one run of one Dag, now, with its progress; a scheduler is not needed. */
import type { Command } from "commander";
import type { Json } from "../core/dag-model.ts";
import { killLocalWorker, localExecutorFromConfig } from "../executor/from-config.ts";
import { silentLog } from "../log.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { schedulerSettings } from "../scheduler/settings.ts";
import type { DagRunRow } from "../store/dag-runs.ts";
import { hasLiveScheduler, requestOf } from "../store/scheduler-requests.ts";
import { delay, systemClock } from "../time.ts";
import { announceResult } from "./announce-result.ts";
import { configuredConnections } from "./configured-connections.ts";
import { syncDagsFolder } from "./dags-folder.ts";
import { currentSpec } from "./dags-read-commands.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { instantFlag, jsonFlag } from "./flags.ts";
import { catchInterrupts, type Interrupts, interruptedExitCode, underInterrupts } from "./interrupts.ts";
import { createTriggerer } from "./services.ts";
import { currentUser, notePools, triggerDag } from "./trigger-dag.ts";
import { watchRun } from "./watch-run.ts";

interface TestFlags {
  runId?: string;
  conf?: string;
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
  if (!signal.aborted) await syncDagsFolder(work);
  if (signal.aborted) return;
  await notePools(work, await currentSpec(work, dagId));
  const request = {
    dagId,
    runId: flags.runId,
    logicalDate: date === undefined ? undefined : instantFlag(date, "logical date"),
    conf: flags.conf === undefined ? undefined : (jsonFlag(flags.conf, "--conf") as Json),
    triggeredBy: "test" as const,
  };
  if (await hasLiveScheduler(work.database, dagId)) {
    work.session.note("a scheduler is running: it runs the test");
    const run = await triggerDag(work, request);
    if (!(await follow(work, run, signal)))
      work.session.note(`the scheduler goes on with ${run.dagId} ${run.runId}`);
    return;
  }
  leads(() => killLocalWorker(work.session.config));
  const run = await triggerDag(work, request);
  await withOwnScheduler(work, dagId, async (scheduler) => {
    if (!(await follow(work, run, signal))) await markFailed(work, scheduler, run);
  });
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
  const scheduler = await Scheduler.create({
    database,
    configuredConnections: configuredConnections(session.config),
    secrets: work.secrets(),
    environment: session.config.environment,
    executor: localExecutorFromConfig({ config: session.config, clock: systemClock, log }),
    clock: systemClock,
    log,
    settings: { ...schedulerSettings(session.config), useJobSchedule: false, onlyDags: [dagId] },
  });
  const triggerer = createTriggerer(session, database, work.secrets(), log);
  try {
    await scheduler.start();
    await triggerer.start();
    await follow(scheduler);
  } finally {
    await triggerer.stop();
    await scheduler.stop({ keepRunning: false, graceMs: stopGraceMs });
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
