/**
 * What follows from a command for everything that stands around the facts: columns of the row, slots of pools,
 * the attempts that are known, candidates for a slot, timers, triggers, history.
 */

import type { Command, Expand, SetState } from "../core/facts.ts";
import type { Instance } from "../core/instances.ts";
import { nextRunChanges } from "../core/interventions.ts";
import { type DagRunState, executionStates, isFinished, type TaskInstanceState } from "../core/states.ts";
import type { InstanceRef } from "../store/scheduler-batch-instances.ts";
import { type ActiveRun, type InstanceRowState, runKey } from "./memory.ts";
import { type RunObserver, transitionOf } from "./observer.ts";
import { refOf, type Work } from "./work.ts";

/** What a change of state asks of the rest of the scheduler. */
export interface Around {
  /** Look at the instance again at this instant. */
  wake(run: ActiveRun, instance: Instance, at: number): void;
  /** The attempt is not wanted any more: end its process, after the commit. */
  cancel(attemptId: string, reason: string): void;
  /** End its process; it is still the one that the row names, and its end is waited for. */
  end(attemptId: string, reason: string): void;
  runStarted(work: Work, run: ActiveRun): void;
  runEnded(work: Work, run: ActiveRun): void;
  /** True when a cached step is looked for first: then it does not wait for a slot yet. */
  asksCache(work: Work, run: ActiveRun, instance: Instance): boolean;
  /** What the instance returned is gone. */
  valuesGone(ref: InstanceRef): void;
  /** Hears of changes after their commit; null where nobody listens. */
  readonly observer: RunObserver | null;
}

export interface RecordOptions {
  /** The attempt that ended by itself, whose process needs no ending. */
  readonly endedAttempt?: string;
}

/** Books commands that were applied to the facts of the run already. */
export function record(
  work: Work,
  around: Around,
  run: ActiveRun,
  commands: readonly Command[],
  options: RecordOptions = {},
): void {
  for (const command of commands) {
    if (command.kind === "set-state") recordState(work, around, run, command, options);
    else if (command.kind === "expand") recordExpansion(work, run, command);
    else if (command.kind === "keep-skip-decision") {
      const value = { json: command.decision as { followed: string[] } | { skipped: string[] } };
      work.batch.xcoms.push({ ...refOf(run, command.at), key: "skipmixin_key", value });
    } else if (command.kind === "set-run-state") {
      work.writeRun(run.row);
      if (command.to === "success" || command.to === "failed") around.runEnded(work, run);
      if (command.to === "running") around.runStarted(work, run);
      observeRun(work, around, run, command.to);
    }
  }
}

function recordState(
  work: Work,
  around: Around,
  run: ActiveRun,
  command: SetState,
  options: RecordOptions,
): void {
  const instance = run.instances.get(command.at);
  if (instance === undefined) return;
  const { from, to } = command;
  const row = run.rowOf(instance);
  run.mark(instance);
  work.dirtyRuns.add(run);
  const leavesSlot = executionStates.has(from) && !executionStates.has(to);
  const task = run.dag.tasks[instance.task];
  const starts = to === "scheduled" && (from === null || from === "up_for_retry");
  if (starts) Object.assign(row, { step: null, stepNote: null });
  const asks = starts && around.asksCache(work, run, instance);
  if (task !== undefined && !asks)
    work.memory.queue.stateChanged(runKey(run), task, instance.mapIndex, from, to);
  if (leavesSlot && row.committedAttempt !== null) {
    work.memory.attempts.delete(row.committedAttempt);
    if (row.committedAttempt !== options.endedAttempt) {
      const attempt = row.committedAttempt;
      work.after(() => around.cancel(attempt, command.reason));
    }
  }
  if (to === "restarting" && row.committedAttempt !== null) {
    const attempt = row.committedAttempt;
    work.after(() => around.end(attempt, command.reason));
  }
  leaveDeferral(work, run, instance, row, to);
  if (to === null || (to === "scheduled" && (from === null || from === "up_for_retry")))
    newTry(work, around, run, instance, row, from, to);
  stamp(row, to, work.now);
  observe(work, around, run, instance, command);
  if ((to === "up_for_retry" || to === "up_for_reschedule") && instance.notBefore !== null) {
    around.wake(run, instance, instance.notBefore);
  }
  touchLaterRuns(work, run, instance);
}

function observe(work: Work, around: Around, run: ActiveRun, instance: Instance, change: SetState): void {
  const { observer } = around;
  if (observer === null) return;
  const { from, to, reason } = change;
  const { attemptId } = instance;
  const seen = transitionOf(run, instance, run.rowOf(instance), { from, to, reason, attemptId });
  work.after(() => observer.transition(seen));
}

