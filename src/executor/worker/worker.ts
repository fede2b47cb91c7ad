/**
 * The process beside the scheduler that runs tasks: takes workloads into its slots, starts their handlers when told
 * to, and keeps each end until the scheduler has committed it. It lives longer than a scheduler: without one it
 * keeps its tasks running for a while and announces them to the next.
 *
 * Enters: `dispatch` → waiting; a free slot → `taken`; `begin` → running. Leaves: `finished` or `lost` → `ack`.
 */
import { hostname } from "node:os";
import type { Logger } from "../../log.ts";
import { SecretMasker } from "../../logs/secret-masker.ts";
import { type Clock, delay, type Timer } from "../../time.ts";
import type { Workload } from "../executor.ts";
import { type EndReport, type ExecutorMessage, linkVersion } from "../link.ts";
import { identify } from "../process-table.ts";
import { Attempt, type AttemptHost } from "./attempt.ts";
import { CallbackRunner } from "./callback-runner.ts";
import { Devices } from "./devices.ts";
import { MappedElements } from "./mapped-elements.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { ProcessPool } from "./process-pool.ts";
import { PythonServers } from "./python-server.ts";
import { type LinkHello, SchedulerLink } from "./scheduler-link.ts";
import type { WorkerSettings } from "./settings.ts";
import { TaskProcess } from "./task-process.ts";
import type { WorkerRecordFile } from "./worker-record.ts";

export interface WorkerParts {
  readonly workerId: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly record: WorkerRecordFile;
  /** Ends that a dead predecessor could not tell. */
  readonly inherited: readonly EndReport[];
}

const exitPollMs = 10;

export class Worker {
  readonly #settings: WorkerSettings;
  readonly #parts: WorkerParts;
  readonly #pool: ProcessPool;
  readonly #link: SchedulerLink;
  readonly #host: AttemptHost;
  readonly #memory: MemoryWatch;
  readonly #callbacks: CallbackRunner;
  readonly #devices: Devices;
  #slots: number;
  /** Dispatched, no slot yet; the first is the next. */
  #waiting: Workload[] = [];
  /** On a slot, but without a process yet; what is cancelled meanwhile is taken out. */
  readonly #starting = new Set<string>();
  readonly #attempts = new Map<string, Attempt>();
  readonly #ends = new Map<string, EndReport>();
  #heartbeat: Timer | null = null;
  #retiring = false;
  #stopping: Promise<void> | null = null;
  readonly #ended = Promise.withResolvers<void>();

