/**
 * k-means by Lloyd's iterations from starts of k-means++ (Arthur & Vassilvitskii, SODA 2007), with scikit-learn's options.
 * Given the same first centres it ends in scikit-learn's.
 */
import { TradewindError } from "../../errors.ts";
import { checkSamples, checkWidth, Matrix } from "../data/matrix.ts";
import { checkOption } from "../options.ts";
import { RandomState } from "../random-state.ts";
import { BaseModel } from "./base-model.ts";
import type { Transformer } from "./estimator.ts";

export interface KMeansOptions {
  nClusters: number;
  /** First centres, or "k-means++". */
  init: "k-means++" | readonly (readonly number[])[];
  /** Starts of which the best is kept. */
  nInit: number;
  maxIter: number;
  /** Ends when the centres move less than this share of the mean variance. */
  tol: number;
  seed: number;
}

interface State {
  centres: Matrix;
  labels: Int32Array;
  inertia: number;
  iterations: number;
}

const defaults: KMeansOptions = {
  nClusters: 8,
  init: "k-means++",
  nInit: 1,
  maxIter: 300,
  tol: 1e-4,
  seed: 0,
};

export class KMeans extends BaseModel<KMeansOptions, State> implements Transformer {
  constructor(options: Partial<KMeansOptions> = {}) {
    super("KMeans", defaults, options);
    const { nClusters, nInit } = this.params;
    checkOption(
      this.kind,
      "nClusters",
      nClusters,
      Number.isInteger(nClusters) && nClusters >= 1,
      "at least 1",
    );
    checkOption(this.kind, "nInit", nInit, Number.isInteger(nInit) && nInit >= 1, "at least 1");
  }

  /** Shape (clusters, features). */
  get clusterCentres(): Matrix {
    return this.fitted.centres;
  }

  /** The cluster of each training sample. */
  get labels(): Int32Array {
    return this.fitted.labels;
  }

  /** Sum of squared distances to the nearest centre. */
  get inertia(): number {
    return this.fitted.inertia;
  }

  get iterations(): number {
    return this.fitted.iterations;
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const { nClusters, nInit, init, seed } = this.params;
    if (x.rows < nClusters)
      throw new TradewindError(
        "TW_ML_DATA",
        `expected at least ${nClusters} samples for as many clusters, got ${x.rows}`,
      );
    const random = new RandomState(seed);
    let best: State | null = null;
    for (let start = 0; start < (typeof init === "string" ? nInit : 1); start++) {
      const centres = typeof init === "string" ? plusPlus(x, nClusters, random) : Matrix.from(init);
      checkWidth(centres, x.cols, this.kind);
      const found = lloyd(x, centres, this.params);
      if (best === null || found.inertia < best.inertia) best = found;
    }
    this.state = best;
    return this;
  }

  predict(x: Matrix): Float64Array {
    checkSamples(x);
    checkWidth(x, this.fitted.centres.cols, this.kind);
    const labels = new Int32Array(x.rows);
    assign(x, this.fitted.centres, labels);
    return Float64Array.from(labels);
  }

  /** Distances to the centres, shape (samples, clusters). */
  transform(x: Matrix): Matrix {
    const { centres } = this.fitted;
    checkWidth(x, centres.cols, this.kind);
    const distances = new Matrix(x.rows, centres.rows);
    for (let i = 0; i < x.rows; i++)
      for (let k = 0; k < centres.rows; k++)
        distances.data[i * centres.rows + k] = Math.sqrt(squaredDistance(x.row(i), centres.row(k)));
    return distances;
  }
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] - b[j]) ** 2;
  return sum;
}

/** Labels of the nearest centres; returns the sum of squared distances. */
function assign(x: Matrix, centres: Matrix, labels: Int32Array): number {
  const { cols, data } = x;
  let inertia = 0;
  for (let i = 0; i < x.rows; i++) {
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < centres.rows; k++) {
      let sum = 0;
      for (let j = 0; j < cols && sum < least; j++)
        sum += (data[i * cols + j] - centres.data[k * cols + j]) ** 2;
      if (sum < least) {
        least = sum;
        nearest = k;
      }
    }
    labels[i] = nearest;
    inertia += least;
  }
  return inertia;
}

/**
 * Lloyd's iterations with G. Hamerly's bounds (SDM 2010): a sample whose distance to its own centre is surely smaller than to any
 * other keeps it without a look at the others.
 */
function lloyd(x: Matrix, start: Matrix, { maxIter, tol }: KMeansOptions): State {
  const limit = tol * meanVariance(x);
  const labels = new Int32Array(x.rows).fill(-1);
  const bounds = {
    own: new Float64Array(x.rows).fill(Number.POSITIVE_INFINITY),
    others: new Float64Array(x.rows),
  };
  let centres = start;
  let iterations = 0;
  while (iterations < maxIter) {
    iterations++;
    const changed = assignWithin(x, centres, labels, bounds);
    const before = labels.slice();
    const next = meansOf(x, labels, centres);
    const moves = Float64Array.from({ length: next.rows }, (_, k) =>
      Math.sqrt(squaredDistance(next.row(k), centres.row(k))),
    );
    widen(bounds, labels, before, moves);
    centres = next;
    if (!changed || moves.reduce((sum, move) => sum + move * move, 0) <= limit) break;
  }
  const inertia = assign(x, centres, labels);
  return { centres, labels, inertia, iterations };
}

