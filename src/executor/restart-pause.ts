import type { Clock } from "../time.ts";

/**
 * How long to wait before a process that died is started again: twice as long after each death, as a process that
 * cannot run would otherwise take a whole core by being started; from the first wait again after one that was in order.
 */
export class RestartPause {
  readonly #clock: Pick<Clock, "now">;
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #settledMs: number;
  #nextMs: number;
  #startedAt = 0;

  /** @param settledMs a process that lived longer was in order */
  constructor(
    clock: Pick<Clock, "now">,
    { firstMs, longestMs, settledMs }: { firstMs: number; longestMs: number; settledMs: number },
  ) {
    this.#clock = clock;
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#settledMs = settledMs;
    this.#nextMs = firstMs;
  }

  started(): void {
    this.#startedAt = this.#clock.now();
  }

  /** Milliseconds to wait now that it died. */
  afterDeath(): number {
    if (this.#clock.now() - this.#startedAt > this.#settledMs) this.#nextMs = this.#firstMs;
    const pause = this.#nextMs;
    this.#nextMs = Math.min(this.#longestMs, pause * 2);
    return pause;
  }
}
