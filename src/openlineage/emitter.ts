/**
 * Sends events in order, beside everything else: `emit` returns at once and never throws. While a receiver is away
 * events wait, up to a limit beyond which the oldest go; each is tried again until its receiver takes or refuses it.
 *
 * Lifecycle: the first event starts the sending; `stop` gives what waits a moment more.
 */
import type { Logger } from "../log.ts";
import type { Clock } from "../time.ts";
import { delay } from "../time.ts";
import type { RunEvent } from "./events.ts";

export interface Transport {
  /** Rejects with a `RefusedEvent` when trying again is of no use, with anything else when it is. */
  send(event: RunEvent): Promise<void>;
}

/** The receiver read the event and does not want it. */
export class RefusedEvent extends Error {
  override readonly name = "RefusedEvent";
}

export interface EmitterOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
  /** Events that wait at most. */
  readonly capacity?: number;
  readonly firstPauseMs?: number;
}

const longestPauseMs = 60_000;
/** Between two lines of the service log that say the receiver is away. */
const tellEveryMs = 60_000;

export class LineageEmitter {
  readonly #options: EmitterOptions;
  readonly #capacity: number;
  #waiting: RunEvent[] = [];
  #sending: Promise<void> | null = null;
  #stopping = new AbortController();
  #dropped = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: EmitterOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 10_000;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  emit(event: RunEvent): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#waiting.length >= this.#capacity) {
      this.#waiting.shift();
      this.#dropped++;
      this.#tell("events wait for a receiver that is away; the oldest are dropped", null);
    }
    this.#waiting.push(event);
    this.#sending ??= this.#send();
  }

  /** Resolves when nothing waits, or after `graceMs`. */
  async stop(graceMs = 2000): Promise<void> {
    const { clock, log } = this.#options;
    const timer = clock.after(graceMs, () => this.#stopping.abort());
    await this.#sending;
    timer.cancel();
    this.#stopping.abort();
    if (this.#waiting.length > 0)
      log.warn({ events: this.#waiting.length }, "OpenLineage events were not sent before the end");
  }

  async #send(): Promise<void> {
    const { firstPauseMs = 500 } = this.#options;
    let pause = firstPauseMs;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#stopping.signal.aborted) break;
      if (await this.#sendOne(next)) {
        // It may have been dropped from the front meanwhile.
        if (this.#waiting[0] === next) this.#waiting.shift();
        pause = firstPauseMs;
        continue;
      }
      await delay(pause, this.#stopping.signal).catch(() => undefined);
      pause = Math.min(longestPauseMs, pause * 2);
    }
    this.#sending = null;
  }

  /** True when the event is done with. */
  async #sendOne(event: RunEvent): Promise<boolean> {
    try {
      await this.#options.transport.send(event);
      return true;
    } catch (error) {
      const refused = error instanceof RefusedEvent;
      this.#tell(
        refused ? "an OpenLineage event was refused" : "OpenLineage events cannot be sent yet",
        error,
      );
      return refused;
    }
  }

  #tell(what: string, error: unknown): void {
    const { clock, log } = this.#options;
    if (clock.now() - this.#toldAt < tellEveryMs) return;
    this.#toldAt = clock.now();
    log.warn(
      { ...(error === null ? {} : { err: error }), waiting: this.#waiting.length, dropped: this.#dropped },
      what,
    );
  }
}
