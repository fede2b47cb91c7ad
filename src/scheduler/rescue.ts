/**
 * Finds attempts that nobody tells of any more: running ones without a sign of life, queued ones that no slot
 * takes, and after a start or a takeover those of which no worker knows.
 */
import type { Instance } from "../core/instances.ts";
import { decideOutcome } from "../core/outcome.ts";
import { type Attempts, startAgain } from "./attempts.ts";
import { carryOut } from "./carry-out.ts";
import type { Dispatch } from "./dispatch.ts";
import type { LoadedRun } from "./load-runs.ts";
import type { ActiveRun } from "./memory.ts";
import type { Around } from "./run-changes.ts";
import type { Services } from "./services.ts";
import { refOf, type Work } from "./work.ts";

export interface RescueParts {
  readonly attempts: Attempts;
  readonly dispatch: Dispatch;
}

/** Stuck starts that are tried again before the try counts as failed (Airflow's num_stuck_in_queued_retries). */
const mostRequeues = 2;

export class Rescue {
  readonly #services: Services;
  readonly #around: Around;
  readonly #parts: RescueParts;
  /** Attempts that this process handed to its executor or heard of; others were left by an earlier scheduler. */
  readonly #heardOf = new Set<string>();
  /** When all workers of this machine have announced what they have. */
  executorReady = false;

  constructor(services: Services, around: Around, parts: RescueParts) {
    this.#services = services;
    this.#around = around;
    this.#parts = parts;
  }

  heard(attemptId: string): void {
    this.#heardOf.add(attemptId);
  }

  forget(attemptId: string): void {
    this.#heardOf.delete(attemptId);
  }

  async beforeLoad(_runs: readonly LoadedRun[]): Promise<void> {
    // Nothing to read yet: what a run needs is in its rows.
  }

  /** A run came into memory while it was running: queued attempts are handed over again, running ones waited for. */
  adopt(work: Work, run: ActiveRun): void {
    const { settings, engine } = this.#services;
    for (const task of run.dag.tasks) {
      for (const instance of run.instances.of(task.index)) {
        if (instance.state === "queued") this.#parts.dispatch.dispatchAgain(work, run, instance);
        if (instance.state === "queued" || instance.state === "running" || instance.state === "restarting") {
          run.rowOf(instance).aliveAt = work.now;
        }
        if (instance.state !== "running" && instance.state !== "restarting") continue;
        const { attemptId } = instance;
        if (attemptId === null || this.#heardOf.has(attemptId)) {
          if (attemptId !== null && instance.state === "running")
            work.after(() => this.#services.executor.begin(attemptId));
          if (attemptId !== null && instance.state === "restarting")
            this.#around.end(attemptId, "it was cleared while it ran");
          continue;
        }
        // All workers of this machine have told what they have: what they did not name is gone.
        const here = this.executorReady && run.rowOf(instance).hostname === this.#services.hostname;
        const grace = here ? 0 : settings.adoptionGraceMs;
        engine.timers.at(work.now + grace, () => this.#unannounced(run, instance, attemptId));
      }
    }
    work.after(() =>
      engine.submit({ name: "reconsider", apply: (next) => this.#parts.attempts.reconsider(next) }),
    );
  }

  #unannounced(run: ActiveRun, instance: Instance, attemptId: string): void {
    if (this.#heardOf.has(attemptId)) return;
    this.#services.engine.submit({
      name: "unannounced",
      apply: (work) => {
        if (work.memory.attempts.get(attemptId)?.instance !== instance) return;
        this.#giveUp(work, run, instance, "its worker has not come back");
      },
    });
  }

  /** Looks at all attempts that are under way. Cheap: a walk over those, not over instances. */
  look(work: Work): void {
    const { settings } = this.#services;
    for (const [, { run, instance }] of work.memory.attempts) {
      const silent = work.now - run.rowOf(instance).aliveAt;
      if (instance.state === "queued" && silent > settings.taskQueuedTimeoutMs)
        this.#stuck(work, run, instance);
      else if (instance.state !== "queued" && silent > settings.taskHeartbeatTimeoutMs) {
        this.#giveUp(work, run, instance, `no sign of life for ${Math.round(silent / 1000)} s`);
      }
    }
    this.#parts.attempts.reconsider(work);
  }

  #stuck(work: Work, run: ActiveRun, instance: Instance): void {
    const row = run.rowOf(instance);
    if (row.requeued >= mostRequeues)
      return this.#giveUp(work, run, instance, "it was queued too often and no slot took it");
    row.requeued++;
    this.#note(work, run, instance, "stuck in queued");
    run.now = work.now;
    carryOut(work, this.#around, run, startAgain(run, instance, "it was queued for too long"));
  }

  #giveUp(work: Work, run: ActiveRun, instance: Instance, message: string): void {
    this.#services.log.warn({ ...refOf(run, instance), message }, "an attempt is given up");
    this.#note(work, run, instance, "heartbeat timeout", message);
    run.now = work.now;
    const outcome = { kind: "failed", message, retryable: true } as const;
    carryOut(work, this.#around, run, decideOutcome(run, instance, outcome));
  }

  #note(work: Work, run: ActiveRun, instance: Instance, event: string, extra: string | null = null): void {
    const { dagId, runId } = run.run;
    const { taskId, mapIndex } = refOf(run, instance);
    work.log({ event, dagId, runId, taskId, mapIndex, tryNumber: instance.tryNumber, extra });
  }
}
