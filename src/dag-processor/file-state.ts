/** What the Dag processor remembers of one Dag file between imports. */
import { resolve } from "node:path";
import { textHash } from "../runtime/code-snapshot.ts";
import type { FoundFile } from "./find-dag-files.ts";
import type { ImportAnswer } from "./import-messages.ts";
import { readText, statFile } from "./zip-files.ts";

interface KnownText {
  mtimeMs: number;
  size: number;
  readonly hash: string;
}

export class FileState {
  readonly relativeFile: string;
  readonly path: string;
  /** Every file that the import read, by absolute path; null for one that it looked for in vain. */
  #reached = new Map<string, KnownText | null>();
  /** Local files of the last import, itself among them, relative to the Dags folder. */
  imported: ReadonlySet<string> = new Set();
  /** Ids that the file defined when it was last imported well. */
  dagIds: readonly string[] = [];
  /** Ids that it defines too, and that belong to another file. */
  conflicts: readonly string[] = [];
  isImporting = false;
  /** It changed while it was being imported. */
  isDirty = false;
  /** Since when it is not found any more. */
  missingSince: number | null = null;
  /** When to try again a file that failed for reasons that may pass by themselves. */
  retry: { readonly at: number; readonly delayMs: number } | null = null;

  constructor(file: Pick<FoundFile, "relativeFile" | "path">) {
    this.relativeFile = file.relativeFile;
    this.path = file.path;
  }

  /** Files whose change asks for another import. */
  get reachedPaths(): Iterable<string> {
    return this.#reached.keys();
  }

  /** Whether any text is another than at the last import. Looks at time and size first, then at the text. */
  async hasChanged(): Promise<boolean> {
    if (this.#reached.size === 0) return true;
    for (const [path, known] of this.#reached) {
      const status = await statFile(path);
      if (status === null && known === null) continue;
      if (status === null || known === null) return true;
      if (status.mtimeMs === known.mtimeMs && status.size === known.size) continue;
      const text = await readText(path);
      if (text === null || textHash(text) !== known.hash) return true;
      known.mtimeMs = status.mtimeMs;
      known.size = status.size;
    }
    return false;
  }

  /**
   * Keeps what an import read. The texts are the importing process's own: when the disk has others by now, the
   * next `hasChanged` says so. `decided` are texts (null: not there) that decided how it was imported.
   */
  async remember(
    dagsFolder: string,
    answer: ImportAnswer,
    decided: ReadonlyMap<string, string | null> = new Map(),
  ): Promise<void> {
    const reached = new Map<string, KnownText | null>(answer.missing.map((path) => [path, null]));
    for (const [path, text] of decided)
      reached.set(path, text === null ? null : { mtimeMs: -1, size: -1, hash: textHash(text) });
    const entry = resolve(this.path);
    this.imported = new Set(Object.keys(answer.files));
    for (const [name, text] of Object.entries(answer.files)) {
      reached.set(resolve(dagsFolder, name), { mtimeMs: -1, size: -1, hash: textHash(text) });
    }
    // A process that died said nothing: what was known stays, with the entry as it is now.
    if (Object.keys(answer.files).length === 0) {
      for (const [path, known] of this.#reached) if (!reached.has(path)) reached.set(path, known);
      const text = (await readText(entry)) ?? "";
      reached.set(entry, { mtimeMs: -1, size: -1, hash: textHash(text) });
    }
    this.#reached = reached;
  }

  /** When the newest of its files was written, in milliseconds since the epoch. */
  async newestChange(): Promise<number> {
    let newest = 0;
    for (const path of this.#reached.keys()) {
      const status = await statFile(path);
      if (status !== null) newest = Math.max(newest, status.mtimeMs);
    }
    return newest;
  }
}
