/**
 * Logistic regression with L2 penalty, binary or multinomial, minimising scikit-learn's objective
 *   mean(loss) + ‖w‖² / (2 · C · n)
 * with L-BFGS; the intercept is not penalised. Binary uses one coefficient vector (half binomial loss), more classes
 * one vector per class (softmax). Source: sklearn/linear_model/_logistic.py and _linear_loss.py, version 1.9.
 */
import { checkSamples, checkWidth, Matrix, type Targets } from "../data/matrix.ts";
import { checkOption, completeOptions, type Params } from "../options.ts";
import { encodeForClassifier } from "../selection/classes.ts";
import { type Classifier, fitted, type ModelJson, modelFormatVersion, mostProbable } from "./estimator.ts";
import { timesVector, transposedTimes } from "./kernels.ts";
import { minimize, type Objective } from "./lbfgs.ts";

export interface LogisticRegressionOptions {
  /** Inverse of the penalty's strength: smaller is stronger; `Infinity` means no penalty. */
  C: number;
  /** Largest component of the gradient at which the fit has converged. */
  tol: number;
  maxIter: number;
  fitIntercept: boolean;
}

interface State {
  classes: Float64Array;
  /** Shape (1, features) when binary, else (classes, features). */
  coefficients: Matrix;
  intercepts: Float64Array;
  iterations: number;
  converged: boolean;
}

const defaults: LogisticRegressionOptions = { C: 1, tol: 1e-4, maxIter: 100, fitIntercept: true };

export class LogisticRegression implements Classifier {
  readonly kind = "LogisticRegression";
  readonly params: Readonly<LogisticRegressionOptions>;
  #state: State | null = null;

  constructor(options: Partial<LogisticRegressionOptions> = {}) {
    this.params = completeOptions(this.kind, defaults, options);
    checkOption(this.kind, "C", this.params.C, this.params.C > 0, "a number over 0");
    checkOption(this.kind, "tol", this.params.tol, this.params.tol > 0, "a number over 0");
    checkOption(this.kind, "maxIter", this.params.maxIter, this.params.maxIter >= 1, "at least 1");
  }

