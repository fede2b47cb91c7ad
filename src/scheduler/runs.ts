/**
 * The life of runs in memory: they come (created, read from the store, cleared), start when `max_active_runs`
 * leaves room, are planned when something touched them, and leave when they have ended.
 */
import { backfillRunsToStart } from "../core/backfill.ts";
import { continueExpansions } from "../core/expansion.ts";
import { runTimeoutAt, startRun, timeOutRun } from "../core/interventions.ts";
import { settle } from "../core/plan.ts";
import { executionStates } from "../core/states.ts";
import { carryOut } from "./carry-out.ts";
import { watchDeferral } from "./deferral.ts";
import { watchInput } from "./human-input.ts";
import { ActiveRun, type LeasedDag, type RunRow, runKey } from "./memory.ts";
import { loadPast } from "./past-run.ts";
import { type Around, record } from "./run-changes.ts";
import type { Services } from "./services.ts";
import type { Work } from "./work.ts";

/** Commands of all plans in one batch; what is left waits for the next, so that the loop is not held for long. */
const commandsPerBatch = 3000;
/** Instances that runs which start may add to one batch. */
const startsPerBatch = 1000;

export class Runs {
  readonly #services: Services;
  readonly #around: Around;
  readonly #preparing = new Set<number>();
  /** Runs of which a decision failed; they stand still until a restart, and hold back no other. */
  readonly quarantined = new Set<number>();

  constructor(services: Services, around: Around) {
    this.#services = services;
    this.#around = around;
  }

  /** A run that waits for its start. */
  enqueue(work: Work, lease: LeasedDag, row: RunRow): void {
    if (lease.queued.some(({ pk }) => pk === row.pk) || lease.running.has(row.pk)) return;
    const at = lease.queued.findIndex((other) => startsBefore(row, other));
    if (at < 0) lease.queued.push(row);
    else lease.queued.splice(at, 0, row);
    work.memory.startable.add(lease);
  }

  /** Starts runs where limits leave room, and plans what was touched, until nothing is left or the batch is full. */
  advance(work: Work): void {
    let starts = startsPerBatch;
    let commands = commandsPerBatch;
    for (;;) {
      starts = this.#startRuns(work, starts);
      const touched = commands > 0 ? work.touched.take() : null;
      if (touched === null) return;
      commands -= this.#plan(work, touched.run, touched.changed, commands);
    }
  }

  #plan(work: Work, run: ActiveRun, changed: Parameters<typeof settle>[1], budget: number): number {
    if (work.memory.runs.get(run.row.pk) !== run || run.run.state !== "running") return 1;
    run.now = work.now;
    const { commands, rest } = this.#settle(run, changed, budget);
    record(work, this.#around, run, commands);
    if (run.run.state === "running") work.touch(run, rest);
    return commands.length + 1;
  }

