/**
 * Comparing means again and again while outcomes come in. A test that is meant for one look finds something sooner or
 * later when it is repeated; this one keeps its chance of a false alarm over all looks together: the mixture sequential
 * probability ratio test (Johari, Pekelis, Walsh, "Always valid inference", 2015).
 */
import type { OutcomeSummary } from "../../store/endpoint-traffic.ts";

export interface SequentialOptions {
  /** Difference that is allowed: by how much the other side may lose. */
  readonly maxLoss: number;
  readonly greaterIsBetter: boolean;
  /** Outcomes of each side from which on the test is at its sharpest. */
  readonly minSamples: number;
}

export interface SequentialResult {
  /** By how much the other side is worse than the base; negative when it is better. */
  readonly loss: number;
  /** Of "no worse than allowed", at whatever moment it is asked; 1 while there is no evidence. */
  readonly pValue: number;
}

/** Whether `other` is worse than `base` by more than is allowed. Both sides need two outcomes at least. */
export function sequentialLoss(
  base: OutcomeSummary,
  other: OutcomeSummary,
  { maxLoss, greaterIsBetter, minSamples }: SequentialOptions,
): SequentialResult {
  const loss = greaterIsBetter ? base.mean - other.mean : other.mean - base.mean;
  const excess = loss - maxLoss;
  if (!(excess > 0)) return { loss, pValue: 1 };
  const [a, b] = [base.variance ?? 0, other.variance ?? 0];
  const variance = a / base.count + b / other.count;
  // Both sides are constant, and differ by more than is allowed.
  if (variance === 0) return { loss, pValue: 0 };
  // The spread of effects that is looked for: what `minSamples` outcomes of each side can just tell from none.
  const mixture = (a + b) / minSamples;
  const ratio =
    Math.sqrt(variance / (variance + mixture)) *
    Math.exp((mixture * excess ** 2) / (2 * variance * (variance + mixture)));
  return { loss, pValue: Math.min(1, 1 / ratio) };
}
