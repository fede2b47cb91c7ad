/**
 * Texts of Dag files, kept under their hash in one folder (`<home>/versions`), so that a run goes on with the
 * code it began with while people edit. A text that two versions share is there once; nothing is overwritten.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TradewindError } from "../errors.ts";
import type { CodeLocation } from "./protocol.ts";

/** SHA-256 of a text in hexadecimal; its name in the snapshot folder and in `code_file`. */
export function textHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const identities = new Map<string, string>();

/**
 * Names the texts behind a version. The Dags of one file have a version each, but one text: a process imports it
 * once for all of them.
 */
export function codeIdentity({ versionHash, relativeFile, files }: CodeLocation): string {
  const version = `${versionHash}/${relativeFile}`;
  let identity = identities.get(version);
  if (identity === undefined) {
    const names = Object.keys(files).sort();
    identity = textHash(JSON.stringify([relativeFile, ...names.map((name) => [name, files[name]])]));
    identities.set(version, identity);
  }
  return identity;
}

/** Puts the texts into the folder, whole or not at all; those that are there already are left alone. */
export function writeSnapshot(folder: string, texts: Iterable<readonly [hash: string, text: string]>): void {
  for (const [hash, text] of texts) {
    const path = join(folder, hash);
    if (existsSync(path)) continue;
    mkdirSync(folder, { recursive: true });
    const partial = `${path}.${process.pid}.partial`;
    writeFileSync(partial, text);
    renameSync(partial, path);
  }
}

/** Hashes of a version's files that the folder lacks, to be fetched from the database. */
export function missingFromSnapshot(
  folder: string,
  files: { readonly [relativeFile: string]: string },
): string[] {
  return [...new Set(Object.values(files))].filter((hash) => !existsSync(join(folder, hash)));
}

/** Throws TW_CODE_MISSING when the folder has no such text. */
export function readSnapshot(folder: string, hash: string, relativeFile: string): string {
  try {
    return readFileSync(join(folder, hash), "utf8");
  } catch (cause) {
    throw new TradewindError(
      "TW_CODE_MISSING",
      `expected the text of ${relativeFile} as ${hash} in ${folder}, but it cannot be read`,
      {
        cause,
        hint: "the folder of versions was emptied while a run needed it; the scheduler restores it from the database",
      },
    );
  }
}