  /** Memory is read again without the run when its decision throws: half of it may have been applied. */
  #settle(run: ActiveRun, changed: Parameters<typeof settle>[1], budget: number): ReturnType<typeof settle> {
    try {
      return settle(run, changed, budget);
    } catch (error) {
      const { dagId, runId } = run.run;
      this.quarantined.add(run.row.pk);
      this.#services.log.error(
        { err: error, dagId, runId },
        "a run cannot be decided about and stands still",
      );
      throw error;
    }
  }

  #startRuns(work: Work, budget: number): number {
    const { startable } = work.memory;
    let left = budget;
    for (const lease of startable) {
      if (left <= 0) return left;
      startable.delete(lease);
      for (const row of this.#mayStart(work, lease)) {
        if (left <= 0) {
          startable.add(lease);
          return left;
        }
        left -= this.#start(work, lease, row);
      }
    }
    return left;
  }

  #mayStart(work: Work, lease: LeasedDag): RunRow[] {
    if (lease.isPaused || lease.queued.length === 0) return [];
    const due = lease.queued.filter((row) => this.#isDue(work, lease, row));
    const running = [...lease.running.values()];
    const limit = Math.min(lease.maxActiveRuns, lease.schedule?.activeRunsLimit ?? Number.POSITIVE_INFINITY);
    const room = limit - running.filter(({ run }) => run.backfillId === null).length;
    const chosen = due.filter(({ info }) => info.backfillId === null).slice(0, Math.max(0, room));
    const ofBackfills = new Set(due.flatMap(({ info }) => info.backfillId ?? []));
    for (const id of ofBackfills) {
      const backfill = work.memory.backfills.get(id);
      if (backfill === undefined) continue;
      const queued = due
        .filter(({ info }) => info.backfillId === id)
        .map((row) => ({ ordinal: row.sortOrdinal, row }));
      const active = running.filter(({ run }) => run.backfillId === id).length;
      chosen.push(...backfillRunsToStart(backfill, queued, active).map(({ row }) => row));
    }
    return chosen;
  }

  #isDue(work: Work, lease: LeasedDag, { info }: RunRow): boolean {
    if (info.runAfter <= work.now) return true;
    this.#wakeDag(lease, info.runAfter);
    return false;
  }

  #wakeDag(lease: LeasedDag, at: number): void {
    if (lease.wakesAt !== null && lease.wakesAt <= at) return;
    lease.wakesAt = at;
    const { engine } = this.#services;
    engine.timers.at(at, () => {
      if (lease.wakesAt === at) lease.wakesAt = null;
      engine.submit({ name: "run is due", apply: (work) => void work.memory.startable.add(lease) });
    });
  }

  /** How many instances it brought; 0 when something has to be read first. */
  #start(work: Work, lease: LeasedDag, row: RunRow): number {
    const version = this.#services.versions.peek(row.versionId);
    if (version === undefined || (version.asksForPast && !row.pastKnown)) {
      void this.#prepare(lease, row);
      return 0;
    }
    lease.queued.splice(lease.queued.indexOf(row), 1);
    const fresh = row.active === null;
    const run = row.active ?? new ActiveRun(row, lease, version);
    row.active = null;
    run.now = work.now;
    this.activate(work, run);
    carryOut(work, this.#around, run, startRun(run));
    if (fresh) {
      for (const task of run.dag.tasks)
        for (const instance of run.instances.of(task.index)) run.mark(instance);
      work.dirtyRuns.add(run);
    }
    work.touch(run, "all");
    this.watchTimeout(run);
    return fresh ? run.dag.tasks.length : 1;
  }

  /** Reads what the start of a run needs, and lets it start then. */
  async #prepare(lease: LeasedDag, row: RunRow): Promise<void> {
    if (this.#preparing.has(row.pk)) return;
    this.#preparing.add(row.pk);
    const { versions, database, engine, log } = this.#services;
    try {
      const version = await versions.get(row.versionId);
      const past = await loadPast({ database, memory: () => engine.memory }, row.info, version);
      engine.submit({
        name: "run prepared",
        apply: (work) => {
          row.past = past;
          row.pastKnown = true;
          work.memory.startable.add(lease);
        },
      });
    } catch (error) {
      log.error({ err: error, dagId: row.info.dagId, runId: row.info.runId }, "a run cannot be started yet");
      engine.timers.at(this.#services.clock.now() + 1000, () => void this.#prepare(lease, row));
    } finally {
      this.#preparing.delete(row.pk);
    }
  }

  /** Puts a run among those that are planned and dispatched. */
  activate(work: Work, run: ActiveRun): void {
    const { memory } = work;
    memory.runs.set(run.row.pk, run);
    run.lease.running.set(run.row.pk, run);
    const { dagId, backfillId, logicalDate, runAfter } = run.run;
    const { maxActiveTasks } = run.dag.spec;
    const key = runKey(run);
    memory.queue.addRun({
      key,
      dagId,
      isBackfill: backfillId !== null,
      logicalDate,
      runAfter,
      maxActiveTasks,
    });
    memory.queue.holdRun(key, run.lease.isPaused);
    for (const task of run.dag.tasks) {
      for (const instance of run.instances.of(task.index)) {
        const { state, mapIndex, attemptId, notBefore } = instance;
        if (state === null) continue;
        // One that was looked for when memory was lost is looked for again.
        if (state !== "scheduled" || !this.#around.asksCache(work, run, instance))
          memory.queue.stateChanged(key, task, mapIndex, null, state);
        if (executionStates.has(state) && attemptId !== null)
          memory.attempts.set(attemptId, { run, instance });
        if ((state === "up_for_retry" || state === "up_for_reschedule") && notBefore !== null) {
          this.#around.wake(run, instance, notBefore);
        }
        if (state === "deferred") watchDeferral(this.#services, this.#around, run, instance);
        if (state === "awaiting_input") watchInput(this.#services, this.#around, run, instance);
      }
    }
  }

  /** A run that was read while it was running; nothing of it changes but what was missing. */
  restore(work: Work, run: ActiveRun): void {
    run.now = work.now;
    this.activate(work, run);
    for (const task of run.dag.tasks) {
      for (const instance of run.instances.of(task.index)) {
        if (run.rowOf(instance).inserted) continue;
        run.mark(instance);
        work.dirtyRuns.add(run);
      }
    }
    carryOut(work, this.#around, run, continueExpansions(run));
    work.touch(run, "all");
    this.watchTimeout(run);
  }

  watchTimeout(run: ActiveRun): void {
    const at = runTimeoutAt(run);
    if (at === null) return;
    const { engine } = this.#services;
    engine.timers.at(at, () =>
      engine.submit({
        name: "run timeout",
        apply: (work) => {
          if (work.memory.runs.get(run.row.pk) !== run) return;
          run.now = work.now;
          carryOut(work, this.#around, run, timeOutRun(run));
        },
      }),
    );
  }

  /** It has ended: nothing of it is looked at any more. */
  leave(work: Work, run: ActiveRun): void {
    const { memory } = work;
    memory.runs.delete(run.row.pk);
    for (const left of memory.leaving) left.add(run.row.pk);
    run.lease.running.delete(run.row.pk);
    memory.queue.dropRun(runKey(run));
    work.touched.forget(run);
    for (const later of run.lease.running.values()) if (later.past?.pk === run.row.pk) later.past.keep(run);
    for (const later of run.lease.queued) if (later.past?.pk === run.row.pk) later.past.keep(run);
    memory.startable.add(run.lease);
  }

  /** Its Dag was paused or goes on. */
  hold(work: Work, lease: LeasedDag, isPaused: boolean): void {
    lease.isPaused = isPaused;
    for (const run of lease.running.values()) work.memory.queue.holdRun(runKey(run), isPaused);
    work.memory.startable.add(lease);
  }
}

/** Runs of backfills after the others; then by date, and for backfills in their own order. */
function startsBefore(a: RunRow, b: RunRow): boolean {
  const backfillA = a.info.backfillId !== null;
  const backfillB = b.info.backfillId !== null;
  if (backfillA !== backfillB) return !backfillA;
  if (backfillA && a.info.backfillId === b.info.backfillId) return a.sortOrdinal < b.sortOrdinal;
  const dateA = a.info.logicalDate ?? a.info.runAfter;
  const dateB = b.info.logicalDate ?? b.info.runAfter;
  return dateA < dateB || (dateA === dateB && a.pk < b.pk);
}
