/** Writes what the Dag processor found into the store; one transaction for each file, and the scheduler is told. */
import type { Config } from "../config.ts";
import type { DagSink, FileOutcome } from "../dag-processor/outcome.ts";
import { refreshActive, registerAssets } from "../store/assets.ts";
import type { Database, Executor } from "../store/connect.ts";
import { storeDag } from "../store/dag-versions.ts";
import { listBundleNames, listDagFiles, markStale, setImportErrorFlag } from "../store/dags.ts";
import { clearImportError, clearOtherImportErrors, putImportError } from "../store/import-errors.ts";
import { notify } from "../store/notify.ts";
import { loadSecrets } from "../store/secrets.ts";
import { registerWatchers, removeWatchers } from "../store/watchers.ts";

/** The bundle whose files a sink stores. */
export interface StoredBundle {
  readonly name: string;
  readonly folder: string;
  /** The commit of a Git bundle. */
  version(): string | null;
}

export function storeDagSink(database: Database, config: Config, bundle: StoredBundle): DagSink {
  return {
    async owners() {
      const files = await listDagFiles(database, bundle.name);
      return files.flatMap(({ relativeFile, dagIds }) =>
        dagIds.map((dagId) => [dagId, relativeFile] as const),
      );
    },
    store: (outcome) => database.transaction((tx) => storeOutcome(tx, config, bundle, outcome)),
    keepOnly: (files) => database.transaction((tx) => keepOnly(tx, bundle.name, files)),
  };
}

async function storeOutcome(
  tx: Executor,
  config: Config,
  bundle: StoredBundle,
  outcome: FileOutcome,
): Promise<void> {
  const file = { bundleName: bundle.name, relativeFile: outcome.relativeFile };
  for (const dag of outcome.dags) {
    const stored = await storeDag(
      tx,
      {
        ...dag,
        bundleName: bundle.name,
        bundleVersion: bundle.version(),
        dagsFolder: bundle.folder,
        seconds: outcome.seconds,
        pausedAtCreation: config.core.dagsArePausedAtCreation,
      },
      outcome.importedAt,
    );
    await registerAssets(tx, dag.spec, outcome.importedAt);
    const { dagId, assets } = dag.spec;
    const { versionId } = stored;
    const secrets = () => loadSecrets(config.paths.secretKey);
    await registerWatchers(tx, secrets, { dagId, versionId, assets }, outcome.importedAt);
    if (stored.isNew || stored.versionChanged) await notify(tx, [`dag:${dag.spec.dagId}`]);
  }
  if (outcome.others === "none")
    await makeStale(
      tx,
      file,
      outcome.dags.map((dag) => dag.spec.dagId),
    );
  if (outcome.problem === null) await clearImportError(tx, file);
  else await putImportError(tx, { ...file, occurredAt: outcome.importedAt, ...outcome.problem });
  await setImportErrorFlag(tx, file, outcome.problem !== null);
}

async function makeStale(
  tx: Executor,
  file: { bundleName: string; relativeFile: string },
  except: readonly string[],
): Promise<void> {
  const stale = await markStale(tx, { ...file, except });
  if (stale.length === 0) return;
  await refreshActive(tx);
  await removeWatchers(tx, stale);
  await notify(
    tx,
    stale.map((dagId) => `dag:${dagId}`),
  );
}

async function keepOnly(tx: Executor, bundleName: string, files: readonly string[]): Promise<void> {
  const kept = new Set(files);
  const known = await listDagFiles(tx, bundleName);
  const gone = known.map(({ relativeFile }) => relativeFile).filter((file) => !kept.has(file));
  for (const relativeFile of gone) await makeStale(tx, { bundleName, relativeFile }, []);
  await clearOtherImportErrors(tx, bundleName, files);
}

/** Dags of bundles that are not configured any more are not there any more. */
export async function forgetOtherBundles(database: Database, names: readonly string[]): Promise<void> {
  for (const name of await listBundleNames(database))
    if (!names.includes(name)) await database.transaction((tx) => keepOnly(tx, name, []));
}
