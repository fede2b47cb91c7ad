/** Which files of the Dags folder may define Dags. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { isPythonFile } from "../runtime/python-command.ts";
import { type IgnoreRule, type IgnoreSyntax, isIgnored, parseIgnoreFile } from "./ignore-rules.ts";
import { zippedDagFiles } from "./zip-files.ts";

export interface FileStat {
  readonly mtimeMs: number;
  readonly size: number;
}

export interface FoundFile extends FileStat {
  /** Relative to the Dags folder; beginning with "../" where a link leads out of it. */
  readonly relativeFile: string;
  readonly path: string;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Every folder that was searched, for watching. */
  readonly folders: readonly string[];
  /** Lines of ignore files that are no pattern, folders that cannot be read. */
  readonly complaints: readonly string[];
}

const dagFile = /\.(?:ts|mts|js|mjs|py)$/;
const declaration = /\.d\.m?ts$/;

/**
 * Searches the folder and those below it, links included; a file that several links lead to counts once, and a
 * link to a folder above is not followed in circles. `node_modules` and names with a leading dot are passed over.
 */
export async function findDagFiles(dagsFolder: string, syntax: IgnoreSyntax): Promise<FoundFiles> {
  const root = await realpath(dagsFolder);
  const files = new Map<string, FoundFile>();
  const folders = new Set<string>();
  const complaints: string[] = [];

  const visit = async (folder: string, logical: string, inherited: readonly IgnoreRule[]): Promise<void> => {
    if (folders.has(folder)) return;
    folders.add(folder);
    const rules = [...inherited, ...(await ignoreRules(folder, logical, syntax, complaints))];
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
      complaints.push(`${logical === "" ? "the Dags folder" : logical} cannot be read: ${error.message}`);
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".") || entry.name === "node_modules" || entry.name === "__pycache__")
        continue;
      if (entry.isFile() && !isDagFileName(entry.name) && !isZip(entry.name)) continue;
      const at = logical === "" ? entry.name : `${logical}/${entry.name}`;
      // The target may be gone by now, or a link may be broken: then there is nothing to find.
      const path = entry.isSymbolicLink()
        ? await realpath(join(folder, entry.name)).catch(() => null)
        : join(folder, entry.name);
      const status = path === null ? null : await stat(path).catch(() => null);
      if (path === null || status === null || isIgnored(at, status.isDirectory(), rules)) continue;
      if (status.isDirectory()) await visit(path, at, rules);
      else if (status.isFile() && isZip(path))
        for (const file of await zippedFiles(root, path, status, complaints)) files.set(file.path, file);
      else if (status.isFile() && isDagFileName(path)) {
        const relativeFile = relative(root, path).split(sep).join("/");
        files.set(path, { relativeFile, path, mtimeMs: status.mtimeMs, size: status.size });
      }
    }
  };

  await visit(root, "", []);
  const found = [...files.values()].sort((a, b) => (a.relativeFile < b.relativeFile ? -1 : 1));
  return { files: found, folders: [...folders], complaints };
}

/** What was in an archive when it was last opened. */
const archives = new Map<string, FileStat & { readonly names: readonly string[] }>();

async function zippedFiles(
  root: string,
  archive: string,
  { mtimeMs, size }: FileStat,
  complaints: string[],
): Promise<FoundFile[]> {
  let known = archives.get(archive);
  if (known?.mtimeMs !== mtimeMs || known.size !== size) {
    const texts = await zippedDagFiles(archive).catch((error: Error) => {
      complaints.push(`${relative(root, archive)} is no zip archive that can be read: ${error.message}`);
      return new Map<string, string>();
    });
    const names = [...texts].filter(([name, text]) => mayDefineDag(text, name)).map(([name]) => name);
    known = { mtimeMs, size, names };
    archives.set(archive, known);
  }
  return known.names.map((name) => {
    const path = `${archive}/${name}`;
    return { relativeFile: relative(root, path).split(sep).join("/"), path, mtimeMs, size };
  });
}

function isZip(name: string): boolean {
  return name.endsWith(".zip");
}

function isDagFileName(name: string): boolean {
  return dagFile.test(name) && !declaration.test(name);
}

/**
 * Airflow's safe mode: a file is imported only when its text mentions both words ("airflow" will do in Python).
 * Keeps helpers, tests and configuration beside the Dags from being run for nothing.
 */
export function mayDefineDag(text: string, path = ""): boolean {
  if (!/dag/i.test(text)) return false;
  return /tradewind/i.test(text) || (isPythonFile(path) && /airflow/i.test(text));
}

async function ignoreRules(
  folder: string,
  logical: string,
  syntax: IgnoreSyntax,
  complaints: string[],
): Promise<IgnoreRule[]> {
  const text = await readFile(join(folder, ".airflowignore"), "utf8").catch(() => "");
  const file = logical === "" ? ".airflowignore" : `${logical}/.airflowignore`;
  // Regular expressions are searched in the whole path below the Dags folder, globs below their own file.
  const base = syntax === "glob" ? logical : "";
  return parseIgnoreFile(text, base, syntax, (line, problem) =>
    complaints.push(`${file}:${line}: ${problem}`),
  );
}
