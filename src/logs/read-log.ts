/** Reads and follows the log file of an attempt while it is written. */
import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { delay } from "../time.ts";
import { type LogRecord, parseLogLine } from "./log-record.ts";

const chunkBytes = 256 * 1024;
/** Records that are held at once while a file is followed. */
const pageRecords = 5000;
/** How often a follower looks by itself: file systems without notifications, and notifications that got lost. */
const pollMs = 500;

export interface LogPage {
  readonly records: LogRecord[];
  /** Byte offset at which the next page starts. */
  readonly next: number;
  /** Nothing was left in the file when it was read. */
  readonly atEnd: boolean;
}

/**
 * Records from byte offset `from` (0, or `next` of an earlier page), at most `limit`. A file that is not there has
 * no records; a last line without its end is left for the next page, since it is still being written.
 */
export async function readLog(
  path: string,
  options: { from?: number; limit?: number } = {},
): Promise<LogPage> {
  const { from = 0, limit = Number.POSITIVE_INFINITY } = options;
  const file = await openIfThere(path);
  if (file === null) return { records: [], next: from, atEnd: true };
  try {
    const records: LogRecord[] = [];
    const lines = new LineReader(file, from);
    for (;;) {
      const found = await lines.read(limit - records.length);
      for (const line of found) records.push(parseLogLine(line));
      if (records.length >= limit) return { records, next: lines.offset, atEnd: false };
      if (found.length === 0) return { records, next: lines.offset, atEnd: true };
    }
  } finally {
    await file.close();
  }
}

/**
 * Yields the records from the start of the file (or from byte offset `from`), then each new one as it is written,
 * until the signal. Waits for a file that is not there yet; starts over when the file got shorter.
 */
export async function* followLog(
  path: string,
  signal: AbortSignal,
  from = 0,
): AsyncGenerator<LogRecord, void, void> {
  for await (const { records } of followLogPages(path, signal, from))
    for (const record of records) {
      if (signal.aborted) return;
      yield record;
    }
}

/** The same, page by page, with the offset from which to go on after each. */
export async function* followLogPages(
  path: string,
  signal: AbortSignal,
  from = 0,
): AsyncGenerator<Pick<LogPage, "records" | "next">, void, void> {
  const changes = new Changes(path);
  let file: FileHandle | null = null;
  try {
    let lines: LineReader | null = null;
    while (!signal.aborted) {
      const seen = changes.count;
      if (lines === null) {
        file = await openIfThere(path);
        if (file !== null) lines = new LineReader(file, from);
      }
      const found: string[] = lines === null ? [] : await lines.read(pageRecords);
      if (lines !== null && found.length > 0) {
        yield { records: found.map(parseLogLine), next: lines.offset };
        continue;
      }
      if (lines !== null) await lines.startOverIfShorter();
      await changes.next(seen, signal);
    }
  } finally {
    changes.close();
    await file?.close();
  }
}

/** Enough for an error with its whole chain of causes. */
const tailBytes = 2 * 1024 * 1024;

/** Records at the end of a file, at most the last 2 MiB; null when it is not there. */
export async function readLogTail(path: string): Promise<LogRecord[] | null> {
  const file = await openIfThere(path);
  if (file === null) return null;
  let size: number;
  try {
    size = (await file.stat()).size;
  } finally {
    await file.close();
  }
  const { records } = await readLog(path, { from: Math.max(0, size - tailBytes) });
  return size > tailBytes ? records.slice(1) : records;
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

class LineReader {
  readonly #file: FileHandle;
  /** Byte offset of the first line that was not given out. */
  offset: number;
  readonly #chunk = Buffer.allocUnsafe(chunkBytes);

  constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.offset = offset;
  }

  /** Whole lines from `offset`, at least one where there is one, at most `limit`. */
  async read(limit: number): Promise<string[]> {
    const decoder = new StringDecoder("utf8");
    const lines: string[] = [];
    let rest = "";
    let position = this.offset;
    while (lines.length === 0) {
      const { bytesRead } = await this.#file.read(this.#chunk, 0, chunkBytes, position);
      if (bytesRead === 0) break;
      let start = 0;
      while (lines.length < limit) {
        const end = this.#chunk.subarray(0, bytesRead).indexOf(10, start);
        if (end < 0) break;
        lines.push(rest + decoder.write(this.#chunk.subarray(start, end)));
        rest = "";
        start = end + 1;
        this.offset = position + start;
      }
      rest += decoder.write(this.#chunk.subarray(start, bytesRead));
      position += bytesRead;
    }
    return lines;
  }

  async startOverIfShorter(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size < this.offset) this.offset = 0;
  }
}

/** Counts the changes of a file, by notification where the system has them. */
class Changes {
  count = 0;
  readonly #path: string;
  #watcher: FSWatcher | null = null;
  #wake: (() => void) | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves on a change after count `seen`, on the signal, and now and then in case a change was not told. */
  async next(seen: number, signal: AbortSignal): Promise<void> {
    this.#watch();
    if (this.count !== seen) return;
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    this.#wake = wake;
    signal.addEventListener("abort", wake, { once: true });
    await delay(pollMs, woken.signal);
    signal.removeEventListener("abort", wake);
    this.#wake = null;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  /** The nearest folder that is there is watched until the file is, since what is not there cannot be. */
  #watch(): void {
    if (this.#watcher !== null) return;
    for (let target = this.#path; target !== dirname(target); target = dirname(target)) {
      try {
        const watcher = watch(target, { persistent: false }, () => this.#changed(watcher, target));
        watcher.on("error", () => watcher.close());
        this.#watcher = watcher;
        // What was written before the watch began counts as a change.
        this.count++;
        return;
      } catch {
        // Not there: its folder is tried, and polling helps where nothing can be watched.
      }
    }
  }

  #changed(watcher: FSWatcher, target: string): void {
    this.count++;
    if (target !== this.#path) {
      watcher.close();
      this.#watcher = null;
    }
    this.#wake?.();
  }
}
