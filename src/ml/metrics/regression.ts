/** Scores of predicted numbers, equal to scikit-learn's (sklearn/metrics/_regression.py). */
import { TradewindError } from "../../errors.ts";
import type { Targets } from "../data/matrix.ts";

/** Mean of (truth − prediction)². */
export function meanSquaredError(yTrue: Targets, yPred: Targets): number {
  return meanOf(yTrue, yPred, (difference) => difference ** 2);
}

export function rootMeanSquaredError(yTrue: Targets, yPred: Targets): number {
  return Math.sqrt(meanSquaredError(yTrue, yPred));
}

/** Mean of |truth − prediction|. */
export function meanAbsoluteError(yTrue: Targets, yPred: Targets): number {
  return meanOf(yTrue, yPred, Math.abs);
}

/**
 * 1 − Σ(truth − prediction)² / Σ(truth − mean)²: 1 is perfect, 0 is no better than the mean. For a constant truth it
 * is 1 when every prediction is right, else 0.
 */
export function r2Score(yTrue: Targets, yPred: Targets): number {
  const residual = meanSquaredError(yTrue, yPred);
  let mean = 0;
  for (let i = 0; i < yTrue.length; i++) mean += yTrue[i] / yTrue.length;
  let spread = 0;
  for (let i = 0; i < yTrue.length; i++) spread += (yTrue[i] - mean) ** 2 / yTrue.length;
  if (spread === 0) return residual === 0 ? 1 : 0;
  return 1 - residual / spread;
}

function meanOf(yTrue: Targets, yPred: Targets, of: (difference: number) => number): number {
  if (yTrue.length !== yPred.length || yTrue.length === 0) {
    throw new TradewindError(
      "TW_ML_SHAPE",
      `expected as many predictions as targets and at least one, got ${yPred.length} for ${yTrue.length}`,
    );
  }
  let sum = 0;
  for (let i = 0; i < yTrue.length; i++) sum += of(yTrue[i] - yPred[i]);
  return sum / yTrue.length;
}
