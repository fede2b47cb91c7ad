/** The lines of one try: what is there page by page, then what comes, as it is written. */
import { useEffect, useRef, useState } from "react";
import { ApiError, addressOf, get, seg } from "../api/client.ts";
import type { Json, LogLine, LogPage } from "../api/types.ts";

export interface LogAt {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
  tryNumber: number;
}

export interface LoadedLog {
  lines: readonly LogLine[];
  /** More is on its way. */
  isLoading: boolean;
  /** The try is under way, and what it writes comes in. */
  isLive: boolean;
  /** The log is longer than a page can hold; the rest is in the file. */
  isCut: boolean;
  error: Error | null;
}

const pageLines = 10_000;
/** About 200 MB in a browser. */
const mostLines = 1_000_000;

export const logPath = (at: LogAt): string =>
  `/ui/dags/${seg(at.dagId)}/runs/${seg(at.runId)}/tasks/${seg(at.taskId)}/logs/${at.tryNumber}`;

const empty: LoadedLog = { lines: [], isLoading: true, isLive: false, isCut: false, error: null };

/** Where reading goes on, and how much there is. */
interface Progress {
  key: string;
  next: number;
  count: number;
}

type Show = (change: Partial<Omit<LoadedLog, "lines">>, fresh?: readonly LogLine[]) => void;

/** `turn` changes when the try may have begun to write: then it is looked at again. */
export function useLog(at: LogAt, turn: string): LoadedLog {
  const [log, setLog] = useState(empty);
  const progress = useRef<Progress>({ key: "", next: 0, count: 0 });
  const path = logPath(at);
  const { mapIndex } = at;
  const topic = `log:${[at.dagId, at.runId, at.taskId, mapIndex, at.tryNumber].map(seg).join("/")}`;
  useEffect(() => {
    const leaving = new AbortController();
    const show: Show = (change, fresh = []) => {
      if (leaving.signal.aborted) return;
      progress.current.count += fresh.length;
      setLog((old) => ({
        ...old,
        ...change,
        lines: fresh.length === 0 ? old.lines : [...old.lines, ...fresh],
      }));
    };
    const key = `${path} ${mapIndex} ${turn === "" ? "" : "live"}`;
    if (progress.current.key !== key) {
      progress.current = { key, next: 0, count: 0 };
      setLog(empty);
    }
    const again = async (): Promise<void> => {
      try {
        await load({ path, mapIndex, topic }, progress.current, show, leaving.signal);
      } catch (error) {
        if (leaving.signal.aborted) return;
        show({ isLoading: false, isLive: false, error: error as Error });
        // No answer at all: the server restarts, and goes on where the stream broke.
        if (!(error instanceof ApiError)) setTimeout(() => void again(), 1000);
      }
    };
    void again();
    return () => leaving.abort();
  }, [path, mapIndex, topic, turn]);
  return log;
}

interface Source {
  path: string;
  mapIndex: number;
  topic: string;
}

async function load(from: Source, progress: Progress, show: Show, signal: AbortSignal): Promise<void> {
  for (;;) {
    const page = await get<LogPage>(
      from.path,
      { map_index: from.mapIndex, from: progress.next, limit: pageLines },
      signal,
    );
    if (signal.aborted) return;
    progress.next = page.next;
    const isCut = progress.count + page.lines.length > mostLines;
    show({ isLoading: !page.atEnd && !isCut, isLive: page.live, isCut, error: null }, page.lines);
    if (isCut) return;
    if (!page.atEnd) continue;
    if (page.live) follow(from, progress, show, signal);
    return;
  }
}

/**
 * Until the page leaves or the try ends (`turn` changes then). The stream goes on where reading was; when it breaks the
 * browser opens it again with the id of the last event, which names that place.
 */
function follow(from: Source, progress: Progress, show: Show, signal: AbortSignal): void {
  const query = { topics: from.topic, last_event_id: `page.0.${progress.next}` };
  const source = new EventSource(addressOf("/events/stream", query));
  signal.addEventListener("abort", () => source.close());
  source.addEventListener("log", ({ data }: MessageEvent<string>) => {
    const { records, next } = JSON.parse(data) as { records: LogRecord[]; next: number };
    progress.next = next;
    show({}, records.map(lineOf));
  });
}

type LogRecord = Omit<LogLine, "fields"> & { [field: string]: Json };

function lineOf({ time, level, logger, message, ...fields }: LogRecord): LogLine {
  return { time, level, logger, message, fields };
}
