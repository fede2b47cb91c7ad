/** The task instances of one run in memory: states, counts by state kept as they change, and attempt numbers. */
import { TradewindError } from "../errors.ts";
import type { InstanceKey, RunInfo } from "./facts.ts";
import type { CompiledDag } from "./graph.ts";
import { isFinished, type TaskInstanceState, taskInstanceStates } from "./states.ts";

export interface Instance {
  readonly task: number;
  /** -1 for a task that is not mapped, or not expanded yet. */
  readonly mapIndex: number;
  readonly state: TaskInstanceState | null;
  /** Tries that were begun; 0 before the first. */
  readonly tryNumber: number;
  /** The last try that may be made: retries, or after a clear `tryNumber + retries`. */
  readonly maxTries: number;
  /** The attempt that the database row names: only its result is accepted. Null before the first. */
  readonly attemptId: string | null;
  /** Not before this instant: end of the retry delay, or the next poke of a rescheduled sensor. */
  readonly notBefore: number | null;
  /** When the current state was reached. */
  readonly since: number;
}

/** A row of the store, or of a test: an instance with its task by name. */
export interface InstanceRow extends Omit<Instance, "task"> {
  readonly taskId: string;
}

export interface RunInstances {
  /** Instances of a task in the order of their map index; one with -1 where it is not mapped or not expanded. */
  of(task: number): readonly Instance[];
  get(key: InstanceKey): Instance | undefined;
  /** How many instances the task has, with those that an expansion in chunks has still to make. */
  size(task: number): number;
  /** How many instances of the task are in the state; kept as states change, so it costs nothing to ask. */
  count(task: number, state: TaskInstanceState | null): number;
  countFinished(task: number): number;
  /** True once a mapped task stands as 0 … n-1 (n ≥ 1; of length zero it stays as a skipped -1). */
  isExpanded(task: number): boolean;
  /** First map index that an expansion in chunks has still to make; null when none is under way. */
  nextToExpand(task: number): number | null;
  unfinishedTotal(): number;
  /** How many instances of the whole run are in the state. */
  countInRun(state: TaskInstanceState | null): number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface TaskInstances {
  list: Mutable<Instance>[];
  /** By `codeOf(state)`. */
  readonly counts: Int32Array;
  expanded: boolean;
  /** Length that an expansion in chunks goes to. */
  target: number;
}

/** What may be changed besides the state; a field that is absent stays. */
export type InstanceChanges = Partial<
  Pick<Mutable<Instance>, "tryNumber" | "maxTries" | "attemptId" | "notBefore">
>;

export class InstanceTable implements RunInstances {
  readonly #dag: CompiledDag;
  readonly #tasks: TaskInstances[];
  readonly #inRun = new Int32Array(stateCodes);
  #unfinished = 0;

  constructor(dag: CompiledDag, { now, without }: NewInstances) {
    this.#dag = dag;
    this.#tasks = dag.tasks.map(() => ({
      list: [],
      counts: new Int32Array(stateCodes),
      expanded: false,
      target: 0,
    }));
    for (const { index, spec } of dag.tasks) {
      if (!without?.has(index)) this.#add(fresh(index, -1, spec.retries, now ?? 0));
    }
  }

  of(task: number): readonly Instance[] {
    return this.#of(task).list;
  }

  get(key: InstanceKey): Instance | undefined {
    return this.#find(key);
  }

  size(task: number): number {
    const own = this.#of(task);
    return Math.max(own.list.length, own.target);
  }

  count(task: number, state: TaskInstanceState | null): number {
    const own = this.#of(task);
    const missing = state === null ? Math.max(0, own.target - own.list.length) : 0;
    return (own.counts[codeOf(state)] ?? 0) + missing;
  }

  countFinished(task: number): number {
    const { counts } = this.#of(task);
    let sum = 0;
    for (const code of finishedCodes) sum += counts[code] ?? 0;
    return sum;
  }

  isExpanded(task: number): boolean {
    return this.#of(task).expanded;
  }

  nextToExpand(task: number): number | null {
    const own = this.#of(task);
    return own.target > own.list.length ? own.list.length : null;
  }

  unfinishedTotal(): number {
    return this.#unfinished;
  }

  countInRun(state: TaskInstanceState | null): number {
    return this.#inRun[codeOf(state)] ?? 0;
  }

  /** Changes the state and what goes with it. Throws TW_INTERNAL for an instance that does not exist. */
  setState(key: InstanceKey, to: TaskInstanceState | null, now: number, changes: InstanceChanges = {}): void {
    const instance = this.#find(key);
    if (!instance) throw missing(this.#dag, key);
    this.#tally(instance, -1);
    instance.state = to;
    instance.since = now;
    Object.assign(instance, changes);
    this.#tally(instance, 1);
  }

  /**
   * Makes the instances `from … to-1` of `total`, all without state. The first part replaces the unexpanded
   * instance; parts follow one another. Instances that are there already stay as they are.
   */
  expand(task: number, from: number, to: number, total: number, now: number): void {
    const own = this.#of(task);
    if (!own.expanded) {
      for (const instance of own.list) this.#tally(instance, -1);
      own.list = [];
      own.expanded = true;
      this.#growTarget(own, total);
    } else if (total > this.size(task)) {
      this.#growTarget(own, total);
    }
    const retries = this.#dag.tasks[task]?.spec.retries ?? 0;
    for (let index = Math.max(from, own.list.length); index < to; index++) {
      this.#unfinished--;
      this.#inRun[codeOf(null)] = (this.#inRun[codeOf(null)] ?? 0) - 1;
      this.#add(fresh(task, index, retries, now));
    }
  }

  /** Puts the rows of a task in place of what there is. They must be -1 alone, or 0 … n-1 without a gap. */
  replace(task: number, rows: readonly Omit<Instance, "task">[], total = rows.length): void {
    const own = this.#of(task);
    for (const instance of own.list) this.#tally(instance, -1);
    own.list = [];
    own.expanded = (rows[0]?.mapIndex ?? -1) >= 0;
    if (own.expanded) this.#growTarget(own, total);
    for (const row of rows) {
      if (own.expanded) this.#promised(-1);
      this.#add({ ...row, task });
    }
  }

  #growTarget(own: TaskInstances, total: number): void {
    this.#promised(total - Math.max(own.target, own.list.length));
    own.target = total;
  }

  /** Instances that an expansion has still to make are unfinished and without state. */
  #promised(count: number): void {
    this.#unfinished += count;
    this.#inRun[codeOf(null)] = (this.#inRun[codeOf(null)] ?? 0) + count;
  }

  #of(task: number): TaskInstances {
    const own = this.#tasks[task];
    if (!own)
      throw new TradewindError("TW_INTERNAL", `expected a task below ${this.#tasks.length}, got ${task}`);
    return own;
  }

  #find(key: InstanceKey): Mutable<Instance> | undefined {
    const own = this.#of(key.task);
    if (own.expanded) return own.list[key.mapIndex];
    return key.mapIndex === -1 ? own.list[0] : undefined;
  }

  #add(instance: Mutable<Instance>): void {
    this.#of(instance.task).list.push(instance);
    this.#tally(instance, 1);
  }

  #tally(instance: Instance, by: 1 | -1): void {
    const code = codeOf(instance.state);
    const { counts } = this.#of(instance.task);
    counts[code] = (counts[code] ?? 0) + by;
    this.#inRun[code] = (this.#inRun[code] ?? 0) + by;
    if (!isFinished(instance.state)) this.#unfinished += by;
  }
}

