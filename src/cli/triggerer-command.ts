/** `tradewind triggerer` and `tradewind dag-processor`: parts of a scheduler in a process of their own. */
import type { Command } from "commander";
import { loadSecrets } from "../store/secrets.ts";
import { type DaemonFlags, wentToBackground, withDaemonFlag } from "./daemon.ts";
import { createDagProcessor } from "./dags-folder.ts";
import { type OpenedStore, openStore } from "./database-command.ts";
import { wholeNumber } from "./flags.ts";
import { makeHomeFolders, makeWritable } from "./home-folders.ts";
import { catchInterrupts, underInterrupts } from "./interrupts.ts";
import { keepJob } from "./kept-job.ts";
import { createTriggerer } from "./services.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags } from "./session.ts";

export function addTriggererCommand(root: Command): void {
  withDaemonFlag(withGlobalFlags(root.command("triggerer")))
    .description("waits for deferred tasks, beside a scheduler")
    .option("--capacity <n>", "triggers at once (default: triggerer.capacity)")
    .action(triggerer);
  withDaemonFlag(withGlobalFlags(root.command("dag-processor")))
    .description("imports Dag files, beside a scheduler")
    .action(dagProcessor);
}

async function triggerer(flags: GlobalFlags & DaemonFlags & { capacity?: string }): Promise<void> {
  if (wentToBackground(flags, "triggerer")) return;
  const session = openSession(flags);
  const more = flags.capacity === undefined ? {} : { capacity: wholeNumber(flags.capacity, "--capacity", 1) };
  await beside(session, async (store) => {
    const secrets = loadSecrets(session.config.paths.secretKey);
    const service = createTriggerer(session, store.database, secrets, session.log("triggerer"), more);
    await service.start();
    session.note("The triggerer waits for deferred tasks; Ctrl-C ends it");
    return () => service.stop();
  });
}

async function dagProcessor(flags: GlobalFlags & DaemonFlags): Promise<void> {
  if (wentToBackground(flags, "dag-processor")) return;
  const session = openSession(flags);
  const { dagsFolder } = session.config.paths;
  await beside(session, async (store) => {
    makeWritable(dagsFolder);
    const service = createDagProcessor(session, store.database, session.log("dag-processor"));
    const job = await keepJob(store, "dag-processor", { dagsFolder });
    await service.start();
    session.note(`Dag files of ${dagsFolder} are imported as they change; Ctrl-C ends it`);
    return async () => {
      await service.stop();
      await job.end();
    };
  });
}

/** Joins the database, starts the part, and stops it on a signal. */
async function beside(
  session: Session,
  start: (store: OpenedStore) => Promise<() => Promise<void>>,
): Promise<void> {
  makeHomeFolders(session.config);
  const interrupts = catchInterrupts((name) => session.note(`${name}: stopping; once more ends at once`));
  await underInterrupts(interrupts, async () => {
    const store = await openStore(session, "command");
    try {
      const stop = await start(store);
      await interrupts.received;
      await stop();
    } finally {
      await store.close();
    }
  });
}
