/**
 * Points of metrics on their way: the first is sent at once, and what gathers while it is on its way goes out together,
 * so that a training that logs each step is seen live and waits for nothing. What waits lies in columns, some forty
 * bytes a point, and is taken off in the order in which it came.
 *
 * Where the server cannot be reached nothing is thrown away: what waits is sent with the next point, or by `flush`.
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

/** Points of one request: the most that the API takes. */
const largestBatch = 1000;
/** So many may wait before `add` asks its caller to wait, and so few before it goes on. */
const manyWaiting = 100_000;
const fewWaiting = 50_000;
/** Beyond it points are refused rather than kept: some 200 MB. */
const mostWaiting = 5_000_000;

const roomAtOnce = Promise.resolve();

/** Points of one request, in columns. */
class Batch {
  readonly #keys: string[] = [];
  readonly #values: number[] = [];
  readonly #timestamps: number[] = [];
  readonly #steps: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  add({ key, value, timestamp, step }: MetricPoint): void {
    this.#keys.push(key);
    this.#values.push(value);
    this.#timestamps.push(timestamp);
    this.#steps.push(step);
  }

  toWire(): object[] {
    return this.#keys.map((key, at) => {
      const value = this.#values[at] as number;
      // JSON has no way to write NaN and infinities.
      const written = Number.isFinite(value) ? value : String(value);
      return { key, value: written, timestamp: this.#timestamps[at], step: this.#steps[at] };
    });
  }
}

export class MetricQueue {
  readonly #client: Pick<TrackingClient, "call">;
  readonly #runId: string;
  #waiting: Batch[] = [];
  #size = 0;
  #sending: Promise<void> | null = null;
  #room: PromiseWithResolvers<void> | null = null;
  /** The first batch that the server did not take; it is gone. */
  #refusal: unknown = null;
  /** Why the last attempt did not reach it. */
  #unreachable: unknown = null;
  #stopped: TradewindError | null = null;

  constructor(client: Pick<TrackingClient, "call">, runId: string) {
    this.#client = client;
    this.#runId = runId;
  }

  /** A rule about metrics does not hold, and ends the run. */
  get isStopped(): boolean {
    return this.#stopped !== null;
  }

  /**
   * Resolves when there is room for more: at once, unless a hundred thousand points wait. Nobody has to wait for it.
   * @throws TradewindError TW_RUN_STOPPED, so that a loop that waits for nothing ends as well; TW_TRACKING_BACKLOG when
   *   five million wait, and nothing of `points` is kept.
   */
  add(points: readonly MetricPoint[]): Promise<void> {
    if (this.#stopped !== null) throw this.#stopped;
    if (this.#size + points.length > mostWaiting)
      throw new TradewindError(
        "TW_TRACKING_BACKLOG",
        `expected at most ${mostWaiting} metrics that wait to be stored, got ${this.#size + points.length}`,
        { hint: "await logMetric(…) now and then: it resolves when there is room" },
      );
    for (const point of points) this.#roomyBatch().add(point);
    this.#size += points.length;
    this.#start();
    if (this.#size < manyWaiting) return roomAtOnce;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Resolves when all that was added is stored. Rejects with what the server first refused, or with why it cannot be reached. */
  async flush(): Promise<void> {
    this.#start();
    while (this.#sending !== null) await this.#sending;
    const failure = this.#refusal ?? this.#unreachable;
    this.#refusal = null;
    this.#unreachable = null;
    if (failure !== null) throw failure;
  }

  #start(): void {
    if (this.#size > 0) this.#sending ??= this.#pump();
  }

  #roomyBatch(): Batch {
    let last = this.#waiting.at(-1);
    if (last === undefined || last.size === largestBatch) this.#waiting.push((last = new Batch()));
    return last;
  }

  async #pump(): Promise<void> {
    this.#unreachable = null;
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      try {
        await this.#client.call("POST", "runs/log-batch", { run_id: this.#runId, metrics: batch.toWire() });
      } catch (error) {
        if (error instanceof TradewindError && error.code === "TW_TRACKING_SERVER") {
          this.#waiting.unshift(batch);
          this.#unreachable = error;
          break;
        }
        this.#refusal ??= error;
        if (error instanceof TradewindError && error.code === "TW_RUN_STOPPED") this.#stop(error);
      }
      this.#size = Math.max(0, this.#size - batch.size);
      if (this.#size < fewWaiting) this.#giveRoom();
    }
    this.#sending = null;
    this.#giveRoom();
  }

  /** What waits would be refused as well. */
  #stop(reason: TradewindError): void {
    this.#stopped = reason;
    this.#waiting = [];
    this.#size = 0;
  }

  #giveRoom(): void {
    this.#room?.resolve();
    this.#room = null;
  }
}