export interface NewInstances {
  readonly now?: number;
  /** Tasks that this run does not have: `tasksOutside`. */
  readonly without?: ReadonlySet<number>;
}

/** Instances of a new run: every task once, mapped ones unexpanded, none with a state. */
export function createInstances(dag: CompiledDag, options: NewInstances = {}): InstanceTable {
  return new InstanceTable(dag, options);
}

/**
 * Tasks whose own start or end date leaves the run out. They get no instance, and nobody waits for them.
 * A backfill has every task (Airflow: `DagRun.verify_integrity`).
 */
export function tasksOutside(dag: CompiledDag, run: Pick<RunInfo, "logicalDate" | "runType">): Set<number> {
  const { logicalDate, runType } = run;
  const outside = dag.tasks.filter(({ spec }) => {
    if (logicalDate === null || runType === "backfill") return false;
    const early = spec.startDate !== undefined && logicalDate < Date.parse(spec.startDate);
    return early || (spec.endDate !== undefined && logicalDate > Date.parse(spec.endDate));
  });
  return new Set(outside.map((task) => task.index));
}

/**
 * Instances as the store kept them. A task without rows stands as in a new run; rows of tasks that the Dag no
 * longer has are returned in `unknown` (they are to become "removed"). Rows may come in any order.
 * An expansion that a crash cut short is gone on with by `continueExpansions`.
 */
export function restoreInstances(
  dag: CompiledDag,
  rows: Iterable<InstanceRow>,
  options: NewInstances = {},
): { instances: InstanceTable; unknown: InstanceRow[] } {
  const instances = new InstanceTable(dag, options);
  const byTask = new Map<number, Omit<Instance, "task">[]>();
  const unknown: InstanceRow[] = [];
  for (const row of rows) {
    const task = dag.indexOf.get(row.taskId);
    if (task === undefined) {
      unknown.push(row);
      continue;
    }
    const { taskId: _, ...instance } = row;
    const list = byTask.get(task);
    if (list) list.push(instance);
    else byTask.set(task, [instance]);
  }
  for (const [task, list] of byTask)
    instances.replace(
      task,
      list.sort((a, b) => a.mapIndex - b.mapIndex),
    );
  return { instances, unknown };
}

const stateCodes = taskInstanceStates.length + 1;

const codes: ReadonlyMap<TaskInstanceState | null, number> = new Map([
  [null, 0] as const,
  ...taskInstanceStates.map((state, index) => [state, index + 1] as const),
]);

const finishedCodes = taskInstanceStates.filter(isFinished).map(codeOf);

function codeOf(state: TaskInstanceState | null): number {
  return codes.get(state) ?? 0;
}

function fresh(task: number, mapIndex: number, retries: number, now: number): Mutable<Instance> {
  return {
    task,
    mapIndex,
    state: null,
    tryNumber: 0,
    maxTries: retries,
    attemptId: null,
    notBefore: null,
    since: now,
  };
}

function missing(dag: CompiledDag, key: InstanceKey): TradewindError {
  const taskId = dag.tasks[key.task]?.spec.taskId ?? `#${key.task}`;
  return new TradewindError(
    "TW_INTERNAL",
    `expected an instance ${key.mapIndex} of task "${taskId}" in Dag ${dag.spec.dagId}, but there is none`,
  );
}
