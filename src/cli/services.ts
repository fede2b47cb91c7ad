/** Puts the running parts together: database, executor, scheduler, Dag files, triggerer, metrics, traces. */
import { hostname } from "node:os";
import type { DagBundles } from "../dag-processor/bundles.ts";
import {
  localExecutorFromConfig,
  timetableHostFromConfig,
  triggererHostsFromConfig,
} from "../executor/from-config.ts";
import type { Logger } from "../log.ts";
import type { LogLevel } from "../runtime/protocol.ts";
import { OutsideAnswers } from "../scheduler/outside-answers.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { schedulerSettings } from "../scheduler/settings.ts";
import type { Database } from "../store/connect.ts";
import { startEmbedded } from "../store/embedded/start.ts";
import { loadSecrets, type Secrets } from "../store/secrets.ts";
import { delay, systemClock, type Timer } from "../time.ts";
import { Triggerer } from "../triggerer/triggerer.ts";
import { againWhileDatabaseIsAway } from "./again-while-away.ts";
import { type ApiProcess, startApiProcess } from "./api-process.ts";
import { configuredConnections } from "./configured-connections.ts";
import { createDagProcessor, createPluginWatch } from "./dags-folder.ts";
import { embeddedOptions, type OpenedStore, openStore } from "./database-command.ts";
import { pruneEnvironments } from "./environments-commands.ts";
import { makeHomeFolders, makeWritable } from "./home-folders.ts";
import { keepJob } from "./kept-job.ts";
import { gaugeOnScrape, startObservation } from "./observe.ts";
import { followParseRequests } from "./parse-requests.ts";
import type { Session } from "./session.ts";

const dayMs = 86_400_000;

export interface ServiceParts {
  /** What a second start on the same home is told that runs already. */
  readonly name: string;
  readonly dagFiles: boolean;
  readonly triggerer: boolean;
  /** The web page and the APIs, in a process of their own. */
  readonly api?: boolean;
}

export interface RunningServices {
  readonly store: OpenedStore;
  readonly scheduler: Scheduler;
  readonly dagProcessor: DagBundles | null;
  readonly api: ApiProcess | null;
  stop(options: { keepRunning: boolean; graceMs: number }): Promise<void>;
}

/** What was started, in its order; the last is stopped first. */
type Started = (() => Promise<void>)[];

/**
 * @throws TradewindError TW_HOME_IN_USE when another service runs on this home, TW_DATABASE_* when the database
 *   cannot be used, TW_HOME_NOT_WRITABLE when the home folder cannot be written.
 */
