/**
 * Keeps a share of what endpoints were asked and answered, as Parquet in the artifact store:
 * `request-log/ENDPOINT/date=2026-03-01/hour=14/….parquet`, a row for each row of a request.
 *
 * A request is only put into memory; writing happens beside, and never holds up or breaks an answer. Memory is bounded:
 * where the store does not keep up, or is down, the oldest requests are dropped, counted and told in the log. A server
 * that is killed loses what it had not written yet, at most half a minute.
 */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { ArtifactStore } from "../../artifacts/artifact-store.ts";
import type { Logger } from "../../log.ts";
import type { Clock, Timer } from "../../time.ts";
import { ParquetBuffer } from "../data/parquet-writing.ts";
import { type LoggedRequest, RequestShape } from "./request-log-table.ts";

export interface RequestLogParts {
  readonly store: Pick<ArtifactStore, "write" | "list" | "remove">;
  readonly clock: Clock;
  readonly log: Logger;
}

export const requestLogRoot = "request-log";

const writeEveryMs = 30_000;
/** So many rows are written at once, without waiting for the time. */
const manyRows = 5000;
const mostRows = 50_000;
/** Encoding goes on in pieces: between two of them the server answers. */
const rowsAtOnce = 250;
const keepDays = 30;
const dayMs = 86_400_000;
const pruneEveryMs = 3_600_000;

export class RequestLog {
  readonly #parts: RequestLogParts;
  /** Tells the files of one server from those of another. */
  readonly #server = randomBytes(4).toString("hex");
  #waiting: LoggedRequest[] = [];
  #rows = 0;
  #dropped = 0;
  #files = 0;
  #prunedAt = 0;
  #timer: Timer | null = null;
  #writing: Promise<void> | null = null;
  readonly #endpoints = new Set<string>();

  constructor(parts: RequestLogParts) {
    this.#parts = parts;
  }

  /** @param sample Share of the requests that are kept, from 0 to 1. */
  add(request: LoggedRequest, sample: number): void {
    // The end of the id's first part is random; its beginning is the time.
    if (Number.parseInt(request.requestId.slice(24, 32), 16) / 2 ** 32 >= sample) return;
    this.#waiting.push(request);
    this.#rows += request.input.rows.length;
    while (this.#rows > mostRows) {
      const oldest = this.#waiting.shift();
      this.#rows -= oldest?.input.rows.length ?? 0;
      this.#dropped += 1;
    }
    if (this.#rows >= manyRows && this.#writing === null) this.#later(0);
    else if (this.#timer === null) this.#later(writeEveryMs);
  }

  /** What waits is written, or kept for later where the store refuses. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    if (this.#waiting.length === 0) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.flush();
  }

  #later(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(ms, () => {
      this.#timer = null;
      void this.flush().then(() => this.#prune());
    });
  }

  async #write(): Promise<void> {
    const { log } = this.#parts;
    const taken = this.#waiting;
    this.#waiting = [];
    this.#rows = 0;
    if (this.#dropped > 0)
      log.warn(
        { dropped: this.#dropped },
        "requests were dropped from the request log: it could not be written",
      );
    this.#dropped = 0;
    for (const [folder, requests] of Map.groupBy(taken, folderOf)) {
      try {
        await this.#writeFile(folder, requests);
        this.#endpoints.add((requests[0] as LoggedRequest).endpoint);
      } catch (error) {
        log.warn({ err: error, requests: requests.length }, "the request log could not be written yet");
        this.#putBack(requests);
      }
    }
  }

  #putBack(requests: readonly LoggedRequest[]): void {
    this.#waiting = [...requests, ...this.#waiting];
    this.#rows += requests.reduce((sum, { input }) => sum + input.rows.length, 0);
    if (this.#timer === null) this.#later(writeEveryMs);
  }

  async #writeFile(folder: string, requests: readonly LoggedRequest[]): Promise<void> {
    const shape = new RequestShape();
    const pieces = piecesOf(requests);
    for (const piece of pieces) {
      for (const request of piece) shape.learn(request);
      await setImmediate();
    }
    const buffer = await ParquetBuffer.open(shape.columns(requests.slice(0, 1)));
    for (const piece of pieces) {
      buffer.append(shape.columns(piece));
      await setImmediate();
    }
    const bytes = buffer.finish();
    const name = `${this.#parts.clock.now()}-${this.#server}-${this.#files++}.parquet`;
    await this.#parts.store.write(`${folder}/${name}`, Readable.from([bytes]), bytes.length);
  }

  /** Days that are too old go, once in a while. */
  async #prune(): Promise<void> {
    const { clock, store, log } = this.#parts;
    if (clock.now() - this.#prunedAt < pruneEveryMs) return;
    this.#prunedAt = clock.now();
    const oldest = dayOf(clock.now() - keepDays * dayMs);
    try {
      for (const endpoint of this.#endpoints)
        for (const { name } of await store.list(`${requestLogRoot}/${endpoint}`))
          if (name < `date=${oldest}`) await store.remove(`${requestLogRoot}/${endpoint}/${name}`);
    } catch (error) {
      log.warn({ err: error }, "old days of the request log could not be removed");
    }
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function folderOf({ endpoint, time }: LoggedRequest): string {
  const iso = new Date(time).toISOString();
  return `${requestLogRoot}/${endpoint}/date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}`;
}

/** Consecutive requests that have some hundred rows together. */
function piecesOf(requests: readonly LoggedRequest[]): LoggedRequest[][] {
  const pieces: LoggedRequest[][] = [];
  let rows = rowsAtOnce;
  for (const request of requests) {
    if (rows >= rowsAtOnce) {
      pieces.push([]);
      rows = 0;
    }
    pieces.at(-1)?.push(request);
    rows += request.input.rows.length;
  }
  return pieces;
}
