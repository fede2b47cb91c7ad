/**
 * The executor of one machine: worker processes that it keeps alive, and workers of other machines that connect to
 * it. It lives in the scheduler's process and holds nothing that a restart needs: workers announce what they have.
 *
 * A workload: waiting here → sent to the worker with most free slots → taken → began → ended → acknowledged.
 */

import type { Json } from "../core/dag-model.ts";
import { assertNever, TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { ownFile } from "../own-file.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import type { Clock, Timer } from "../time.ts";
import type { CallbackWorkload, Executor, ExecutorEvents, Workload } from "./executor.ts";
import type { WorkerHello, WorkerMessage } from "./link.ts";
import { socketPath } from "./socket-path.ts";
import { WaitingWorkloads } from "./waiting-workloads.ts";
import { defaultWorkerSettings, type WorkerSettings } from "./worker/settings.ts";
import { type Assigned, WorkerHandle } from "./worker-handle.ts";
import { WorkerKeeper } from "./worker-keeper.ts";
import { type TcpAddress, type WorkerConnection, WorkerListener } from "./worker-listener.ts";

/** A worker process of this machine; what is left out has the default of `worker/settings.ts`. */
export type LocalWorker = { readonly name: string } & Partial<
  Omit<WorkerSettings, "name" | "connect" | "runFolder" | "logFolder" | "managed">
>;

export interface LocalExecutorOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Sockets and records of workers. */
  readonly runFolder: string;
  readonly logFolder: string;
  /** None: only workers that connect by themselves. */
  readonly workers: readonly LocalWorker[];
  /** Workers of other machines connect here. */
  readonly tcp?: TcpAddress;
  /** How long `start` waits for a worker that an earlier scheduler left, in ms. */
  readonly adoptionMs?: number;
}

/**
 * Workloads sent ahead to a worker whose slots are all taken, so that a slot is filled the moment it is free. Where
 * there are several workers few, since another one may be free first.
 */
const prefetch = 2;
/** Beyond its own patience, before a worker that hung up is taken for gone. */
const goneAfterMs = 5000;
/** Beyond the grace, for a worker that stops: last reports, acknowledgements. */
const stopOvertimeMs = 5000;

export class LocalExecutor implements Executor {
  readonly #options: LocalExecutorOptions;
  readonly #listener: WorkerListener;
  readonly #keepers = new Map<string, WorkerKeeper>();
  readonly #workers = new Map<string, WorkerHandle>();
  readonly #handles = new Map<WorkerConnection, WorkerHandle>();
  readonly #waiting = new WaitingWorkloads();
  /** Which worker has an attempt: until its end is acknowledged. */
  readonly #workerOf = new Map<string, WorkerHandle>();
  readonly #callbacks = new Map<
    string,
    { worker: WorkerHandle; resolve(): void; reject(error: Error): void }
  >();
  /** Queues that were looked at: a missing worker is told once. */
  readonly #servedQueues = new Set<string>();
  readonly #goneTimers = new Map<WorkerHandle, Timer>();
  #events: ExecutorEvents | null = null;
  #lastSlots = "";
  #fillQueued = false;
  #stopping = false;
  /** Port of the TCP listener, where there is one. */
  tcpPort: number | null = null;

