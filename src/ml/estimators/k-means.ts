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
import { columnMeans } from "./kernels.ts";
import { type Clusters, firstCentres, lloyd } from "./lloyd.ts";
import { nearestCentres, squaredDistances } from "./nearest-centres.ts";

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

const defaults: KMeansOptions = {
  nClusters: 8,
  init: "k-means++",
  nInit: 1,
  maxIter: 300,
  tol: 1e-4,
  seed: 0,
};

export class KMeans extends BaseModel<KMeansOptions, Clusters> implements Transformer {
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
    const { nClusters, nInit, init, seed, maxIter, tol } = this.params;
    if (x.rows < nClusters)
      throw new TradewindError(
        "TW_ML_DATA",
        `expected at least ${nClusters} samples for as many clusters, got ${x.rows}`,
      );
    const random = new RandomState(seed);
    const limit = tol * meanVariance(x);
    let best: Clusters | null = null;
    for (let start = 0; start < (typeof init === "string" ? nInit : 1); start++) {
      const centres = typeof init === "string" ? firstCentres(x, nClusters, random) : Matrix.from(init);
      checkWidth(centres, x.cols, this.kind);
      const found = lloyd(x, centres, { maxIter, limit });
      if (best === null || found.inertia < best.inertia) best = found;
    }
    this.state = best;
    return this;
  }

  predict(x: Matrix): Float64Array {
    checkSamples(x);
    checkWidth(x, this.fitted.centres.cols, this.kind);
    return nearestCentres(x, this.fitted.centres);
  }

  /** Distances to the centres, shape (samples, clusters). */
  transform(x: Matrix): Matrix {
    const { centres } = this.fitted;
    checkWidth(x, centres.cols, this.kind);
    const distances = new Matrix(x.rows, centres.rows);
    const squares = new Float64Array(centres.rows);
    for (let i = 0; i < x.rows; i++) {
      squaredDistances(x.data, i * x.cols, centres, squares);
      distances.row(i).set(squares.map(Math.sqrt));
    }
    return distances;
  }
}

function meanVariance(x: Matrix): number {
  const means = columnMeans(x);
  let total = 0;
  for (let i = 0, at = 0; i < x.rows; i++)
    for (let j = 0; j < x.cols; j++, at++) {
      const gap = x.data[at] - means[j];
      total += gap * gap;
    }
  return total / x.rows / x.cols;
}
