/**
 * The process in which TypeScript tasks run, one at a time. It speaks `protocol.ts` on descriptor 3 and ends
 * when that closes, so also when its supervisor is killed. Started with `node src/runtime/child.ts`.
 *
 *   ready -> idle --start--> running --result--> idle --shutdown, closed--> exit
 *                               `--cancel, SIGTERM--> onKill --> exit
 */
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { TradewindError } from "../errors.ts";
import { passOverCallSites } from "../sdk/call-site.ts";
import { systemClock } from "../time.ts";
import { version } from "../version.ts";
import { failed } from "./attempt-outcome.ts";
import { enterTracking } from "./environment.ts";
import { describeError } from "./error-info.ts";
import { encodeFrame, FrameConnection } from "./frames.ts";
import { heapMb, LeakWatch } from "./leak-watch.ts";
import {
  type ChildMessage,
  type LogLevel,
  protocolVersion,
  type StartTask,
  type SupervisorMessage,
} from "./protocol.ts";
import { type AttemptPort, type AttemptReport, runAttempt } from "./run-attempt.ts";
import type { RunnableDag } from "./runnable-dag.ts";
import { toLogFields } from "./task-log.ts";

const heartbeatMs = 5000;
const levels: readonly LogLevel[] = ["debug", "info", "warning", "error", "critical"];

/** The task that runs, and the door through which it is told to end. */
interface Running {
  readonly attemptId: string;
  readonly cancel: AbortController;
}

/** Loaded with the first attempt that needs it: an `import()` of its own would cost each attempt a tenth of its time. */
const dagCache = once(() => import("./dag-cache.ts"));

async function runnableOf(start: StartTask): Promise<RunnableDag> {
  if (start.call === undefined) {
    const { loadRunnableDag } = await dagCache();
    return loadRunnableDag(start.code, start.task.dagId);
  }
  const { loadCalledFunction } = await import("./called-function.ts");
  return loadCalledFunction(start, start.call);
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}

class TaskChild {
  readonly #connection: FrameConnection<SupervisorMessage, ChildMessage>;
  #running: Running | null = null;
  #exiting = false;
  #exitCode = 0;

