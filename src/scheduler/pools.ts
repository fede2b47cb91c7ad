/**
 * Pool slots among several schedulers. Each reserves slots in `slot_pool_usage` before it uses them, under the lock
 * of the pool's row; the sum of reservations never exceeds the pool. Alone, a scheduler reserves everything once
 * and asks nobody again; beside others it keeps what it uses or has work for, and gives back down to its fair
 * share when another says that it starves.
 */
import { executionStates } from "../core/states.ts";
import { type PoolDemand, type Reservation, reserveSlots, starvedNotice } from "../store/scheduler-pools.ts";
import type { Memory } from "./memory.ts";
import { Passes } from "./passes.ts";
import type { Services } from "./services.ts";

/** How long a call for slots from another scheduler is heeded. */
const yieldMs = 3000;

export class Pools {
  readonly #services: Services;
  #reservations: readonly Reservation[] = [];
  #yieldUntil = 0;
  readonly #passes: Passes;

  constructor(services: Services) {
    this.#services = services;
    this.#passes = new Passes(services, {
      signal: "pools",
      failed: "pool slots could not be reserved",
      pass: () => this.#pass(),
    });
  }

  /** Fills a memory that was dropped. */
  restore(memory: Memory): void {
    for (const { name, slots, includeDeferred } of this.#reservations)
      memory.queue.setPool(name, { slots, includeDeferred });
  }

  /** Another scheduler has work for which it found no slots. */
  starved(): void {
    this.#yieldUntil = this.#services.clock.now() + yieldMs;
    void this.runOnce();
  }

  runOnce(): Promise<void> {
    return this.#passes.run();
  }

  async #pass(): Promise<void> {
    const { database, jobId, engine, clock } = this.#services;
    const yields = clock.now() < this.#yieldUntil;
    const demand = demandOf(engine.memory);
    const { reservations, starving } = await reserveSlots(database, jobId, demand, yields);
    const before = new Set(this.#reservations.map(({ name }) => name));
    for (const { name } of reservations) before.delete(name);
    this.#reservations = reservations;
    if (starving) await this.#services.database.run(starvedNotice(jobId));
    await new Promise<void>((resolve) =>
      engine.submit({
        name: "pools",
        apply: (work) => {
          this.restore(work.memory);
          for (const gone of before) work.memory.queue.setPool(gone, null);
        },
        committed: resolve,
        failed: () => resolve(),
      }),
    );
  }
}

/** Slots that instances in memory take of each pool, and whether any wait. */
function demandOf(memory: Memory): PoolDemand {
  const used = new Map<string, number>();
  const add = (pool: string, slots: number): void => void used.set(pool, (used.get(pool) ?? 0) + slots);
  for (const { run, instance } of memory.attempts.values()) {
    const spec = run.dag.tasks[instance.task]?.spec;
    if (spec !== undefined && executionStates.has(instance.state)) add(spec.pool, spec.poolSlots);
  }
  const deferred = new Map<string, number>();
  for (const run of memory.runs.values()) {
    if (run.instances.countInRun("deferred") === 0) continue;
    for (const { index, spec } of run.dag.tasks) {
      const slots = run.instances.count(index, "deferred") * spec.poolSlots;
      deferred.set(spec.pool, (deferred.get(spec.pool) ?? 0) + slots);
    }
  }
  return { used, deferred, waiting: memory.queue.waiting > 0 };
}