export async function startServices(session: Session, parts: ServiceParts): Promise<RunningServices> {
  const { config } = session;
  makeHomeFolders(config);
  const store = await openStore(session, "service", parts.name);
  const server = keepServer(session, store, parts.name);
  const started: Started = [() => server.stop()];
  const stopAll = async (): Promise<void> => {
    for (const stop of started.splice(0).reverse()) await stop();
  };
  /** From here on a database that goes away comes back: `keepServer` and service managers start it again. */
  const step = <T>(name: string, start: () => Promise<T>): Promise<T> =>
    againWhileDatabaseIsAway(session.log("database"), name, start);
  try {
    const { database } = store;
    const secrets = loadSecrets(config.paths.secretKey);
    const scheduler = await step("scheduler", () => startScheduler(session, database, secrets, started));
    // Its process takes longest to be there: it starts beside what follows.
    const apiStarts = parts.api === true ? step("api", () => startApiProcess(session, database.url)) : null;
    // Its failure is thrown where its address is needed; until then nobody else may take it for unheard.
    apiStarts?.catch(() => undefined);
    started.push(async () => (await apiStarts?.catch(() => null))?.stop());
    const dagProcessor = parts.dagFiles
      ? await step("dag-processor", () => startDagFiles(session, store, started))
      : null;
    if (dagProcessor !== null) await scheduler.leases.runOnce();
    if (parts.triggerer) await step("triggerer", () => startTriggerer(session, database, secrets, started));
    started.push(keepEnvironmentsFew(session, database));
    const api = await apiStarts;
    if (api !== null) scheduler.services.tracking.servedAt(api.address);
    return {
      store,
      scheduler,
      dagProcessor,
      api,
      async stop(options) {
        // Signals reach whole groups of processes: the API server may be ending already, and must not be replaced.
        await Promise.all([api?.stop(), scheduler.stop(options)]);
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startScheduler(
  session: Session,
  database: Database,
  secrets: Secrets,
  started: Started,
): Promise<Scheduler> {
  const { config } = session;
  const observation = await startObservation(session);
  const timetables = timetableHostFromConfig({ config, clock: systemClock, log: session.log("timetables") });
  const stopParts = async (): Promise<void> => {
    await timetables.stop();
    await observation.stop();
  };
  try {
    const scheduler = await Scheduler.create({
      database,
      configuredConnections: configuredConnections(config),
      secrets,
      environment: config.environment,
      executor: localExecutorFromConfig({ config, clock: systemClock, log: session.log("executor") }),
      timetables,
      clock: systemClock,
      log: session.log("scheduler"),
      settings: schedulerSettings(config),
      ...(observation.observer === undefined ? {} : { observer: observation.observer }),
      ...(observation.lineage === undefined ? {} : { lineage: observation.lineage }),
    });
    if (observation.metrics !== null) gaugeOnScrape(observation.metrics, scheduler, database);
    try {
      // Before the Dag files are looked at: what was under way goes on at once.
      await scheduler.start();
    } catch (error) {
      await scheduler.stop({ keepRunning: true });
      throw error;
    }
    // A start that fails further on lets go of the work: tasks go on under their worker, for the next start.
    started.push(stopParts, () => scheduler.stop({ keepRunning: true }));
    return scheduler;
  } catch (error) {
    await stopParts();
    throw error;
  }
}

async function startDagFiles(session: Session, store: OpenedStore, started: Started): Promise<DagBundles> {
  const { config } = session;
  const { database } = store;
  const log = session.log("dag-processor");
  makeWritable(config.paths.dagsFolder);
  const job = await keepJob(store, "dag-processor", { dagsFolder: config.paths.dagsFolder });
  const dagProcessor = createDagProcessor(session, database, log);
  const stop = async (): Promise<void> => {
    await dagProcessor.stop();
    await job.end();
  };
  try {
    await dagProcessor.start();
  } catch (error) {
    await stop();
    throw error;
  }
  const plugins = createPluginWatch(session, database, log);
  plugins.start();
  const requests = followParseRequests(database, dagProcessor, log);
  started.push(
    stop,
    () => plugins.stop(),
    () => requests.stop(),
  );
  return dagProcessor;
}

async function startTriggerer(
  session: Session,
  database: Database,
  secrets: Secrets,
  started: Started,
): Promise<void> {
  const triggerer = createTriggerer(session, database, secrets, session.log("triggerer"));
  try {
    await triggerer.start();
  } catch (error) {
    await triggerer.stop();
    throw error;
  }
  started.push(() => triggerer.stop());
}

export function createTriggerer(
  session: Session,
  database: Database,
  secrets: Secrets,
  log: Logger,
  more: { capacity?: number } = {},
): Triggerer {
  const { config } = session;
  const sources = { executor: database, secrets, environment: config.environment };
  const answers = new OutsideAnswers(database, sources);
  return new Triggerer({
    database,
    secrets,
    clock: systemClock,
    log,
    hostname: hostname(),
    capacity: more.capacity ?? config.triggerer.capacity,
    versionsFolder: config.paths.versions,
    logLevel: config.logging.level as LogLevel,
    heartbeatMs: config.scheduler.heartbeatSeconds * 1000,
    pollMs: config.scheduler.pollSeconds * 1000,
    createHosts: (events) => triggererHostsFromConfig({ config, clock: systemClock, log }, events),
    answer: (request) => answers.answerTrigger(request),
  });
}

/** Looks now and once a day for environments that nobody uses any more. */
function keepEnvironmentsFew(session: Session, database: Database): () => Promise<void> {
  const log = session.log("environments");
  let timer: Timer | undefined;
  let looking = Promise.resolve();
  const pass = async (): Promise<void> => {
    const count = await pruneEnvironments(session, database, systemClock.now());
    if (count > 0) log.info({ count }, "Python environments that nobody used were removed");
  };
  const look = (): void => {
    looking = pass().catch((error: unknown) =>
      log.warn({ err: error }, "Python environments could not be looked through"),
    );
    timer = systemClock.after(dayMs, look);
  };
  look();
  return async () => {
    timer?.cancel();
    await looking;
  };
}

/**
 * Starts the embedded server again when it dies. Sessions are lost with it; whoever holds one connects again, on the
 * same socket, and finds what was committed.
 */
function keepServer(session: Session, store: OpenedStore, name: string): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let embedded = store.embedded;
  const log = session.log("database");
  const watch = async (): Promise<void> => {
    while (embedded !== null) {
      const error = await embedded.lost;
      if (stopping.signal.aborted) return;
      log.error({ err: error ?? undefined }, "the embedded PostgreSQL is gone; starting it again");
      embedded = await restart();
    }
  };
  const restart = async (): Promise<OpenedStore["embedded"]> => {
    for (let pause = 50; !stopping.signal.aborted; pause = Math.min(5000, pause * 2)) {
      try {
        return await startEmbedded(embeddedOptions(session, "service", name));
      } catch (error) {
        log.error({ err: error }, "the embedded PostgreSQL could not be started again yet");
        await delay(pause, stopping.signal);
      }
    }
    return null;
  };
  void watch();
  return {
    async stop() {
      stopping.abort();
      await store.database.close();
      await embedded?.close();
    },
  };
}
