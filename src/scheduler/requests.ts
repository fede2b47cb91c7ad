/**
 * Carries out what people ask of runs: clear, mark, delete. A run that is not in memory is read for it; a finished
 * one that is cleared waits for its start like a new one.
 */
import type { Changed, Command, InstanceKey } from "../core/facts.ts";
import { clearInstances, clearSelection, markInstances, markRun } from "../core/interventions.ts";
import { failedStates } from "../core/states.ts";
import { loadRuns } from "../store/scheduler-load.ts";
import {
  chosenRuns,
  pendingRequests,
  type SchedulerRequest,
  type StoredRequest,
  type TaskChoice,
} from "../store/scheduler-requests.ts";
import { carryOut } from "./carry-out.ts";
import { answer } from "./human-input.ts";
import { type LoadedRun, loadWithInstances, restoreRun } from "./load-runs.ts";
import type { ActiveRun, LeasedDag } from "./memory.ts";
import { Passes } from "./passes.ts";
import type { Around } from "./run-changes.ts";
import type { Runs } from "./runs.ts";
import type { Services } from "./services.ts";
import type { Work } from "./work.ts";

type ClearRequest = Extract<SchedulerRequest, { kind: "clear" }>;
type MarkRequest = Extract<SchedulerRequest, { kind: "mark-tasks" }>;

export class Requests {
  readonly #services: Services;
  readonly #around: Around;
  readonly #runs: Runs;
  readonly #passes: Passes;

