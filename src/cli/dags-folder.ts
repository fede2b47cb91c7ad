/** Bringing the database up to the Dags folder for one command, where no service does it. */
import { existsSync } from "node:fs";
import { DagProcessor } from "../dag-processor/dag-processor.ts";
import { type Logger, silentLog } from "../log.ts";
import type { Database } from "../store/connect.ts";
import { listJobs } from "../store/jobs.ts";
import { systemClock } from "../time.ts";
import type { Work } from "./database-command.ts";
import type { Session } from "./session.ts";
import { storeDagSink } from "./store-dag-sink.ts";

export function createDagProcessor(session: Session, database: Database, log: Logger): DagProcessor {
  const { config } = session;
  return new DagProcessor({
    dagsFolder: config.paths.dagsFolder,
    versionsFolder: config.paths.versions,
    sink: storeDagSink(database, config),
    clock: systemClock,
    log,
    environment: config.environment,
    importTimeout: config.core.dagImportTimeout,
    pollSeconds: config.dagProcessor.pollSeconds,
    idleSeconds: config.dagProcessor.idleSeconds,
    filesPerChild: config.dagProcessor.filesPerChild,
    parallelism: config.dagProcessor.parallelism,
  });
}

/** Imports the folder once, unless a service watches it. A folder that is not there is no error: there are no Dags. */
export async function syncDagsFolder(work: Work): Promise<void> {
  const { config } = work.session;
  if (!existsSync(config.paths.dagsFolder))
    return work.session.note(`there is no Dags folder ${config.paths.dagsFolder}`);
  if (await isWatched(work)) return;
  const processor = createDagProcessor(work.session, work.database, silentLog());
  try {
    await processor.runOnce();
  } finally {
    await processor.stop();
  }
}

async function isWatched(work: Work): Promise<boolean> {
  const aliveSince = work.now() - work.session.config.scheduler.healthCheckThreshold * 1000;
  const jobs = await listJobs(work.database, { kind: "dag-processor", onlyRunning: true, aliveSince });
  return jobs.some(
    ({ details }) => (details as { dagsFolder?: string }).dagsFolder === work.session.config.paths.dagsFolder,
  );
}
