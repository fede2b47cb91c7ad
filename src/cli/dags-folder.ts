/** Bringing the database up to the Dags folder for one command, where no service does it. */
import { existsSync } from "node:fs";
import type { Json } from "../core/dag-model.ts";
import { DagProcessor } from "../dag-processor/dag-processor.ts";
import { TradewindError } from "../errors.ts";
import { type Logger, silentLog } from "../log.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import { OutsideAnswers } from "../scheduler/outside-answers.ts";
import type { Database } from "../store/connect.ts";
import { listJobs } from "../store/jobs.ts";
import { loadSecrets } from "../store/secrets.ts";
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
    python: {
      interpreter: config.python.interpreter,
      airflow: config.python.airflow,
      idleSeconds: config.python.idleSeconds,
      answer: answersForImports(session, database),
    },
  });
}

/** What a Python file may ask while it is imported: what needs no running attempt. */
function answersForImports(session: Session, database: Database): (request: ChildRequest) => Promise<Json> {
  const { config } = session;
  let answers: OutsideAnswers | undefined;
  return (request) => {
    if (request.method !== "variable.get" && request.method !== "connection.get")
      return Promise.reject(
        new TradewindError(
          "TW_PROTOCOL",
          `a Dag file may not ask for ${request.method} while it is imported`,
        ),
      );
    answers ??= new OutsideAnswers(database, {
      executor: database,
      secrets: loadSecrets(config.paths.secretKey),
      environment: config.environment,
    });
    return answers.answer(request);
  };
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
