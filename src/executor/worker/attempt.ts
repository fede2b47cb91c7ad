/**
 * One attempt on a slot: it has a process, waits for `begin`, runs, and ends in exactly one report.
 *
 *   taken --begin--> running --result--> finished
 *     |                 |---- process gone, cancelled ----> lost
 *     |                 `---- over time, over memory, result too large ----> finished (failed)
 *     `-- cancelled, process gone --> lost (never began)
 */
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { AttemptLog } from "../../logs/attempt-log.ts";
import type { SecretMasker } from "../../logs/secret-masker.ts";
import type { ChildMessage, ChildRequest, TaskResult } from "../../runtime/protocol.ts";
import type { Clock, Timer } from "../../time.ts";
import type { Workload } from "../executor.ts";
import type { EndReport } from "../link.ts";
import { describeExit, failedResult } from "./attempt-failure.ts";
import { writeEnd, writeOpening, writeOutcome } from "./attempt-lines.ts";
import { hideInRequest, hideInResult } from "./hide-secrets.ts";
import type { ProcessExit, TaskProcess } from "./task-process.ts";

/** The child keeps its own time first; this is how much longer it has to say so. */
const timeoutSlackMs = 1000;
/** A task over its time has had its chance: SIGKILL follows sooner than after a cancel. */
const timeoutGraceMs = 5000;

export interface AttemptHost {
  readonly clock: Clock;
  readonly logFolder: string;
  readonly maxTaskLogBytes: number;
  readonly killGraceMs: number;
  readonly heapLimitMb: number;
  readonly memoryLimitMb: number | null;
  /** Asks the scheduler. */
  request(attemptId: string, request: ChildRequest): Promise<Json>;
  /** The attempt ended: its slot is free, its process goes back or is replaced. */
  ended(attempt: Attempt, report: EndReport, reuse: boolean): void;
  logFailed(error: Error, path: string): void;
}

export class Attempt {
  readonly workload: Workload;
  /** Null when none could be had; `failure` says why, and is the result once the attempt began. */
  readonly process: TaskProcess | null;
  readonly memoryLimitMb: number | null;
  began = false;
  #beganAt = 0;
  readonly #host: AttemptHost;
  readonly #failure: Error | null;
  readonly #log: AttemptLog;
  readonly #masker: SecretMasker;
  #timer: Timer | null = null;
  /** Why the process is being ended. */
  #ending: { report: EndReport } | null = null;
  #done = false;

