/** Runs callbacks, each in a fresh process, a few at a time, beside the slots. */
import type { Json } from "../../core/dag-model.ts";
import { AttemptLog } from "../../logs/attempt-log.ts";
import type { ChildMessage, ChildRequest, SupervisorMessage } from "../../runtime/protocol.ts";
import type { Clock, Timer } from "../../time.ts";
import type { CallbackWorkload } from "../executor.ts";
import { describeExit } from "./attempt-failure.ts";
import type { WorkerSettings } from "./settings.ts";
import type { ProcessExit, TaskProcess } from "./task-process.ts";

export interface CallbackHost {
  readonly settings: WorkerSettings;
  readonly clock: Clock;
  acquire(interpreter: string): TaskProcess;
  release(process: TaskProcess): void;
  request(id: string, request: ChildRequest): Promise<Json>;
  done(id: string, error: { code: string; message: string } | null): void;
  logFailed(error: Error, path: string): void;
}

const atOnce = 2;
const mostRemembered = 1000;
/** Longest that one callback may take. */
const timeoutMs = 300_000;

export class CallbackRunner {
  readonly #host: CallbackHost;
  readonly #waiting: CallbackWorkload[] = [];
  readonly #running = new Set<RunningCallback>();
  /** Waiting and running. */
  readonly #known = new Set<string>();
  readonly #ended = new Map<string, CallbackError>();

  constructor(host: CallbackHost) {
    this.#host = host;
  }

  /** One that is known is not run again: a scheduler that did not hear of its end asks once more. */
  run(workload: CallbackWorkload): void {
    const { id } = workload;
    const ended = this.#ended.get(id);
    if (ended !== undefined) return this.#host.done(id, ended);
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#waiting.push(workload);
    this.#next();
  }

  close(reason: string): void {
    for (const { id } of this.#waiting.splice(0)) this.#known.delete(id);
    for (const callback of this.#running) callback.cancel(reason);
  }

  #over(id: string, error: CallbackError): void {
    this.#known.delete(id);
    this.#ended.set(id, error);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= mostRemembered) break;
      this.#ended.delete(oldest);
    }
    this.#host.done(id, error);
  }

  #next(): void {
    while (this.#running.size < atOnce) {
      const workload = this.#waiting.shift();
      if (workload === undefined) return;
      try {
        const running = new RunningCallback(workload, this.#host, (error) => {
          this.#running.delete(running);
          this.#over(workload.id, error);
          this.#next();
        });
        this.#running.add(running);
      } catch (error) {
        this.#over(workload.id, { code: "TW_TASK_PROCESS", message: (error as Error).message });
      }
    }
  }
}

type CallbackError = { code: string; message: string } | null;

/** Over when the process sends a result, or ends. */
class RunningCallback {
  readonly #host: CallbackHost;
  readonly #workload: CallbackWorkload;
  readonly #done: (error: CallbackError) => void;
  readonly #process: TaskProcess;
  readonly #log: AttemptLog;
  readonly #timer: Timer;
  #over = false;

  constructor(workload: CallbackWorkload, host: CallbackHost, done: (error: CallbackError) => void) {
    this.#host = host;
    this.#workload = workload;
    this.#done = done;
    const { code } = workload.message as { code?: { interpreter?: string } };
    this.#process = host.acquire(code?.interpreter ?? "node");
    this.#log = new AttemptLog(host.settings.logFolder, workload.logPath, {
      clock: host.clock,
      masker: this.#process.masker,
      maxBytes: host.settings.maxTaskLogBytes,
      onError: (error) => host.logFailed(error, workload.logPath),
    });
    this.#process.user = {
      message: (message) => this.#message(message),
      line: (stream, text) => this.#log.write(stream === "stderr" ? "error" : "info", `task.${stream}`, text),
      exited: (exit) => this.#exited(exit),
    };
    this.#process.send(workload.message as unknown as SupervisorMessage);
    this.#timer = host.clock.after(timeoutMs, () => this.cancel(`it ran longer than ${timeoutMs / 1000} s`));
  }

  cancel(reason: string): void {
    if (!this.#over) this.#process.terminate(reason, this.#host.settings.killGraceMs);
  }

  #message(message: ChildMessage): void {
    if (message.type === "log") {
      const { level, logger, time, fields } = message;
      this.#log.write(level, logger ?? "task", message.message, {
        time,
        ...(fields === undefined ? {} : { fields }),
      });
    } else if (message.type === "request") {
      const { id, method, params } = message;
      this.#process.answer(id, this.#host.request(this.#workload.id, { method, params } as ChildRequest));
    } else if (message.type === "result") {
      const { result } = message;
      const error = result.outcome === "failed" ? result.error : null;
      const code = error?.code ?? "TW_TASK_PROCESS";
      this.#process.afterOutput(() => this.#end(error === null ? null : { code, message: error.message }));
    }
  }

  #exited(exit: ProcessExit): void {
    if (exit.code === 0) return this.#end(null);
    this.#end({ code: "TW_ATTEMPT_LOST", message: describeExit(exit, null) });
  }

  #end(error: CallbackError): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.cancel();
    if (error !== null) this.#log.write("error", "worker", `the callback failed: ${error.message}`);
    this.#log.close();
    this.#host.release(this.#process);
    this.#done(error);
  }
}
