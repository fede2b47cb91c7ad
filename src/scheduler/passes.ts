/**
 * Work that is looked for again whenever something may have changed: one pass at a time, and one more when it was asked
 * for during a pass, since that pass may have looked already.
 */
import type { Services } from "./services.ts";

export interface PassOptions {
  /** Told to `services.signals` after the last pass. */
  readonly signal: string;
  /** The log's words for a pass that failed; the next one tries again. */
  readonly failed: string;
  pass(): Promise<void>;
}

export class Passes {
  readonly #services: Pick<Services, "log" | "signals">;
  readonly #options: PassOptions;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(services: Pick<Services, "log" | "signals">, options: PassOptions) {
    this.#services = services;
    this.#options = options;
  }

  /** Resolves when a pass that began after this call has ended. Never rejects. */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#all();
    return this.#running;
  }

  /** For a pass that finds that it has to be followed by another. */
  again(): void {
    this.#again = true;
  }

  async #all(): Promise<void> {
    const { signal, failed, pass } = this.#options;
    while (this.#again) {
      this.#again = false;
      try {
        await pass();
      } catch (error) {
        this.#services.log.warn({ err: error }, failed);
      }
    }
    // At once, not when the promise is heard of: what is asked for in between would wait for the next call.
    this.#running = null;
    this.#services.signals.emit(signal);
  }
}
