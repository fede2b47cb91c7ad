/**
 * The one shape of everything that is fitted: `new Model(options)`, `fit(x, y)`, then `predict(x)`,
 * `predictProba(x)` or `transform(x)`. An unfitted model refuses to predict (`TW_ML_NOT_FITTED`). A model is plain
 * data: `JSON.stringify(model)` saves it and `loadModel` restores it, bit for bit.
 */
import { TradewindError } from "../../errors.ts";
import type { Matrix, Targets } from "../data/matrix.ts";
import type { Params } from "../options.ts";

/** Model format written by this version; `loadModel` refuses newer ones. */
export const modelFormatVersion = 1;

export interface ModelJson {
  model: string;
  format: number;
  params: Params;
  /** What fitting found; null when the model is not fitted. */
  state: unknown;
}

export interface Estimator {
  /** Class name, by which `loadModel` finds it again. */
  readonly kind: string;
  readonly params: Params;
  /** An unfitted model with the same options but the given ones: scikit-learn's `clone` and `set_params`. */
  withParams(overrides: Params): Estimator;
  fit(x: Matrix, y?: Targets): this;
  toJSON(): ModelJson;
}

export interface Transformer extends Estimator {
  transform(x: Matrix): Matrix;
}

export interface Predictor extends Estimator {
  fit(x: Matrix, y: Targets): this;
  /** One label or value per row. */
  predict(x: Matrix): Float64Array;
  withParams(overrides: Params): Predictor;
}

export interface Classifier extends Predictor {
  /** Labels in ascending order: the meaning of the columns of `predictProba`. */
  readonly classes: Float64Array;
  /** Shape (samples, classes); rows add up to 1. */
  predictProba(x: Matrix): Matrix;
  withParams(overrides: Params): Classifier;
}

export function isTransformer(estimator: Estimator): estimator is Transformer {
  return "transform" in estimator && typeof estimator.transform === "function";
}

export function isPredictor(estimator: Estimator): estimator is Predictor {
  return "predict" in estimator && typeof estimator.predict === "function";
}

export function isClassifier(estimator: Estimator): estimator is Classifier {
  return (
    isPredictor(estimator) && "predictProba" in estimator && typeof estimator.predictProba === "function"
  );
}

/** What fitting found, or `TW_ML_NOT_FITTED`. */
export function fitted<T>(state: T | null, kind: string): T {
  if (state !== null) return state;
  throw new TradewindError("TW_ML_NOT_FITTED", `this ${kind} is not fitted yet`, {
    hint: "Call fit(x, y) first, or load a fitted model.",
  });
}

/** The label of the largest probability in each row; the first one where several are largest. */
export function mostProbable(probabilities: Matrix, classes: Float64Array): Float64Array {
  const { data, rows, cols } = probabilities;
  const labels = new Float64Array(rows);
  for (let i = 0, row = 0; i < rows; i++, row += cols) {
    let best = 0;
    for (let k = 1; k < cols; k++) if (data[row + k] > data[row + best]) best = k;
    labels[i] = classes[best];
  }
  return labels;
}
