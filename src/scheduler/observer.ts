/**
 * What the scheduler tells the outside of what it committed: metrics, and a trace for each run. Called after the
 * commit, with the times of the database; without a metrics port and a trace endpoint nobody calls it.
 */
import type { Instance } from "../core/instances.ts";
import type { LineageUse } from "../core/lineage.ts";
import { executionStates, isFinished, type TaskInstanceState } from "../core/states.ts";
import type { Metrics } from "../metrics.ts";
import type { RunKey, Traces } from "../traces.ts";
import type { ActiveRun, InstanceRowState } from "./memory.ts";

/** A change of state of an instance, as it was booked. Instants in milliseconds since the epoch. */
export interface Transition {
  readonly run: ActiveRun;
  readonly task: number;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly attemptId: string | null;
  readonly from: TaskInstanceState | null;
  readonly to: TaskInstanceState | null;
  readonly scheduledAt: number | null;
  readonly queuedAt: number | null;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly reason: string;
  /** What the attempt that ended told of its data. */
  readonly uses: readonly LineageUse[];
}

/** Hears of what was committed. */
export interface RunObserver {
  transition(change: Transition): void;
  runStarted(run: ActiveRun): void;
  runEnded(run: ActiveRun): void;
}

/** One that tells several. */
export function observersOf(all: readonly RunObserver[]): RunObserver | null {
  const [only] = all;
  if (only === undefined) return null;
  if (all.length === 1) return only;
  return {
    transition: (change) => all.forEach((one) => one.transition(change)),
    runStarted: (run) => all.forEach((one) => one.runStarted(run)),
    runEnded: (run) => all.forEach((one) => one.runEnded(run)),
  };
}

export function transitionOf(
  run: ActiveRun,
  instance: Instance,
  row: InstanceRowState,
  change: {
    from: TaskInstanceState | null;
    to: TaskInstanceState | null;
    reason: string;
    attemptId: string | null;
  },
): Transition {
  const { task, mapIndex, tryNumber } = instance;
  const { scheduledAt, queuedAt, startDate, endDate, uses } = row;
  return { run, task, mapIndex, tryNumber, ...change, scheduledAt, queuedAt, startDate, endDate, uses };
}

const secondsBetween = (from: number | null, to: number | null): number | null =>
  from === null || to === null ? null : Math.max(0, to - from) / 1000;

export class Observer implements RunObserver {
  readonly metrics: Metrics;
  readonly #traces: Traces;
  /** Runs whose first task has been seen to run. */
  readonly #begun = new WeakSet<ActiveRun>();

  constructor(metrics: Metrics, traces: Traces) {
    this.metrics = metrics;
    this.#traces = traces;
  }

  batch(seconds: number): void {
    this.metrics.seconds("scheduler_scheduler_loop_duration", seconds);
  }

  transition(change: Transition): void {
    if (change.to === "queued") this.#queued(change);
    else if (change.to === "running") this.#started(change);
    else if (executionStates.has(change.from) && change.startDate !== null) this.#attemptEnded(change);
    if (isFinished(change.to)) this.#finished(change);
  }

  #labels({ run, task }: Transition): { dag_id: string; task_id: string } {
    return { dag_id: run.run.dagId, task_id: run.dag.tasks[task]?.spec.taskId ?? "" };
  }

  #queued(change: Transition): void {
    const seconds = secondsBetween(change.scheduledAt, change.queuedAt);
    if (seconds !== null) this.metrics.seconds("task_scheduled_duration", seconds, this.#labels(change));
  }

  #started(change: Transition): void {
    const { run } = change;
    this.metrics.count("ti_start", this.#labels(change));
    const waited = secondsBetween(change.queuedAt, change.startDate);
    if (waited !== null) this.metrics.seconds("task_queued_duration", waited, this.#labels(change));
    if (this.#begun.has(run)) return;
    this.#begun.add(run);
    const delay = secondsBetween(run.run.startDate, change.startDate);
    if (delay !== null)
      this.metrics.seconds("dagrun_first_task_scheduling_delay", delay, { dag_id: run.run.dagId });
  }

  #attemptEnded(change: Transition): void {
    const { run, task, startDate, endDate, attemptId } = change;
    const ran = secondsBetween(startDate, endDate);
    if (ran !== null) this.metrics.seconds("task_duration", ran, this.#labels(change));
    if (attemptId === null || startDate === null || endDate === null) return;
    const spec = run.dag.tasks[task]?.spec;
    this.#traces.attemptEnded({
      run: keyOf(run),
      attemptId,
      taskId: spec?.taskId ?? "",
      mapIndex: change.mapIndex,
      tryNumber: change.tryNumber,
      operator: spec?.operator ?? "",
      state: change.to ?? "none",
      queuedAt: change.queuedAt,
      startDate,
      endDate,
      ...(change.to === "failed" || change.to === "up_for_retry" ? { error: change.reason } : {}),
    });
  }

  #finished(change: Transition): void {
    const operator = change.run.dag.tasks[change.task]?.spec.operator ?? "";
    this.metrics.count("ti_finish", { ...this.#labels(change), state: change.to ?? "none" });
    if (change.to === "success") {
      this.metrics.count("ti_successes");
      this.metrics.count("operator_successes", { operator });
    } else if (change.to === "failed") {
      this.metrics.count("ti_failures");
      this.metrics.count("operator_failures", { operator });
    }
  }

  runStarted(run: ActiveRun): void {
    const delay = secondsBetween(run.run.runAfter, run.run.startDate);
    if (delay !== null) this.metrics.seconds("dagrun_schedule_delay", delay, { dag_id: run.run.dagId });
  }

  runEnded(run: ActiveRun): void {
    const { state, runType, dagId, startDate, endDate, queuedAt, logicalDate } = run.run;
    const seconds = secondsBetween(startDate, endDate);
    const name = state === "success" ? "dagrun_duration_success" : "dagrun_duration_failed";
    if (seconds !== null) this.metrics.seconds(name, seconds, { dag_id: dagId, run_type: runType });
    if (endDate === null) return;
    this.#traces.runEnded({ ...keyOf(run), runType, state, queuedAt, startDate, endDate, logicalDate });
  }
}

function keyOf(run: ActiveRun): RunKey {
  return { dagId: run.run.dagId, runId: run.run.runId, clearNumber: run.row.clearNumber };
}
