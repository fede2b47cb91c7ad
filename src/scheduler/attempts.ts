/**
 * What the executor reports of attempts. An event counts only for the attempt that the row names and in a state
 * in which it can happen; a second one changes nothing. Ends are acknowledged once they are committed, or when
 * nobody will ever want them.
 */
import { isDeepStrictEqual } from "node:util";
import type { Command } from "../core/facts.ts";
import { setState } from "../core/facts.ts";
import type { Instance } from "../core/instances.ts";
import { checkUse, type LineageUse } from "../core/lineage.ts";
import { decideOutcome, requeue } from "../core/outcome.ts";
import type { AttemptEnd, ExecutorEvents } from "../executor/executor.ts";
import type { TriggerEnd } from "../runtime/protocol.ts";
import { assetEventsOf, assetsIn, attemptEndOf, outcomeOf, pushedValues, stepOf } from "./attempt-results.ts";
import type { Callbacks } from "./callbacks.ts";
import { carryOut } from "./carry-out.ts";
import { defer } from "./deferral.ts";
import type { EngineEvent } from "./engine.ts";
import { awaitInput } from "./human-input.ts";
import type { ActiveRun, Attempt } from "./memory.ts";
import type { Around } from "./run-changes.ts";
import type { Services } from "./services.ts";
import { refOf, type Work } from "./work.ts";

type Where = Parameters<ExecutorEvents["taken"]>[1];
type Loss = Parameters<ExecutorEvents["lost"]>[1];

/** By the state that the instance comes to. */
const callbackOf: { [state: string]: Parameters<Callbacks["askTask"]>[3] | undefined } = {
  success: "success",
  failed: "failure",
  up_for_retry: "retry",
  skipped: "skipped",
};

/** A lost start is tried again so often; then the try counts as failed. */
const mostRequeues = 2;

export class Attempts {
  readonly #services: Services;
  readonly #around: Around;
  readonly #callbacks: Callbacks;
  /** Events of attempts that memory does not know (yet): their Dag may still be on its way here. */
  readonly #unknown = new Map<string, { since: number; events: EngineEvent[] }>();

  readonly #released = new Set<string>();

  constructor(services: Services, around: Around, callbacks: Callbacks) {
    this.#services = services;
    this.#around = around;
    this.#callbacks = callbacks;
  }

  taken(attemptId: string, where: Where): void {
    const event: EngineEvent = {
      name: "taken",
      replay: true,
      apply: (work) => {
        const attempt = work.memory.attempts.get(attemptId);
        if (attempt === undefined) return this.#hold(work, attemptId, event);
        this.#applyTaken(work, attemptId, attempt, where);
      },
    };
    this.#services.engine.submit(event);
  }

  #applyTaken(work: Work, attemptId: string, { run, instance }: Attempt, where: Where): void {
    const { executor } = this.#services;
    const row = run.rowOf(instance);
    if (instance.state === "queued") {
      row.hostname = where.hostname;
      row.pid = where.pid;
      row.workerId = where.workerId;
      carryOut(work, this.#around, run, [setState(instance, "running", "a slot took it")]);
      work.after(() => executor.begin(attemptId));
    } else if (instance.state === "running") {
      // Announced once more: the worker waits for a begin that may have been lost with an earlier scheduler.
      row.aliveAt = work.now;
      work.after(() => executor.begin(attemptId));
    } else work.after(() => executor.cancel(attemptId, `its task instance is ${instance.state}`));
  }

