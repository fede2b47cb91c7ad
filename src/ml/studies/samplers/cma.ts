/**
 * Covariance matrix adaptation with active (negative) weights: N. Hansen, "The CMA Evolution Strategy: A Tutorial",
 * arXiv 1604.00772, with its default constants. The search box is the unit cube.
 */
import type { RandomState } from "../../random-state.ts";
import { symmetricEigen } from "../symmetric-eigen.ts";

export interface CmaConstants {
  readonly n: number;
  readonly lambda: number;
  readonly mu: number;
  readonly weights: Float64Array;
  readonly muEff: number;
  readonly cSigma: number;
  readonly dSigma: number;
  readonly cc: number;
  readonly c1: number;
  readonly cMu: number;
  readonly chiN: number;
}

export interface CmaState {
  readonly constants: CmaConstants;
  readonly generation: number;
  readonly mean: Float64Array;
  readonly sigma: number;
  readonly covariance: Float64Array;
  readonly pathSigma: Float64Array;
  readonly pathC: Float64Array;
  /** Square roots of the covariance's eigenvalues, and its eigenvectors. */
  readonly scales: Float64Array;
  readonly axes: Float64Array;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

export function cmaConstants(n: number, lambda: number): CmaConstants {
  const mu = Math.floor(lambda / 2);
  const raw = Float64Array.from({ length: lambda }, (_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1));
  const positive = raw.subarray(0, mu);
  const negative = raw.subarray(mu);
  const muEff = sum(positive) ** 2 / sum(positive.map((w) => w * w));
  const muEffMinus = sum(negative) ** 2 / sum(negative.map((w) => w * w));
  const c1 = 2 / ((n + 1.3) ** 2 + muEff);
  const cMu = Math.min(1 - c1 - 1e-8, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff));
  const least = Math.min(1 + c1 / cMu, 1 + (2 * muEffMinus) / (muEff + 2), (1 - c1 - cMu) / (n * cMu));
  const above = sum(raw.filter((w) => w > 0));
  const below = -sum(raw.filter((w) => w < 0));
  const weights = raw.map((w) => (w >= 0 ? w / above : (least / below) * w));
  const cSigma = (muEff + 2) / (n + muEff + 5);
  return {
    n,
    lambda,
    mu,
    weights,
    muEff,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma,
    cc: (4 + muEff / n) / (n + 4 + (2 * muEff) / n),
    c1,
    cMu,
    chiN: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
  };
}

export function cmaStart(constants: CmaConstants, sigma: number): CmaState {
  const { n } = constants;
  const identity = new Float64Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  return {
    constants,
    generation: 0,
    mean: new Float64Array(n).fill(0.5),
    sigma,
    covariance: identity,
    pathSigma: new Float64Array(n),
    pathC: new Float64Array(n),
    scales: new Float64Array(n).fill(1),
    axes: identity,
  };
}

/** A point of the generation inside the unit cube: drawn again when it is outside, and in the end cut off. */
export function cmaSample(state: CmaState, random: RandomState): Float64Array {
  const { n } = state.constants;
  let point = new Float64Array(n);
  for (let attempt = 0; attempt < 100; attempt++) {
    const z = state.scales.map((scale) => scale * random.gauss());
    point = times(state.axes, z, n).map((y, i) => (state.mean[i] as number) + state.sigma * y);
    if (point.every((x) => x >= 0 && x <= 1)) return point;
  }
  return point.map((x) => Math.min(1, Math.max(0, x)));
}

/** The next generation from `lambda` points of this one, best first. */
export function cmaUpdate(state: CmaState, points: readonly Float64Array[]): CmaState {
  const { constants, sigma, axes, scales } = state;
  const { n, mu, weights, muEff, cSigma, dSigma, cc, chiN } = constants;
  const steps = points.map((point) => point.map((x, i) => (x - (state.mean[i] as number)) / sigma));
  const move = new Float64Array(n);
  for (let k = 0; k < mu; k++) addScaled(move, steps[k] as Float64Array, weights[k] as number);
  const mean = state.mean.map((x, i) => x + sigma * (move[i] as number));
  const whitened = timesTransposed(axes, move, n).map((y, i) => y / (scales[i] as number));
  const white = times(axes, whitened, n);
  const pathSigma = state.pathSigma.map(
    (p, i) => (1 - cSigma) * p + Math.sqrt(cSigma * (2 - cSigma) * muEff) * (white[i] as number),
  );
  const length = Math.hypot(...pathSigma);
  const nextSigma = Math.min(1e4, sigma * Math.exp((cSigma / dSigma) * (length / chiN - 1)));
  const decay = Math.sqrt(1 - (1 - cSigma) ** (2 * (state.generation + 1)));
  const still = length / decay < (1.4 + 2 / (n + 1)) * chiN ? 1 : 0;
  const pathC = state.pathC.map(
    (p, i) => (1 - cc) * p + still * Math.sqrt(cc * (2 - cc) * muEff) * (move[i] as number),
  );
  const covariance = adaptCovariance(state, steps, pathC, still);
  const { values, vectors } = symmetricEigen(covariance, n);
  return {
    constants,
    generation: state.generation + 1,
    mean,
    sigma: nextSigma,
    covariance,
    pathSigma,
    pathC,
    scales: values.map((value) => Math.sqrt(Math.max(value, 1e-16))),
    axes: vectors,
  };
}

function adaptCovariance(
  { constants, covariance, axes, scales }: CmaState,
  steps: readonly Float64Array[],
  pathC: Float64Array,
  still: number,
): Float64Array {
  const { n, weights, c1, cMu, cc } = constants;
  const adjusted = weights.map((w, k) => {
    if (w >= 0) return w;
    const white = timesTransposed(axes, steps[k] as Float64Array, n).map((y, i) => y / (scales[i] as number));
    return (w * n) / (white.reduce((total, x) => total + x * x, 0) + 1e-8);
  });
  const delta = (1 - still) * cc * (2 - cc);
  const keep = 1 + c1 * delta - c1 - cMu * sum(weights);
  const next = covariance.map((value) => keep * value);
  const addOuter = (v: Float64Array, scale: number): void => {
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        next[i * n + j] = (next[i * n + j] as number) + scale * (v[i] as number) * (v[j] as number);
  };
  addOuter(pathC, c1);
  for (const [k, step] of steps.entries()) addOuter(step, cMu * (adjusted[k] as number));
  return next;
}

function times(matrix: Float64Array, v: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n);
  for (let i = 0; i < n; i++) result[i] = sum(v.map((x, j) => (matrix[i * n + j] as number) * x));
  return result;
}

function timesTransposed(matrix: Float64Array, v: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n);
  for (let j = 0; j < n; j++) result[j] = sum(v.map((x, i) => (matrix[i * n + j] as number) * x));
  return result;
}

function addScaled(into: Float64Array, v: Float64Array, scale: number): void {
  for (const [i, x] of v.entries()) into[i] = (into[i] as number) + scale * x;
}
