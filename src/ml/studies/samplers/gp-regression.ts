/**
 * Regression by a Gaussian process: Matérn's kernel with ν = 5/2 and a length for each dimension, hyper-parameters at the
 * maximum of the marginal likelihood under weak priors (Rasmussen & Williams, "Gaussian Processes for Machine Learning",
 * 2006, §2.2, §4.2, §5.4). Targets are to have mean 0 and variance 1.
 */
import { minimize } from "../../estimators/lbfgs.ts";

/** One point; a category is its number. */
export type Point = Float64Array;

export interface Hyperparameters {
  /** 1 / length², one for each dimension: how fast the target changes along it. */
  readonly weights: Float64Array;
  readonly scale: number;
  readonly noise: number;
}

export interface Regression {
  readonly points: readonly Point[];
  readonly kernel: Hyperparameters;
  /** Lower triangle, in rows, of the Cholesky factor of the points' covariance. */
  readonly factor: Float64Array;
  /** The covariance's inverse times the targets. */
  readonly alpha: Float64Array;
}

export interface Prediction {
  readonly mean: number;
  readonly variance: number;
}

/** Points that the kernel is fitted to. */
const mostFitted = 80;

/** Keeps the covariance invertible where points repeat. */
const leastNoise = 1e-6;

/** @param isCategory Of each dimension: whether it has no order, so that two values are the same or not. */
export function fitRegression(
  points: readonly Point[],
  targets: Float64Array,
  isCategory: readonly boolean[],
): Regression {
  const chosen = mostTelling(targets);
  const parts = squaredParts(
    chosen.map((at) => points[at] as Point),
    isCategory,
  );
  const some = Float64Array.from(chosen, (at) => targets[at] as number);
  const start = new Float64Array(isCategory.length + 2);
  start[start.length - 1] = Math.log(1e-4);
  const objective = (x: Float64Array, gradient: Float64Array): number =>
    negativeLogPosterior(parts, some, x, gradient);
  const { x } = minimize(objective, start, {
    gtol: 1e-2,
    ftol: 1e-5,
    maxIter: 40,
    memory: 8,
    maxLineSearch: 20,
  });
  return withKernel(points, targets, isCategory, hyperparametersOf(x));
}

/** The points that the kernel is fitted to, whose cube is what it costs: of many the best half and the newest half. */
function mostTelling(targets: Float64Array): number[] {
  const all = Array.from(targets.keys());
  if (all.length <= mostFitted) return all;
  const newest = all.slice(-mostFitted / 2);
  const older = all
    .slice(0, -mostFitted / 2)
    .sort((a, b) => (targets[a] as number) - (targets[b] as number) || a - b);
  return [...older.slice(0, mostFitted / 2), ...newest];
}

/** The same kernel over other points: nothing is fitted. */
export function withKernel(
  points: readonly Point[],
  targets: Float64Array,
  isCategory: readonly boolean[],
  kernel: Hyperparameters,
): Regression {
  const n = points.length;
  const factor = factorOf(covariance(squaredParts(points, isCategory), n, kernel), n);
  return { points, kernel, factor, alpha: solveTransposed(factor, solve(factor, targets)) };
}

/** What the process says of a point. */
export function predict(
  { points, kernel, factor, alpha }: Regression,
  point: Point,
  isCategory: readonly boolean[],
): Prediction {
  const { weights, scale } = kernel;
  const k = new Float64Array(points.length);
  let mean = 0;
  for (let i = 0; i < points.length; i++) {
    const other = points[i] as Point;
    let squared = 0;
    for (let j = 0; j < weights.length; j++)
      squared += (weights[j] as number) * part(point[j] as number, other[j] as number, isCategory[j]);
    k[i] = scale * matern(squared);
    mean += (k[i] as number) * (alpha[i] as number);
  }
  const v = solve(factor, k);
  let explained = 0;
  for (let i = 0; i < v.length; i++) explained += (v[i] as number) * (v[i] as number);
  return { mean, variance: Math.max(scale - explained, 1e-12) };
}

const part = (a: number, b: number, isCategory: boolean | undefined): number =>
  isCategory === true ? Number(a !== b) : (a - b) * (a - b);

/** Of a squared distance. */
function matern(squared: number): number {
  const r = Math.sqrt(5 * squared);
  return (1 + r + (r * r) / 3) * Math.exp(-r);
}

/** Its derivative by the squared distance. */
function maternSlope(squared: number): number {
  const r = Math.sqrt(5 * squared);
  return (-5 / 6) * (1 + r) * Math.exp(-r);
}

/** For each dimension the squared distances of all pairs (i, j < i), in rows of the triangle without its diagonal. */
function squaredParts(points: readonly Point[], isCategory: readonly boolean[]): Float64Array[] {
  const n = points.length;
  return isCategory.map((category, dimension) => {
    const parts = new Float64Array((n * (n - 1)) / 2);
    for (let i = 1, at = 0; i < n; i++)
      for (let j = 0; j < i; j++, at++)
        parts[at] = part(
          (points[i] as Point)[dimension] as number,
          (points[j] as Point)[dimension] as number,
          category,
        );
    return parts;
  });
}