function observeRun(work: Work, around: Around, run: ActiveRun, to: DagRunState): void {
  const { observer } = around;
  if (observer === null) return;
  if (to === "running") work.after(() => observer.runStarted(run));
  else if (to !== "queued") work.after(() => observer.runEnded(run));
}

/** Columns of dates and places as Airflow keeps them: one set for each try, all of them gone after a clear. */
function stamp(row: InstanceRowState, to: TaskInstanceState | null, now: number): void {
  if (to === "scheduled") row.scheduledAt = now;
  else if (to === "queued") {
    row.queuedAt = now;
    row.aliveAt = now;
  } else if (to === "running") {
    // After a deferral the try goes on, and its start is that of its first part.
    if (row.deferral === null || row.startDate === null) row.startDate = now;
    row.endDate = null;
    row.aliveAt = now;
  } else if (isFinished(to) || to === "up_for_retry" || to === "up_for_reschedule") {
    row.startDate ??= now;
    row.endDate = now;
  }
}

/** The try before goes into history, and what it left behind goes away. */
function newTry(
  work: Work,
  around: Around,
  run: ActiveRun,
  instance: Instance,
  row: InstanceRowState,
  from: TaskInstanceState | null,
  to: TaskInstanceState | null,
): void {
  const ref = refOf(run, instance);
  if (row.committedAttempt !== null && from !== null) {
    const state = from === "up_for_retry" || from === "restarting" ? "failed" : from;
    work.batch.histories.push({ ...ref, state, endDate: row.endDate ?? work.now });
  }
  if (row.inserted && (to === null || instance.tryNumber > 1)) {
    work.batch.xcomClears.push(ref);
    around.valuesGone(ref);
    work.batch.rescheduleClears.push(ref);
    run.values.forget(instance.task, instance.mapIndex);
    run.skipDecisions.get(instance.task)?.delete(instance.mapIndex);
  }
  row.reschedule = null;
  row.queuedAt = null;
  row.startDate = null;
  row.endDate = null;
  row.hostname = null;
  row.pid = null;
  row.workerId = null;
  if (to === null) row.scheduledAt = null;
}

/** A trigger row lives while its instance is deferred; where a waiting one goes on stays until the attempt's end. */
function leaveDeferral(
  work: Work,
  run: ActiveRun,
  instance: Instance,
  row: InstanceRowState,
  to: TaskInstanceState | null,
): void {
  const { deferral } = row;
  if (deferral === null || to === "deferred" || to === "awaiting_input") return;
  if (deferral.triggerId !== null) {
    work.batch.triggerDeletes.push(deferral.triggerId);
    row.deferral = { ...deferral, triggerId: null, timeoutAt: null };
  }
  if (to !== "scheduled" && to !== "queued" && to !== "running") row.deferral = null;
  if (row.deferral !== deferral) writeDetails(work, run, instance, row, null);
}

export function writeDetails(
  work: Work,
  run: ActiveRun,
  instance: Instance,
  row: InstanceRowState,
  renderedMapIndex: string | null,
): void {
  const {
    triggerId = null,
    timeoutAt: triggerTimeout = null,
    method: nextMethod = null,
    payload: nextKwargs = null,
  } = row.deferral ?? {};
  const ref = refOf(run, instance);
  const details = work.batch.instanceDetails;
  const before = details.findIndex(
    (one) => one.runPk === ref.runPk && one.taskId === ref.taskId && one.mapIndex === ref.mapIndex,
  );
  const label = renderedMapIndex ?? details[before]?.renderedMapIndex ?? null;
  const write = { ...ref, triggerId, triggerTimeout, nextMethod, nextKwargs, renderedMapIndex: label };
  if (before >= 0) details[before] = write;
  else details.push(write);
}

function recordExpansion(work: Work, run: ActiveRun, command: Expand): void {
  const { task, from, to } = command;
  if (from === 0) {
    const taskId = run.dag.tasks[task]?.spec.taskId ?? "";
    for (const instance of run.dirty)
      if (instance.task === task && instance.mapIndex < 0) run.dirty.delete(instance);
    run.forgetRows(task);
    if (run.row.committed !== null)
      work.batch.instanceDeletes.push({ runPk: run.row.pk, taskId, mapIndex: -1 });
  }
  run.expanded.push({ task, from, to });
  work.dirtyRuns.add(run);
}

/** Runs that wait for this one by depends_on_past look again at the tasks that ask for it. */
function touchLaterRuns(work: Work, run: ActiveRun, instance: Instance): void {
  if (!run.version.asksForPast) return;
  for (const later of run.lease.running.values()) {
    if (later.past?.pk !== run.row.pk) continue;
    const taskId = run.dag.tasks[instance.task]?.spec.taskId ?? "";
    const same = later.dag.indexOf.get(taskId);
    if (same !== undefined) work.touch(later, nextRunChanges(later.dag, same));
  }
}
