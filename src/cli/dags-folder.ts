/** Bringing the database up to the Dags folder for one command, where no service does it. */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { Config } from "../config.ts";
import type { Json } from "../core/dag-model.ts";
import { type BundleSpec, bundlesOf, dagsFolderBundle } from "../dag-processor/bundle-config.ts";
import { DagBundles } from "../dag-processor/bundles.ts";
import type { ReportedPlugin } from "../dag-processor/plugin-report.ts";
import { PluginWatch } from "../dag-processor/plugin-watch.ts";
import { TradewindError } from "../errors.ts";
import { pythonSideSettings } from "../executor/from-config.ts";
import { type Logger, silentLog } from "../log.ts";
import type { ChildRequest, ConnectionAnswer } from "../runtime/protocol.ts";
import { OutsideAnswers, type OutsideRequest } from "../scheduler/outside-answers.ts";
import type { Database } from "../store/connect.ts";
import { hasDagsIn } from "../store/dags.ts";
import { resolveConnection } from "../store/environment-secrets.ts";
import { listJobs } from "../store/jobs.ts";
import { type PluginRow, putPlugins } from "../store/plugins.ts";
import { loadSecrets } from "../store/secrets.ts";
import { systemClock } from "../time.ts";
import { configuredConnections } from "./configured-connections.ts";
import { dagProcessorSettings } from "./dag-processor-settings.ts";
import type { Work } from "./database-command.ts";
import { openBucket } from "./open-bucket.ts";
import { openGoogleBucket } from "./open-google-bucket.ts";
import type { Session } from "./session.ts";
import { forgetOtherBundles, storeDagSink } from "./store-dag-sink.ts";

export function createDagProcessor(
  session: Session,
  database: Database,
  log: Logger,
  more: { onlyFile?: string; bundles?: readonly BundleSpec[] } = {},
): DagBundles {
  const { config } = session;
  const { onlyFile, bundles = configuredBundles(config) } = more;
  return new DagBundles({
    bundles,
    clock: systemClock,
    log,
    git: {
      bundlesFolder: config.paths.bundles,
      environment: config.environment,
      connection: async (connId) =>
        (await resolveConnection(secretSources(session, database), connId)) as ConnectionAnswer | null,
    },
    bucket: {
      bundlesFolder: config.paths.bundles,
      open: async (spec) => {
        const sources = secretSources(session, database);
        const found = (await resolveConnection(sources, spec.connId)) as ConnectionAnswer | null;
        return spec.maker === "google"
          ? openGoogleBucket(spec, found, config.environment, systemClock.now)
          : openBucket(spec, found, config.environment);
      },
    },
    ...(onlyFile === undefined
      ? { forgetOthers: (names: readonly string[]) => forgetOtherBundles(database, names) }
      : {}),
    sink: (bundle) => storeDagSink(database, config, bundle),
    processor: ({ folder, sink, ownerElsewhere }) => ({
      ...dagProcessorSettings(config, answersForImports(session, database)),
      ...(onlyFile === undefined ? {} : { onlyFile }),
      log,
      dagsFolder: folder,
      sink,
      ownerElsewhere,
    }),
  });
}

/** Keeps the list of plugins, of the Dags folder and of the configured interpreter. */
export function createPluginWatch(session: Session, database: Database, log: Logger): PluginWatch {
  const { config } = session;
  return new PluginWatch({
    python: { ...pythonSideSettings(config), interpreter: config.python.interpreter },
    environment: config.environment,
    dagsFolder: config.paths.dagsFolder,
    pollSeconds: config.dagProcessor.pollSeconds,
    clock: systemClock,
    log,
    hasPythonDags: () => hasDagsIn(database, "python"),
    store: ({ plugins, errors }) => putPlugins(database, plugins.map(pluginRow), errors),
  });
}

/** Kinds side by side, those that describe pages among them. */
function pluginRow(plugin: ReportedPlugin): PluginRow {
  const { name, source, ignored: _, views, ...kinds } = plugin;
  return { name, source, contents: { ...(kinds as { [kind: string]: readonly string[] }), ...views } };
}

/** @throws TradewindError TW_BUNDLE_CONFIG. */
export function configuredBundles(config: Config): BundleSpec[] {
  return bundlesOf(config.dagProcessor.dagBundleConfigList, config.paths.dagsFolder, config.environment);
}

function secretSources(session: Session, database: Database) {
  const { config } = session;
  return {
    executor: database,
    secrets: loadSecrets(config.paths.secretKey),
    environment: config.environment,
    configured: configuredConnections(config),
  };
}

/** What a Python file may ask while it is imported: what needs no running attempt. */
function answersForImports(session: Session, database: Database): (request: ChildRequest) => Promise<Json> {
  const { config } = session;
  let answers: OutsideAnswers | undefined;
  return (request) => {
    const { method } = request;
    if (
      /^xcom\.|-state\.|^step-cache\./.test(method) ||
      method === "rendered-fields.set" ||
      method === "dag-run.trigger"
    )
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
  const bundles: BundleSpec[] = [{ kind: "local", name: dagsFolderBundle, folder: dagsFolder }];
  await passOnce(createDagProcessor(session, work.database, silentLog(), { onlyFile, bundles }));
}

/** Imports the folder once, unless a service watches it. A folder that is not there is no error: there are no Dags. */
export async function syncDagsFolder(work: Work): Promise<void> {
  const { config } = work.session;
  if (await isWatched(work)) return;
  const bundles = configuredBundles(config);
  if (bundles.every((one) => one.kind === "local" && !existsSync(one.folder)))
    return work.session.note(`there is no Dags folder ${config.paths.dagsFolder}`);
  await passOnce(createDagProcessor(work.session, work.database, silentLog(), { bundles }));
}

async function passOnce(processor: DagBundles): Promise<void> {
  try {
    await processor.runOnce();
  } finally {
    await processor.stop();
  }
}

/** Whoever names no Dags folder means that of the service: another one would take its Dags away. */
async function isWatched(work: Work): Promise<boolean> {
  const { entries, paths } = work.session.config;
  const folder = entries.find(({ section, key }) => section === "core" && key === "dags_folder");
  const aliveSince = work.now() - work.session.config.scheduler.healthCheckThreshold * 1000;
  const jobs = await listJobs(work.database, { kind: "dag-processor", onlyRunning: true, aliveSince });
  if (jobs.length > 0 && folder?.origin === "default") return true;
  return jobs.some(({ details }) => (details as { dagsFolder?: string }).dagsFolder === paths.dagsFolder);
}
