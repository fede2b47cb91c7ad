/**
 * Which features to keep, and why: by variance, by correlation with one that is kept, by a score of each, step by step
 * (forward, backward, recursive elimination), by importance, or by a genetic search. The answer is the positions that are
 * kept and a report on all; `x.selectColumns(kept)` applies it.
 */
import { TradewindError } from "../../errors.ts";
import type { Matrix, Targets } from "../data/matrix.ts";
import type { Predictor } from "../estimators/estimator.ts";
import { type Scorer, type ScorerName, scorerOf } from "../metrics/scorers.ts";
import { RandomState } from "../random-state.ts";
import { categorical, type ParamValues, type Space } from "../studies/space.ts";
import { createStudy } from "../studies/study.ts";
import { type CrossValidationOptions, crossValScore } from "./cross-validation.ts";
import { correlation, variances } from "./univariate.ts";

export interface Selection {
  /** Positions of the features that stay, ascending. */
  kept: number[];
  /** One line per feature. */
  report: { feature: number; kept: boolean; score: number; reason: string }[];
}

function selectionOf(
  kept: Iterable<number>,
  scores: ArrayLike<number>,
  reason: (feature: number, kept: boolean) => string,
): Selection {
  const set = new Set(kept);
  const report = Array.from({ length: scores.length }, (_, feature) => {
    const stays = set.has(feature);
    return { feature, kept: stays, score: scores[feature], reason: reason(feature, stays) };
  });
  return { kept: report.filter((line) => line.kept).map(({ feature }) => feature), report };
}

/** Drops features whose variance is not over the threshold: `VarianceThreshold`. */
export function selectByVariance(x: Matrix, threshold = 0): Selection {
  const found = variances(x);
  const kept = Array.from(found.keys()).filter((j) => found[j] > threshold);
  if (kept.length === 0)
    throw new TradewindError("TW_ML_DATA", `no feature has a variance over ${threshold}`);
  return selectionOf(kept, found, (_, stays) =>
    stays ? `variance over ${threshold}` : `variance not over ${threshold}`,
  );
}

/** Of features that correlate more than the threshold keeps the first. */
export function selectByCorrelation(x: Matrix, threshold = 0.95): Selection {
  const columns = Array.from({ length: x.cols }, (_, j) => x.column(j));
  const kept: number[] = [];
  const reasons: string[] = [];
  const scores = new Float64Array(x.cols);
  for (let j = 0; j < x.cols; j++) {
    let nearest = -1;
    for (const k of kept) {
      const size = Math.abs(correlation(columns[k], columns[j]));
      if (size > scores[j]) {
        scores[j] = size;
        nearest = k;
      }
    }
    const stays = !(scores[j] > threshold);
    if (stays) kept.push(j);
    reasons.push(
      nearest === -1 ? "nothing correlates" : `|r| ${scores[j].toFixed(4)} with feature ${nearest}`,
    );
  }
  return selectionOf(kept, scores, (feature) => reasons[feature]);
}

/** The k features with the largest score: `SelectKBest`. Of equal scores the later feature, as there. */
export function selectKBest(scores: ArrayLike<number>, k: number): Selection {
  checkCount(k, scores.length);
  const usable = Array.from({ length: scores.length }, (_, j) =>
    Number.isNaN(scores[j]) ? Number.NEGATIVE_INFINITY : scores[j],
  );
  const order = usable.map((_, j) => j).sort((a, b) => usable[b] - usable[a] || b - a);
  return selectionOf(
    order.slice(0, k),
    scores,
    (feature) => `rank ${order.indexOf(feature) + 1} of ${scores.length}`,
  );
}

/** Features whose importance is at least the mean's (or another) threshold: `SelectFromModel`. */
export function selectByImportance(importances: ArrayLike<number>, threshold?: number): Selection {
  const limit = threshold ?? Array.from(importances).reduce((a, b) => a + b, 0) / importances.length;
  const kept = Array.from({ length: importances.length }, (_, j) => j).filter((j) => importances[j] >= limit);
  return selectionOf(
    kept,
    importances,
    (_, stays) => `importance ${stays ? "at least" : "below"} ${limit.toPrecision(4)}`,
  );
}

function checkCount(k: number, features: number): void {
  if (Number.isInteger(k) && k >= 1 && k <= features) return;
  throw new TradewindError("TW_ML_PARAM", `expected 1 to ${features} features to select, got ${k}`);
}

export interface SequentialOptions extends CrossValidationOptions {
  nFeatures: number;
  direction?: "forward" | "backward";
}

