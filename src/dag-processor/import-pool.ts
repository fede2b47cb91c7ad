/**
 * Importing processes: as many as may work at once, none when nothing is to do. A file that takes long does not
 * count, so that one that hangs never holds back the others.
 */
import type { Clock, Timer } from "../time.ts";
import type { OpenImportChannel } from "./import-channel.ts";
import type { ImportAnswer } from "./import-messages.ts";
import { ImportProcess } from "./import-process.ts";

export interface ImportPoolOptions {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeout: number;
  readonly parallelism: number;
  /** Imports after which a process is replaced: each leaves some 45 kB behind. */
  readonly filesPerProcess: number;
  /** Seconds after which a process that does nothing ends. */
  readonly idleSeconds: number;
  readonly openChannel?: OpenImportChannel;
  /** What Dag files printed. */
  readonly onOutput: (relativeFile: string, output: string) => void;
}

interface Job {
  readonly dagsFolder: string;
  readonly relativeFile: string;
  readonly resolve: (answer: ImportAnswer) => void;
}

/** After so long an import is slow, and another process may start in its place. */
const slowAfterMs = 1000;
/** Slow imports at once, at most. */
const mostSlow = 8;

export class ImportPool {
  readonly #options: ImportPoolOptions;
  readonly #queue: Job[] = [];
  readonly #all = new Set<ImportProcess>();
  readonly #idle: ImportProcess[] = [];
  readonly #slow = new Set<ImportProcess>();
  #idleTimer: Timer | undefined;
  #stopped = false;

  constructor(options: ImportPoolOptions) {
    this.#options = options;
  }

  /** Processes that are alive. */
  get size(): number {
    return this.#all.size;
  }

  /** Resolves when the file was imported, in vain or not; never when the pool was stopped before. */
  import(dagsFolder: string, relativeFile: string): Promise<ImportAnswer> {
    return new Promise((resolve) => {
      this.#queue.push({ dagsFolder, relativeFile, resolve });
      this.#pump();
    });
  }

  /** Has a process ready before the file is, to save its start. */
  warmUp(): void {
    if (this.#all.size > 0 || this.#stopped) return;
    this.#idle.push(this.#start());
    this.#endWhenIdle();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue.length = 0;
    this.#idleTimer?.cancel();
    await Promise.all([...this.#all].map((one) => one.end()));
  }

  #pump(): void {
    while (this.#queue.length > 0 && !this.#stopped) {
      const working = this.#all.size - this.#idle.length - this.#slow.size;
      if (working >= this.#options.parallelism || this.#slow.size >= mostSlow) return;
      const job = this.#queue.shift();
      if (job !== undefined) void this.#work(this.#idle.pop() ?? this.#start(), job);
    }
  }

  async #work(child: ImportProcess, job: Job): Promise<void> {
    const { clock } = this.#options;
    const slow = clock.after(slowAfterMs, () => {
      this.#slow.add(child);
      this.#pump();
    });
    const answer = await child.import(job.dagsFolder, job.relativeFile);
    slow.cancel();
    this.#slow.delete(child);
    const output = child.takeOutput();
    if (output !== "") this.#options.onOutput(job.relativeFile, output);
    if (child.usable && child.imports < this.#options.filesPerProcess) this.#idle.push(child);
    else this.#discard(child);
    if (!this.#stopped) job.resolve(answer);
    this.#pump();
    this.#endWhenIdle();
  }

  #start(): ImportProcess {
    const child = new ImportProcess(this.#options);
    this.#all.add(child);
    return child;
  }

  #discard(child: ImportProcess): void {
    this.#all.delete(child);
    child.kill();
  }

  #endWhenIdle(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = this.#options.clock.after(this.#options.idleSeconds * 1000, () => {
      for (const child of this.#idle.splice(0)) this.#discard(child);
    });
  }
}
