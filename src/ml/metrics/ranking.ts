/**
 * Scores of how well a number separates two classes, equal to scikit-learn's (sklearn/metrics/_ranking.py). Samples
 * with the same score are taken together, so their order does not matter.
 */
import { TradewindError } from "../../errors.ts";
import { type Matrix, type Targets } from "../data/matrix.ts";
import { encodeClasses } from "../selection/classes.ts";

/**
 * Area under the ROC curve: the chance that a sample of class `positive` scores higher than another one, ties
 * counting half (Hanley & McNeil, Radiology 143 (1982)). Both classes must be there (`TW_ML_DATA`).
 */
export function rocAucScore(yTrue: Targets, scores: Targets, positive = 1): number {
  let area = 0;
  let below = { hits: 0, misses: 0 };
  const steps = cumulate(yTrue, scores, positive);
  for (const step of steps) {
    area += ((step.misses - below.misses) * (step.hits + below.hits)) / 2;
    below = step;
  }
  if (below.hits === 0 || below.misses === 0) {
    throw new TradewindError(
      "TW_ML_DATA",
      `expected samples of class ${positive} and of another, got only one kind`,
    );
  }
  return area / (below.hits * below.misses);
}

/**
 * Mean over the classes of each one's area against the rest; `probabilities` has a column per class in ascending
 * order. Weighted by the classes' sizes when asked.
 */
export function rocAucOneVsRest(
  yTrue: Targets,
  probabilities: Matrix,
  average: "macro" | "weighted" = "macro",
): number {
  const { classes, codes } = encodeClasses(yTrue);
  if (classes.length !== probabilities.cols) {
    throw new TradewindError(
      "TW_ML_SHAPE",
      `expected ${classes.length} columns, one per class, got ${probabilities.cols}`,
    );
  }
  let sum = 0;
  let weights = 0;
  classes.forEach((label, k) => {
    const size = codes.reduce((count, code) => count + (code === k ? 1 : 0), 0);
    const weight = average === "weighted" ? size : 1;
    sum += weight * rocAucScore(yTrue, probabilities.column(k), label);
    weights += weight;
  });
  return sum / weights;
}

/** Σ (recallᵢ − recallᵢ₋₁) · precisionᵢ over falling thresholds. */
export function averagePrecisionScore(yTrue: Targets, scores: Targets, positive = 1): number {
  const steps = cumulate(yTrue, scores, positive);
  const all = steps.at(-1)?.hits ?? 0;
  if (all === 0) throw new TradewindError("TW_ML_DATA", `expected samples of class ${positive}, got none`);
  let precision = 0;
  let before = 0;
  for (const { hits, misses } of steps) {
    precision += ((hits - before) / all) * (hits / (hits + misses));
    before = hits;
  }
  return precision;
}

/** Positive and other samples at or above each distinct score, highest score first. */
function cumulate(yTrue: Targets, scores: Targets, positive: number): { hits: number; misses: number }[] {
  if (yTrue.length !== scores.length) {
    throw new TradewindError(
      "TW_ML_SHAPE",
      `expected ${yTrue.length} scores, one per target, got ${scores.length}`,
    );
  }
  const order = Int32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const steps: { hits: number; misses: number }[] = [];
  let hits = 0;
  let misses = 0;
  order.forEach((row, at) => {
    if (yTrue[row] === positive) hits++;
    else misses++;
    const next = order[at + 1];
    if (next === undefined || scores[next] !== scores[row]) steps.push({ hits, misses });
  });
  return steps;
}
