/** Cross-validation: a model fitted once per fold and scored on the samples left out. */
import type { Matrix, Targets } from "../data/matrix.ts";
import { selectTargets } from "../data/matrix.ts";
import { isClassifier, type Predictor } from "../estimators/estimator.ts";
import { type Scorer, type ScorerName, scorerOf } from "../metrics/scorers.ts";
import { kFold, stratifiedKFold } from "./folds.ts";
import type { Split } from "./split.ts";

export interface CrossValidationOptions {
  /** Number of folds or the folds themselves. Default 5, stratified for classifiers, not shuffled. */
  cv?: number | readonly Split[];
  /** Default "accuracy" for classifiers, else "r2". */
  scoring?: ScorerName | Scorer;
  returnTrainScore?: boolean;
}

export interface FoldScore {
  testScore: number;
  /** Only with `returnTrainScore`. */
  trainScore?: number;
  /** Seconds. */
  fitTime: number;
  scoreTime: number;
}

/** Fits a copy of the model on one fold's training samples and scores it on its test samples. */
export function scoreFold(
  model: Predictor,
  x: Matrix,
  y: Targets,
  fold: Split,
  options: CrossValidationOptions = {},
): FoldScore {
  const scorer = scorerOf(options.scoring ?? defaultScoring(model));
  const xTrain = x.select(fold.train);
  const yTrain = selectTargets(y, fold.train);
  const started = performance.now();
  const fitted = model.withParams({}).fit(xTrain, yTrain);
  const fittedAt = performance.now();
  const testScore = scorer(fitted, x.select(fold.test), selectTargets(y, fold.test));
  const scoredAt = performance.now();
  const times = { fitTime: (fittedAt - started) / 1000, scoreTime: (scoredAt - fittedAt) / 1000 };
  if (options.returnTrainScore !== true) return { testScore, ...times };
  return { testScore, trainScore: scorer(fitted, xTrain, yTrain), ...times };
}

/** One `FoldScore` per fold, in order: `cross_validate`. */
export function crossValidate(
  model: Predictor,
  x: Matrix,
  y: Targets,
  options: CrossValidationOptions = {},
): FoldScore[] {
  return foldsFor(model, y, options.cv).map((fold) => scoreFold(model, x, y, fold, options));
}

/** The test scores alone: `cross_val_score`. */
export function crossValScore(
  model: Predictor,
  x: Matrix,
  y: Targets,
  options: CrossValidationOptions = {},
): Float64Array {
  return Float64Array.from(crossValidate(model, x, y, options), (fold) => fold.testScore);
}

/** The folds that `cv` means for this model and target. */
export function foldsFor(
  model: Predictor,
  y: Targets,
  cv: CrossValidationOptions["cv"] = 5,
): readonly Split[] {
  if (typeof cv !== "number") return cv;
  return isClassifier(model) ? stratifiedKFold(y, { folds: cv }) : kFold(y.length, { folds: cv });
}

function defaultScoring(model: Predictor): ScorerName {
  return isClassifier(model) ? "accuracy" : "r2";
}
