/** Environments that were made for requirements (`python/tradewind/environments.py`): which there are, and which may go. */
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

export interface KeptEnvironment {
  readonly folder: string;
  /** Its interpreter. */
  readonly python: string;
  readonly requirements: readonly string[];
  /** When it was made, or last asked for. */
  readonly usedAt: number;
  readonly bytes: number;
}

export interface EnvironmentLimits {
  readonly now: number;
  /** Null: however old they are. */
  readonly maxAgeMs: number | null;
  /** Of all together; null: however large. */
  readonly maxBytes: number | null;
  /** Interpreters that current versions of Dags name: these stay, though nobody asked for them lately. */
  readonly inUse: ReadonlySet<string>;
}

const marker = "complete.json";
/** Half-made ones, and those of a process that was killed while it removed one, may go after this long. */
const abandonedMs = 24 * 3_600_000;

/** The one that was not used for longest first. None where the folder is not there. */
export async function keptEnvironments(folder: string): Promise<KeptEnvironment[]> {
  const found = await Promise.all((await namesIn(folder)).map((name) => read(join(folder, name))));
  return found.filter((one) => one !== null).sort((a, b) => a.usedAt - b.usedAt);
}

/** Those that are older than the limit, then those that were not used for longest until the rest is small enough. */
export function environmentsToRemove(
  all: readonly KeptEnvironment[],
  { now, maxAgeMs, maxBytes, inUse }: EnvironmentLimits,
): KeptEnvironment[] {
  const removed: KeptEnvironment[] = [];
  let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  for (const one of all) {
    const isOld = maxAgeMs !== null && now - one.usedAt > maxAgeMs;
    const isTooMuch = maxBytes !== null && bytes > maxBytes;
    if (inUse.has(one.python) || !(isOld || isTooMuch)) continue;
    removed.push(one);
    bytes -= one.bytes;
  }
  return removed;
}

/** Not found any more from the first moment, so that nobody starts in half of one. */
export async function removeEnvironment({ folder }: Pick<KeptEnvironment, "folder">): Promise<void> {
  const away = `${folder}.removed`;
  await rm(away, { recursive: true, force: true });
  await rename(folder, away);
  await rm(away, { recursive: true, force: true });
  await rm(`${folder}.lock`, { force: true });
}

/** What was left of environments whose making or removal was cut off. */
export async function removeAbandoned(folder: string, now: number): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const [isComplete, { mtimeMs }] = await Promise.all([exists(join(path, marker)), stat(path)]);
    if (!isComplete && now - mtimeMs > abandonedMs) await rm(path, { recursive: true, force: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((one) => one.isDirectory()).map(({ name }) => name);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

async function read(folder: string): Promise<KeptEnvironment | null> {
  try {
    const file = join(folder, marker);
    const { requirements = [] } = JSON.parse(await readFile(file, "utf8")) as { requirements?: string[] };
    const { mtimeMs } = await stat(file);
    const python = join(folder, "bin", "python");
    return { folder, python, requirements, usedAt: mtimeMs, bytes: await sizeOf(folder) };
  } catch {
    // Half-made, or removed while it was looked at.
    return null;
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  let bytes = 0;
  for (const entry of entries)
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}
