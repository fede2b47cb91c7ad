/** Files in zip archives of the Dags folder: `team.zip/pipeline.py` (Airflow's packaged Dags). */
import { readFile, stat } from "node:fs/promises";
import type { FileStat } from "./find-dag-files.ts";

const mark = ".zip/";
/** Largest text that is unpacked; a Dag file is not larger. */
const largest = 16 * 1024 * 1024;

/** The archive and the name in it; null for a path that leads through no archive. */
export function splitZipPath(path: string): { archive: string; name: string } | null {
  const at = path.indexOf(mark);
  if (at < 0) return null;
  return { archive: path.slice(0, at + ".zip".length), name: path.slice(at + mark.length) };
}

/** Time and size of a file, of its archive where it is in one; null where it is not there. */
export async function statFile(path: string): Promise<FileStat | null> {
  const zipped = splitZipPath(path);
  if (zipped !== null && (await readText(path)) === null) return null;
  return stat(zipped?.archive ?? path).catch(() => null);
}

/** Text of a file, in an archive or not; null where it cannot be read. */
export async function readText(path: string): Promise<string | null> {
  const zipped = splitZipPath(path);
  if (zipped === null) return readFile(path, "utf8").catch(() => null);
  const texts = await textsOf(zipped.archive, (name) => name === zipped.name).catch(() => null);
  return texts?.get(zipped.name) ?? null;
}

/**
 * Texts of the Python files at the top of an archive, which is where Airflow looks for Dags.
 *
 * @throws what is wrong with the archive.
 */
export function zippedDagFiles(archive: string): Promise<ReadonlyMap<string, string>> {
  return textsOf(archive, (name) => name.endsWith(".py") && !name.includes("/"));
}

async function textsOf(archive: string, wanted: (name: string) => boolean): Promise<Map<string, string>> {
  const { strFromU8, unzipSync } = await import("fflate");
  const filter = (file: { name: string; originalSize: number }): boolean =>
    wanted(file.name) && file.originalSize <= largest;
  const found = unzipSync(new Uint8Array(await readFile(archive)), { filter });
  return new Map(Object.entries(found).map(([name, bytes]) => [name, strFromU8(bytes)]));
}
