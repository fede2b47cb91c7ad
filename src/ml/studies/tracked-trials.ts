/** A study as a tracked run, and its trials as that run's children, as MLflow nests them. */
import { getContext } from "../../sdk/context.ts";
import { startRun, withRun } from "../tracking/tracking.ts";
import type { Study } from "./study.ts";
import { TrialPruned } from "./study.ts";
import type { StudyResult, TrialObjective } from "./study-tasks.ts";

/** What the first task of a study leaves for the others, as its XCom `run`. */
export interface ParentRun {
  readonly runId: string;
  readonly experiment: string;
}

/** The run stays open: trials are other tasks, and the last one ends it. */
export async function beginParent(study: Study, experiment: string): Promise<void> {
  const { sampler, directions } = study.spec;
  const tags = {
    "study.name": study.name,
    "study.sampler": sampler.kind,
    "study.directions": directions.join(","),
  };
  const { runId } = await startRun({ experiment, name: study.name, tags });
  await getContext().ti.xcomPush("run", { runId, experiment });
}

export function parentOf(taskIds: string): Promise<ParentRun | null> {
  return getContext().ti.xcomPull<ParentRun | null>({ taskIds, key: "run", default: null });
}

/** The trial's run is the active one while its objective works; a pruned trial has finished, and says so by a tag. */
export function tracked(
  objective: TrialObjective,
  { runId, experiment }: ParentRun,
  study: Study,
): TrialObjective {
  return async (trial) => {
    const tags = {
      "mlflow.parentRunId": runId,
      "study.name": study.name,
      "study.trial": String(trial.number),
    };
    const options = { experiment, name: `trial ${trial.number}`, tags };
    const result = await withRun(options, async (run) => {
      await run.logParams(trial.params);
      try {
        const value = await objective(trial);
        const values = [value].flat().map((one, at) => [valueName(study, at), one] as const);
        run.logMetrics(Object.fromEntries(values));
        return value;
      } catch (error) {
        if (!(error instanceof TrialPruned)) throw error;
        await run.setTags({ "study.state": "pruned" });
        return error;
      } finally {
        const known = (await study.trials()).find(({ number }) => number === trial.number);
        for (const [step, value] of known?.reports ?? []) run.logMetric("report", value, { step });
      }
    });
    if (result instanceof TrialPruned) throw result;
    return result;
  };
}

const valueName = ({ spec }: Study, at: number): string =>
  spec.directions.length === 1 ? "value" : `value_${at}`;

export function endParent({ runId }: ParentRun, summarise: () => Promise<StudyResult>): Promise<StudyResult> {
  return withRun({ runId }, async (run) => {
    const result = await summarise();
    const { bestParams, bestValue, trials } = result;
    const counts = Object.entries(trials).map(([state, count]) => [`trials_${state}`, count] as const);
    run.logMetrics(Object.fromEntries(counts));
    if (bestValue !== null) run.logMetrics({ best_value: bestValue });
    const named = Object.entries(bestParams ?? {}).map(([name, value]) => [`best_${name}`, value] as const);
    await run.logParams(Object.fromEntries(named));
    return result;
  });
}
