/**
 * A batch in the making: what its events changed, what is to be looked at, what is to be written, and what may
 * be done only once that is committed.
 */
import type { Changed, InstanceKey, InstanceRange } from "../core/facts.ts";
import type { SchedulerBatch } from "../store/scheduler-batch.ts";
import { emptyBatch } from "../store/scheduler-batch.ts";
import type { DagWrite, LogWrite } from "../store/scheduler-batch-dags.ts";
import type { InstanceRef } from "../store/scheduler-batch-instances.ts";
import type { ActiveRun, Memory, RunRow } from "./memory.ts";

/** What of a run is to be looked at; outlives the batch when its budget was used up. */
export class Touched {
  readonly #byRun = new Map<ActiveRun, (InstanceKey | InstanceRange)[] | "all">();

  add(run: ActiveRun, changed: Changed): void {
    if (changed === "all") {
      this.#byRun.set(run, "all");
      return;
    }
    if (changed.length === 0) return;
    const waiting = this.#byRun.get(run);
    if (waiting === undefined) this.#byRun.set(run, [...changed]);
    else if (waiting !== "all") for (const one of changed) waiting.push(one);
  }

  /** Takes one run out, oldest first. */
  take(): { run: ActiveRun; changed: Changed } | null {
    for (const [run, changed] of this.#byRun) {
      this.#byRun.delete(run);
      return { run, changed };
    }
    return null;
  }

  forget(run: ActiveRun): void {
    this.#byRun.delete(run);
  }

  get size(): number {
    return this.#byRun.size;
  }

  clear(): void {
    this.#byRun.clear();
  }
}

export class Work {
  readonly now: number;
  readonly memory: Memory;
  readonly batch: SchedulerBatch;
  readonly touched: Touched;
  /** Runs whose row is to be written. */
  readonly changedRuns = new Set<RunRow>();
  /** Runs with instances to be written. */
  readonly dirtyRuns = new Set<ActiveRun>();
  readonly #dags = new Map<string, DagWrite>();
  readonly #after: (() => void)[] = [];

  constructor(now: number, memory: Memory, touched: Touched) {
    this.now = now;
    this.memory = memory;
    this.touched = touched;
    this.batch = emptyBatch(now);
  }

  /** Runs once the batch is committed, in the order of the calls. */
  after(act: () => void): void {
    this.#after.push(act);
  }

  committed(): readonly (() => void)[] {
    return this.#after;
  }

  touch(run: ActiveRun, changed: Changed): void {
    this.touched.add(run, changed);
  }

  writeRun(row: RunRow): void {
    this.changedRuns.add(row);
  }

  writeDag(write: DagWrite): void {
    this.#dags.set(write.dagId, write);
  }

  dagWrites(): Iterable<DagWrite> {
    return this.#dags.values();
  }

  log(entry: Partial<LogWrite> & { event: string }): void {
    this.batch.logs.push({
      dagId: null,
      taskId: null,
      runId: null,
      mapIndex: null,
      tryNumber: null,
      owner: null,
      extra: null,
      ...entry,
    });
  }

  /** Coalesced: the same word twice in a batch is sent once. */
  notify(channel: string, payload: string): void {
    const { notifications } = this.batch;
    if (!notifications.some((one) => one.channel === channel && one.payload === payload)) {
      notifications.push({ channel, payload });
    }
  }
}

export function refOf(run: ActiveRun, at: InstanceKey): InstanceRef {
  return { runPk: run.row.pk, taskId: run.dag.tasks[at.task]?.spec.taskId ?? "", mapIndex: at.mapIndex };
}
