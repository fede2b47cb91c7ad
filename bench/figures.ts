/** One measured number, and what a workload needs to report it. */
import { summary } from "./engine.ts";

export interface Figure {
  readonly workload: string;
  readonly engine: string;
  /** A: in the engine's own process; B: a warm worker process; C: a fresh process for each task. */
  readonly isolation: "A" | "B" | "C";
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it has to reach: "≤" for times, "≥" for rates. */
  readonly target?: { readonly sense: "≤" | "≥"; readonly value: number };
  /** All measured values, where the figure is their median. */
  readonly samples?: readonly number[];
  /** Settings that differ from the defaults, and other words on how it was measured. */
  readonly note?: string;
}

export type Report = (figure: Figure) => void;

export const atMost = (value: number): Figure["target"] => ({ sense: "≤", value });
export const atLeast = (value: number): Figure["target"] => ({ sense: "≥", value });

export function meets({ value, target }: Figure): boolean | null {
  if (target === undefined) return null;
  return target.sense === "≤" ? value <= target.value : value >= target.value;
}

/** Runs `measure` `times` times, one after another. */
export async function repeated(
  times: number,
  measure: (round: number) => Promise<number>,
): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < times; i++) samples.push(await measure(i));
  return samples;
}

export const median = (samples: readonly number[]): number => summary(samples).median;
