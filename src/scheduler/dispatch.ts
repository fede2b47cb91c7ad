/**
 * Gives slots to instances that wait for one: queued with a new attempt's id in this batch, handed to the executor
 * once that is committed. Which ones is decided by `core/slots.ts`.
 */
import { setState } from "../core/facts.ts";
import type { Instance } from "../core/instances.ts";
import { chooseTasks } from "../core/slots.ts";
import type { Workload } from "../executor/executor.ts";
import { uuid7 } from "../ids.ts";
import { eventsOfRun } from "../store/asset-events.ts";
import { carryOut } from "./carry-out.ts";
import type { ActiveRun } from "./memory.ts";
import type { Around } from "./run-changes.ts";
import type { Services } from "./services.ts";
import type { Work } from "./work.ts";
import { workloadOf } from "./workload.ts";

/**
 * Workloads queued beyond the executor's slots, for each slot: so that a slot that ends a task finds the next one
 * there, and what ends while a batch is written is replaced by one batch.
 */
const queuedAheadPerSlot = 2;

export class Dispatch {
  readonly #services: Services;
  readonly #around: Around;
  #totalSlots = 0;

  constructor(services: Services, around: Around) {
    this.#services = services;
    this.#around = around;
  }

  get totalSlots(): number {
    return this.#totalSlots;
  }

  /** The executor told how many slots there are. */
  slots(total: number): void {
    if (total === this.#totalSlots) return;
    this.#totalSlots = total;
    this.#services.engine.poke();
  }

  choose(work: Work): void {
    const { memory } = work;
    const free = this.#capacity() - memory.attempts.size;
    if (free <= 0) return;
    for (const { runKey, at } of chooseTasks(memory.queue, free)) {
      const run = memory.runs.get(Number(runKey));
      const instance = run?.instances.get(at);
      if (run !== undefined && instance !== undefined) this.#queue(work, run, instance);
    }
  }

  #capacity(): number {
    if (this.#totalSlots === 0) return 0;
    return Math.min(this.#services.settings.parallelism, this.#totalSlots * (1 + queuedAheadPerSlot));
  }

  #queue(work: Work, run: ActiveRun, instance: Instance): void {
    const { random } = this.#services;
    const attemptId = uuid7(work.now, random(16));
    work.memory.attempts.set(attemptId, { run, instance });
    carryOut(work, this.#around, run, [{ ...setState(instance, "queued", "it got a slot"), attemptId }]);
    work.after(() => {
      if (instance.attemptId === attemptId) this.#send(run, instance, work.now);
    });
  }

  /** After a start or a takeover: what was queued and never taken is handed to this executor. */
  dispatchAgain(work: Work, run: ActiveRun, instance: Instance): void {
    work.after(() => this.#send(run, instance, work.now));
  }

  #send(run: ActiveRun, instance: Instance, now: number): void {
    const workload = workloadOf(this.#services, run, instance, now);
    if (run.run.runType === "asset_triggered") void this.#sendWithEvents(run, workload);
    else this.#services.executor.dispatch(workload);
  }

  async #sendWithEvents(run: ActiveRun, workload: Workload): Promise<void> {
    const { executor, engine, log } = this.#services;
    try {
      const complete = await this.#withEvents(run, workload);
      // It may have been cleared or failed while the events were read.
      if (engine.memory.attempts.has(complete.attemptId)) executor.dispatch(complete);
    } catch (error) {
      // It stays queued, and is given a slot again when it has waited for too long.
      log.warn({ err: error }, "the events that started a run could not be read");
    }
  }

  /** What `triggeringAssetEvents` of the context shows. */
  async #withEvents(run: ActiveRun, workload: Workload): Promise<Workload> {
    const events = await eventsOfRun(this.#services.database, run.row.pk);
    const triggeringAssetEvents = events.map(({ name, uri, extra, timestamp, ...event }) => ({
      asset: { name, uri },
      extra,
      timestamp: new Date(timestamp).toISOString(),
      sourceDagId: event.sourceDagId,
      sourceTaskId: event.sourceTaskId,
      sourceRunId: event.sourceRunId,
      sourceMapIndex: event.sourceMapIndex,
    }));
    const { start } = workload;
    return { ...workload, start: { ...start, context: { ...start.context, triggeringAssetEvents } } };
  }
}