  constructor(stream: Socket) {
    this.#connection = new FrameConnection<SupervisorMessage, ChildMessage>(stream, {
      message: (message) => this.#message(message),
      // Without a supervisor nobody takes the result: whatever runs here is over.
      closed: () => process.exit(this.#exitCode),
    });
  }

  start(): void {
    process.on("SIGTERM", () => this.#cancel("the process was told to end (SIGTERM)"));
    // A terminal sends Ctrl-C to all; the supervisor decides what becomes of its tasks.
    process.on("SIGINT", () => {});
    process.on("uncaughtException", (error) => this.#uncaught(error));
    process.on("unhandledRejection", (reason) => this.#uncaught(reason));
    process.on("exit", (code) => this.#lastWords(code));
    this.#connection.send({
      type: "ready",
      protocol: protocolVersion,
      pid: process.pid,
      language: "typescript",
      version,
    });
    this.#connection.flush();
  }

  #message(message: SupervisorMessage): void {
    switch (message.type) {
      case "start":
        return void this.#start(message);
      case "run-callback":
        return void this.#callback(message);
      case "cancel":
        return this.#cancel(message.reason);
      case "shutdown":
        this.#connection.end();
        return process.exit(0);
      default:
        // Answers are the connection's; messages of a newer supervisor are ignored, as the protocol says.
        return;
    }
  }

  async #start(start: StartTask): Promise<void> {
    if (this.#running) {
      const error = new TradewindError(
        "TW_PROTOCOL",
        `one task at a time was expected, got attempt ${start.task.attemptId} while ${this.#running.attemptId} runs`,
      );
      return this.#result(
        start.task.attemptId,
        { result: failed(error, true), xcoms: [], handlerStillRuns: true },
        [],
      );
    }
    const cancel = new AbortController();
    const running = { attemptId: start.task.attemptId, cancel };
    this.#running = running;
    const watch = new LeakWatch();
    const beat = this.#beat();
    const leaveTracking = enterTracking(start.tracking);
    let report: AttemptReport;
    try {
      const dag = await runnableOf(start);
      report = await runAttempt(start, dag, this.#port(start.logLevel, cancel.signal));
    } catch (error) {
      report = { result: failed(error, true), xcoms: [], handlerStillRuns: false };
    }
    beat.cancel();
    // A handler that still runs goes on under its own token; the process takes no other attempt.
    if (!report.handlerStillRuns) leaveTracking();
    if (this.#running !== running) return;
    this.#running = null;
    const leaks = await watch.leaks();
    if (report.handlerStillRuns) leaks.push("the handler, which did not stop");
    this.#result(running.attemptId, report, leaks);
    if (cancel.signal.aborted) this.#exit(0);
  }

  async #callback(message: Extract<SupervisorMessage, { type: "run-callback" }>): Promise<void> {
    const cancel = new AbortController();
    this.#running = { attemptId: "callback", cancel };
    let report: AttemptReport = { result: { outcome: "success" }, xcoms: [], handlerStillRuns: false };
    try {
      const { loadRunnableDag } = await dagCache();
      const { runDagCallback } = await import("./run-callback.ts");
      await runDagCallback(
        message,
        await loadRunnableDag(message.code, message.dagId),
        this.#port("info", cancel.signal),
      );
    } catch (error) {
      report = { ...report, result: failed(error, false) };
    }
    this.#running = null;
    this.#result("callback", report, []);
  }

  #port(level: LogLevel, cancelled: AbortSignal): AttemptPort {
    const lowest = levels.indexOf(level);
    return {
      clock: systemClock,
      cancelled,
      request: ({ method, params }) => this.#connection.request({ method, params }),
      mask: (values) => this.#connection.send({ type: "mask", values }),
      log: (at, message, fields, logger) => {
        if (levels.indexOf(at) < lowest) return;
        const time = new Date(systemClock.now()).toISOString();
        this.#connection.send({
          type: "log",
          level: at,
          message,
          time,
          ...(logger === undefined ? {} : { logger }),
          ...(fields === undefined ? {} : { fields: toLogFields(fields) }),
        });
      },
    };
  }

  #beat(): { cancel(): void } {
    let timer = systemClock.after(heartbeatMs, tick);
    const connection = this.#connection;
    function tick(): void {
      connection.send({ type: "heartbeat" });
      timer = systemClock.after(heartbeatMs, tick);
    }
    return { cancel: () => timer.cancel() };
  }

  #result(attemptId: string, report: AttemptReport, leaked: string[]): void {
    const { result, xcoms, length, keys, uses, looked } = report;
    const message: ChildMessage = {
      type: "result",
      attemptId,
      result,
      xcoms,
      ...(length === undefined ? {} : { length }),
      ...(keys === undefined ? {} : { keys }),
      ...(uses === undefined ? {} : { uses }),
      ...(looked === undefined ? {} : { looked }),
      leaked,
      heapMb: heapMb(),
    };
    try {
      this.#connection.send(message);
    } catch (error) {
      this.#connection.send({ ...message, result: failed(error, false), xcoms: [] });
    }
    this.#connection.flush();
  }

  #cancel(reason: string): void {
    const running = this.#running;
    if (running === null) return this.#exit(0);
    if (running.cancel.signal.aborted) return;
    running.cancel.abort(new TradewindError("TW_TASK_CANCELLED", `the task was told to end: ${reason}`));
  }

  /** An error outside of the handler's own promise: a timer's, a stream's. It fails the attempt at once. */
  #uncaught(error: unknown): void {
    const running = this.#running;
    if (running === null) {
      const { name, message, stack } = describeError(error);
      process.stderr.write(`${stack ?? `${name}: ${message}`}\n`);
      return this.#exit(1);
    }
    this.#running = null;
    this.#result(running.attemptId, { result: failed(error, true), xcoms: [], handlerStillRuns: true }, [
      "an error outside of the handler",
    ]);
    this.#exit(1);
  }

  #exit(code: number): void {
    if (this.#exiting) return;
    this.#exiting = true;
    this.#exitCode = code;
    this.#connection.flush();
    // The frames are with the operating system when the stream has ended; a closed one ends us by itself.
    this.#connection.end();
    systemClock.after(200, () => process.exit(code));
  }

  /** The handler called `process.exit`: the last chance to say so is a blocking write. */
  #lastWords(code: number): void {
    const running = this.#running;
    if (running === null || this.#connection.closed) return;
    this.#connection.flush();
    // In the middle of a frame that the supervisor has not taken, another one would break the stream.
    if (this.#connection.unsentBytes > 0) return;
    const error = new TradewindError(
      "TW_TASK_PROCESS",
      `the process of the task was ended with process.exit(${code}) before the task returned`,
    );
    const message: ChildMessage = {
      type: "result",
      attemptId: running.attemptId,
      result: failed(error, true),
      xcoms: [],
      leaked: ["the process ended"],
    };
    try {
      writeSync(3, encodeFrame(message));
    } catch {
      // The supervisor sees the exit code, which is all that can be said then.
    }
  }
}

/**
 * What a task prints is with the supervisor when its result is: a print blocks until it is taken, so that a task
 * that prints without end is slowed down and not buffered here.
 */
for (const stream of [process.stdout, process.stderr]) {
  (stream as unknown as { _handle?: { setBlocking?(blocking: boolean): void } })._handle?.setBlocking?.(true);
}

passOverCallSites();
new TaskChild(new Socket({ fd: 3, readable: true, writable: true })).start();
