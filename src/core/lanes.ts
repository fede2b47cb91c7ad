/** The pieces of the ready queue: what waits of one task in one run, and what a run and a task may take. */
import type { CompiledTask } from "./graph.ts";
import { IndexedHeap } from "./indexed-heap.ts";
import { MapIndexQueue } from "./map-index-queue.ts";

export interface QueueRun {
  readonly key: string;
  readonly dagId: string;
  readonly isBackfill: boolean;
  readonly logicalDate: number | null;
  /** Stands in for a logical date where the run has none. */
  readonly runAfter: number;
  readonly maxActiveTasks: number;
}

export class RunEntry {
  readonly key: string;
  readonly dagId: string;
  readonly isBackfill: boolean;
  readonly date: number;
  readonly maxActiveTasks: number;
  /** Order of arrival, so that the order of what waits is total. */
  readonly sequence: number;
  readonly lanes = new Map<number, Lane>();
  /** Shelves that wait until the run may have more active tasks. */
  readonly parked = new Set<Shelf>();
  readonly #shelves = new Map<string, Shelf>();
  active = 0;
  held = false;

  constructor(run: QueueRun, sequence: number) {
    this.key = run.key;
    this.dagId = run.dagId;
    this.isBackfill = run.isBackfill;
    this.date = run.logicalDate ?? run.runAfter;
    this.maxActiveTasks = run.maxActiveTasks;
    this.sequence = sequence;
  }

  get isFull(): boolean {
    return this.held || this.active >= this.maxActiveTasks;
  }

  shelf(pool: string, slots: number): Shelf {
    const key = `${slots} ${pool}`;
    let shelf = this.#shelves.get(key);
    if (!shelf) {
      shelf = new Shelf(this, pool, slots);
      this.#shelves.set(key, shelf);
    }
    return shelf;
  }
}

/** Lanes of one run that need the same number of slots of the same pool. */
export class Shelf {
  readonly run: RunEntry;
  readonly pool: string;
  readonly slots: number;
  readonly lanes = new IndexedHeap<Lane>(laneBefore);

  constructor(run: RunEntry, pool: string, slots: number) {
    this.run = run;
    this.pool = pool;
    this.slots = slots;
  }

  isBefore(other: Shelf): boolean {
    const lane = this.lanes.peek();
    const otherLane = other.lanes.peek();
    return lane !== undefined && (otherLane === undefined || laneBefore(lane, otherLane));
  }
}

/** `max_active_tis_per_dag` of one task over all its runs. */
export class TaskLimit {
  most = Number.POSITIVE_INFINITY;
  active = 0;
  /** The task's lanes, one for each run. */
  readonly lanes = new Set<Lane>();
}

/** What waits and runs of one task in one run. */
export class Lane {
  readonly run: RunEntry;
  readonly task: CompiledTask;
  readonly limit: TaskLimit | null;
  readonly waiting = new MapIndexQueue();
  /** Chosen, and not yet reported as queued. */
  readonly chosen = new Set<number>();
  active = 0;
  deferred = 0;

  constructor(run: RunEntry, task: CompiledTask, limit: TaskLimit | null) {
    this.run = run;
    this.task = task;
    this.limit = limit;
    limit?.lanes.add(this);
  }

  get pool(): string {
    return this.task.spec.pool;
  }

  get slots(): number {
    return this.task.spec.poolSlots;
  }

  get isAtLimit(): boolean {
    if (this.limit && this.limit.active >= this.limit.most) return true;
    return this.active >= (this.task.spec.maxActiveTisPerDagrun ?? Number.POSITIVE_INFINITY);
  }
}

/** Total order of what waits; see the head of `slots.ts`. */
export function laneBefore(a: Lane, b: Lane): boolean {
  if (a.run.isBackfill !== b.run.isBackfill) return b.run.isBackfill;
  if (a.task.weight !== b.task.weight) return a.task.weight > b.task.weight;
  if (a.run.date !== b.run.date) return a.run.date < b.run.date;
  const mapIndex = a.waiting.first() ?? 0;
  const otherIndex = b.waiting.first() ?? 0;
  if (mapIndex !== otherIndex) return mapIndex < otherIndex;
  if (a.run !== b.run) return a.run.sequence < b.run.sequence;
  return a.task.rank < b.task.rank;
}