  constructor(settings: WorkerSettings, parts: WorkerParts) {
    const { clock, record } = parts;
    this.#settings = settings;
    this.#parts = parts;
    this.#slots = settings.slots;
    for (const report of parts.inherited) this.#ends.set(report.attemptId, report);
    const python = new PythonServers({
      clock,
      runFolder: settings.runFolder,
      workerId: parts.workerId,
      settings: settings.python,
      request: (attemptId, request) => this.#link.request(attemptId, request),
      printed: (line) => parts.log.debug({ line }, "a Python process that imports Dag files printed"),
    });
    this.#devices = new Devices(settings.devices);
    this.#pool = new ProcessPool(
      settings,
      clock,
      (children) => {
        record.setChildren(children);
        this.#processesChanged();
      },
      python,
    );
    this.#link = new SchedulerLink(settings, clock, {
      hello: () => this.#hello(),
      welcomed: (slots) => this.#welcomed(slots),
      message: (message) => this.#message(message),
      gaveUp: (error) => this.#gaveUp(error),
    });
    this.#memory = new MemoryWatch(clock, () => this.#attempts.values());
    this.#callbacks = new CallbackRunner({
      settings,
      clock,
      acquire: (interpreter) => this.#pool.acquireFresh(interpreter),
      release: (process) => this.#pool.release(process, false),
      request: (id, request) => this.#link.request(id, request),
      done: (id, error) => void this.#link.send({ type: "callback-done", id, error }),
      logFailed: (error, path) => this.#logFailed(error, path),
    });
    const elements = new MappedElements(clock);
    this.#host = {
      clock,
      logFolder: settings.logFolder,
      maxTaskLogBytes: settings.maxTaskLogBytes,
      killGraceMs: settings.killGraceMs,
      heapLimitMb: settings.heapLimitMb,
      memoryLimitMb: settings.memoryLimitMb,
      request: (attemptId, request) => elements.pick(request, this.#link.request(attemptId, request)),
      ended: (attempt, report, reuse) => this.#attemptEnded(attempt, report, reuse),
      logFailed: (error, path) => this.#logFailed(error, path),
    };
  }

  /** Resolves when the worker has ended all it had. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  start(): void {
    this.#link.start();
    this.#beat();
  }

  /** Ends all attempts, tells their ends if anybody listens, keeps what nobody acknowledged for a successor. */
  stop(reason: string, graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(reason, graceMs);
    return this.#stopping;
  }

  async #stop(reason: string, graceMs: number): Promise<void> {
    const { clock, record } = this.#parts;
    this.#heartbeat?.cancel();
    this.#memory.close();
    this.#waiting = [];
    this.#starting.clear();
    this.#callbacks.close(reason);
    for (const attempt of this.#attempts.values()) attempt.cancel(reason, graceMs);
    this.#pool.close();
    const killAt = clock.now() + graceMs + 2000;
    while (this.#attempts.size > 0 || this.#pool.size > 0) {
      if (clock.now() > killAt) this.#pool.killAll();
      await delay(exitPollMs);
    }
    for (let waited = 0; this.#ends.size > 0 && this.#link.connected && waited < 2000; waited += exitPollMs) {
      await delay(exitPollMs);
    }
    this.#link.close();
    if (this.#ends.size > 0) record.setUnacknowledged([...this.#ends.values()]);
    else record.remove();
    this.#ended.resolve();
  }

  #hello(): LinkHello {
    const { name, managed, queues } = this.#settings;
    // What has no slot yet is forgotten: the scheduler dispatches it again.
    this.#waiting = [];
    return {
      link: linkVersion,
      workerId: this.#parts.workerId,
      name,
      managed,
      hostname: hostname(),
      process: identify(process.pid),
      slots: this.#slots,
      queues: queues === null ? null : [...queues],
      devices: this.#devices.counts,
      attempts: [...this.#attempts.values()].map(({ id, pid, began }) => ({ attemptId: id, pid, began })),
      ends: [...this.#ends.keys()],
    };
  }

  #welcomed(slots: number | null): void {
    if (slots !== null) this.#slots = slots;
    for (const report of this.#ends.values()) this.#link.send(report);
    this.#parts.log.info(
      { attempts: this.#attempts.size, unacknowledged: this.#ends.size },
      "connected to a scheduler",
    );
  }

  #message(message: Exclude<ExecutorMessage, { type: "welcome" | "refused" }>): void {
    switch (message.type) {
      case "dispatch":
        return this.#dispatch(message.workload);
      case "begin":
        return this.#begin(message.attemptId);
      case "cancel":
        return this.#cancel(message.attemptId, message.reason);
      case "ack":
        for (const attemptId of message.attemptIds) this.#ends.delete(attemptId);
        return this.#endIfRetired();
      case "callback":
        return this.#callbacks.run(message.workload);
      case "stop":
        return void this.stop("the scheduler stops", message.graceMs);
      case "retire":
        this.#retiring = true;
        return this.#endIfRetired();
      default:
        this.#parts.log.warn({ message }, "unknown message from the scheduler");
    }
  }

  #dispatch(workload: Workload): void {
    const { attemptId, priority } = workload;
    if (this.#stopping !== null || this.#attempts.has(attemptId) || this.#starting.has(attemptId)) return;
    const known = this.#ends.get(attemptId);
    if (known !== undefined) return void this.#link.send(known);
    const before = this.#waiting.findIndex((other) => other.priority < priority);
    this.#waiting.splice(before < 0 ? this.#waiting.length : before, 0, workload);
    this.#fillSlots();
  }

  #fillSlots(): void {
    while (this.#attempts.size + this.#starting.size < this.#slots && this.#stopping === null) {
      const index = this.#waiting.findIndex((workload) => this.#devices.hasRoomFor(workload));
      if (index < 0) return;
      const [workload] = this.#waiting.splice(index, 1) as [Workload];
      this.#take(workload);
    }
  }

  /** A device is free again when the process that had it is gone. Not within the call: a start is one of these changes. */
  #processesChanged(): void {
    queueMicrotask(() => {
      if (this.#devices.settle()) this.#fillSlots();
    });
  }

  #take(dispatched: Workload): void {
    let workload = dispatched;
    let acquired: TaskProcess | Promise<TaskProcess>;
    try {
      workload = this.#devices.equip(dispatched);
      acquired = this.#pool.acquire(workload);
    } catch (error) {
      return this.#place(workload, error as Error);
    }
    if (acquired instanceof TaskProcess) {
      this.#devices.startedIn(workload.attemptId, acquired);
      return this.#place(workload, acquired);
    }
    this.#starting.add(workload.attemptId);
    acquired.then(
      (process) => this.#started(workload, process),
      (error: Error) => this.#started(workload, error),
    );
  }

  #started(workload: Workload, acquired: TaskProcess | Error): void {
    if (!(acquired instanceof Error)) this.#devices.startedIn(workload.attemptId, acquired);
    if (this.#starting.delete(workload.attemptId)) this.#place(workload, acquired);
    else if (!(acquired instanceof Error)) this.#pool.release(acquired, false);
  }

  #place(workload: Workload, acquired: TaskProcess | Error): void {
    const masker =
      acquired instanceof Error ? new SecretMasker(this.#settings.sensitiveNames) : acquired.masker;
    let attempt: Attempt;
    try {
      attempt = new Attempt(workload, acquired, masker, this.#host);
    } catch (error) {
      if (!(acquired instanceof Error)) this.#pool.release(acquired, true);
      const why = { message: (error as Error).message, began: false };
      return this.#report({ type: "lost", attemptId: workload.attemptId, why });
    }
    this.#attempts.set(workload.attemptId, attempt);
    this.#link.send({ type: "taken", attemptId: workload.attemptId, pid: attempt.pid });
  }

  #begin(attemptId: string): void {
    const attempt = this.#attempts.get(attemptId);
    if (attempt === undefined) return;
    attempt.begin();
    if (attempt.memoryLimitMb !== null) this.#memory.wake();
  }

  #cancel(attemptId: string, reason: string): void {
    const index = this.#waiting.findIndex((workload) => workload.attemptId === attemptId);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      return this.#report({
        type: "lost",
        attemptId,
        why: { message: `cancelled: ${reason}`, began: false },
      });
    }
    if (this.#starting.delete(attemptId)) {
      this.#report({ type: "lost", attemptId, why: { message: `cancelled: ${reason}`, began: false } });
      return this.#fillSlots();
    }
    this.#attempts.get(attemptId)?.cancel(reason);
  }

  #attemptEnded(attempt: Attempt, report: EndReport, reuse: boolean): void {
    this.#attempts.delete(attempt.id);
    if (attempt.process !== null) this.#pool.release(attempt.process, reuse);
    this.#report(report);
    this.#fillSlots();
    this.#endIfRetired();
  }

  #report(report: EndReport): void {
    this.#ends.set(report.attemptId, report);
    this.#devices.ended(report.attemptId);
    this.#link.send(report);
  }

  #beat(): void {
    if (this.#attempts.size > 0) this.#link.send({ type: "alive", attemptIds: [...this.#attempts.keys()] });
    this.#heartbeat = this.#parts.clock.after(this.#settings.heartbeatMs, () => this.#beat());
  }

  #endIfRetired(): void {
    const busy =
      this.#attempts.size + this.#starting.size > 0 || this.#ends.size > 0 || this.#waiting.length > 0;
    if (this.#retiring && !busy) void this.stop("the worker is replaced", 0);
  }

  #gaveUp(error: Error): void {
    this.#parts.log.error(
      { err: error, attempts: this.#attempts.size },
      "no scheduler: this worker ends its tasks",
    );
    void this.stop(error.message, Math.min(5000, this.#settings.killGraceMs));
  }

  #logFailed(error: Error, path: string): void {
    this.#parts.log.error({ err: error, path }, "a task's log cannot be written; the task goes on");
  }
}