/** Of each sample: at most so far from its own centre, at least so far from every other. */
interface Bounds {
  own: Float64Array;
  others: Float64Array;
}

/** True when a label changed. */
function assignWithin(x: Matrix, centres: Matrix, labels: Int32Array, { own, others }: Bounds): boolean {
  const { data, cols } = x;
  const gaps = halfGaps(centres);
  let changed = false;
  for (let i = 0; i < x.rows; i++) {
    const safe = labels[i] === -1 ? 0 : Math.max(gaps[labels[i]], others[i]);
    if (own[i] <= safe) continue;
    let [nearest, least, second] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let k = 0; k < centres.rows; k++) {
      let sum = 0;
      for (let j = 0; j < cols && sum < second; j++)
        sum += (data[i * cols + j] - centres.data[k * cols + j]) ** 2;
      if (sum < least) {
        second = least;
        least = sum;
        nearest = k;
      } else if (sum < second) second = sum;
    }
    own[i] = Math.sqrt(least);
    others[i] = Math.sqrt(second);
    if (labels[i] !== nearest) changed = true;
    labels[i] = nearest;
  }
  return changed;
}

/** Half the distance of each centre to the next one. */
function halfGaps(centres: Matrix): Float64Array {
  return Float64Array.from({ length: centres.rows }, (_, k) => {
    let least = Number.POSITIVE_INFINITY;
    for (let other = 0; other < centres.rows; other++)
      if (other !== k) least = Math.min(least, squaredDistance(centres.row(k), centres.row(other)));
    return Math.sqrt(least) / 2;
  });
}

/** What the bounds are after the centres moved; a sample that was given to an empty cluster has none. */
function widen({ own, others }: Bounds, labels: Int32Array, before: Int32Array, moves: Float64Array): void {
  const most = moves.reduce((a, b) => Math.max(a, b), 0);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === before[i]) {
      own[i] += moves[labels[i]];
      others[i] -= most;
    } else {
      own[i] = Number.POSITIVE_INFINITY;
      others[i] = 0;
    }
  }
}

/** Means of the clusters; an empty one takes the sample that is farthest from its centre. */
function meansOf(x: Matrix, labels: Int32Array, centres: Matrix): Matrix {
  const sums = new Matrix(centres.rows, x.cols);
  const counts = new Int32Array(centres.rows);
  for (let i = 0; i < x.rows; i++) counts[labels[i]]++;
  for (let k = 0; k < centres.rows; k++) {
    if (counts[k] > 0) continue;
    const far = farthest(x, labels, centres, counts);
    counts[labels[far]]--;
    labels[far] = k;
    counts[k] = 1;
  }
  for (let i = 0; i < x.rows; i++) {
    const sum = sums.row(labels[i]);
    const row = x.row(i);
    for (let j = 0; j < row.length; j++) sum[j] += row[j];
  }
  for (let k = 0; k < centres.rows; k++) sums.row(k).set(sums.row(k).map((value) => value / counts[k]));
  return sums;
}

function farthest(x: Matrix, labels: Int32Array, centres: Matrix, counts: Int32Array): number {
  let found = 0;
  let most = -1;
  for (let i = 0; i < x.rows; i++) {
    const distance = counts[labels[i]] > 1 ? squaredDistance(x.row(i), centres.row(labels[i])) : -1;
    if (distance > most) {
      most = distance;
      found = i;
    }
  }
  return found;
}

function meanVariance(x: Matrix): number {
  let total = 0;
  for (let j = 0; j < x.cols; j++) {
    const column = x.column(j);
    const mean = column.reduce((a, b) => a + b, 0) / x.rows;
    total += column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.rows;
  }
  return total / x.cols;
}

/** Each next centre is the best of some samples that are drawn with their squared distance as weight. */
function plusPlus(x: Matrix, clusters: number, random: RandomState): Matrix {
  const tries = 2 + Math.floor(Math.log(clusters));
  const chosen = [random.interval(x.rows - 1)];
  let distances: Float64Array = Float64Array.from({ length: x.rows }, (_, i) =>
    squaredDistance(x.row(i), x.row(chosen[0])),
  );
  while (chosen.length < clusters) {
    const total = distances.reduce((a, b) => a + b, 0);
    let best: { row: number; distances: Float64Array; total: number } | null = null;
    for (let attempt = 0; attempt < tries; attempt++) {
      const row = drawWeighted(distances, random.uniform() * total);
      const next = distances.map((distance, i) => Math.min(distance, squaredDistance(x.row(i), x.row(row))));
      const sum = next.reduce((a, b) => a + b, 0);
      if (best === null || sum < best.total) best = { row, distances: next, total: sum };
    }
    if (best === null) break;
    chosen.push(best.row);
    distances = best.distances;
  }
  return x.select(chosen);
}

function drawWeighted(weights: Float64Array, target: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i];
    if (sum > target) return i;
  }
  return weights.length - 1;
}
