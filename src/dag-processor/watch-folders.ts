/** Says that something changed in one of many folders. What the system's watch loses, a slow poll finds. */
import { type FSWatcher, watch } from "node:fs";

export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onChange: () => void;
  readonly #onProblem: (message: string) => void;
  #complained = false;

  constructor(onChange: () => void, onProblem: (message: string) => void) {
    this.#onChange = onChange;
    this.#onProblem = onProblem;
  }

  /** Watches these folders and no others any more. */
  watchOnly(folders: Iterable<string>): void {
    const wanted = new Set(folders);
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, this.#onChange);
      // The folder went away; the poll finds out what that means, and whether it came back.
      watcher.on("error", () => this.#drop(folder, watcher));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      if (this.#complained || (error as NodeJS.ErrnoException).code === "ENOENT") return;
      this.#complained = true;
      this.#onProblem(`changes in ${folder} are found by polling only: ${(error as Error).message}`);
    }
  }

  #drop(folder: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder);
    this.#onChange();
  }
}
