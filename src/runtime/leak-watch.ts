/**
 * What a task leaves behind in its warm process: timers, sockets, servers, child processes, a grown heap. A
 * process that leaks is not used again.
 */
import { getHeapStatistics } from "node:v8";

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
   * What is open now and was not before. What is just closing gets one turn of the event loop.
   * @returns words for a log line, empty when all is in order
   */
  async leaks(): Promise<string[]> {
    if (this.#more().length === 0) return [];
    await new Promise<void>((resolve) => setImmediate(resolve));
    return this.#more();
  }

  #more(): string[] {
    const leaks: string[] = [];
    for (const [type, count] of countResources()) {
      const more = count - (this.#before.get(type) ?? 0);
      if (more > 0) leaks.push(`${more} ${words[type] ?? type}${more > 1 ? "s" : ""}`);
    }
    return leaks;
  }
}

/** Used heap in MiB. */
export function heapMb(): number {
  return Math.round(getHeapStatistics().used_heap_size / 1_048_576);
}
