/** What the page of a study draws, as plain data: history, slices, contours, parallel coordinates, reported values. */
import type { Choice } from "./space.ts";
import type { StudySpec } from "./study-spec.ts";
import { type Direction, lossOf, type Trial } from "./trial.ts";

export interface HistoryPoint {
  readonly number: number;
  readonly value: number;
  /** Best value up to here. */
  readonly best: number;
}

const completeTrials = (trials: readonly Trial[]): Trial[] =>
  trials.filter(({ state }) => state === "complete");
const valueOf = (trial: Trial, target: number): number => trial.values?.[target] ?? Number.NaN;

/** Complete trials by number, with the best value so far. */
export function optimizationHistory(spec: StudySpec, trials: readonly Trial[], target = 0): HistoryPoint[] {
  const direction = spec.directions[target] as Direction;
  let best: number | undefined;
  return completeTrials(trials).map((trial) => {
    const value = valueOf(trial, target);
    if (best === undefined || lossOf(value, direction) < lossOf(best, direction)) best = value;
    return { number: trial.number, value, best };
  });
}

/** For each parameter the trials that have it: its value against the result. */
export function slices(
  trials: readonly Trial[],
  target = 0,
): Record<string, { number: number; x: Choice; value: number }[]> {
  const found: Record<string, { number: number; x: Choice; value: number }[]> = {};
  for (const trial of completeTrials(trials))
    for (const [name, x] of Object.entries(trial.params)) {
      found[name] ??= [];
      found[name].push({ number: trial.number, x, value: valueOf(trial, target) });
    }
  return found;
}

/** The trials that have both parameters: points of a surface. */
export function contour(
  trials: readonly Trial[],
  x: string,
  y: string,
  target = 0,
): { number: number; x: Choice; y: Choice; value: number }[] {
  return completeTrials(trials).flatMap((trial) => {
    const [left, right] = [trial.params[x], trial.params[y]];
    if (left === undefined || right === undefined) return [];
    return [{ number: trial.number, x: left, y: right, value: valueOf(trial, target) }];
  });
}

/** One line per complete trial over all parameters; null where a trial does not have one. */
export function parallelCoordinates(
  trials: readonly Trial[],
  target = 0,
): { names: string[]; lines: { number: number; values: (Choice | null)[]; value: number }[] } {
  const complete = completeTrials(trials);
  const names = [...new Set(complete.flatMap(({ params }) => Object.keys(params)))];
  const lines = complete.map((trial) => ({
    number: trial.number,
    values: names.map((name) => trial.params[name] ?? null),
    value: valueOf(trial, target),
  }));
  return { names, lines };
}

/** What each trial reported on its way. */
export function intermediateValues(
  trials: readonly Trial[],
): { number: number; state: Trial["state"]; reports: Trial["reports"] }[] {
  return trials
    .filter(({ reports }) => reports.length > 0)
    .map(({ number, state, reports }) => ({ number, state, reports }));
}
