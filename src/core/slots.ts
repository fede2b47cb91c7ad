/**
 * Which scheduled instances get a slot next.
 *
 * The queue is told of every change of state and keeps what waits in order and what is taken in counts, so that a
 * choice costs in proportion to what is chosen, whatever waits. Order: runs of backfills after all others, then
 * higher priority, earlier logical date, lower map index. Limits, in Airflow's order: executor slots, pool slots,
 * `max_active_tasks` of the run, `max_active_tis_per_dag`, `max_active_tis_per_dagrun`.
 *
 * How: instances of one task in one run wait in a lane; lanes with the same pool, run and number of slots lie on a
 * shelf; each pool keeps its shelves in a heap. What a limit holds back is set aside as a whole (a shelf for its
 * run or its pool, a lane for its task) and comes back when that limit has room, so that nothing that cannot run
 * is looked at again and again, and nothing that can waits behind it.
 */
import type { InstanceKey } from "./facts.ts";
import type { CompiledTask } from "./graph.ts";
import { IndexedHeap } from "./indexed-heap.ts";
import { Lane, type QueueRun, RunEntry, type Shelf, TaskLimit } from "./lanes.ts";
import { type PoolSize, PoolUsage } from "./pool-usage.ts";
import { executionStates, type TaskInstanceState } from "./states.ts";

export type { PoolSize, QueueRun };

export interface Choice {
  readonly runKey: string;
  readonly at: InstanceKey;
}

/** A task that cannot get a slot however long it waits. */
export interface NeverFits extends Choice {
  readonly why: string;
}

interface PoolEntry {
  readonly usage: PoolUsage;
  readonly shelves: IndexedHeap<Shelf>;
  /** Shelves that need more slots than are open. */
  readonly tooLarge: Set<Shelf>;
}

/** `slots`: how many the executor has free. What is chosen counts as taken from then on. */
export function chooseTasks(queue: ReadyQueue, slots: number): Choice[] {
  const chosen: Choice[] = [];
  while (chosen.length < slots) {
    const next = queue.takeNext();
    if (!next) break;
    chosen.push(next);
  }
  return chosen;
}

export class ReadyQueue {
  readonly #pools = new Map<string, PoolEntry>();
  readonly #runs = new Map<string, RunEntry>();
  /** `max_active_tis_per_dag`, by Dag and task over all runs. */
  readonly #taskLimits = new Map<string, TaskLimit>();
  #runsSeen = 0;

  setPool(name: string, size: PoolSize | null): void {
    const pool = this.#pool(name);
    pool.usage.size = size;
    this.#reopen(pool);
  }

  /** Slots of the pool that other schedulers take. */
  setTakenElsewhere(name: string, slots: number): void {
    const pool = this.#pool(name);
    pool.usage.elsewhere = slots;
    this.#reopen(pool);
  }

  openSlots(name: string): number {
    return this.#pool(name).usage.open;
  }

