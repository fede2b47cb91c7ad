/**
 * Processes forked ahead, one for each Dag file that ran lately: the next attempt of the file finds one that waits,
 * and need not wait for a fork. What asks for an environment or a folder of its own gets no spare one.
 */
import { codeIdentity } from "../../runtime/code-snapshot.ts";
import type { CodeLocation } from "../../runtime/protocol.ts";
import type { Clock, Timer } from "../../time.ts";
import type { ForkedProcess } from "./process-handle.ts";
import type { ForkRequest } from "./python-server.ts";
import type { TaskProcess } from "./task-process.ts";

/** A spare process that nothing wanted in so long ends. */
const idleMs = 10_000;

export interface SparesHost {
  readonly clock: Clock;
  /** Spare processes at most. */
  readonly most: number;
  /** Null where no process has imported the file. */
  fork(request: ForkRequest): Promise<ForkedProcess> | null;
  adopt(forked: ForkedProcess): TaskProcess;
}

interface Spare {
  readonly process: TaskProcess;
  readonly timer: Timer;
}

export class PythonSpares {
  readonly #host: SparesHost;
  /** By their code, the oldest first. */
  readonly #spares = new Map<string, Spare>();
  readonly #coming = new Set<string>();
  #closed = false;

  constructor(host: SparesHost) {
    this.#host = host;
  }

  take(code: CodeLocation): TaskProcess | null {
    const key = keyOf(code);
    const spare = this.#spares.get(key);
    if (spare === undefined) return null;
    this.#spares.delete(key);
    spare.timer.cancel();
    return spare.process.ended ? null : spare.process;
  }

  /** One more for this code, unless there is one. */
  prepare({ attemptId, code }: ForkRequest): void {
    const key = keyOf(code);
    if (this.#closed || this.#host.most === 0 || this.#spares.has(key) || this.#coming.has(key)) return;
    const forking = this.#host.fork({ attemptId, code, env: {}, cwd: null, isSpare: true });
    if (forking === null) return;
    this.#coming.add(key);
    forking
      .then((forked) => this.#keep(key, this.#host.adopt(forked)))
      .catch(() => undefined)
      .finally(() => this.#coming.delete(key));
  }

  close(): void {
    this.#closed = true;
    for (const key of this.#spares.keys()) this.#drop(key);
  }

  #keep(key: string, process: TaskProcess): void {
    if (this.#closed) return process.retire();
    const timer = this.#host.clock.after(idleMs, () => this.#drop(key));
    this.#spares.set(key, { process, timer });
    const [oldest] = this.#spares.keys();
    if (this.#spares.size > this.#host.most && oldest !== undefined) this.#drop(oldest);
  }

  #drop(key: string): void {
    const spare = this.#spares.get(key);
    this.#spares.delete(key);
    spare?.timer.cancel();
    spare?.process.retire();
  }
}

function keyOf(code: CodeLocation): string {
  return `${code.interpreter}\n${code.dagsFolder}\n${codeIdentity(code)}`;
}
