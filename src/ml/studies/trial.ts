/** Trials of a study: their states, which are Optuna's, and which of them is better. */
import type { Json } from "../../core/dag-model.ts";
import type { ParamValues, Space } from "./space.ts";

export const trialStates = ["waiting", "running", "complete", "pruned", "fail"] as const;
export type TrialState = (typeof trialStates)[number];

export type Direction = "minimize" | "maximize";

export interface Trial {
  readonly number: number;
  readonly state: TrialState;
  readonly params: ParamValues;
  /** Ranges of the parameters where they were asked for one by one; null in a study with a declared space. */
  readonly distributions: Space | null;
  /** One per direction, in a complete trial; of a pruned one the last value that it reported. */
  readonly values: readonly number[] | null;
  /** Reported while it ran, by ascending step. */
  readonly reports: readonly (readonly [step: number, value: number])[];
  /** What its owner wrote: Optuna's user attributes. */
  readonly attrs: { readonly [name: string]: Json };
  /** What the sampler has to remember about it. */
  readonly system: { readonly [name: string]: Json };
  /** Who runs it. */
  readonly worker: string | null;
  readonly error: string | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Last sign of life. */
  readonly heartbeatAt: number | null;
}

export function isFinished(trial: Trial): boolean {
  return trial.state === "complete" || trial.state === "pruned" || trial.state === "fail";
}

/** A value so that smaller is better; what is not a number is worst. */
export function lossOf(value: number | undefined, direction: Direction): number {
  if (value === undefined || Number.isNaN(value)) return Number.POSITIVE_INFINITY;
  return direction === "minimize" ? value : -value;
}

/** The losses of a complete trial, one per direction. */
export function lossesOf(trial: Trial, directions: readonly Direction[]): number[] {
  return directions.map((direction, k) => lossOf(trial.values?.[k], direction));
}

/** The best complete trial of a study with one direction; the first of equally good ones. */
export function bestTrial(trials: readonly Trial[], direction: Direction): Trial | null {
  let best: Trial | null = null;
  for (const trial of trials) {
    if (trial.state !== "complete") continue;
    if (best === null || lossOf(trial.values?.[0], direction) < lossOf(best.values?.[0], direction))
      best = trial;
  }
  return best;
}