  constructor(workload: Workload, acquired: TaskProcess | Error, masker: SecretMasker, host: AttemptHost) {
    this.workload = workload;
    this.#host = host;
    this.process = acquired instanceof Error ? null : acquired;
    this.#failure = acquired instanceof Error ? acquired : null;
    this.memoryLimitMb = workload.start.memoryLimitMb ?? host.memoryLimitMb;
    this.#masker = masker;
    masker.addFrom(workload.env as { [name: string]: string });
    this.#log = new AttemptLog(host.logFolder, workload.logPath, {
      clock: host.clock,
      masker,
      maxBytes: host.maxTaskLogBytes,
      onError: (error) => host.logFailed(error, workload.logPath),
    });
    if (this.process !== null) {
      this.process.tasks++;
      this.process.user = {
        message: (message) => this.#message(message),
        line: (stream, text) =>
          this.#log.write(stream === "stderr" ? "error" : "info", `task.${stream}`, text),
        exited: (exit) => this.#exited(exit),
      };
    }
  }

  get id(): string {
    return this.workload.attemptId;
  }

  get pid(): number {
    return this.process?.pid ?? process.pid;
  }

  begin(): void {
    if (this.began || this.#done) return;
    this.began = true;
    this.#beganAt = this.#host.clock.now();
    writeOpening(this.#log, this.workload.start, this.pid);
    const note = this.workload.start.cache?.note;
    if (note) this.#log.write("info", "step-cache", note);
    if (this.process === null) return this.#end(this.#failed(this.#failure as Error), false);
    try {
      this.process.send(this.workload.start);
    } catch (error) {
      return this.#end(this.#failed(error as Error), true);
    }
    const { executionTimeout } = this.workload.start;
    if (executionTimeout !== null) {
      const ms = executionTimeout * 1000 + timeoutSlackMs;
      this.#timer = this.#host.clock.after(ms, () => this.#overTime(executionTimeout));
    }
  }

  /** Ends the process and everything that it started; an attempt that has not begun gives its process back. */
  cancel(reason: string, graceMs: number = this.#host.killGraceMs): void {
    if (this.#done || this.#ending !== null) return;
    const report = this.#lost(`cancelled: ${reason}`);
    if (!this.began || this.process === null) return this.#end(report, true);
    this.#log.write("warning", "worker", `the task is cancelled: ${reason}`);
    this.#ending = { report };
    this.process.terminate(reason, graceMs);
  }

  overMemory(usedMb: number): void {
    if (this.#done || this.#ending !== null || this.memoryLimitMb === null) return;
    const error = new TradewindError(
      "TW_MEMORY_LIMIT",
      `the task's processes used ${Math.round(usedMb)} MiB of memory, more than its limit of ${this.memoryLimitMb} MiB`,
      { hint: "Raise memoryLimitMb of the task (or worker.memory_limit_mb), or let it hold less at once." },
    );
    this.#ending = { report: this.#failed(error) };
    this.process?.kill();
  }

  #overTime(seconds: number): void {
    if (this.#done || this.#ending !== null) return;
    const message = `the task ran longer than its execution timeout of ${seconds} s and is ended`;
    this.#ending = { report: this.#failed(new TradewindError("TW_EXECUTION_TIMEOUT", message)) };
    this.process?.terminate(message, Math.min(timeoutGraceMs, this.#host.killGraceMs));
  }

  #message(message: ChildMessage): void {
    switch (message.type) {
      case "log": {
        const { level, logger, time, fields } = message;
        this.#log.write(level, logger ?? "task", message.message, {
          time,
          ...(fields === undefined ? {} : { fields }),
        });
        return;
      }
      case "request":
        return this.#request(message);
      case "result":
        return this.#result(message);
      default:
        return;
    }
  }

  #request(message: Extract<ChildMessage, { type: "request" }>): void {
    const { id, method, params } = message;
    const request = hideInRequest({ method, params } as ChildRequest, this.#masker);
    const work = this.#host.request(this.id, request).then((answer) => {
      this.#maskSecretsOf(request, answer);
      return answer;
    });
    this.process?.answer(id, work);
  }

  /** What the task was told as a secret is hidden in its log, whether or not the child says so. */
  #maskSecretsOf(request: ChildRequest, answer: Json): void {
    if (request.method === "connection.get") this.#masker.addFrom(answer);
    if (request.method === "variable.get") this.#masker.addFrom({ [request.params.key]: answer });
  }

  #result(message: Extract<ChildMessage, { type: "result" }>): void {
    const { attemptId, xcoms, length, keys, uses, looked, leaked = [], heapMb = 0 } = message;
    // A late result of another attempt says that the process is not in order.
    if (attemptId !== this.id || !this.began) return void this.process?.kill();
    if (this.#ending !== null) return;
    const result = hideInResult(message.result, this.#masker);
    const end = {
      result,
      xcoms,
      ...(length === undefined ? {} : { length }),
      ...(keys === undefined ? {} : { keys }),
      ...(uses === undefined ? {} : { uses }),
      ...(looked === undefined ? {} : { looked }),
    };
    const report: EndReport = { type: "finished", attemptId, end };
    this.#timer?.cancel();
    this.#ending = { report };
    const left = this.process?.isolated === false ? this.process.children.count() : 0;
    if (left > 0) leaked.push(left > 1 ? `${left} child processes` : "a child process");
    const reuse = leaked.length === 0 && heapMb <= this.#host.heapLimitMb;
    this.process?.afterOutput(() => {
      if (leaked.length > 0) {
        this.#log.write(
          "warning",
          "worker",
          `the task left open: ${leaked.join(", ")}; its process is replaced`,
        );
      }
      writeOutcome(this.#log, result);
      this.#end(report, reuse);
    });
  }

  #exited(exit: ProcessExit): void {
    if (this.#done) return;
    this.#end(this.#ending?.report ?? this.#reportOf(exit), false);
  }

  #reportOf(exit: ProcessExit): EndReport {
    if (exit.error !== null && this.began) return this.#failed(exit.error);
    const why = this.#masker.mask(describeExit(exit, this.memoryLimitMb));
    const report = this.#lost(why, exit);
    this.#log.conclude("error", "worker", why);
    return report;
  }

  #lost(message: string, exit: { code: number | null; signal: string | null } | null = null): EndReport {
    const ended = exit === null ? {} : { exitCode: exit.code, signal: exit.signal };
    return { type: "lost", attemptId: this.id, why: { message, began: this.began, ...ended } };
  }

  #failed(error: Error): EndReport {
    const result: TaskResult = failedResult(error);
    writeOutcome(this.#log, result);
    return { type: "finished", attemptId: this.id, end: { result, xcoms: [] } };
  }

  #end(report: EndReport, reuse: boolean): void {
    if (this.#done) return;
    this.#done = true;
    this.#timer?.cancel();
    if (this.began)
      writeEnd(this.#log, this.workload.start, report, (this.#host.clock.now() - this.#beganAt) / 1000);
    this.#log.close();
    this.#host.ended(this, report, reuse);
  }
}
