/** `tradewind standalone`, `scheduler` and `dag-processor`: services, until a signal ends them. */
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { killLocalWorker } from "../executor/from-config.ts";
import { setPaused } from "../store/dags.ts";
import { notify } from "../store/notify.ts";
import { loadSecrets } from "../store/secrets.ts";
import { systemClock } from "../time.ts";
import { announceResult } from "./announce-result.ts";
import { type ApiFlags, announceFirstAdmin, apiSettings, withApiFlags } from "./api-server-command.ts";
import { triggerDag } from "./ask-scheduler.ts";
import { type DaemonFlags, wentToBackground, withDaemonFlag } from "./daemon.ts";
import type { Work } from "./database-command.ts";
import { wholeNumber } from "./flags.ts";
import { giveBackStartMemory } from "./idle-memory.ts";
import { catchInterrupts, interruptedExitCode, underInterrupts } from "./interrupts.ts";
import { loopsOf } from "./scheduler-loops.ts";
import { type RunningServices, type ServiceParts, startServices } from "./services.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags } from "./session.ts";
import { watchRun } from "./watch-run.ts";

interface StandaloneFlags extends GlobalFlags, ApiFlags {
  run?: string;
}

interface SchedulerFlags extends GlobalFlags, DaemonFlags {
  numRuns: string;
  onlyIdle?: boolean;
  dagProcessor: boolean;
  triggerer: boolean;
}

/** Tasks get this long to end when everything is stopped; then they are killed. */
const stopGraceMs = 5000;

export function addServiceCommands(root: Command): void {
  withApiFlags(withGlobalFlags(root.command("standalone")))
    .description("everything in one: database, scheduler, worker, Dag files, triggerer, web page and APIs")
    .option("--run <dag-id>", "unpause this Dag, run it once and show its progress")
    .action(standalone);
  withDaemonFlag(withGlobalFlags(root.command("scheduler")))
    .description("a scheduler with its worker; several share one database")
    .option("-n, --num-runs <n>", "end after so many loops; -1 is never", "-1")
    .option("-i, --only-idle", "of --num-runs count only loops that find no run to work on")
    .option("--no-dag-processor", "Dag files are imported by a `dag-processor` of its own")
    .option("--no-triggerer", "deferred tasks are left to a `triggerer` of its own")
    .action(scheduler);
}

async function standalone(flags: StandaloneFlags): Promise<void> {
  const session = openSession(flags, apiSettings(flags));
  const parts = { name: "tradewind standalone", dagFiles: true, triggerer: true, api: true };
  await serve(session, parts, async (services, signal) => {
    session.print(
      `Tradewind is ready at ${services.api?.address}. Home ${session.config.home}, Dags ${session.config.paths.dagsFolder}. Ctrl-C ends it.`,
    );
    announceFirstAdmin(session, services.api?.firstAdmin ?? null);
    if (flags.run !== undefined) await runOnce(session, services, flags.run, signal);
    return "stay";
  });
}

async function scheduler(flags: SchedulerFlags): Promise<void> {
  const session = openSession(flags);
  if (wentToBackground(flags, "scheduler")) return;
  const loops = wholeNumber(flags.numRuns, "--num-runs", -1);
  const parts = {
    name: "tradewind scheduler",
    dagFiles: flags.dagProcessor,
    triggerer: flags.triggerer,
  };
  await serve(session, parts, async (services, signal) => {
    if (loops < 0) return "stay";
    await loopsOf(services.scheduler, { count: loops, onlyIdle: flags.onlyIdle ?? false }, signal);
    return "end";
  });
}

/** Starts the services and does the work beside them; they stay until a signal, or end with the work. */
async function serve(
  session: Session,
  parts: ServiceParts,
  beside: (services: RunningServices, signal: AbortSignal) => Promise<"stay" | "end">,
): Promise<void> {
  const interrupts = catchInterrupts(
    (name) => session.note(`${name}: stopping; once more ends at once`),
    () => killLocalWorker(session.config),
  );
  await underInterrupts(interrupts, async () => {
    const services = await startServices(session, parts);
    giveBackStartMemory();
    try {
      // A service ends by a signal, as it should; work that it was asked for is interrupted.
      const { signal } = interrupts;
      const next = await Promise.race([
        signal.aborted ? "aborted" : beside(services, signal),
        interrupts.received,
      ]);
      if (next === "stay") await interrupts.received;
      else if (next !== "end") process.exitCode = interruptedExitCode;
    } finally {
      await services.stop({ keepRunning: false, graceMs: stopGraceMs });
    }
  });
}

async function runOnce(
  session: Session,
  services: RunningServices,
  dagId: string,
  signal: AbortSignal,
): Promise<void> {
  const { database } = services.store;
  const work: Work = {
    session,
    database,
    secrets: () => loadSecrets(session.config.paths.secretKey),
    now: () => systemClock.now(),
  };
  try {
    if ((await setPaused(database, [dagId], false)).length > 0) await notify(database, [`dag:${dagId}`]);
    const run = await triggerDag(work, { dagId });
    const end = await watchRun(work, run, signal);
    if (end !== "interrupted") await announceResult(work, run);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof TradewindError)) throw error;
    session.note(`error: ${error.message} [${error.code}]${error.hint ? `\nhint: ${error.hint}` : ""}`);
  }
}
