/**
 * What the scheduler keeps in memory of the Dags that it leases: their unfinished runs and the instances of these.
 * The database is the truth; memory is dropped and read again whenever the two may differ.
 */
import type { RunFacts, RunInfo, SkipDecision } from "../core/facts.ts";
import type { CompiledDag } from "../core/graph.ts";
import { createInstances, type Instance, type InstanceTable, tasksOutside } from "../core/instances.ts";
import type { LineageUse } from "../core/lineage.ts";
import { RunValues } from "../core/run-values.ts";
import { ReadyQueue } from "../core/slots.ts";
import type { DagRunState, TaskInstanceState, TriggeredBy } from "../core/states.ts";
import type { XComValue } from "../runtime/protocol.ts";
import type { PastRunView } from "./past-run.ts";
import type { Schedule } from "./schedule.ts";
import type { KnownStep } from "./step-cache.ts";
import type { DagVersion } from "./versions.ts";

/** A row of dag_run in memory. */
export interface RunRow {
  readonly pk: number;
  readonly info: RunInfo;
  readonly triggeredBy: TriggeredBy;
  readonly triggeringUser: string | null;
  readonly partitionKey: string | null;
  readonly note: string | null;
  queuedAt: number;
  versionId: number;
  clearNumber: number;
  /** State at the last commit; null before the row is inserted. */
  committed: DagRunState | null;
  /** Order within a backfill; 0 otherwise. */
  readonly sortOrdinal: number;
  /** Instances of a run that waits to start once more (cleared); made when it starts otherwise. */
  active: ActiveRun | null;
  /** Set once the states of the run before it are known, where the Dag asks for them. */
  past: PastRunView | null;
  pastKnown: boolean;
}

/** Where a deferred attempt goes on, kept in the row until it runs again. */
export interface Deferral {
  readonly triggerId: number | null;
  readonly timeoutAt: number | null;
  readonly method: string;
  /** JSON text of {kwargs, event, error}. */
  readonly payload: string;
}

/** Columns of an instance that decisions do not ask for, and what the database held at the last commit. */
export interface InstanceRowState {
  inserted: boolean;
  dirty: boolean;
  committedState: TaskInstanceState | null;
  committedAttempt: string | null;
  scheduledAt: number | null;
  queuedAt: number | null;
  startDate: number | null;
  endDate: number | null;
  hostname: string | null;
  pid: number | null;
  workerId: string | null;
  deferral: Deferral | null;
  /** First poke of the try, and how often it was rescheduled. */
  reschedule: { firstAt: number; count: number } | null;
  /** Last sign of life of the attempt, or when it was queued. */
  aliveAt: number;
  requeued: number;
  /** What the last attempt that ended told of its data, for those who hear of the end. */
  uses: readonly LineageUse[];
  /** Of a cached task: under which key the result of the try is kept; null before the look and where it is not. */
  step: KnownStep | null;
  /**
   * What came of the look into the step cache, for the log of the attempt; null before the look, empty where the
   * task's own process has to make it.
   */
  stepNote: string | null;
}

export function freshRowState(): InstanceRowState {
  return {
    inserted: false,
    dirty: false,
    committedState: null,
    committedAttempt: null,
    scheduledAt: null,
    queuedAt: null,
    startDate: null,
    endDate: null,
    hostname: null,
    pid: null,
    workerId: null,
    deferral: null,
    reschedule: null,
    aliveAt: 0,
    requeued: 0,
    uses: [],
    step: null,
    stepNote: null,
  };
}

/** A run with its instances: the facts of its decisions. */
export class ActiveRun implements RunFacts {
  readonly row: RunRow;
  readonly lease: LeasedDag;
  readonly version: DagVersion;
  readonly dag: CompiledDag;
  readonly run: RunInfo;
  readonly instances: InstanceTable;
  readonly values = new RunValues();
  readonly skipDecisions = new Map<number, Map<number, SkipDecision>>();
  /** By task, then by map index (0 for an unexpanded one). */
  readonly #rows: InstanceRowState[][];
  /** Instances whose row is to be written. */
  readonly dirty = new Set<Instance>();
  /** Ranges that an expansion made and that the database has not yet. */
  readonly expanded: { task: number; from: number; to: number }[] = [];
  now = 0;

  constructor(row: RunRow, lease: LeasedDag, version: DagVersion, instances?: InstanceTable) {
    this.row = row;
    this.lease = lease;
    this.version = version;
    this.dag = version.compiled;
    this.run = row.info;
    this.instances =
      instances ?? createInstances(version.compiled, { without: tasksOutside(version.compiled, row.info) });
    this.#rows = version.compiled.tasks.map(() => []);
  }

  get past(): PastRunView | null {
    return this.row.past;
  }

  rowOf(instance: Instance): InstanceRowState {
    const list = this.#rows[instance.task] as InstanceRowState[];
    const at = instance.mapIndex < 0 ? 0 : instance.mapIndex;
    let row = list[at];
    if (row === undefined) {
      row = freshRowState();
      list[at] = row;
    }
    return row;
  }

  /** The unexpanded instance made place for others: its row state is not theirs. */
  forgetRows(task: number): void {
    this.#rows[task] = [];
  }

  mark(instance: Instance): void {
    this.rowOf(instance).dirty = true;
    this.dirty.add(instance);
  }
}

/** A Dag that this scheduler holds the lease of. */
export interface LeasedDag {
  readonly dagId: string;
  isPaused: boolean;
  isStale: boolean;
  currentVersionId: number | null;
  maxActiveRuns: number;
  maxConsecutiveFailedRuns: number;
  schedule: Schedule | null;
  /** Runs that wait to start, in the order in which they may. */
  readonly queued: RunRow[];
  readonly running: Map<number, ActiveRun>;
  /** When a timer looks at the queued runs again; null when none is set. */
  wakesAt: number | null;
}

export interface BackfillState {
  readonly id: number;
  maxActiveRuns: number;
  isPaused: boolean;
}

export interface Attempt {
  readonly run: ActiveRun;
  readonly instance: Instance;
  /** What it pushed while it ran, by key: written by then, and not once more with its end. */
  pushed?: Map<string, XComValue>;
}

export class Memory {
  readonly dags = new Map<string, LeasedDag>();
  readonly runs = new Map<number, ActiveRun>();
  /** Attempts that a row in an execution state names. */
  readonly attempts = new Map<string, Attempt>();
  /** What waits for a slot and what takes one, by pool, run and task. Runs are named by `runKey`. */
  readonly queue = new ReadyQueue();
  /** Backfills with unfinished runs. */
  readonly backfills = new Map<number, BackfillState>();
  /** Dags of which a queued run may be able to start. */
  readonly startable = new Set<LeasedDag>();
  /** Runs that ended, noted for whoever reads runs from the store meanwhile: what is read may be older than that. */
  readonly leaving = new Set<Set<number>>();
}

export const runKey = (run: ActiveRun): string => String(run.row.pk);
