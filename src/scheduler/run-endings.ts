/** What follows when a run has ended: callbacks, waiting callers, a pause after many failures. */
import { pausesAfterFailures } from "../core/consecutive-failures.ts";
import { loadRuns, newestRunStates } from "../store/scheduler-load.ts";
import type { Callbacks } from "./callbacks.ts";
import type { ActiveRun } from "./memory.ts";
import type { Runs } from "./runs.ts";
import { forecastColumns } from "./schedule.ts";
import type { Services } from "./services.ts";
import type { Work } from "./work.ts";

export interface EndedRun {
  readonly pk: number;
  readonly dagId: string;
  readonly runId: string;
  readonly state: "success" | "failed";
}

export class RunEndings {
  readonly #services: Services;
  readonly #runs: Runs;
  readonly #callbacks: Callbacks;
  readonly #waiting = new Map<number, ((ended: EndedRun) => void)[]>();
  /** The last that ended: a run without anything to do is over before somebody can wait for it. */
  readonly #lately = new Map<number, EndedRun>();
  /** Told after the commit; services that follow runs (backfills, schedules) register here. */
  readonly listeners: ((ended: EndedRun, run: ActiveRun) => void)[] = [];

  constructor(services: Services, runs: Runs, callbacks: Callbacks) {
    this.#services = services;
    this.#runs = runs;
    this.#callbacks = callbacks;
  }

  /** Called while the batch is made; everything that others notice happens after its commit. */
  ended(work: Work, run: ActiveRun): void {
    const { state, dagId, runId } = run.run;
    if (state !== "success" && state !== "failed") return;
    this.#runs.leave(work, run);
    const { callbacks, maxConsecutiveFailedDagRuns } = run.dag.spec;
    work.notify("tradewind", `ended:${dagId}`);
    const ended: EndedRun = { pk: run.row.pk, dagId, runId, state };
    const callback = state === "success" ? "success" : "failure";
    if (callbacks.includes(callback))
      this.#callbacks.ask(work, run, callback, state === "success" ? "success" : "task_failure");
    this.#callbacks.tell(work, run, `on_dag_run_${state}`);
    work.after(() => {
      this.#services.signals.emit(`run ${state}`, ended);
      for (const listener of this.listeners) listener(ended, run);
      this.#remember(ended);
      const waiting = this.#waiting.get(ended.pk);
      this.#waiting.delete(ended.pk);
      for (const resolve of waiting ?? []) resolve(ended);
      const limit =
        maxConsecutiveFailedDagRuns > 0 ? maxConsecutiveFailedDagRuns : run.lease.maxConsecutiveFailedRuns;
      if (state === "failed" && limit > 0) void this.#pauseAfterFailures(run, limit);
    });
  }

  /** Resolves when the run has ended, and that is committed. */
  wait(pk: number): Promise<EndedRun> {
    const lately = this.#lately.get(pk);
    if (lately !== undefined && !this.#isOpen(lately)) return Promise.resolve(lately);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(pk);
      if (waiting === undefined) this.#waiting.set(pk, [resolve]);
      else waiting.push(resolve);
    });
  }

  /** Memory was read again: what ended in a batch whose answer was lost is told now. */
  async afterReload(): Promise<void> {
    if (this.#waiting.size === 0) return;
    for (const { pk, dagId, runId, state } of await loadRuns(this.#services.database, [
      ...this.#waiting.keys(),
    ])) {
      if (state !== "success" && state !== "failed") continue;
      const waiting = this.#waiting.get(pk);
      this.#waiting.delete(pk);
      for (const resolve of waiting ?? []) resolve({ pk, dagId, runId, state });
    }
  }

  /** It was cleared since. */
  #isOpen({ pk, dagId }: EndedRun): boolean {
    const lease = this.#services.engine.memory.dags.get(dagId);
    return lease?.running.has(pk) === true || lease?.queued.some((row) => row.pk === pk) === true;
  }

  #remember(ended: EndedRun): void {
    this.#lately.set(ended.pk, ended);
    if (this.#lately.size <= 2000) return;
    for (const oldest of this.#lately.keys()) {
      this.#lately.delete(oldest);
      return;
    }
  }

  async #pauseAfterFailures(run: ActiveRun, limit: number): Promise<void> {
    const { database, engine, log } = this.#services;
    const { dagId } = run.run;
    try {
      if (!pausesAfterFailures(limit, await newestRunStates(database, dagId, limit))) return;
    } catch (error) {
      log.warn({ err: error, dagId }, "the last runs could not be counted");
      return;
    }
    engine.submit({
      name: "pause after failures",
      apply: (work) => {
        const lease = work.memory.dags.get(dagId);
        if (lease === undefined || lease.isPaused) return;
        this.#runs.hold(work, lease, true);
        work.writeDag({ ...forecastColumns(dagId, lease.schedule), isPaused: true });
        work.log({
          event: "paused",
          dagId,
          extra: `its last ${limit} runs failed (max_consecutive_failed_dag_runs)`,
        });
      },
    });
  }
}