  constructor(services: Services, around: Around, runs: Runs) {
    this.#services = services;
    this.#around = around;
    this.#runs = runs;
    this.#passes = new Passes(services, {
      signal: "requests",
      failed: "requests could not be carried out yet",
      pass: () => this.#pass(),
    });
  }

  runOnce(): Promise<void> {
    return this.#passes.run();
  }

  async #pass(): Promise<void> {
    const { engine, database } = this.#services;
    for (const stored of await pendingRequests(database, [...engine.memory.dags.keys()]))
      await this.#carryOut(stored);
  }

  async #carryOut(stored: StoredRequest): Promise<void> {
    const { database, engine, versions, log } = this.#services;
    const { dagId, request } = stored;
    const pks = await chosenRuns(database, dagId, request);
    const lease = engine.memory.dags.get(dagId);
    if (lease?.currentVersionId != null) await versions.load([lease.currentVersionId]);
    const absent = pks.filter((pk) => !engine.memory.runs.has(pk));
    const loader = { database, versions, log, memory: () => engine.memory };
    const loaded = await loadWithInstances(loader, await loadRuns(database, absent));
    await new Promise<void>((resolve, reject) =>
      engine.submit({
        name: request.kind,
        apply: (work) => {
          // One that ended while it was read: the request waits for one more look.
          if (pks.some((pk) => !work.memory.runs.has(pk) && !absent.includes(pk))) this.#passes.again();
          else this.#apply(work, stored, pks, loaded);
        },
        committed: resolve,
        failed: reject,
      }),
    );
  }

  #apply(work: Work, stored: StoredRequest, pks: readonly number[], loaded: readonly LoadedRun[]): void {
    const { dagId, request, requestedBy } = stored;
    const lease = work.memory.dags.get(dagId);
    if (lease === undefined) return;
    work.batch.requestDeletes.push(stored.id);
    for (const pk of pks) {
      const found = loaded.find(({ record }) => record.pk === pk);
      const run = this.#runOf(work, lease, pk, found);
      if (run === null) continue;
      run.now = work.now;
      this.#applyTo(work, lease, run, found, request);
      work.log({
        event: request.kind,
        dagId,
        runId: run.run.runId,
        owner: requestedBy,
        extra: JSON.stringify(request),
      });
    }
  }

  #runOf(work: Work, lease: LeasedDag, pk: number, found: LoadedRun | undefined): ActiveRun | null {
    const live = work.memory.runs.get(pk);
    if (live !== undefined) return live;
    const waiting = lease.queued.find((row) => row.pk === pk);
    if (waiting?.active) return waiting.active;
    if (found === undefined) return null;
    const run = restoreRun(found, lease, work.now);
    if (waiting === undefined) run.row.active = null;
    return run;
  }

  #applyTo(
    work: Work,
    lease: LeasedDag,
    run: ActiveRun,
    found: LoadedRun | undefined,
    request: SchedulerRequest,
  ): void {
    switch (request.kind) {
      case "clear":
        return this.#clear(work, lease, run, found, request);
      case "mark-tasks":
        return this.#act(work, run, markInstances(run, chosenKeys(run, request), request.state));
      case "mark-run":
        if (request.state === "queued") return this.#queueAgain(work, lease, run);
        this.#dequeue(lease, run);
        return this.#act(work, run, markRun(run, request.state));
      case "delete-runs":
        return this.#delete(work, lease, run);
      case "answer":
        return answer(work, this.#around, run, request);
    }
  }

  #act(work: Work, run: ActiveRun, commands: readonly Command[], changed: Changed = []): void {
    carryOut(work, this.#around, run, commands);
    if (run.run.state === "running") work.touch(run, changed);
  }

  #clear(
    work: Work,
    lease: LeasedDag,
    run: ActiveRun,
    found: LoadedRun | undefined,
    request: ClearRequest,
  ): void {
    let target = run;
    if (request.runOnLatestVersion && found !== undefined && run.run.state !== "running") {
      target = this.#onLatestVersion(work, lease, found) ?? run;
    }
    const keys = chosenKeys(target, request).filter((key) => matches(target, key, request));
    const commands = clearInstances(target, keys).filter(
      (command) => request.resetDagRuns !== false || command.kind !== "set-run-state",
    );
    if (commands.length === 0) return;
    const wasOver = target.run.state === "success" || target.run.state === "failed";
    this.#act(work, target, commands, "all");
    if (wasOver && target.run.state === "queued") this.#enqueueAgain(work, lease, target);
  }

  /** The same run with the tasks of the Dag's current version; tasks that it lacks become "removed". */
  #onLatestVersion(work: Work, lease: LeasedDag, found: LoadedRun): ActiveRun | null {
    const latest =
      lease.currentVersionId === null ? undefined : this.#services.versions.peek(lease.currentVersionId);
    if (latest === undefined || latest.id === found.version.id) return null;
    const run = restoreRun({ ...found, version: latest }, lease, work.now);
    run.row.versionId = latest.id;
    run.row.active = null;
    run.now = work.now;
    work.writeRun(run.row);
    for (const task of run.dag.tasks) {
      for (const instance of run.instances.of(task.index)) {
        if (!run.rowOf(instance).inserted) run.mark(instance);
        else {
          const ref = { runPk: run.row.pk, taskId: task.spec.taskId, mapIndex: instance.mapIndex };
          work.batch.instanceVersions.push({ ...ref, versionId: latest.id });
        }
      }
    }
    work.dirtyRuns.add(run);
    for (const { runPk, taskId, mapIndex } of found.instances) {
      if (!run.dag.indexOf.has(taskId)) work.batch.instanceRemovals.push({ runPk, taskId, mapIndex });
    }
    return run;
  }

  #enqueueAgain(work: Work, lease: LeasedDag, run: ActiveRun): void {
    const { row } = run;
    row.clearNumber++;
    this.#waitAgain(work, lease, run);
  }

  #queueAgain(work: Work, lease: LeasedDag, run: ActiveRun): void {
    if (run.run.state === "queued" || run.run.state === "running") return;
    run.run.state = "queued";
    this.#waitAgain(work, lease, run);
  }

  #waitAgain(work: Work, lease: LeasedDag, run: ActiveRun): void {
    const { row } = run;
    row.queuedAt = work.now;
    row.active = run;
    run.run.startDate = null;
    run.run.endDate = null;
    work.writeRun(row);
    this.#runs.enqueue(work, lease, row);
  }

  #dequeue(lease: LeasedDag, run: ActiveRun): void {
    const at = lease.queued.findIndex(({ pk }) => pk === run.row.pk);
    if (at >= 0) lease.queued.splice(at, 1);
  }

  #delete(work: Work, lease: LeasedDag, run: ActiveRun): void {
    for (const task of run.dag.tasks) {
      for (const { attemptId } of run.instances.of(task.index)) {
        if (attemptId === null || !work.memory.attempts.delete(attemptId)) continue;
        work.after(() => this.#around.cancel(attemptId, "its run was deleted"));
      }
    }
    this.#dequeue(lease, run);
    if (work.memory.runs.get(run.row.pk) === run) this.#runs.leave(work, run);
    run.dirty.clear();
    work.changedRuns.delete(run.row);
    work.batch.runDeletes.push(run.row.pk);
    work.memory.startable.add(lease);
  }
}

function chosenKeys(run: ActiveRun, request: ClearRequest | MarkRequest): InstanceKey[] {
  const { tasks, upstream = false, downstream = false } = request;
  const named = tasks ?? run.dag.tasks.map(({ spec }) => ({ taskId: spec.taskId }));
  const byTask = new Map<number, TaskChoice>();
  for (const choice of named) {
    const index = run.dag.indexOf.get(choice.taskId);
    if (index !== undefined) byTask.set(index, choice);
  }
  const selected =
    request.kind === "clear" || upstream || downstream
      ? clearSelection(run.dag, [...byTask.keys()], { upstream, downstream })
      : [...byTask.keys()];
  return selected.flatMap((task) => {
    const only = byTask.get(task)?.mapIndexes;
    return run.instances
      .of(task)
      .filter(({ mapIndex }) => only === undefined || only.includes(mapIndex))
      .map(({ mapIndex }) => ({ task, mapIndex }));
  });
}

function matches(run: ActiveRun, key: InstanceKey, { onlyFailed, onlyRunning }: ClearRequest): boolean {
  const state = run.instances.get(key)?.state ?? null;
  if (onlyFailed && !failedStates.has(state)) return false;
  return !onlyRunning || state === "running";
}
