/**
 * What a task leaves behind in its warm process: timers, sockets, servers, child processes, a grown heap. A
 * process that leaks is not used again.
 */
import { getHeapStatistics } from "node:v8";
import { systemClock } from "../time.ts";

type Counts = Map<string, number>;

/** Resources that come and go with our own work: the stream to the supervisor, output, loading of modules. */
const ours = new Set(["PipeWrap", "TTYWrap", "FSReqCallback", "FSReqPromise", "CloseReq", "Immediate"]);

/** What outlives the process's own idling, in the words of a log line. */
const words: { readonly [type: string]: string } = {
  Timeout: "timer",
  TCPSocketWrap: "socket",
  TCPServerWrap: "server",
  UDPWrap: "UDP socket",
  ProcessWrap: "child process",
  PipeServerWrap: "pipe server",
  FSEventWrap: "file watcher",
  StatWatcher: "file watcher",
  Worker: "worker thread",
  MessagePort: "message port",
  GetAddrInfoReqWrap: "DNS query",
};

/** Kinds that the other side has to help to close: a mail server answers QUIT, a killed child is waited for. */
const closedByOthers = new Set(["TCPSocketWrap", "TLSWrap", "ProcessWrap", "GetAddrInfoReqWrap"]);
/** Long enough for the answer of a server far away; only a task that left such things open waits for it. */
const closingGraceMs = 250;
const lookEveryMs = 5;

function countResources(): Counts {
  const counts: Counts = new Map();
  for (const type of process.getActiveResourcesInfo()) {
    if (!ours.has(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

export class LeakWatch {
  readonly #before = countResources();

  /**
   * What is open now and was not before. What is just closing gets one turn of the event loop, and sockets and
   * children a little longer.
   * @returns words for a log line, empty when all is in order
   */
  async leaks(): Promise<string[]> {
    if (this.#more().length === 0) return [];
    await new Promise<void>((resolve) => setImmediate(resolve));
    const until = systemClock.now() + closingGraceMs;
    while (this.#mayStillClose() && systemClock.now() < until) await this.#pause();
    return this.#more().map(([type, more]) => `${more} ${words[type] ?? type}${more > 1 ? "s" : ""}`);
  }

  #more(): [type: string, more: number][] {
    return [...countResources()].flatMap(([type, count]) => {
      const more = count - (this.#before.get(type) ?? 0);
      return more > 0 ? [[type, more]] : [];
    });
  }

  #mayStillClose(): boolean {
    const more = this.#more();
    return more.length > 0 && more.every(([type]) => closedByOthers.has(type));
  }

  /** A timer that is not counted among the resources: it has fired when they are looked at. */
  #pause(): Promise<void> {
    return new Promise((resolve) => void systemClock.after(lookEveryMs, resolve));
  }
}

/** Used heap in MiB. */
export function heapMb(): number {
  return Math.round(getHeapStatistics().used_heap_size / 1_048_576);
}
