/**
 * Linear regression: least squares, ridge, and the elastic net with the lasso as its special case, with scikit-learn's
 * objectives and options. The intercept is never penalised.
 */
import { TradewindError } from "../../errors.ts";
import { checkSamples, checkWidth, type Matrix, type Targets } from "../data/matrix.ts";
import { checkOption } from "../options.ts";
import { BaseModel } from "./base-model.ts";
import type { Predictor } from "./estimator.ts";
import { normalEquations } from "./gram.ts";
import {
  type Centred,
  columnMeans,
  factorPositive,
  minusRow,
  remainingGradient,
  solveFactored,
  timesVector,
  transposedTimes,
} from "./kernels.ts";
import { rightSingularVectors } from "./singular-values.ts";

interface State {
  coefficients: Float64Array;
  intercept: number;
}

abstract class LinearModel<Options extends { fitIntercept: boolean }>
  extends BaseModel<Options, State>
  implements Predictor
{
  get coefficients(): Float64Array {
    return this.fitted.coefficients;
  }

  get intercept(): number {
    return this.fitted.intercept;
  }

  /** Coefficients for centred samples and targets. */
  protected abstract solve(samples: Centred): Float64Array;

  fit(x: Matrix, y: Targets): this {
    checkSamples(x, y);
    const means = this.params.fitIntercept ? columnMeans(x) : new Float64Array(x.cols);
    const yMean = this.params.fitIntercept ? meanOf(y) : 0;
    const coefficients = this.solve({ x, y, means, yMean });
    this.state = { coefficients, intercept: yMean - dot(coefficients, means) };
    return this;
  }

  predict(x: Matrix): Float64Array {
    const { coefficients, intercept } = this.fitted;
    checkSamples(x);
    checkWidth(x, coefficients.length, this.kind);
    return timesVector(x, coefficients, intercept);
  }
}

export interface LinearRegressionOptions {
  fitIntercept: boolean;
}

/** Least squares; of several equally good solutions the one with the smallest norm. */
export class LinearRegression extends LinearModel<LinearRegressionOptions> {
  constructor(options: Partial<LinearRegressionOptions> = {}) {
    super("LinearRegression", { fitIntercept: true }, options);
  }

  protected solve(samples: Centred): Float64Array {
    return byNormalEquations(samples) ?? bySingularValues(samples);
  }
}

/**
 * Below it features are so nearly dependent that squaring them, as the normal equations do, costs digits: the share of
 * a feature's variance that the features before it leave over.
 */
const leastPivot = 1e-8;

/** Null where the features are too nearly dependent. */
function byNormalEquations(samples: Centred): Float64Array | null {
  const { gram, gradient } = normalEquations(samples);
  const n = gradient.length;
  // Of one length: pivots then say how dependent the features are, and not in which units they are measured.
  const scale = gradient.map((_, j) => 1 / Math.sqrt(gram[j * n + j]));
  if (!scale.every(Number.isFinite)) return null;
  for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) gram[j * n + k] *= scale[j] * scale[k];
  const factor = factorPositive(gram, n, leastPivot);
  if (factor === null) return null;
  const step = (towards: Float64Array): Float64Array =>
    solveFactored(
      factor,
      towards.map((value, j) => value * scale[j]),
    ).map((value, j) => value * scale[j]);
  const coefficients = step(gradient);
  // One refinement takes back what squaring lost.
  addScaled(coefficients, step(remainingGradient(samples, coefficients)), 1);
  return coefficients;
}