  constructor(options: LocalExecutorOptions) {
    this.#options = options;
    this.#listener = new WorkerListener(options.clock, {
      hello: (hello, connection) => this.#greeted(hello, connection),
      message: (connection, message) => this.#message(connection, message),
      closed: (connection) => this.#left(connection),
    });
  }

  /** Throws TW_WORKER_START when another scheduler uses this home, or a worker cannot be started. */
  async start(events: ExecutorEvents): Promise<void> {
    const { runFolder, workers, tcp, clock, log, adoptionMs = 5000 } = this.#options;
    this.#events = events;
    const socket = socketPath(runFolder, "executor");
    for (const worker of workers) {
      const settings = this.#settingsOf(worker, socket);
      this.#keepers.set(worker.name, new WorkerKeeper({ clock, log, settings, adoptionMs }));
    }
    await this.#listener.listenOnSocket(socket);
    if (tcp !== undefined) this.tcpPort = await this.#listener.listenOnTcp(tcp);
    await Promise.all([...this.#keepers.values()].map((keeper) => keeper.start()));
  }

  #settingsOf(worker: LocalWorker, socket: string): WorkerSettings {
    const { runFolder, logFolder } = this.#options;
    const childEntry = ownFile(import.meta.dirname, "../runtime/child");
    const fixed = { managed: true, connect: { socket }, runFolder, logFolder };
    return { ...defaultWorkerSettings, childEntry, ...worker, ...fixed };
  }

  /** Pids of the connected workers of this executor. */
  workerPids(): number[] {
    return [...this.#workers.values()].filter(({ usable }) => usable).map((worker) => worker.process.pid);
  }

  dispatch(workload: Workload): void {
    const { attemptId } = workload;
    if (this.#workerOf.has(attemptId)) return;
    this.#waiting.add(workload);
    this.#warnOfUnservedQueue(workload.queue);
    this.#fillSoon();
  }

  #warnOfUnservedQueue(queue: string): void {
    if (this.#servedQueues.has(queue)) return;
    this.#servedQueues.add(queue);
    const workers = [...this.#workers.values()];
    if (workers.length === 0 || workers.some((worker) => worker.usable && worker.serves(queue))) return;
    this.#options.log.warn(
      { queue },
      "no connected worker takes from this queue: its tasks wait (worker.queues)",
    );
  }

  begin(attemptId: string): void {
    const worker = this.#workerOf.get(attemptId);
    const assigned = worker?.assigned.get(attemptId);
    if (worker === undefined || assigned === undefined || assigned.state === "began") return;
    assigned.state = "began";
    worker.send({ type: "begin", attemptId });
  }

  acknowledge(attemptIds: readonly string[]): void {
    for (const attemptId of attemptIds) {
      const worker = this.#workerOf.get(attemptId);
      if (worker === undefined || worker.assigned.has(attemptId)) continue;
      this.#workerOf.delete(attemptId);
      worker.acknowledged.push(attemptId);
    }
    this.#fillSoon();
  }

  #sendAcknowledgements(): void {
    for (const worker of this.#workers.values()) {
      if (worker.acknowledged.length === 0) continue;
      worker.send({ type: "ack", attemptIds: worker.acknowledged });
      worker.acknowledged = [];
    }
  }

  cancel(attemptId: string, reason: string): void {
    if (this.#waiting.remove(attemptId)) {
      const why = { message: `cancelled: ${reason}`, began: false };
      // Not within the call: the caller is in the middle of its own change.
      queueMicrotask(() => this.#events?.lost(attemptId, why));
      return;
    }
    const worker = this.#workerOf.get(attemptId);
    const assigned = worker?.assigned.get(attemptId);
    if (worker === undefined || assigned === undefined) return;
    assigned.cancelled = reason;
    worker.send({ type: "cancel", attemptId, reason });
  }

  runCallback(workload: CallbackWorkload): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = [...this.#workers.values()].find(({ usable }) => usable);
      if (worker === undefined) {
        const message = "a worker was expected to run a callback of a Dag, but none is connected";
        return reject(new TradewindError("TW_CONNECTION_CLOSED", message));
      }
      this.#callbacks.set(workload.id, { worker, resolve, reject });
      worker.send({ type: "callback", workload });
    });
  }

  async stop({ keepRunning, graceMs }: { keepRunning: boolean; graceMs: number }): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#goneTimers.values()) timer.cancel();
    const keepers = [...this.#keepers.values()];
    for (const keeper of keepers) keeper.letGo();
    if (!keepRunning) {
      for (const worker of this.#workers.values()) {
        if (this.#keepers.has(worker.name)) worker.send({ type: "stop", graceMs });
      }
      await Promise.all(keepers.map((keeper) => keeper.end(graceMs + stopOvertimeMs)));
    }
    this.#sendAcknowledgements();
    for (const connection of this.#handles.keys()) connection.end();
    await this.#listener.close();
    this.#events = null;
  }

  #greeted(hello: WorkerHello, connection: WorkerConnection): void {
    if (this.#stopping) return connection.destroy();
    const known = this.#workers.get(hello.workerId);
    const worker = new WorkerHandle(hello, connection);
    const keeper = hello.managed ? this.#keepers.get(hello.name) : undefined;
    // A worker that this configuration does not know any more finishes what it has.
    worker.retired = hello.managed && keeper === undefined;
    if (known !== undefined) this.#forget(known);
    this.#workers.set(worker.id, worker);
    this.#handles.set(connection, worker);
    const slots = keeper === undefined ? null : keeper.slots;
    if (slots !== null) worker.slots = slots;
    connection.send({ type: "welcome", slots });
    this.#adopt(worker, hello, known);
    if (keeper !== undefined) this.#buryPredecessors(worker, hello.ends);
    if (worker.retired) worker.send({ type: "retire" });
    keeper?.arrived(hello.process);
    this.#fillSoon();
  }

  /** Compares what the worker says it has with what is known here, and goes on from there. */
  #adopt(worker: WorkerHandle, hello: WorkerHello, known: WorkerHandle | undefined): void {
    const before = new Map<string, Assigned>(known?.assigned);
    const events = this.#events;
    const where = { hostname: worker.hostname, workerId: worker.id };
    for (const attemptId of hello.ends) this.#workerOf.set(attemptId, worker);
    if (hello.attempts.length > 0)
      events?.alive(
        hello.attempts.map(({ attemptId }) => attemptId),
        where,
      );
    for (const { attemptId, pid, began } of hello.attempts) {
      const old = before.get(attemptId);
      const toldToBegin = began || old?.state === "began";
      worker.assigned.set(attemptId, {
        attemptId,
        workload: old?.workload ?? null,
        state: toldToBegin ? "began" : "taken",
        cancelled: old?.cancelled ?? null,
      });
      this.#workerOf.set(attemptId, worker);
      if (!toldToBegin) events?.taken(attemptId, { ...where, pid });
      else if (!began) worker.send({ type: "begin", attemptId });
      if (old?.cancelled) worker.send({ type: "cancel", attemptId, reason: old.cancelled });
    }
    if (known !== undefined) this.#settle(known, new Set([...worker.assigned.keys(), ...hello.ends]));
  }

  /** The worker of this name that was here before is dead, and its processes are gone: the new one saw to that. */
  #buryPredecessors(worker: WorkerHandle, ends: readonly string[]): void {
    for (const other of this.#workers.values()) {
      if (other.name !== worker.name || other === worker || other.connection !== null) continue;
      this.#forget(other);
      this.#settle(other, new Set(ends));
    }
  }

  #forget(worker: WorkerHandle): void {
    this.#goneTimers.get(worker)?.cancel();
    this.#goneTimers.delete(worker);
    if (worker.connection !== null) this.#handles.delete(worker.connection);
    this.#workers.delete(worker.id);
  }

  /** What a worker had and nobody `keeps` any more: sent but not taken is dispatched again, the rest is lost. */
  #settle(worker: WorkerHandle, kept: ReadonlySet<string>): void {
    for (const [attemptId, other] of this.#workerOf) {
      if (other === worker && !kept.has(attemptId)) this.#workerOf.delete(attemptId);
    }
    for (const { attemptId, workload, state, cancelled } of worker.assigned.values()) {
      if (kept.has(attemptId)) continue;
      if (state === "sent" && workload !== null && cancelled === null) {
        this.#waiting.add(workload, true);
      } else {
        const message = `its worker ${worker.name} on ${worker.hostname} (process ${worker.process.pid}) is gone`;
        this.#events?.lost(attemptId, { message, began: state === "began" });
      }
    }
    worker.assigned.clear();
  }

  #left(connection: WorkerConnection): void {
    const worker = this.#handles.get(connection);
    this.#handles.delete(connection);
    if (worker === undefined || worker.connection !== connection) return;
    worker.connection = null;
    for (const [id, callback] of this.#callbacks) {
      if (callback.worker !== worker) continue;
      this.#callbacks.delete(id);
      callback.reject(
        new TradewindError("TW_CALLBACK_LOST", `worker ${worker.name} went away during a callback`),
      );
    }
    if (this.#stopping) return;
    const { clock } = this.#options;
    const patience = defaultWorkerSettings.reconnectMs + goneAfterMs;
    this.#goneTimers.set(
      worker,
      clock.after(patience, () => this.#takeForGone(worker)),
    );
    this.#keepers.get(worker.name)?.left();
    this.#fillSoon();
  }

  #takeForGone(worker: WorkerHandle): void {
    this.#forget(worker);
    this.#settle(worker, new Set());
    this.#fillSoon();
  }

  #message(connection: WorkerConnection, message: Exclude<WorkerMessage, WorkerHello>): void {
    const worker = this.#handles.get(connection);
    const events = this.#events;
    if (worker === undefined || events === null) return;
    switch (message.type) {
      case "taken":
        return this.#taken(worker, message.attemptId, message.pid);
      case "finished":
        this.#endedOn(worker, message.attemptId);
        return void events.finished(message.attemptId, message.end);
      case "lost":
        this.#endedOn(worker, message.attemptId);
        return void events.lost(message.attemptId, message.why);
      case "alive":
        return void events.alive(message.attemptIds, { hostname: worker.hostname, workerId: worker.id });
      case "request":
        return connection.answer(message.id, this.#ask(message.attemptId, message as ChildRequest));
      case "callback-done":
        return this.#callbackDone(message.id, message.error);
      default:
        assertNever(message, "message of a worker");
    }
  }

  async #ask(attemptId: string, { method, params }: ChildRequest): Promise<Json> {
    if (this.#events === null) throw new TradewindError("TW_CONNECTION_CLOSED", "the scheduler stops");
    return await this.#events.request(attemptId, { method, params } as ChildRequest);
  }

  #taken(worker: WorkerHandle, attemptId: string, pid: number): void {
    const assigned = worker.assigned.get(attemptId);
    if (assigned === undefined) return;
    if (assigned.state === "sent") assigned.state = "taken";
    this.#events?.taken(attemptId, { hostname: worker.hostname, pid, workerId: worker.id });
  }

  #endedOn(worker: WorkerHandle, attemptId: string): void {
    worker.assigned.delete(attemptId);
    this.#workerOf.set(attemptId, worker);
    this.#fillSoon();
  }

  #callbackDone(id: string, error: { code: string; message: string } | null): void {
    const callback = this.#callbacks.get(id);
    this.#callbacks.delete(id);
    if (error === null) callback?.resolve();
    else
      callback?.reject(
        new TradewindError("TW_CALLBACK", `a callback failed: ${error.message} (${error.code})`),
      );
  }

  /**
   * Once for all that this turn brings, so that of several new workloads the most urgent goes first, and ends are
   * acknowledged together.
   */
  #fillSoon(): void {
    if (this.#fillQueued) return;
    this.#fillQueued = true;
    queueMicrotask(() => {
      this.#fillQueued = false;
      this.#sendAcknowledgements();
      if (!this.#stopping) this.#fill();
    });
  }

  #fill(): void {
    const [only, ...others] = [...this.#workers.values()].filter(({ usable }) => usable);
    const most = only === undefined || others.length > 0 ? prefetch : Math.max(prefetch, only.slots);
    for (let ahead = 0; ahead <= most && this.#waiting.size > 0; ) {
      const workers = [...this.#workers.values()]
        .filter(({ usable, slots, assigned }) => usable && assigned.size < slots + ahead)
        .sort((a, b) => b.slots - b.assigned.size - (a.slots - a.assigned.size));
      if (!workers.some((worker) => this.#sendNext(worker))) ahead++;
    }
    this.#tellSlots();
  }

  #sendNext(worker: WorkerHandle): boolean {
    const workload = this.#waiting.next(
      (queue) => worker.serves(queue),
      (one) => this.#suits(worker, one),
    );
    if (workload === undefined) return false;
    const { attemptId } = workload;
    try {
      worker.send({ type: "dispatch", workload });
    } catch (error) {
      this.#events?.lost(attemptId, { message: (error as Error).message, began: false });
      return true;
    }
    worker.assigned.set(attemptId, { attemptId, workload, state: "sent", cancelled: null });
    this.#workerOf.set(attemptId, worker);
    return true;
  }

  /**
   * Where the slots of a pool are devices, to a worker that has enough of them free. What no worker ever has enough for goes to
   * any of them, which says so.
   */
  #suits(worker: WorkerHandle, workload: Workload): boolean {
    const { pool, poolSlots } = workload;
    let most = 0;
    for (const { usable, devices } of this.#workers.values())
      if (usable) most = Math.max(most, devices.get(pool) ?? 0);
    if (most === 0) return true;
    return poolSlots > most ? worker.devices.has(pool) : worker.hasDevicesFor(workload);
  }

  #tellSlots(): void {
    const workers = [...this.#workers.values()].filter(({ usable }) => usable);
    const total = workers.reduce((sum, { slots }) => sum + slots, 0);
    const unused = workers.reduce((sum, { free }) => sum + free, 0);
    const free = Math.max(0, unused - this.#waiting.size);
    const told = `${free}/${total}`;
    if (told === this.#lastSlots) return;
    this.#lastSlots = told;
    this.#events?.slots(free, total);
  }
}
