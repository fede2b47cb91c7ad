/** Values of trials as charts and tables need them. */
import type { Choice, Study, Trial } from "../../api/tracking-types.ts";
import { numberOf } from "../../components/numbers.ts";

/** NaN for a trial without one. */
export const valueOf = (trial: Trial, target: number): number => numberOf(trial.values?.[target]);

export const completeTrials = (trials: readonly Trial[], target: number): Trial[] =>
  trials.filter((trial) => trial.state === "complete" && Number.isFinite(valueOf(trial, target)));

export const isBetter = (a: number, b: number, direction: "minimize" | "maximize"): boolean =>
  direction === "minimize" ? a < b : a > b;

/** The first of equally good ones; null without a complete trial. */
export function bestTrial(study: Study, trials: readonly Trial[], target: number): Trial | null {
  const direction = study.directions[target] ?? "minimize";
  let best: Trial | null = null;
  for (const trial of completeTrials(trials, target))
    if (best === null || isBetter(valueOf(trial, target), valueOf(best, target), direction)) best = trial;
  return best;
}

/** Names of parameters: of the declared space, else of what the trials have. */
export function paramNames(study: Study, trials: readonly Trial[]): string[] {
  if (study.space !== null) return Object.keys(study.space);
  return [...new Set(trials.flatMap(({ params }) => Object.keys(params)))];
}

export function isLog(study: Study, name: string): boolean {
  const param = study.space?.[name];
  return param !== undefined && param.type !== "categorical" && param.log === true;
}

export function isCategorical(study: Study, trials: readonly Trial[], name: string): boolean {
  const param = study.space?.[name];
  if (param !== undefined) return param.type === "categorical";
  return trials.some(({ params }) => name in params && typeof params[name] !== "number");
}

export function choicesOf(study: Study, trials: readonly Trial[], name: string): string[] {
  const param = study.space?.[name];
  const declared = param?.type === "categorical" ? param.choices : [];
  const seen = trials.flatMap(({ params }) => (name in params ? [params[name] as Choice] : []));
  return [...new Set([...declared, ...seen].map(String))];
}