function bySingularValues({ x: raw, y: targets, means, yMean }: Centred): Float64Array {
  const x = minusRow(raw, means);
  const y = Float64Array.from(targets, (value) => value - yMean);
  const { values, vectors } = rightSingularVectors(x);
  const cutoff = Number.EPSILON * Math.max(x.rows, x.cols) * values[0];
  const step = (residual: Float64Array): Float64Array => {
    const gradient = transposedTimes(x, residual);
    const solution = new Float64Array(x.cols);
    for (let k = 0; k < values.length; k++) {
      if (values[k] <= cutoff) continue;
      const vector = vectors.row(k);
      addScaled(solution, vector, dot(vector, gradient) / values[k] ** 2);
    }
    return solution;
  };
  const coefficients = step(y);
  // One refinement takes back what the squared singular values lost.
  const fittedValues = timesVector(x, coefficients);
  addScaled(coefficients, step(y.map((value, i) => value - fittedValues[i])), 1);
  return coefficients;
}

export interface RidgeOptions {
  /** Strength of the penalty ‖w‖². */
  alpha: number;
  fitIntercept: boolean;
}

/** Least squares plus alpha · ‖w‖². */
export class Ridge extends LinearModel<RidgeOptions> {
  constructor(options: Partial<RidgeOptions> = {}) {
    super("Ridge", { alpha: 1, fitIntercept: true }, options);
    checkOption(this.kind, "alpha", this.params.alpha, this.params.alpha >= 0, "at least 0");
  }

  protected solve(samples: Centred): Float64Array {
    const { alpha } = this.params;
    const { gram, gradient } = normalEquations(samples);
    const n = gradient.length;
    for (let j = 0; j < n; j++) gram[j * n + j] += alpha;
    const factor = factorPositive(gram, n);
    if (factor !== null) return solveFactored(factor, gradient);
    throw new TradewindError(
      "TW_ML_DATA",
      `Ridge: expected features that differ, or alpha over 0, got alpha ${alpha}`,
    );
  }
}

export interface ElasticNetOptions {
  alpha: number;
  /** Share of the penalty that is ‖w‖₁; 1 is the lasso. */
  l1Ratio: number;
  maxIter: number;
  tol: number;
  fitIntercept: boolean;
}

/** ‖y − Xw‖² / 2n + alpha · (l1Ratio · ‖w‖₁ + (1 − l1Ratio) / 2 · ‖w‖²), by coordinate descent. */
export class ElasticNet extends LinearModel<ElasticNetOptions> {
  constructor(options: Partial<ElasticNetOptions> = {}) {
    super("ElasticNet", { alpha: 1, l1Ratio: 0.5, maxIter: 1000, tol: 1e-4, fitIntercept: true }, options);
    const { alpha, l1Ratio } = this.params;
    checkOption(this.kind, "alpha", alpha, alpha >= 0, "at least 0");
    checkOption(this.kind, "l1Ratio", l1Ratio, l1Ratio >= 0 && l1Ratio <= 1, "from 0 to 1");
  }

  protected solve({ x: raw, y, means, yMean }: Centred): Float64Array {
    const { alpha, l1Ratio, maxIter, tol } = this.params;
    const x = minusRow(raw, means);
    const l1 = alpha * l1Ratio * x.rows;
    const l2 = alpha * (1 - l1Ratio) * x.rows;
    const columns = Array.from({ length: x.cols }, (_, j) => x.column(j));
    const squares = columns.map((column) => dot(column, column));
    const w = new Float64Array(x.cols);
    const residual = Float64Array.from(y, (value) => value - yMean);
    for (let iteration = 0; iteration < maxIter; iteration++) {
      let largest = 0;
      let moved = 0;
      for (let j = 0; j < x.cols; j++) {
        if (squares[j] === 0) continue;
        const before = w[j];
        const target = dot(columns[j], residual) + before * squares[j];
        w[j] = (Math.sign(target) * Math.max(Math.abs(target) - l1, 0)) / (squares[j] + l2);
        if (w[j] !== before) addScaled(residual, columns[j], before - w[j]);
        moved = Math.max(moved, Math.abs(w[j] - before));
        largest = Math.max(largest, Math.abs(w[j]));
      }
      if (largest === 0 || moved / largest < tol * 1e-3) break;
    }
    return w;
  }
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(into: Float64Array, v: Float64Array, scale: number): void {
  for (let i = 0; i < into.length; i++) into[i] += scale * v[i];
}
