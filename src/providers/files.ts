/** Looks for files by path or glob. */
import { glob, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * Files that match; a folder counts when some file is in it (at any depth with `recursive`), as Airflow's
 * FileSensor has it.
 */
export async function findFiles(pattern: string, recursive: boolean): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(pattern)) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile()) found.push(path);
    else if (info?.isDirectory() && (await holdsFile(path, recursive))) found.push(path);
  }
  return found.toSorted();
}

async function holdsFile(folder: string, recursive: boolean): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile())) return true;
  if (!recursive) return false;
  for (const entry of entries) {
    if (entry.isDirectory() && (await holdsFile(join(folder, entry.name), true))) return true;
  }
  return false;
}

/** Deletes the file; false when it is not there. */
export async function takeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}
