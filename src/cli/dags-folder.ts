/** Bringing the database up to the Dags folder for one command, where no service does it. */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { Json } from "../core/dag-model.ts";
import { DagProcessor } from "../dag-processor/dag-processor.ts";
import { TradewindError } from "../errors.ts";
import { pythonSideSettings } from "../executor/from-config.ts";
import { type Logger, silentLog } from "../log.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import { OutsideAnswers, type OutsideRequest } from "../scheduler/outside-answers.ts";
import type { Database } from "../store/connect.ts";
import { listJobs } from "../store/jobs.ts";
import { loadSecrets } from "../store/secrets.ts";
import { systemClock } from "../time.ts";
import type { Work } from "./database-command.ts";
import type { Session } from "./session.ts";
import { storeDagSink } from "./store-dag-sink.ts";

export function createDagProcessor(
  session: Session,
  database: Database,
  log: Logger,
  more: { onlyFile?: string } = {},
): DagProcessor {
  const { config } = session;
  return new DagProcessor({
    ...more,
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
      ...pythonSideSettings(config),
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
    const { method } = request;
    if (method.startsWith("xcom.") || method === "rendered-fields.set" || method === "dag-run.trigger")
      return Promise.reject(
        new TradewindError("TW_PROTOCOL", `a Dag file may not ask for ${method} while it is imported`),
      );
    answers ??= new OutsideAnswers(database, {
      executor: database,
      secrets: loadSecrets(config.paths.secretKey),
      environment: config.environment,
    });
    return answers.answer(request as OutsideRequest);
  };
}

/**
 * Imports one file. One outside of the Dags folder is read where it is, as the only file of its own folder.
 * @throws TradewindError TW_USAGE when there is no such file.
 */
export async function syncDagFile(work: Work, file: string): Promise<void> {
  const path = resolve(file);
  if (!existsSync(path)) throw new TradewindError("TW_USAGE", `--dagfile-path: there is no file ${path}`);
  const { config } = work.session;
  const within = relative(config.paths.dagsFolder, path);
  const isOutside = within.startsWith("..") || isAbsolute(within);
  const dagsFolder = isOutside ? dirname(path) : config.paths.dagsFolder;
  const session = { ...work.session, config: { ...config, paths: { ...config.paths, dagsFolder } } };
  const onlyFile = relative(dagsFolder, path).replaceAll(sep, "/");
  await passOnce(createDagProcessor(session, work.database, silentLog(), { onlyFile }));
}

/** Imports the folder once, unless a service watches it. A folder that is not there is no error: there are no Dags. */
export async function syncDagsFolder(work: Work): Promise<void> {
  const { config } = work.session;
  if (!existsSync(config.paths.dagsFolder))
    return work.session.note(`there is no Dags folder ${config.paths.dagsFolder}`);
  if (await isWatched(work)) return;
  await passOnce(createDagProcessor(work.session, work.database, silentLog()));
}

async function passOnce(processor: DagProcessor): Promise<void> {
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