/** Adds (or takes away) the feature that helps the cross-validated score most, one at a time: `SequentialFeatureSelector`. */
export function selectSequentially(
  model: Predictor,
  x: Matrix,
  y: Targets,
  options: SequentialOptions,
): Selection {
  const { nFeatures, direction = "forward", ...validation } = options;
  checkCount(nFeatures, x.cols);
  const score = (features: number[]): number =>
    mean(crossValScore(model, x.selectColumns(features), y, validation));
  const all = Array.from({ length: x.cols }, (_, j) => j);
  let chosen: number[] = [];
  const scores = new Float64Array(x.cols).fill(Number.NaN);
  const rounds = direction === "forward" ? nFeatures : x.cols - nFeatures;
  for (let round = 0; round < rounds; round++) {
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const j of all.filter((each) => !chosen.includes(each))) {
      const trial = [...chosen, j];
      const features = direction === "forward" ? trial : all.filter((each) => !trial.includes(each));
      const found = score([...features].sort((a, b) => a - b));
      if (found <= bestScore) continue;
      bestScore = found;
      best = j;
    }
    chosen = [...chosen, best];
    scores[best] = bestScore;
  }
  const kept = direction === "forward" ? chosen : all.filter((j) => !chosen.includes(j));
  return selectionOf(kept, scores, (feature) => {
    const at = chosen.indexOf(feature);
    return at === -1
      ? "never the best choice"
      : `${direction === "forward" ? "added" : "taken away"} in round ${at + 1}`;
  });
}

/** What a fitted model says of its features: squared coefficients or importances. */
function weightsOf(model: Predictor): Float64Array {
  const { coefficients, featureImportances } = model as {
    coefficients?: Matrix | Float64Array;
    featureImportances?: Float64Array;
  };
  if (featureImportances !== undefined) return featureImportances;
  if (coefficients instanceof Float64Array) return coefficients.map((value) => value * value);
  if (coefficients === undefined)
    throw new TradewindError("TW_ML_PARAM", `${model.kind} has neither coefficients nor importances`);
  return Float64Array.from({ length: coefficients.cols }, (_, j) =>
    coefficients.column(j).reduce((sum, value) => sum + value * value, 0),
  );
}

/** Fits, drops the `step` weakest features, and again, until so many are left: `RFE`. */
export function selectRecursively(
  model: Predictor,
  x: Matrix,
  y: Targets,
  options: { nFeatures: number; step?: number },
): Selection {
  const { nFeatures, step = 1 } = options;
  checkCount(nFeatures, x.cols);
  let left = Array.from({ length: x.cols }, (_, j) => j);
  const ranks = new Float64Array(x.cols).fill(1);
  while (left.length > nFeatures) {
    const weights = weightsOf(model.withParams({}).fit(x.selectColumns(left), y));
    const order = left.map((_, at) => at).sort((a, b) => weights[a] - weights[b] || a - b);
    const dropped = new Set(order.slice(0, Math.min(step, left.length - nFeatures)).map((at) => left[at]));
    left = left.filter((j) => !dropped.has(j));
    for (let j = 0; j < x.cols; j++) if (!left.includes(j)) ranks[j]++;
  }
  return selectionOf(left, ranks, (feature) => `rank ${ranks[feature]}`);
}

/** How much a fitted model's score falls when a feature is shuffled: mean over the repeats. */
export function permutationImportance(
  model: Predictor,
  x: Matrix,
  y: Targets,
  options: { scoring?: ScorerName | Scorer; repeats?: number; seed?: number } = {},
): Float64Array {
  const { repeats = 5, seed = 0 } = options;
  const scorer = scorerOf(options.scoring ?? ("predictProba" in model ? "accuracy" : "r2"));
  const random = new RandomState(seed);
  const base = scorer(model, x, y);
  return Float64Array.from({ length: x.cols }, (_, j) => {
    let fall = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const shuffled = x.select(Int32Array.from({ length: x.rows }, (_, i) => i));
      const order = random.permutation(x.rows);
      order.forEach((from, i) => {
        shuffled.data[i * x.cols + j] = x.get(from, j);
      });
      fall += (base - scorer(model, shuffled, y)) / repeats;
    }
    return fall;
  });
}

export interface GeneticSelectionOptions extends CrossValidationOptions {
  populationSize?: number;
  generations?: number;
  seed?: number;
}

/** Sets of features bred by the genetic sampler for the cross-validated score; at least one feature stays. */
export async function selectGenetically(
  model: Predictor,
  x: Matrix,
  y: Targets,
  options: GeneticSelectionOptions = {},
): Promise<Selection> {
  const { populationSize = 20, generations = 10, seed = 0, ...validation } = options;
  const space: Space = Object.fromEntries(
    Array.from({ length: x.cols }, (_, j) => [`f${j}`, categorical([true, false])]),
  );
  const featuresOf = (params: ParamValues): number[] =>
    Array.from({ length: x.cols }, (_, j) => j).filter((j) => params[`f${j}`] === true);
  const study = await createStudy({
    space,
    direction: "maximize",
    sampler: { kind: "genetic", populationSize },
    seed,
  });
  await study.optimize(
    ({ params }) => {
      const features = featuresOf(params);
      return features.length === 0
        ? Number.NEGATIVE_INFINITY
        : mean(crossValScore(model, x.selectColumns(features), y, validation));
    },
    { nTrials: populationSize * generations },
  );
  const best = await study.bestTrial();
  const trials = await study.trials();
  const share = Float64Array.from(
    { length: x.cols },
    (_, j) => trials.filter(({ params }) => params[`f${j}`] === true).length / trials.length,
  );
  return selectionOf(
    featuresOf(best.params),
    share,
    (feature) => `in ${(share[feature] * 100).toFixed(0)} % of the sets that were tried`,
  );
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((a, b) => a + b, 0) / values.length;
}
