/** `tradewind standalone` and `tradewind scheduler`: the services, until a signal ends them. */
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { setPaused } from "../store/dags.ts";
import { notify } from "../store/notify.ts";
import { loadSecrets } from "../store/secrets.ts";
import { systemClock } from "../time.ts";
import { announceResult } from "./announce-result.ts";
import type { Work } from "./database-command.ts";
import { type RunningServices, startServices } from "./services.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags } from "./session.ts";
import { triggerDag } from "./trigger-dag.ts";
import { watchRun } from "./watch-run.ts";

interface StandaloneFlags extends GlobalFlags {
  run?: string;
}

/** Tasks get this long to end when everything is stopped; then they are killed. */
const stopGraceMs = 5000;

export function addServiceCommands(root: Command): void {
  withGlobalFlags(root.command("standalone"))
    .description("everything in one: database, scheduler, worker, Dag files, triggerer")
    .option("--run <dag-id>", "unpause this Dag, run it once and show its progress")
    .action(standalone);
  withGlobalFlags(root.command("scheduler"))
    .description("a scheduler with its worker; several share one database")
    .action((flags: GlobalFlags) => serve(openSession(flags), "tradewind scheduler", async () => undefined));
}

async function standalone(flags: StandaloneFlags): Promise<void> {
  const session = openSession(flags);
  await serve(session, "tradewind standalone", async (services) => {
    session.print(
      `Tradewind is ready. Home ${session.config.home}, Dags ${session.config.paths.dagsFolder}. Ctrl-C ends it.`,
    );
    if (flags.run !== undefined) await runOnce(session, services, flags.run);
  });
}

/** Starts the services, does the work beside them, and waits for a signal. A second signal ends at once. */
async function serve(
  session: Session,
  name: string,
  beside: (services: RunningServices) => Promise<void>,
): Promise<void> {
  const signalled = signal();
  const services = await startServices(session, { name, dagFiles: true, triggerer: true });
  try {
    await Promise.race([beside(services), signalled.received]);
    const which = await signalled.received;
    session.note(`${which}: stopping; once more ends at once`);
  } finally {
    await services.stop({ keepRunning: false, graceMs: stopGraceMs });
  }
}

function signal(): { received: Promise<string> } {
  let count = 0;
  const received = new Promise<string>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const)
      process.on(name, () => {
        if (++count > 1) process.exit(130);
        resolve(name);
      });
  });
  return { received };
}

async function runOnce(session: Session, services: RunningServices, dagId: string): Promise<void> {
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
    await watchRun(work, run);
    await announceResult(work, run);
  } catch (error) {
    if (!(error instanceof TradewindError)) throw error;
    session.note(`error: ${error.message} [${error.code}]${error.hint ? `\nhint: ${error.hint}` : ""}`);
  }
}
