/**
 * A study as tasks of a Dag: one that makes it, one mapped task with an instance per trial, and one that says what was
 * best. Trials have what every task has: pools, retries, timeouts, logs. A try after the first goes on with the
 * parameters of the one before.
 */
import { getClient, getContext, type TaskContext } from "../../sdk/context.ts";
import type { TaskOptions } from "../../sdk/task-options.ts";
import type { TaskScope } from "../../sdk/task-scope.ts";
import type { TaskRef } from "../../sdk/value-ref.ts";
import { isTracked } from "../tracking/environment.ts";
import type { ParamValues } from "./space.ts";
import { createStudy, openStudy, RunningTrial, type Study, TrialPruned } from "./study.ts";
import type { StudyOptions } from "./study-spec.ts";
import { TaskStudyStorage } from "./task-storage.ts";
import { beginParent, endParent, parentOf, tracked } from "./tracked-trials.ts";
import type { Trial } from "./trial.ts";

export interface StudyTaskOptions extends StudyOptions {
  nTrials: number;
  /** Trials that run at the same time. Default 4. */
  nJobs?: number;
  /** Options of the trials' task: `pool`, `retries`, `executionTimeout`, … */
  trial?: TaskOptions;
  /**
   * Keeps the study as a tracked run and each trial as its child, with parameters, reports and values, in the experiment of
   * this name. What the objective logs goes to the trial's run. Without a server nothing is kept.
   */
  experiment?: string;
}

export interface StudyResult {
  study: string;
  /** Of one direction; null with several. */
  bestParams: { [name: string]: string | number | boolean | null } | null;
  bestValue: number | null;
  /** Of several directions those that nothing dominates. */
  bestTrials: number[];
  /** How many trials ended how. */
  trials: { [state: string]: number };
}

export interface TrialResult {
  number: number;
  state: string;
  params: { [name: string]: string | number | boolean | null };
  values: number[] | null;
}

export type TrialObjective = (
  trial: RunningTrial,
) => number | readonly number[] | Promise<number | readonly number[]>;

/**
 * Adds the tasks `id.create`, `id.trial` and `id.best` and returns the last one's result. Without a `name` each run has
 * a study of its own; with one, runs go on with the same study.
 *
 * A trial that throws `TrialPruned` succeeds as pruned; any other error fails the task, which may be retried, and in the
 * end the trial. `id.best` runs when all are done and fails when none is complete.
 *
 * @example
 * const tuned = studyTasks(dag, "tune", { space: { C: float(1e-3, 10, { log: true }) }, nTrials: 20 }, async ({ params }) => score(params));
 * train({ tuned });
 */
export function studyTasks(
  dag: TaskScope,
  id: string,
  options: StudyTaskOptions,
  objective: TrialObjective,
): TaskRef<StudyResult> {
  const { nTrials, nJobs = 4, trial: trialOptions = {}, experiment, ...rest } = options;
  const group = dag.taskGroup(id);
  const nameOf = (context: TaskContext): string => rest.name ?? `${context.dag.dagId}.${id}.${context.runId}`;
  const create = group.task("create", async () => {
    const storage = new TaskStudyStorage(getClient());
    const study = await createStudy({ ...rest, name: nameOf(getContext()), storage, loadIfExists: true });
    if (experiment !== undefined && isTracked()) await beginParent(study, experiment);
    return Array.from({ length: nTrials }, (_, slot) => slot);
  });
  const trial = group.task(
    "trial",
    async ({ slot }: { slot: number }) => {
      const study = await openStudy(nameOf(getContext()), new TaskStudyStorage(getClient()));
      const parent = await parentOf(`${group.groupId}.create`);
      return runTrial(study, slot, parent === null ? objective : tracked(objective, parent, study));
    },
    { maxActiveTisPerDagrun: nJobs, ...trialOptions },
  );
  const best = group.task(
    "best",
    async () => {
      const context = getContext();
      const study = await openStudy(nameOf(context), new TaskStudyStorage(getClient()));
      const parent = await parentOf(`${group.groupId}.create`);
      const best = () => summary(study, `${context.runId}/`);
      return parent === null ? best() : endParent(parent, best);
    },
    { triggerRule: "all_done" },
  );
  const trials = trial.expand({ slot: create() });
  const result = best();
  result.after(trials);
  return result;
}

async function runTrial(study: Study, slot: number, objective: TrialObjective): Promise<TrialResult | null> {
  const { runId, tryNumber, task } = getContext();
  const worker = `${runId}/${slot}`;
  const left = (await study.trials()).find((trial) => trial.state === "running" && trial.worker === worker);
  const trial = left === undefined ? await study.ask(worker) : new RunningTrial(study, left);
  // A grid has fewer points than slots, or another run used up the study.
  if (trial === null) return null;
  try {
    const value = await objective(trial);
    return resultOf(await study.tell(trial.number, typeof value === "number" ? value : [...value]));
  } catch (error) {
    if (error instanceof TrialPruned) return resultOf(await study.tell(trial.number, { state: "pruned" }));
    const message = error instanceof Error ? error.message : String(error);
    if (tryNumber > (task.retries ?? 0)) await study.tell(trial.number, { state: "fail", error: message });
    throw error;
  }
}

const resultOf = ({ number, state, params, values }: Trial): TrialResult => ({
  number,
  state,
  params: { ...params },
  values: values === null ? null : [...values],
});

/** Trials of the run whose process was killed in its last try have failed; then the best of what is there. */
async function summary(study: Study, workers: string): Promise<StudyResult> {
  for (const trial of await study.trials())
    if (trial.state === "running" && trial.worker?.startsWith(workers) === true)
      await study.tell(trial.number, { state: "fail", error: "its task ended without telling" });
  const trials: { [state: string]: number } = {};
  for (const { state } of await study.trials()) trials[state] = (trials[state] ?? 0) + 1;
  const single = study.spec.directions.length === 1;
  const best = single ? [await study.bestTrial()] : await study.bestTrials();
  return {
    study: study.name,
    bestParams: single ? { ...(best[0] as { params: ParamValues }).params } : null,
    bestValue: single ? (best[0]?.values?.[0] ?? null) : null,
    bestTrials: best.map(({ number }) => number),
    trials,
  };
}