  get classes(): Float64Array {
    return fitted(this.#state, this.kind).classes;
  }

  /** Shape (1, features) for two classes, else (classes, features). */
  get coefficients(): Matrix {
    return fitted(this.#state, this.kind).coefficients;
  }

  get intercepts(): Float64Array {
    return fitted(this.#state, this.kind).intercepts;
  }

  get iterations(): number {
    return fitted(this.#state, this.kind).iterations;
  }

  /** False when `maxIter` ended the fit. */
  get converged(): boolean {
    return fitted(this.#state, this.kind).converged;
  }

  withParams(overrides: Params): LogisticRegression {
    return new LogisticRegression({ ...this.params, ...overrides });
  }

  fit(x: Matrix, y: Targets): this {
    checkSamples(x, y);
    const { classes, codes } = encodeForClassifier(y, this.kind);
    const outputs = classes.length === 2 ? 1 : classes.length;
    const penalty = 1 / (this.params.C * x.rows);
    const { fitIntercept } = this.params;
    const objective =
      outputs === 1
        ? binaryObjective(x, codes, penalty, fitIntercept)
        : softmaxObjective(x, codes, outputs, penalty, fitIntercept);
    const found = minimize(objective, new Float64Array(outputs * (x.cols + 1)), {
      gtol: this.params.tol,
      ftol: 64 * Number.EPSILON,
      maxIter: this.params.maxIter,
      memory: 10,
      maxLineSearch: 50,
    });
    const weights = new Matrix(outputs, x.cols + 1, found.x);
    this.#state = {
      classes,
      coefficients: weights.selectColumns(Array.from({ length: x.cols }, (_, j) => j)),
      intercepts: weights.column(x.cols),
      iterations: found.iterations,
      converged: found.converged,
    };
    return this;
  }

  /** Signed distances, shape (samples, 1) for two classes, else (samples, classes). */
  decisionFunction(x: Matrix): Matrix {
    const { coefficients, intercepts } = fitted(this.#state, this.kind);
    checkWidth(x, coefficients.cols, this.kind);
    const outputs = coefficients.rows;
    if (outputs === 1) return new Matrix(x.rows, 1, timesVector(x, coefficients.data, intercepts[0]));
    const { cols } = x;
    const scores = new Matrix(x.rows, outputs);
    for (let i = 0, at = 0; i < x.rows; i++)
      for (let k = 0; k < outputs; k++, at++) {
        let score = intercepts[k];
        for (let j = 0; j < cols; j++) score += x.data[i * cols + j] * coefficients.data[k * cols + j];
        scores.data[at] = score;
      }
    return scores;
  }

  predictProba(x: Matrix): Matrix {
    const scores = this.decisionFunction(x);
    if (scores.cols > 1) {
      for (let i = 0; i < scores.rows; i++) softmaxInPlace(scores.row(i));
      return scores;
    }
    const probabilities = new Matrix(x.rows, 2);
    scores.data.forEach((score, i) => {
      probabilities.data[2 * i] = sigmoid(-score);
      probabilities.data[2 * i + 1] = sigmoid(score);
    });
    return probabilities;
  }

  predict(x: Matrix): Float64Array {
    const scores = this.decisionFunction(x);
    if (scores.cols > 1) return mostProbable(scores, this.classes);
    const [negative, positive] = this.classes;
    return scores.data.map((score) => (score > 0 ? positive : negative));
  }

  toJSON(): ModelJson {
    const state = this.#state && {
      ...this.#state,
      classes: Array.from(this.#state.classes),
      coefficients: this.#state.coefficients.toArrays(),
      intercepts: Array.from(this.#state.intercepts),
    };
    // JSON has no Infinity, and no penalty is the one option that needs it.
    const params = {
      ...this.params,
      C: this.params.C === Number.POSITIVE_INFINITY ? "Infinity" : this.params.C,
    };
    return { model: this.kind, format: modelFormatVersion, params, state };
  }

  static fromJSON(json: ModelJson): LogisticRegression {
    const model = new LogisticRegression({ ...json.params, C: Number(json.params["C"]) });
    if (json.state === null) return model;
    const state = json.state as Omit<State, "classes" | "coefficients" | "intercepts"> & {
      classes: number[];
      coefficients: number[][];
      intercepts: number[];
    };
    model.#state = {
      ...state,
      classes: Float64Array.from(state.classes),
      coefficients: Matrix.from(state.coefficients),
      intercepts: Float64Array.from(state.intercepts),
    };
    return model;
  }
}

/** Factors of at most 2: so many of them have a product that is a number. */
const factorsAtOnce = 512;

/** Mean of log(1 + e^s) − y·s and its penalty. The intercept is the last weight. */
function binaryObjective(x: Matrix, codes: Int32Array, penalty: number, fitIntercept: boolean): Objective {
  const { rows, cols } = x;
  const scores = new Float64Array(rows);
  return (weights, gradient) => {
    timesVector(x, weights, fitIntercept ? weights[cols] : 0, scores);
    let loss = 0;
    // log(1 + a) + log(1 + b) + … with one logarithm for many factors.
    let product = 1;
    let sum = 0;
    for (let i = 0; i < rows; i++) {
      const score = scores[i];
      const code = codes[i];
      const power = Math.exp(-Math.abs(score));
      loss += (score > 0 ? score : 0) - code * score;
      product *= 1 + power;
      if (i % factorsAtOnce === 0) {
        loss += Math.log(product);
        product = 1;
      }
      const error = (score >= 0 ? 1 : power) / (1 + power) - code;
      scores[i] = error;
      sum += error;
    }
    loss += Math.log(product);
    gradient.fill(0);
    transposedTimes(x, scores, gradient);
    if (fitIntercept) gradient[cols] = sum;
    return penalised(loss, weights, gradient, { rows, width: cols + 1, penalty });
  };
}

/** Weights lie row by row: (outputs, features + 1), the intercept last. */
function softmaxObjective(
  x: Matrix,
  codes: Int32Array,
  outputs: number,
  penalty: number,
  fitIntercept: boolean,
): Objective {
  const { data, rows, cols } = x;
  const width = cols + 1;
  const scores = new Float64Array(outputs);
  return (weights, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let i = 0; i < rows; i++) {
      const row = i * cols;
      for (let k = 0; k < outputs; k++) {
        let score = fitIntercept ? weights[k * width + cols] : 0;
        for (let j = 0; j < cols; j++) score += data[row + j] * weights[k * width + j];
        scores[k] = score;
      }
      loss += softmaxLoss(scores, codes[i]);
      for (let k = 0; k < outputs; k++) {
        const error = scores[k];
        for (let j = 0; j < cols; j++) gradient[k * width + j] += error * data[row + j];
        if (fitIntercept) gradient[k * width + cols] += error;
      }
    }
    return penalised(loss, weights, gradient, { rows, width, penalty });
  };
}

/** The mean of the loss with the penalty on top; the gradient is brought to it in place. */
function penalised(
  loss: number,
  weights: Float64Array,
  gradient: Float64Array,
  { rows, width, penalty }: { rows: number; width: number; penalty: number },
): number {
  let squares = 0;
  for (let at = 0; at < gradient.length; at++) {
    gradient[at] /= rows;
    if (at % width === width - 1) continue;
    squares += weights[at] ** 2;
    gradient[at] += penalty * weights[at];
  }
  return loss / rows + 0.5 * penalty * squares;
}

/** log Σ e^s − s_y; the scores are replaced by their derivatives, p_k − [k = y]. */
function softmaxLoss(scores: Float64Array, code: number): number {
  const own = scores[code];
  const logSum = softmaxInPlace(scores);
  scores[code] -= 1;
  return logSum - own;
}

/** Replaces scores by probabilities and returns log Σ e^s. */
function softmaxInPlace(scores: Float64Array): number {
  let highest = scores[0];
  for (const score of scores) if (score > highest) highest = score;
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    scores[k] = Math.exp(scores[k] - highest);
    sum += scores[k];
  }
  for (let k = 0; k < scores.length; k++) scores[k] /= sum;
  return highest + Math.log(sum);
}

function sigmoid(score: number): number {
  return score >= 0 ? 1 / (1 + Math.exp(-score)) : Math.exp(score) / (1 + Math.exp(score));
}
