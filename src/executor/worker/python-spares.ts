/**
 * Processes forked ahead, for each Dag file that ran lately: the next attempt of the file finds one that waits, and need
 * not wait for a fork. There are two, since one takes longer to make than a short task takes. What asks for an environment
 * or a folder of its own gets no spare one.
 */
import { codeIdentity } from "../../runtime/code-snapshot.ts";
import type { CodeLocation } from "../../runtime/protocol.ts";
import type { Clock, Timer } from "../../time.ts";
import type { ForkedProcess } from "./process-handle.ts";
import type { ForkRequest } from "./python-server.ts";
import type { TaskProcess } from "./task-process.ts";

/** A spare process that nothing wanted in so long ends. */
const idleMs = 10_000;
const mostOfFile = 2;

export interface SparesHost {
  readonly clock: Clock;
  /** Spare processes at most. */
  readonly most: number;
  /** Null where no process has imported the file. */
  fork(request: ForkRequest): Promise<ForkedProcess> | null;
  adopt(forked: ForkedProcess): TaskProcess;
}

interface Spare {
  readonly key: string;
  readonly process: TaskProcess;
  readonly timer: Timer;
}

export class PythonSpares {
  readonly #host: SparesHost;
  /** The oldest first. */
  #spares: Spare[] = [];
  /** By their code, how many are being forked. */
  readonly #coming = new Map<string, number>();
  #closed = false;

  constructor(host: SparesHost) {
    this.#host = host;
  }

  take(code: CodeLocation): TaskProcess | null {
    const key = keyOf(code);
    for (;;) {
      const spare = this.#spares.find((one) => one.key === key);
      if (spare === undefined) return null;
      this.#remove(spare);
      if (!spare.process.ended) return spare.process;
    }
  }

  /** As many for this code as there may be. */
  prepare({ attemptId, code }: ForkRequest): void {
    const key = keyOf(code);
    const most = this.#mostOf(key);
    while (!this.#closed && this.#count(key) + (this.#coming.get(key) ?? 0) < most) {
      const forking = this.#host.fork({ attemptId, code, env: {}, cwd: null, isSpare: true });
      if (forking === null) return;
      this.#came(key, 1);
      forking
        .then((forked) => this.#keep(key, this.#host.adopt(forked)))
        .catch(() => undefined)
        .finally(() => this.#came(key, -1));
    }
  }

  close(): void {
    this.#closed = true;
    for (const spare of this.#spares) this.#drop(spare);
  }

  #came(key: string, more: number): void {
    const coming = (this.#coming.get(key) ?? 0) + more;
    if (coming === 0) this.#coming.delete(key);
    else this.#coming.set(key, coming);
  }

  /** A second one only where there is room beside those of other files: it would be made in vain. */
  #mostOf(key: string): number {
    const others = this.#spares.filter((spare) => spare.key !== key).length;
    return Math.min(this.#host.most, mostOfFile, Math.max(1, this.#host.most - others));
  }

  #count(key: string): number {
    return this.#spares.filter((spare) => spare.key === key).length;
  }

  #keep(key: string, process: TaskProcess): void {
    if (this.#closed) return process.retire();
    const spare = { key, process, timer: this.#host.clock.after(idleMs, () => this.#drop(spare)) };
    this.#spares.push(spare);
    if (this.#spares.length <= this.#host.most) return;
    // A second one of a file goes before the only one of another.
    const second = this.#spares.find((one) => this.#count(one.key) > 1);
    const surplus = second ?? this.#spares[0];
    if (surplus !== undefined) this.#drop(surplus);
  }

  #drop(spare: Spare): void {
    this.#remove(spare);
    spare.process.retire();
  }

  #remove(spare: Spare): void {
    spare.timer.cancel();
    this.#spares = this.#spares.filter((one) => one !== spare);
  }
}

function keyOf(code: CodeLocation): string {
  return `${code.interpreter}\n${code.dagsFolder}\n${codeIdentity(code)}`;
}
