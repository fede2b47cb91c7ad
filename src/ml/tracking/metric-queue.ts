/**
 * Points of metrics on their way: the first is sent at once, and what gathers while it is on its way goes out together,
 * so that a training that logs each step is seen live and waits for nothing.
 */
import { TradewindError } from "../../errors.ts";
import type { TrackingClient } from "./client.ts";

export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly step: number;
}

const largestBatch = 1000;

const toWire = (point: MetricPoint) => ({
  ...point,
  // JSON has no way to write them.
  value: Number.isFinite(point.value) ? point.value : String(point.value),
});

export class MetricQueue {
  readonly #client: TrackingClient;
  readonly #runId: string;
  #waiting: MetricPoint[] = [];
  #sending: Promise<void> | null = null;
  #failure: unknown = null;
  #stopped: TradewindError | null = null;

  constructor(client: TrackingClient, runId: string) {
    this.#client = client;
    this.#runId = runId;
  }

  /** A rule about metrics does not hold, and ends the run. */
  get isStopped(): boolean {
    return this.#stopped !== null;
  }

  /** @throws TradewindError TW_RUN_STOPPED, so that a loop that waits for nothing ends as well. */
  add(points: readonly MetricPoint[]): void {
    if (this.#stopped !== null) throw this.#stopped;
    this.#waiting.push(...points);
    this.#sending ??= this.#pump();
  }

  /** Resolves when all that was added is stored. Rejects with the first failure, once. */
  async flush(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure;
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, largestBatch);
      this.#waiting = this.#waiting.slice(largestBatch);
      try {
        await this.#client.call("POST", "runs/log-batch", {
          run_id: this.#runId,
          metrics: batch.map(toWire),
        });
      } catch (error) {
        this.#failure ??= error;
        if (error instanceof TradewindError && error.code === "TW_RUN_STOPPED") this.#stopped = error;
      }
    }
    this.#sending = null;
  }
}
