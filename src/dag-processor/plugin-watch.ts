/**
 * Keeps the list of plugins equal to the plugins folders and to what is installed.
 *
 * Lifecycle: `start` asks once, in the background, where there is anything that plugins could be for; after that each
 * change of a plugins folder asks again, told by the system's watch and found by a slow poll behind it. Two questions
 * never overlap. Where Python cannot be asked the last list stays.
 */
import { type Dirent, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Logger } from "../log.ts";
import type { Clock, Timer } from "../time.ts";
import { askForPlugins, type PluginReport, type PluginReportOptions } from "./plugin-report.ts";
import { FolderWatch } from "./watch-folders.ts";

export interface PluginWatchOptions extends Omit<PluginReportOptions, "signal"> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pollSeconds: number;
  store(report: PluginReport): Promise<void>;
  /** Packages with plugins matter to Python Dags alone. */
  hasPythonDags(): Promise<boolean>;
}

export class PluginWatch {
  readonly #options: PluginWatchOptions;
  readonly #folders: readonly string[];
  readonly #watch: FolderWatch;
  readonly #leaving = new AbortController();
  #timer: Timer | undefined;
  #asking: Promise<void> = Promise.resolve();
  /** What the folders were when Python was asked. */
  #asked: string | null = null;

  constructor(options: PluginWatchOptions) {
    this.#options = options;
    this.#folders = pluginFolders(options.environment, options.dagsFolder);
    this.#watch = new FolderWatch(
      () => void this.runOnce(),
      (message) => options.log.debug(message),
    );
  }

  start(): void {
    void this.runOnce();
    this.#pollLater();
  }

  async stop(): Promise<void> {
    this.#leaving.abort();
    this.#timer?.cancel();
    this.#watch.close();
    await this.#asking;
  }

  /** Asks, unless nothing changed since it was done. */
  runOnce(): Promise<void> {
    const before = this.#asking;
    this.#asking = before.then(() => this.#look());
    return this.#asking;
  }

  #pollLater(): void {
    this.#timer = this.#options.clock.after(this.#options.pollSeconds * 1000, () => {
      void this.runOnce();
      this.#pollLater();
    });
  }

  async #look(): Promise<void> {
    const { log, store, hasPythonDags } = this.#options;
    const { signal } = this.#leaving;
    if (signal.aborted) return;
    try {
      const { folders, signature } = lookAt(this.#folders);
      this.#watch.watchOnly(folders);
      if (signature === this.#asked) return;
      const isOfUse = signature !== "" || this.#asked !== null || (await hasPythonDags());
      if (!isOfUse) return;
      const report = await askForPlugins({ ...this.#options, signal });
      await store(report);
      this.#asked = signature;
      for (const { source, error } of report.errors)
        log.warn({ source }, `a plugin cannot be loaded: ${error.split("\n").at(-1) ?? ""}`);
    } catch (error) {
      if (!signal.aborted) log.debug({ err: error }, "the plugins could not be listed");
    }
  }
}

/** As `extend_path` of python/tradewind/import_file.py has them. */
function pluginFolders(environment: PluginWatchOptions["environment"], dagsFolder: string): string[] {
  const named = environment["AIRFLOW__CORE__PLUGINS_FOLDER"];
  if (named) return [named];
  const beside = dirname(dagsFolder);
  return [...new Set([environment["AIRFLOW_HOME"] || beside, beside])].map((home) => join(home, "plugins"));
}

/** The folders that are there with those within, and names, sizes and times of their Python files. */
function lookAt(roots: readonly string[]): { folders: string[]; signature: string } {
  const folders: string[] = [];
  const files: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of entriesOf(folder, folders)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== "__pycache__" && !entry.name.startsWith(".")) visit(path);
      else if (entry.name.endsWith(".py")) files.push(fileSignature(path));
    }
  };
  for (const root of roots) visit(root);
  return { folders, signature: files.sort().join("\n") };
}

function entriesOf(folder: string, seen: string[]): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    seen.push(folder);
    return entries;
  } catch {
    return [];
  }
}

function fileSignature(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return `${path} ${found?.mtimeMs ?? 0} ${found?.size ?? 0}`;
}