  addRun(run: QueueRun): void {
    if (!this.#runs.has(run.key)) this.#runs.set(run.key, new RunEntry(run, this.#runsSeen++));
  }

  /** Holds back the run's tasks, as while its Dag is paused, or lets them go again. */
  holdRun(runKey: string, held: boolean): void {
    const run = this.#runs.get(runKey);
    if (!run) return;
    run.held = held;
    this.#unpark(run);
  }

  /** Forgets a run that has ended, with all that it waits for or takes. */
  dropRun(runKey: string): void {
    const run = this.#runs.get(runKey);
    if (!run) return;
    for (const lane of run.lanes.values()) {
      this.#shelve(lane, false);
      lane.limit?.lanes.delete(lane);
      this.#pool(lane.pool).usage.deferred -= lane.deferred * lane.slots;
      this.#count(lane, -lane.active);
    }
    this.#runs.delete(runKey);
  }

  /**
   * To be told once of every change of state, and at the start of every instance that is not without state (from
   * null). Unknown runs are ignored. O(log n).
   */
  stateChanged(
    runKey: string,
    task: CompiledTask,
    mapIndex: number,
    from: TaskInstanceState | null,
    to: TaskInstanceState | null,
  ): void {
    const run = this.#runs.get(runKey);
    if (!run || (!matters(from) && !matters(to))) return;
    const lane = this.#lane(run, task);
    const wasChosen = lane.chosen.delete(mapIndex);
    if (from === "scheduled" && !wasChosen) lane.waiting.delete(mapIndex);
    if (to === "scheduled") lane.waiting.add(mapIndex);
    // The order of its heap may have changed with it: put it right before any other is touched.
    this.#shelve(lane, true);
    const deferred = Number(to === "deferred") - Number(from === "deferred");
    if (deferred !== 0) this.#countDeferred(lane, deferred);
    const held = wasChosen || executionStates.has(from);
    const holds = executionStates.has(to);
    if (held !== holds) this.#count(lane, holds ? 1 : -1);
    this.#shelve(lane, true);
  }

  /** The next instance that may run; undefined when none can. Counts it as taken. */
  takeNext(): Choice | undefined {
    for (let pool = this.#bestPool(); pool; pool = this.#bestPool()) {
      const shelf = pool.shelves.peek() as Shelf;
      if (shelf.run.isFull) this.#park(pool, shelf, shelf.run.parked);
      else if (shelf.slots > pool.usage.open) this.#park(pool, shelf, pool.tooLarge);
      else {
        const choice = this.#takeFrom(shelf);
        if (choice) return choice;
      }
    }
    return undefined;
  }

  /** How many instances wait for a slot. */
  get waiting(): number {
    let sum = 0;
    for (const run of this.#runs.values()) for (const lane of run.lanes.values()) sum += lane.waiting.size;
    return sum;
  }

  /** Why a scheduled instance has no slot yet; empty when it is the next to get one that is free. */
  explain(runKey: string, task: CompiledTask): string[] {
    const run = this.#runs.get(runKey);
    const lane = run?.lanes.get(task.index);
    return run && lane ? explainLane(run, lane, this.#pool(lane.pool).usage) : [];
  }

  /** First waiting instance of each task that can never run as the pools are now. */
  neverFitting(): NeverFits[] {
    const found: NeverFits[] = [];
    for (const run of this.#runs.values()) {
      for (const lane of run.lanes.values()) {
        const mapIndex = lane.waiting.first();
        const why = neverFits(lane, this.#pool(lane.pool).usage);
        if (mapIndex !== undefined && why !== null) {
          found.push({ runKey: run.key, at: { task: lane.task.index, mapIndex }, why });
        }
      }
    }
    return found;
  }

  #takeFrom(shelf: Shelf): Choice | undefined {
    const lane = shelf.lanes.peek() as Lane;
    if (lane.isAtLimit) {
      // It comes back when an instance of its task ends.
      shelf.lanes.remove(lane);
      this.#settleShelf(shelf);
      return undefined;
    }
    const mapIndex = lane.waiting.pop() as number;
    lane.chosen.add(mapIndex);
    this.#count(lane, 1);
    this.#shelve(lane, true);
    return { runKey: shelf.run.key, at: { task: lane.task.index, mapIndex } };
  }

  /** Pools are few, so looking at each of them is cheaper than keeping them in order. */
  #bestPool(): PoolEntry | undefined {
    let best: PoolEntry | undefined;
    for (const pool of this.#pools.values()) {
      const shelf = pool.shelves.peek();
      if (!shelf || pool.usage.open <= 0) continue;
      if (!best || shelf.isBefore(best.shelves.peek() as Shelf)) best = pool;
    }
    return best;
  }

  #park(pool: PoolEntry, shelf: Shelf, parking: Set<Shelf>): void {
    pool.shelves.remove(shelf);
    parking.add(shelf);
  }

  /** Active instances of the lane changed by so many. */
  #count(lane: Lane, by: number): void {
    const pool = this.#pool(lane.pool);
    lane.active += by;
    lane.run.active += by;
    pool.usage.active += by * lane.slots;
    if (lane.limit) lane.limit.active += by;
    if (by >= 0) return;
    this.#unpark(lane.run);
    this.#reopen(pool);
    // Other runs of a task that is limited over all of them wait for it too.
    for (const other of lane.limit?.lanes ?? []) this.#shelve(other, true);
  }

