/**
 * Search over a grid of options by cross-validation, with the semantics of scikit-learn's `GridSearchCV`: candidates
 * in the order of sorted option names with the last name fastest, population standard deviation over folds, rank by
 * the "min" method, a failing candidate gets the error score and ranks last, refit of the best on all samples.
 *
 * The parts stand alone, so that candidates and folds can be tasks of a Dag: `parameterGrid` lists the candidates,
 * `scoreFold` scores one on one fold, `summarizeSearch` ranks them.
 */
import { TradewindError } from "../../errors.ts";
import type { Matrix, Targets } from "../data/matrix.ts";
import type { Predictor } from "../estimators/estimator.ts";
import { scorerOf } from "../metrics/scorers.ts";
import type { Params } from "../options.ts";
import { type CrossValidationOptions, type FoldScore, foldsFor, scoreFold } from "./cross-validation.ts";

export type ParamGrid = Readonly<Record<string, readonly unknown[]>>;

/** All combinations of a grid, or of several grids one after another. */
export function parameterGrid(grid: ParamGrid | readonly ParamGrid[]): Params[] {
  const grids = Array.isArray(grid) ? (grid as readonly ParamGrid[]) : [grid as ParamGrid];
  return grids.flatMap((one) => {
    let combinations: Record<string, unknown>[] = [{}];
    for (const name of Object.keys(one).sort()) {
      if (one[name].length === 0) {
        throw new TradewindError(
          "TW_ML_PARAM",
          `expected at least one value for "${name}" in the grid, got none`,
        );
      }
      combinations = combinations.flatMap((params) =>
        one[name].map((value) => ({ ...params, [name]: value })),
      );
    }
    return combinations;
  });
}

export interface SearchResults {
  /** Candidates, in order; all arrays below have one element per candidate. */
  params: Params[];
  /** Per fold, the scores of all candidates: `split{i}_test_score`. */
  splitTestScores: Float64Array[];
  meanTestScore: Float64Array;
  /** Over the folds, divided by their number. */
  stdTestScore: Float64Array;
  /** 1 is best; equal means share the smallest rank. */
  rankTestScore: Int32Array;
  /** Seconds. */
  meanFitTime: Float64Array;
  meanScoreTime: Float64Array;
  /** The first candidate of rank 1. */
  bestIndex: number;
}

/** Ranks candidates by their scores per fold: `scores[candidate][fold]`. */
export function summarizeSearch(
  params: readonly Params[],
  scores: readonly (readonly FoldScore[])[],
): SearchResults {
  if (params.length === 0 || params.length !== scores.length) {
    throw new TradewindError(
      "TW_ML_SHAPE",
      `expected scores of ${params.length} candidates, got ${scores.length}`,
    );
  }
  const means = Float64Array.from(scores, (folds) => mean(folds.map((fold) => fold.testScore)));
  const ranks = rankDescending(means);
  return {
    params: [...params],
    splitTestScores: scores[0].map((_, fold) => Float64Array.from(scores, (folds) => folds[fold].testScore)),
    meanTestScore: means,
    stdTestScore: Float64Array.from(scores, (folds, at) =>
      Math.sqrt(mean(folds.map((fold) => (fold.testScore - means[at]) ** 2))),
    ),
    rankTestScore: ranks,
    meanFitTime: Float64Array.from(scores, (folds) => mean(folds.map((fold) => fold.fitTime))),
    meanScoreTime: Float64Array.from(scores, (folds) => mean(folds.map((fold) => fold.scoreTime))),
    bestIndex: ranks.indexOf(1),
  };
}

export interface GridSearchOptions extends CrossValidationOptions {
  /** Score of a candidate whose fit throws; "raise" lets the error through. Default NaN. */
  errorScore?: number | "raise";
  /** Fits the best candidate on all samples. Default true. */
  refit?: boolean;
}

export interface GridSearchResult<M extends Predictor> {
  results: SearchResults;
  bestParams: Params;
  bestScore: number;
  /** Fitted on all samples unless `refit` is false. */
  bestEstimator: M;
  /** Why candidates failed, by candidate. */
  errors: Map<number, Error>;
}

/** `GridSearchCV(model, grid).fit(x, y)`. */
export function gridSearch<M extends Predictor>(
  model: M,
  grid: ParamGrid | readonly ParamGrid[],
  x: Matrix,
  y: Targets,
  options: GridSearchOptions = {},
): GridSearchResult<M> {
  const candidates = parameterGrid(grid);
  if (options.scoring !== undefined) scorerOf(options.scoring);
  const folds = foldsFor(model, y, options.cv);
  const errors = new Map<number, Error>();
  const scores = candidates.map((params, at) => {
    const candidate = model.withParams(params);
    return folds.map((fold) => {
      try {
        return scoreFold(candidate, x, y, fold, options);
      } catch (error) {
        if (options.errorScore === "raise" || !(error instanceof Error)) throw error;
        errors.set(at, error);
        return { testScore: options.errorScore ?? Number.NaN, fitTime: 0, scoreTime: 0 };
      }
    });
  });
  if (errors.size === candidates.length) {
    throw new TradewindError("TW_ML_DATA", `all ${candidates.length} candidates failed`, {
      cause: errors.get(0),
    });
  }
  const results = summarizeSearch(candidates, scores);
  const bestParams = candidates[results.bestIndex];
  const bestEstimator = model.withParams(bestParams) as M;
  if (options.refit !== false) bestEstimator.fit(x, y);
  return { results, bestParams, bestScore: results.meanTestScore[results.bestIndex], bestEstimator, errors };
}

/** The columns of `cv_results_` by scikit-learn's names, for a table or a CSV file. */
export function searchTable(results: SearchResults, score = "score"): Record<string, ArrayLike<unknown>> {
  const names = [...new Set(results.params.flatMap((params) => Object.keys(params)))].sort();
  const table: Record<string, ArrayLike<unknown>> = {
    mean_fit_time: results.meanFitTime,
    mean_score_time: results.meanScoreTime,
  };
  for (const name of names) table[`param_${name}`] = results.params.map((params) => params[name] ?? null);
  table["params"] = results.params;
  results.splitTestScores.forEach((scores, fold) => {
    table[`split${fold}_test_${score}`] = scores;
  });
  table[`mean_test_${score}`] = results.meanTestScore;
  table[`std_test_${score}`] = results.stdTestScore;
  table[`rank_test_${score}`] = results.rankTestScore;
  return table;
}

/** Rank by the "min" method, largest first; NaN ranks after everything else. */
function rankDescending(scores: Float64Array): Int32Array {
  const comparable = scores.map((score) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score));
  const sorted = Float64Array.from(comparable).sort().reverse();
  return Int32Array.from(comparable, (score) => sorted.indexOf(score) + 1);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
