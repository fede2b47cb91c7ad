/**
 * Imports Dag files, as they are on disk (the Dag processor) or as they were in a version (task processes).
 * A file with syntax that Node cannot merely strip is loaded a second time, compiled.
 */
import { relative, resolve, sep } from "node:path";
import { codeIdentity, readSnapshot } from "./code-snapshot.ts";
import {
  addModuleSource,
  type ModuleSource,
  moduleAddress,
  reachLazyImports,
  readLocalFile,
} from "./module-hooks.ts";
import type { CodeLocation } from "./protocol.ts";

export interface LoadedDagFile {
  /** What the module exports. */
  readonly exports: { readonly [name: string]: unknown };
  /** Text of every local file that was read, by path relative to the Dags folder, with "/". */
  readonly files: { readonly [relativeFile: string]: string };
}

/** Why an import failed, together with what had been read until then. */
export class DagImportFailure extends Error {
  readonly files: { readonly [relativeFile: string]: string };
  /** Absolute paths that were looked for and not found. */
  readonly missing: readonly string[];

  constructor(
    cause: unknown,
    files: { readonly [relativeFile: string]: string },
    missing: readonly string[],
  ) {
    super("a Dag file could not be imported", { cause });
    this.name = "DagImportFailure";
    this.files = files;
    this.missing = missing;
  }
}

let imports = 0;
const versions = new Map<string, Promise<LoadedDagFile>>();

/** Put around each try of an import, e.g. to collect the Dags that it makes; what the last one leaves counts. */
export type AroundImport = (run: () => Promise<unknown>) => Promise<unknown>;

/** Imports a file from the disk, anew at every call. Throws `DagImportFailure`. */
export function loadDagFileFromDisk(
  dagsFolder: string,
  relativeFile: string,
  around: AroundImport = (run) => run(),
): Promise<LoadedDagFile> {
  imports += 1;
  return load(dagsFolder, relativeFile, `live-${imports}`, readLocalFile, around);
}

/**
 * Imports the file of a version, once in a process; further calls, and versions of the same texts, get the same
 * modules. Files that the version
 * does not list (a module that a handler imports by a computed name) are read from the disk.
 */
export function loadDagFileVersion(
  code: CodeLocation,
  around: AroundImport = (run) => run(),
): Promise<LoadedDagFile> {
  const key = codeIdentity(code);
  let loaded = versions.get(key);
  if (loaded === undefined) {
    const read = (path: string): string | null => {
      const file = relativeTo(code.dagsFolder, path);
      const hash = Object.hasOwn(code.files, file) ? code.files[file] : undefined;
      return hash === undefined ? readLocalFile(path) : readSnapshot(code.snapshotFolder, hash, file);
    };
    loaded = load(code.dagsFolder, code.relativeFile, key, read, around);
    versions.set(key, loaded);
    // A text that could not be read may be restored; the next attempt tries again.
    loaded.catch(() => versions.delete(key));
  }
  return loaded;
}

async function load(
  dagsFolder: string,
  relativeFile: string,
  token: string,
  read: ModuleSource["read"],
  around: AroundImport,
): Promise<LoadedDagFile> {
  const path = resolve(dagsFolder, relativeFile);
  const first: ModuleSource = { read, transform: false, reached: new Map(), missing: new Set() };
  try {
    return { exports: await importModule(path, token, first, around), files: textsOf(dagsFolder, first) };
  } catch (error) {
    if (!needsCompiling(error))
      throw new DagImportFailure(error, textsOf(dagsFolder, first), [...first.missing]);
  }
  const second: ModuleSource = { read, transform: true, reached: new Map(), missing: first.missing };
  try {
    return {
      exports: await importModule(path, `${token}-compiled`, second, around),
      files: textsOf(dagsFolder, second),
    };
  } catch (error) {
    const texts = { ...textsOf(dagsFolder, first), ...textsOf(dagsFolder, second) };
    throw new DagImportFailure(error, texts, [...second.missing]);
  }
}

async function importModule(
  path: string,
  token: string,
  source: ModuleSource,
  around: AroundImport,
): Promise<LoadedDagFile["exports"]> {
  addModuleSource(token, source);
  let exports: LoadedDagFile["exports"] = {};
  await around(async () => {
    exports = (await import(moduleAddress(path, token))) as LoadedDagFile["exports"];
  });
  reachLazyImports(source);
  return exports;
}

/**
 * Syntax that has to be compiled and was not seen to be (see `mustCompile`), or an import of a type without
 * `type`, which is a missing export to Node and nothing to a compiler.
 */
function needsCompiling(error: unknown): boolean {
  if (!(error instanceof SyntaxError)) return false;
  const code = (error as { code?: unknown }).code;
  return (
    code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" || error.message.includes("does not provide an export named")
  );
}

function textsOf(dagsFolder: string, source: ModuleSource): { [relativeFile: string]: string } {
  const texts: { [relativeFile: string]: string } = {};
  for (const [path, text] of source.reached) texts[relativeTo(dagsFolder, path)] = text;
  return texts;
}

function relativeTo(folder: string, path: string): string {
  return relative(resolve(folder), path).split(sep).join("/");
}