  #countDeferred(lane: Lane, by: number): void {
    const pool = this.#pool(lane.pool);
    lane.deferred += by;
    pool.usage.deferred += by * lane.slots;
    if (by < 0) this.#reopen(pool);
  }

  #unpark(run: RunEntry): void {
    if (run.isFull) return;
    for (const shelf of run.parked) {
      run.parked.delete(shelf);
      this.#settleShelf(shelf);
    }
  }

  #reopen(pool: PoolEntry): void {
    for (const shelf of pool.tooLarge) {
      if (shelf.slots > pool.usage.open) continue;
      pool.tooLarge.delete(shelf);
      this.#settleShelf(shelf);
    }
  }

  /** Puts the lane on its shelf where it belongs now, or takes it off when nothing waits or may run in it. */
  #shelve(lane: Lane, keep: boolean): void {
    const shelf = lane.run.shelf(lane.pool, lane.slots);
    if (keep && lane.waiting.size > 0 && !lane.isAtLimit) shelf.lanes.place(lane);
    else shelf.lanes.remove(lane);
    this.#settleShelf(shelf);
  }

  #settleShelf(shelf: Shelf): void {
    const pool = this.#pool(shelf.pool);
    if (shelf.lanes.size === 0) {
      pool.shelves.remove(shelf);
      pool.tooLarge.delete(shelf);
      shelf.run.parked.delete(shelf);
    } else if (!shelf.run.parked.has(shelf) && !pool.tooLarge.has(shelf)) pool.shelves.place(shelf);
  }

  #pool(name: string): PoolEntry {
    let pool = this.#pools.get(name);
    if (!pool) {
      pool = {
        usage: new PoolUsage(name),
        shelves: new IndexedHeap<Shelf>((a, b) => a.isBefore(b)),
        tooLarge: new Set(),
      };
      this.#pools.set(name, pool);
    }
    return pool;
  }

  #lane(run: RunEntry, task: CompiledTask): Lane {
    let lane = run.lanes.get(task.index);
    if (!lane) {
      lane = new Lane(run, task, this.#taskLimit(run, task));
      run.lanes.set(task.index, lane);
    }
    return lane;
  }

  #taskLimit(run: RunEntry, task: CompiledTask): TaskLimit | null {
    const most = task.spec.maxActiveTisPerDag;
    if (most === undefined) return null;
    const key = `${run.dagId}\n${task.spec.taskId}`;
    const limit = this.#taskLimits.get(key) ?? new TaskLimit();
    limit.most = most;
    this.#taskLimits.set(key, limit);
    return limit;
  }
}

function matters(state: TaskInstanceState | null): boolean {
  return state === "scheduled" || state === "deferred" || executionStates.has(state);
}

function neverFits(lane: Lane, pool: PoolUsage): string | null {
  if (pool.size === null) return `there is no pool "${pool.name}"`;
  if (lane.slots <= pool.total) return null;
  return `it needs ${lane.slots} slots, and pool "${pool.name}" has only ${pool.total}`;
}

function explainLane(run: RunEntry, lane: Lane, pool: PoolUsage): string[] {
  const { task } = lane;
  const reasons: string[] = [];
  if (run.held) reasons.push("its Dag is paused");
  const never = neverFits(lane, pool);
  if (never) reasons.push(never);
  else if (lane.slots > pool.open) {
    reasons.push(
      `pool "${pool.name}" has ${pool.open} of ${pool.total} slots open, and it needs ${lane.slots}`,
    );
  }
  if (run.active >= run.maxActiveTasks) {
    reasons.push(
      `${run.active} tasks of its run are queued or running, and max_active_tasks is ${run.maxActiveTasks}`,
    );
  }
  if (lane.limit && lane.limit.active >= lane.limit.most) {
    reasons.push(
      `${lane.limit.active} of it are active in all runs, and max_active_tis_per_dag is ${lane.limit.most}`,
    );
  }
  const perRun = task.spec.maxActiveTisPerDagrun;
  if (perRun !== undefined && lane.active >= perRun) {
    reasons.push(`${lane.active} of it are active in this run, and max_active_tis_per_dagrun is ${perRun}`);
  }
  return reasons;
}