function hyperparametersOf(x: Float64Array): Hyperparameters {
  const d = x.length - 2;
  return {
    weights: x.slice(0, d).map(Math.exp),
    scale: Math.exp(x[d] as number),
    noise: leastNoise + Math.exp(x[d + 1] as number),
  };
}

function squaredDistances(parts: readonly Float64Array[], weights: Float64Array): Float64Array {
  const squared = new Float64Array(parts[0]?.length ?? 0);
  for (const [dimension, values] of parts.entries()) {
    const weight = weights[dimension] as number;
    for (let at = 0; at < squared.length; at++) (squared[at] as number) += weight * (values[at] as number);
  }
  return squared;
}

/** Lower triangle in a square, by rows. */
function covariance(
  parts: readonly Float64Array[],
  n: number,
  { weights, scale, noise }: Hyperparameters,
): Float64Array {
  const squared = squaredDistances(parts, weights);
  const matrix = new Float64Array(n * n);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < i; j++, at++) matrix[i * n + j] = scale * matern(squared[at] as number);
    matrix[i * n + i] = scale + noise;
  }
  return matrix;
}

/** Cholesky's factor, in place; a diagonal that rounding made negative is raised. */
function factorOf(matrix: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (matrix[i * n + k] as number) * (matrix[j * n + k] as number);
      matrix[i * n + j] =
        i === j ? Math.sqrt(Math.max(sum, leastNoise * 1e-3)) : sum / (matrix[j * n + j] as number);
    }
  }
  return matrix;
}

/** L⁻¹ b */
function solve(factor: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    const row = i * n;
    for (let k = 0; k < i; k++) sum -= (factor[row + k] as number) * (x[k] as number);
    x[i] = sum / (factor[row + i] as number);
  }
  return x;
}

/** L⁻ᵀ b */
function solveTransposed(factor: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = n - 1; i >= 0; i--) {
    (x[i] as number) /= factor[i * n + i] as number;
    const row = i * n;
    for (let k = 0; k < i; k++) (x[k] as number) -= (factor[row + k] as number) * (x[i] as number);
  }
  return x;
}

/** K⁻¹, lower triangle, from its factor: column by column. */
function inverseOf(factor: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    lower[j * n + j] = 1 / (factor[j * n + j] as number);
    for (let i = j + 1; i < n; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= (factor[i * n + k] as number) * (lower[k * n + j] as number);
      lower[i * n + j] = sum / (factor[i * n + i] as number);
    }
  }
  const inverse = new Float64Array(n * n);
  for (let k = 0; k < n; k++)
    for (let i = 0; i <= k; i++) {
      const left = lower[k * n + i] as number;
      for (let j = 0; j <= i; j++) (inverse[i * n + j] as number) += left * (lower[k * n + j] as number);
    }
  return inverse;
}

/**
 * −log p(targets | points) − log prior, and its gradient by the logarithms of the hyper-parameters.
 *
 * The priors are Optuna's: lengths neither tiny nor endless, a scale of about 1 (Gamma(2, 1)), noise that is small
 * (Gamma(1.1, 30)).
 */
function negativeLogPosterior(
  parts: readonly Float64Array[],
  targets: Float64Array,
  x: Float64Array,
  gradient: Float64Array,
): number {
  const n = targets.length;
  const d = parts.length;
  const kernel = hyperparametersOf(x);
  const { weights, scale, noise } = kernel;
  const factor = factorOf(covariance(parts, n, kernel), n);
  const alpha = solveTransposed(factor, solve(factor, targets));
  const inverse = inverseOf(factor, n);
  const squared = squaredDistances(parts, weights);
  gradient.fill(0);
  let value = 0;
  for (let i = 0, at = 0; i < n; i++) {
    value += 0.5 * (targets[i] as number) * (alpha[i] as number) + Math.log(factor[i * n + i] as number);
    for (let j = 0; j < i; j++, at++) {
      // Each pair stands twice in the trace, which cancels its ½.
      const residual = (inverse[i * n + j] as number) - (alpha[i] as number) * (alpha[j] as number);
      (gradient[d] as number) += residual * scale * matern(squared[at] as number);
      const slope = residual * scale * maternSlope(squared[at] as number);
      for (let k = 0; k < d; k++)
        (gradient[k] as number) +=
          slope * (weights[k] as number) * ((parts[k] as Float64Array)[at] as number);
    }
    const own = 0.5 * ((inverse[i * n + i] as number) - (alpha[i] as number) * (alpha[i] as number));
    (gradient[d] as number) += own * scale;
    (gradient[d + 1] as number) += own * (noise - leastNoise);
  }
  return value + addPriors(kernel, gradient);
}

function addPriors({ weights, scale, noise }: Hyperparameters, gradient: Float64Array): number {
  const d = weights.length;
  let value = 0;
  for (let k = 0; k < d; k++) {
    value += 0.1 / (weights[k] as number) + 0.1 * (weights[k] as number);
    (gradient[k] as number) += -0.1 / (weights[k] as number) + 0.1 * (weights[k] as number);
  }
  value += scale - Math.log(scale);
  (gradient[d] as number) += scale - 1;
  value += 30 * noise - 0.1 * Math.log(noise);
  (gradient[d + 1] as number) += (30 - 0.1 / noise) * (noise - leastNoise);
  return value;
}
