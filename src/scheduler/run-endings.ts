/** What follows when a run has ended: callbacks, waiting callers, a pause after many failures. */
import { pausesAfterFailures } from "../core/consecutive-failures.ts";
import type { Json } from "../core/dag-model.ts";
import type { Instance } from "../core/instances.ts";
import { failedStates } from "../core/states.ts";
import { uuid7 } from "../ids.ts";
import { loadRuns, newestRunStates } from "../store/scheduler-load.ts";
import type { ActiveRun } from "./memory.ts";
import type { Runs } from "./runs.ts";
import { forecastColumns } from "./schedule.ts";
import type { Services } from "./services.ts";
import type { Work } from "./work.ts";
import { codeOf, runContext } from "./workload.ts";

export interface EndedRun {
  readonly pk: number;
  readonly dagId: string;
  readonly runId: string;
  readonly state: "success" | "failed";
}

export class RunEndings {
  readonly #services: Services;
  readonly #runs: Runs;
  readonly #waiting = new Map<number, ((ended: EndedRun) => void)[]>();
  /** The last that ended: a run without anything to do is over before somebody can wait for it. */
  readonly #lately = new Map<number, EndedRun>();
  /** Told after the commit; services that follow runs (backfills, schedules) register here. */
  readonly listeners: ((ended: EndedRun, run: ActiveRun) => void)[] = [];

  constructor(services: Services, runs: Runs) {
    this.#services = services;
    this.#runs = runs;
  }

  /** Called while the batch is made; everything that others notice happens after its commit. */
  ended(work: Work, run: ActiveRun): void {
    const { state, dagId, runId } = run.run;
    if (state !== "success" && state !== "failed") return;
    this.#runs.leave(work, run);
    const { callbacks, maxConsecutiveFailedDagRuns } = run.dag.spec;
    work.notify("tradewind", `ended:${dagId}`);
    const ended: EndedRun = { pk: run.row.pk, dagId, runId, state };
    work.after(() => {
      this.#services.signals.emit(`run ${state}`, ended);
      for (const listener of this.listeners) listener(ended, run);
      this.#remember(ended);
      const waiting = this.#waiting.get(ended.pk);
      this.#waiting.delete(ended.pk);
      for (const resolve of waiting ?? []) resolve(ended);
      if (callbacks.includes(state === "success" ? "success" : "failure")) this.#callBack(run, state);
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

  #callBack(run: ActiveRun, state: "success" | "failed"): void {
    const reason = state === "success" ? "success" : "task_failure";
    this.callDag(run, state === "success" ? "success" : "failure", reason);
  }

  /** Calls a callback of the Dag in a process of its own; a failure of it is logged and changes nothing. */
  callDag(run: ActiveRun, callback: "success" | "failure" | { deadline: number }, reason: string): void {
    const { executor, settings, clock, log, random } = this.#services;
    const { dagId, runId } = run.run;
    const standsFor = representative(run);
    const context: { [key: string]: Json } = {
      runId,
      run: runContext(run.row) as unknown as Json,
      task: standsFor as unknown as Json,
      params: {},
      reason,
    };
    const code = codeOf(run.version, settings.versionsFolder);
    const message = { type: "run-callback", code, dagId, callback, context } as unknown as {
      [key: string]: Json;
    };
    const id = uuid7(clock.now(), random(16));
    executor
      .runCallback({ id, message, logPath: `dag_id=${dagId}/run_id=${runId}/callbacks.log` })
      .catch((error: unknown) => {
        log.error({ err: error, dagId, runId }, "a callback of a Dag failed");
      });
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

/** The instance that stands for the run in its callbacks: one that failed, else the last one of the Dag. */
function representative(run: ActiveRun): { [key: string]: Json } {
  let found: Instance | undefined;
  for (const task of run.dag.order) {
    for (const instance of run.instances.of(task)) {
      if (found === undefined || failedStates.has(instance.state) || !failedStates.has(found.state))
        found = instance;
    }
  }
  const { dagId, runId } = run.run;
  const taskId = run.dag.tasks[found?.task ?? 0]?.spec.taskId ?? "";
  const { mapIndex = -1, tryNumber = 0, maxTries = 0, attemptId = null } = found ?? {};
  return { dagId, taskId, runId, mapIndex, tryNumber, maxTries, attemptId: attemptId ?? "callback" };
}
