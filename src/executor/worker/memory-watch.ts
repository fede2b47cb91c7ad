/**
 * Looks at what the processes of limited tasks use. A look costs a pass over /proc, so the pause between two grows
 * with what the last one took: at most a twentieth of one core goes into it.
 */
import type { Clock, Timer } from "../../time.ts";
import { familyOf, pageBytes, scanProcesses } from "../process-table.ts";
import type { Attempt } from "./attempt.ts";

const shortestPauseMs = 100;
const pausePerLook = 20;

export class MemoryWatch {
  readonly #clock: Clock;
  readonly #attempts: () => Iterable<Attempt>;
  #timer: Timer | null = null;

  constructor(clock: Clock, attempts: () => Iterable<Attempt>) {
    this.#clock = clock;
    this.#attempts = attempts;
  }

  /** An attempt with a limit began; the watch runs until none is left. */
  wake(): void {
    this.#timer ??= this.#clock.after(shortestPauseMs, () => this.#look());
  }

  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    this.#timer = null;
    const limited = [...this.#attempts()].filter(
      ({ began, memoryLimitMb }) => began && memoryLimitMb !== null,
    );
    if (limited.length === 0) return;
    const started = performance.now();
    const processes = scanProcesses();
    for (const attempt of limited) {
      const pages = familyOf(attempt.pid, processes).reduce((sum, entry) => sum + entry.rssPages, 0);
      const usedMb = (pages * pageBytes()) / 2 ** 20;
      if (usedMb > (attempt.memoryLimitMb as number)) attempt.overMemory(usedMb);
    }
    const pause = Math.max(shortestPauseMs, (performance.now() - started) * pausePerLook);
    this.#timer = this.#clock.after(pause, () => this.#look());
  }
}
