/** The verdict of an A/B test: one comparison, made once both sides have the outcomes that were agreed on before. */
import { TradewindError } from "../../errors.ts";
import { normalTwoSided, studentTwoSided } from "../drift/distributions.ts";

/** What came of a variant's answers. */
export interface Arm {
  readonly variant: string;
  readonly count: number;
  readonly mean: number;
  /** Of the sample; null of fewer than two outcomes. */
  readonly variance: number | null;
}

export interface AbRules {
  readonly minSamples: number;
  /** Default 0.05. */
  readonly significance?: number;
  /** Default true. */
  readonly greaterIsBetter?: boolean;
  /** "welch" for means of anything, "proportions" for outcomes that are 0 or 1. Default: what the outcomes are. */
  readonly test?: "welch" | "proportions";
}

export interface AbVerdict {
  /** "control" also when there is nothing between the two: nothing is changed without a reason. */
  winner: "treatment" | "control";
  /** Whether the difference is more than chance. */
  significant: boolean;
  pValue: number | null;
  difference: number;
  /** Of the difference, 95 %. */
  interval: [number, number] | null;
  samples: { control: number; treatment: number };
  test: "welch" | "proportions";
  reason: string;
}

/** Null while a side has too few outcomes. @throws TradewindError TW_AB_TEST for rules that cannot be. */
export function decideAbTest(control: Arm | null, treatment: Arm | null, rules: AbRules): AbVerdict | null {
  const { minSamples, significance = 0.05, greaterIsBetter = true } = rules;
  if (!(Number.isInteger(minSamples) && minSamples >= 2))
    throw new TradewindError(
      "TW_AB_TEST",
      `expected minSamples to be a whole number from 2 on, got ${minSamples}`,
    );
  if (!(significance > 0 && significance < 1))
    throw new TradewindError("TW_AB_TEST", `expected significance between 0 and 1, got ${significance}`);
  if (control === null || treatment === null) return null;
  if (control.count < minSamples || treatment.count < minSamples) return null;
  const test = rules.test ?? (isShare(control) && isShare(treatment) ? "proportions" : "welch");
  const { pValue, error } = test === "welch" ? welch(control, treatment) : proportions(control, treatment);
  const difference = treatment.mean - control.mean;
  const isBetter = greaterIsBetter ? difference > 0 : difference < 0;
  const significant = pValue < significance;
  const winner = significant && isBetter ? "treatment" : "control";
  const p = `p ${pValue.toPrecision(2)}`;
  return {
    winner,
    significant,
    pValue,
    difference,
    interval: [difference - 1.959963984540054 * error, difference + 1.959963984540054 * error],
    samples: { control: control.count, treatment: treatment.count },
    test,
    reason: significant
      ? `the treatment's mean ${treatment.mean.toPrecision(4)} is ${isBetter ? "better" : "worse"} than ${control.mean.toPrecision(4)} (${p})`
      : `${treatment.mean.toPrecision(4)} and ${control.mean.toPrecision(4)} differ by no more than chance (${p})`,
  };
}

/** Of outcomes that are 0 or 1 the variance follows from the mean. */
function isShare({ mean, variance, count }: Arm): boolean {
  if (!(mean >= 0 && mean <= 1)) return false;
  const expected = (mean * (1 - mean) * count) / (count - 1);
  return Math.abs((variance ?? 0) - expected) <= 1e-9 * Math.max(1, expected);
}

/** Two proportions with a pooled variance; the interval's error is not pooled. */
function proportions(a: Arm, b: Arm): { pValue: number; error: number } {
  const pooled = (a.mean * a.count + b.mean * b.count) / (a.count + b.count);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / a.count + 1 / b.count));
  const error = Math.sqrt((a.mean * (1 - a.mean)) / a.count + (b.mean * (1 - b.mean)) / b.count);
  return { pValue: spread === 0 ? 1 : normalTwoSided((b.mean - a.mean) / spread), error };
}

/** Means of samples whose variances may differ, by Student's distribution with Welch's degrees of freedom. */
function welch(a: Arm, b: Arm): { pValue: number; error: number } {
  const [va, vb] = [(a.variance ?? 0) / a.count, (b.variance ?? 0) / b.count];
  const error = Math.sqrt(va + vb);
  if (error === 0) return { pValue: a.mean === b.mean ? 1 : 0, error };
  const degrees = (va + vb) ** 2 / (va ** 2 / (a.count - 1) + vb ** 2 / (b.count - 1));
  return { pValue: studentTwoSided((b.mean - a.mean) / error, degrees), error };
}
