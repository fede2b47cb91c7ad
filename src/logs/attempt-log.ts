/**
 * The log file of one attempt, written by the worker. Lines gather for a moment and go to the file in one write;
 * the file is made with the first of them. Writes are synchronous: they go to the page cache in microseconds,
 * keep the order, and everything is in the file before the end of the attempt is reported.
 */
import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { LogLevel } from "../runtime/protocol.ts";
import type { Clock, Timer } from "../time.ts";
import type { LogRecord } from "./log-record.ts";
import type { SecretMasker } from "./secret-masker.ts";

export interface AttemptLogOptions {
  readonly clock: Clock;
  readonly masker: SecretMasker;
  /** Bytes after which the file is cut, with a line that says so. */
  readonly maxBytes: number;
  /** Told once for each attempt whose log cannot be written (full disk, no permission). */
  onError(error: Error): void;
}

const batchBytes = 256 * 1024;
const batchMs = 50;

export class AttemptLog {
  readonly path: string;
  readonly #options: AttemptLogOptions;
  #fd: number | null = null;
  #size = 0;
  #batch: string[] = [];
  #batchLength = 0;
  #opening: LogRecord | null = null;
  #timer: Timer | null = null;
  #dropped = 0;
  #lost = 0;
  #failed = false;
  #closed = false;

  /** `path` is relative to `folder`. Throws TW_PROTOCOL when it leads out of it. */
  constructor(folder: string, path: string, options: AttemptLogOptions) {
    this.path = logFileIn(folder, path);
    this.#options = options;
  }

  write(
    level: LogLevel,
    logger: string,
    message: string,
    more: { time?: string; fields?: { [key: string]: Json } } = {},
  ): void {
    if (this.#closed) return;
    const { clock, masker, maxBytes } = this.#options;
    if (this.#size + this.#batchLength >= maxBytes) {
      if (this.#dropped++ === 0) this.#add(this.#own("warning", cutMessage(maxBytes)));
      return;
    }
    const record: LogRecord = {
      time: more.time ?? new Date(clock.now()).toISOString(),
      level,
      logger,
      message: masker.mask(message),
    };
    if (more.fields !== undefined) addFields(record, masker.maskFields(more.fields));
    this.#add(record);
  }

  /** A line that stands before the next one, and is not written without it: a silent attempt makes no file. */
  opening(message: string, fields: { [key: string]: Json } = {}): void {
    this.#opening = { ...this.#own("info", message), ...fields };
  }

  /** A line that is written though the log was cut: how the attempt ended. */
  conclude(level: LogLevel, logger: string, message: string, fields: { [key: string]: Json } = {}): void {
    if (this.#closed) return;
    const { masker } = this.#options;
    const record: LogRecord = { ...this.#own(level, masker.mask(message)), logger };
    addFields(record, masker.maskFields(fields));
    this.#tellDropped();
    this.#add(record);
  }

  /** Has anything been written? */
  get isEmpty(): boolean {
    return this.#size === 0 && this.#batchLength === 0;
  }

  /** Writes what gathered. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#batch.length === 0) return;
    const count = this.#batch.length;
    const bytes = Buffer.from(this.#batch.join(""));
    this.#batch = [];
    this.#batchLength = 0;
    try {
      this.#fd ??= this.#open();
      writeAll(this.#fd, bytes);
      this.#size += bytes.length;
    } catch (error) {
      this.#lost += count;
      if (!this.#failed) this.#options.onError(error as Error);
      this.#failed = true;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#tellDropped();
    this.flush();
    if (this.#lost > 0) {
      this.#add(
        this.#own("warning", `${this.#lost} lines before this one could not be written and are lost`),
      );
      this.flush();
    }
    this.#closed = true;
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #tellDropped(): void {
    if (this.#dropped <= 1) return;
    this.#add(this.#own("warning", `the log was cut: ${this.#dropped} lines were dropped`));
    this.#dropped = 1;
  }

  #own(level: LogLevel, message: string): LogRecord {
    return { time: new Date(this.#options.clock.now()).toISOString(), level, logger: "worker", message };
  }

  #add(record: LogRecord): void {
    const opening = this.#opening;
    this.#opening = null;
    if (opening !== null) this.#add(opening);
    const line = `${JSON.stringify(record)}\n`;
    this.#batch.push(line);
    this.#batchLength += line.length;
    if (this.#batchLength >= batchBytes) this.flush();
    else this.#timer ??= this.#options.clock.after(batchMs, () => this.flush());
  }

  #open(): number {
    mkdirSync(dirname(this.path), { recursive: true });
    const fd = openSync(this.path, "a");
    this.#size = fstatSync(fd).size;
    return fd;
  }
}

function cutMessage(maxBytes: number): string {
  return `the log is cut here: it reached the limit of ${maxBytes} bytes (logging.max_task_log_bytes)`;
}

/** Fields of the task's own never stand in for the record's. */
function addFields(record: LogRecord, fields: { [key: string]: Json }): void {
  for (const [name, value] of Object.entries(fields)) {
    record[name in record || name === "__proto__" ? `${name}_` : name] = value;
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(fd, bytes, offset);
}

/** Absolute path of a log file. Throws TW_PROTOCOL when `path` leads out of the folder. */
export function logFileIn(folder: string, path: string): string {
  if (path === "" || path.split(/[/\\]/).includes("..")) {
    throw new TradewindError(
      "TW_PROTOCOL",
      `a log path inside of the log folder was expected, got ${JSON.stringify(path)}`,
    );
  }
  return join(folder, path);
}
