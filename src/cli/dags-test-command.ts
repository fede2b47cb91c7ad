/** `tradewind dags test`: one run of one Dag, now, with its progress; a scheduler is not needed. */
import type { Command } from "commander";
import type { Json } from "../core/dag-model.ts";
import { localExecutorFromConfig } from "../executor/from-config.ts";
import { silentLog } from "../log.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { schedulerSettings } from "../scheduler/settings.ts";
import type { DagRunRow } from "../store/dag-runs.ts";
import { hasLiveScheduler } from "../store/scheduler-requests.ts";
import { systemClock } from "../time.ts";
import { announceResult } from "./announce-result.ts";
import { syncDagsFolder } from "./dags-folder.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { instantFlag, jsonFlag } from "./flags.ts";
import { createTriggerer } from "./services.ts";
import { triggerDag } from "./trigger-dag.ts";
import { watchRun } from "./watch-run.ts";

interface TestFlags {
  conf?: string;
}

export function addDagsTestCommand(group: Command): void {
  databaseCommand(
    group,
    "test <dag-id> [logical-date]",
    "run a Dag once, paused or not, and show its progress; the exit code says the outcome",
  )
    .option("-c, --conf <json>", "conf of the run, an object; params take their values from it")
    .action(onDatabase(test));
}

async function test(work: Work, [dagId = "", date]: string[], flags: TestFlags): Promise<void> {
  await syncDagsFolder(work);
  const request = {
    dagId,
    logicalDate: date === undefined ? undefined : instantFlag(date, "logical date"),
    conf: flags.conf === undefined ? undefined : (jsonFlag(flags.conf, "--conf") as Json),
    triggeredBy: "test" as const,
  };
  if (await hasLiveScheduler(work.database, dagId)) {
    work.session.note("a scheduler is running: it runs the test");
    return await follow(work, await triggerDag(work, request));
  }
  const run = await triggerDag(work, request);
  await withOwnScheduler(work, dagId, () => follow(work, run));
}

async function follow(work: Work, run: DagRunRow): Promise<void> {
  process.exitCode = await watchRun(work, run);
  await announceResult(work, run);
}

/** A scheduler and a worker for this Dag alone; other Dags are left to whoever comes for them. */
async function withOwnScheduler(work: Work, dagId: string, follow: () => Promise<void>): Promise<void> {
  const { session, database } = work;
  const log = silentLog();
  const scheduler = await Scheduler.create({
    database,
    secrets: work.secrets(),
    environment: session.config.environment,
    executor: localExecutorFromConfig({ config: session.config, clock: systemClock, log }),
    clock: systemClock,
    log,
    settings: { ...schedulerSettings(session.config), useJobSchedule: false, onlyDags: [dagId] },
  });
  const triggerer = createTriggerer(session, database, scheduler, work.secrets(), log);
  await scheduler.start();
  await triggerer.start();
  const interrupted = new Promise<void>((resolve) => process.once("SIGINT", resolve));
  try {
    await Promise.race([follow(), interrupted.then(() => abandon(work))]);
  } finally {
    await triggerer.stop();
    await scheduler.stop({ keepRunning: false, graceMs: 2000 });
  }
}

async function abandon(work: Work): Promise<void> {
  work.session.note("interrupted: the run stays as it is, and a scheduler would go on with it");
  process.exitCode = 130;
}