  finished(attemptId: string, end: AttemptEnd): void {
    const { triggerIds, engine } = this.#services;
    if (end.result.outcome !== "deferred") return engine.submit(this.#finishedEvent(attemptId, end, null));
    const id = triggerIds.take();
    if (id !== null) return engine.submit(this.#finishedEvent(attemptId, end, id));
    void triggerIds.next().then(
      (taken) => engine.submit(this.#finishedEvent(attemptId, end, taken)),
      () => this.finished(attemptId, end),
    );
  }

  #finishedEvent(attemptId: string, end: AttemptEnd, triggerId: number | null): EngineEvent {
    const event: EngineEvent = {
      name: "finished",
      replay: true,
      apply: (work) => {
        const attempt = work.memory.attempts.get(attemptId);
        if (attempt === undefined) return this.#hold(work, attemptId, event);
        this.#applyFinished(work, attemptId, attempt, end, triggerId);
        work.after(() => this.#services.executor.acknowledge([attemptId]));
      },
      poisoned: (error) => this.#finishedEvent(attemptId, unstorable(error), null),
    };
    return event;
  }

  #applyFinished(
    work: Work,
    attemptId: string,
    { run, instance, pushed }: Attempt,
    end: AttemptEnd,
    triggerId: number | null,
  ): void {
    const { settings, xcoms } = this.#services;
    const task = run.dag.tasks[instance.task];
    if (task === undefined) return;
    const ref = refOf(run, instance);
    run.now = work.now;
    const commands = decideOutcome(run, instance, outcomeOf(end), { maxMapLength: settings.maxMapLength });
    if (commands.length === 0) return;
    const before = instance.state;
    for (const { key, value } of pushedValues(end, task.spec.doXcomPush)) {
      if (!isDeepStrictEqual(pushed?.get(key), value)) work.batch.xcoms.push({ ...ref, key, value });
      if (key === "return_value") {
        const isSource = run.version.mapSources.has(instance.task);
        xcoms.put(ref.runPk, ref.taskId, ref.mapIndex, key, value, isSource);
      }
    }
    const row = run.rowOf(instance);
    const { result, uses = [] } = end;
    this.#keepUses(work, run, instance, uses);
    if (before !== "restarting" && result.outcome === "deferred" && triggerId !== null) {
      defer(work, this.#services, this.#around, run, instance, result, { attemptId, triggerId });
    }
    if (before !== "restarting" && result.outcome === "awaiting_input") {
      const asked = { request: result.request, attemptId };
      awaitInput(work, this.#services, this.#around, run, instance, asked);
    }
    if (before !== "restarting" && result.outcome === "reschedule") {
      const startDate = row.startDate ?? work.now;
      const [command] = commands;
      const at = command?.kind === "set-state" ? (command.notBefore ?? work.now) : work.now;
      work.batch.reschedules.push({ ...ref, attemptId, startDate, endDate: work.now, at });
      row.reschedule = {
        firstAt: row.reschedule?.firstAt ?? startDate,
        count: (row.reschedule?.count ?? 0) + 1,
      };
    }
    const [first] = commands;
    if (first?.kind === "set-state" && first.to === "success" && result.outcome === "success") {
      const events = assetEventsOf(run, instance.task, instance.mapIndex, result.outletEvents ?? []);
      if (events.length > 0) this.#emit(work, events);
    }
    if (first?.kind === "set-state" && first.to === "success") this.#keepForLater(work, run, instance, end);
    if (instance.mapIndex < 0 && end.length !== undefined) this.#keepKeys(work, run, instance, end);
    carryOut(work, this.#around, run, commands, { endedAttempt: attemptId });
  }

  /** By names, since lineage outlives the run. An asset among the inlets was read as its newest event left it. */
  #keepUses(work: Work, run: ActiveRun, instance: Instance, uses: readonly LineageUse[]): void {
    const inlets = run.dag.tasks[instance.task]?.spec.inlets ?? [];
    run.rowOf(instance).uses = uses;
    if (uses.length + inlets.length === 0) return;
    const { taskId, mapIndex } = refOf(run, instance);
    const { dagId, runId } = run.run;
    const at = { dagId, runId, taskId, mapIndex, tryNumber: instance.tryNumber };
    for (const use of uses) {
      try {
        work.batch.lineageUses.push({ ...at, use: checkUse(use) });
      } catch (error) {
        this.#services.log.warn({ err: error, ...at }, "what an attempt told of its data is not kept");
      }
    }
    for (const { name, uri } of inlets.flatMap(assetsIn)) work.batch.inletUses.push({ ...at, name, uri });
  }

  /** What the attempt of a cached task ended with. */
  #keepForLater(work: Work, run: ActiveRun, instance: Instance, end: AttemptEnd): void {
    const row = run.rowOf(instance);
    const task = run.dag.tasks[instance.task];
    if (row.step === null || task === undefined) return;
    const { key, parts, ttl } = row.step;
    const { dagId, runId } = run.run;
    work.batch.cacheResults.push({
      ...refOf(run, instance),
      dagId,
      runId,
      tryNumber: instance.tryNumber,
      key,
      parts,
      surroundings: end.looked ?? {},
      result: stepOf(end, task.spec.doXcomPush),
      expiresAt: ttl === null ? null : work.now + ttl * 1000,
    });
  }

  /** Its result was in the step cache: it ends without a slot and without a process. */
  endedByCache(work: Work, run: ActiveRun, instance: Instance, attemptId: string, end: AttemptEnd): void {
    // Of an earlier try; its process has ended long ago.
    const endedAttempt = run.rowOf(instance).committedAttempt ?? attemptId;
    const queued = { ...setState(instance, "queued", "its result is in the step cache"), attemptId };
    carryOut(work, this.#around, run, [queued], { endedAttempt });
    this.#applyFinished(work, endedAttempt, { run, instance }, end, null);
  }

  /** A trigger decided how its task ends: the task is not woken for it. */
  endedByTrigger(work: Work, run: ActiveRun, instance: Instance, end: TriggerEnd): void {
    const attemptId = instance.attemptId ?? "";
    const ended = attemptEndOf(end);
    const commands = decideOutcome(run, instance, outcomeOf(ended));
    this.#callBack(work, run, instance, commands, "its trigger ended it");
    this.#applyFinished(work, attemptId, { run, instance }, ended, null);
  }

  /** What its process would have called, had it lived to its end. */
  #callBack(work: Work, run: ActiveRun, instance: Instance, commands: Command[], reason: string): void {
    const [first] = commands;
    if (first?.kind !== "set-state") return;
    const what = callbackOf[first.to ?? "none"];
    if (what !== undefined) this.#callbacks.askTask(work, run, instance, what, reason);
  }

  #emit(work: Work, events: ReturnType<typeof assetEventsOf>): void {
    work.batch.assetEvents.push(...events);
    work.notify("tradewind", "assets");
  }

  /** Names of the entries of a returned object, for the labels of what is expanded over it. */
  #keepKeys(work: Work, run: ActiveRun, instance: Instance, end: AttemptEnd): void {
    if (end.length === undefined || !run.version.mapSources.has(instance.task)) return;
    work.batch.taskMaps.push({ ...refOf(run, instance), length: end.length, keys: end.keys ?? null });
  }

  lost(attemptId: string, why: Loss): void {
    const event: EngineEvent = {
      name: "lost",
      replay: true,
      apply: (work) => {
        const attempt = work.memory.attempts.get(attemptId);
        if (attempt === undefined) return this.#hold(work, attemptId, event);
        this.#applyLost(work, attemptId, attempt, why);
        work.after(() => this.#services.executor.acknowledge([attemptId]));
      },
    };
    this.#services.engine.submit(event);
  }

  #applyLost(work: Work, attemptId: string, { run, instance }: Attempt, why: Loss): void {
    run.now = work.now;
    const row = run.rowOf(instance);
    const options = { endedAttempt: attemptId };
    if (
      !why.began &&
      row.requeued < mostRequeues &&
      (instance.state === "queued" || instance.state === "running")
    ) {
      row.requeued++;
      carryOut(work, this.#around, run, startAgain(run, instance, why.message), options);
      return;
    }
    const outcome = { kind: "failed", message: why.message, retryable: true } as const;
    const commands = decideOutcome(run, instance, outcome);
    this.#callBack(work, run, instance, commands, why.message);
    this.#services.log.warn({ ...refOf(run, instance), attemptId, why: why.message }, "an attempt was lost");
    work.log({
      event: "attempt lost",
      dagId: run.run.dagId,
      taskId: refOf(run, instance).taskId,
      runId: run.run.runId,
      mapIndex: instance.mapIndex,
      tryNumber: instance.tryNumber,
      extra: why.message,
    });
    carryOut(work, this.#around, run, commands, options);
  }

  alive(attemptIds: readonly string[]): void {
    this.#services.engine.submit({
      name: "alive",
      replay: true,
      apply: (work) => {
        for (const id of attemptIds) {
          const attempt = work.memory.attempts.get(id);
          if (attempt !== undefined) attempt.run.rowOf(attempt.instance).aliveAt = work.now;
          else this.#hold(work, id, null);
        }
      },
    });
  }

  /**
   * Memory does not know the attempt. Shortly after a start or a takeover its Dag may still come; after that it
   * is nobody's: its process is ended, its end forgotten.
   */
  #hold(work: Work, attemptId: string, event: EngineEvent | null): void {
    if (this.#released.has(attemptId)) {
      if (event === null || event.name === "taken") return;
      this.#released.delete(attemptId);
      work.after(() => this.#services.executor.acknowledge([attemptId]));
      return;
    }
    const held = this.#unknown.get(attemptId) ?? { since: work.now, events: [] };
    if (event !== null && !held.events.includes(event)) held.events.push(event);
    this.#unknown.set(attemptId, held);
  }

  /** Memory let go of the attempt on purpose: whatever its process still tells is of no use. */
  release(attemptId: string): void {
    this.#released.add(attemptId);
    for (const oldest of this.#released) {
      if (this.#released.size <= 10_000) break;
      this.#released.delete(oldest);
    }
  }

  /** Feeds held events again after Dags came into memory, and lets go of those that waited for too long. */
  reconsider(work: Work): void {
    const { executor, settings, engine } = this.#services;
    for (const [attemptId, held] of this.#unknown) {
      const known = work.memory.attempts.has(attemptId);
      if (!known && work.now - held.since < settings.adoptionGraceMs) continue;
      this.#unknown.delete(attemptId);
      if (known) for (const event of held.events) engine.submit(event);
      else {
        work.after(() => {
          executor.cancel(attemptId, "no run knows this attempt any more");
          executor.acknowledge([attemptId]);
        });
      }
    }
  }

  get unknownCount(): number {
    return this.#unknown.size;
  }
}

/** The same try once more: its handler cannot have started. */
export function startAgain(run: ActiveRun, instance: Instance, reason: string): Command[] {
  if (instance.state === "queued") return requeue(run, instance, reason);
  return [{ ...setState(instance, null, reason), tryNumber: Math.max(0, instance.tryNumber - 1) }];
}

function unstorable(error: unknown): AttemptEnd {
  const message = error instanceof Error ? error.message : String(error);
  return {
    result: {
      outcome: "failed",
      error: {
        name: "UnstorableResult",
        message: `the database refuses what the task returned: ${message}`,
        causes: [],
      },
      retryable: false,
    },
    xcoms: [],
  };
}
