/** Fills what is missing, as scikit-learn's `SimpleImputer` and `KNNImputer`. A missing number is NaN. */
import { TradewindError } from "../../errors.ts";
import { checkWidth, Matrix } from "../data/matrix.ts";
import { BaseModel } from "../estimators/base-model.ts";
import type { Transformer } from "../estimators/estimator.ts";
import { checkOption } from "../options.ts";

export interface SimpleImputerOptions {
  strategy: "mean" | "median" | "most_frequent" | "constant";
  /** For "constant". */
  fillValue: number;
  /** Adds a column of 0 and 1 for each column that had missing values in training. */
  addIndicator: boolean;
}

export class SimpleImputer
  extends BaseModel<SimpleImputerOptions, { fills: Float64Array; indicated: Int32Array }>
  implements Transformer
{
  constructor(options: Partial<SimpleImputerOptions> = {}) {
    super("SimpleImputer", { strategy: "mean", fillValue: 0, addIndicator: false }, options);
    const { strategy } = this.params;
    const known = ["mean", "median", "most_frequent", "constant"];
    checkOption(this.kind, "strategy", strategy, known.includes(strategy), known.join(", "));
  }

  /** What is put in, by column. */
  get statistics(): Float64Array {
    return this.fitted.fills;
  }

  fit(x: Matrix): this {
    const fills = new Float64Array(x.cols);
    const indicated: number[] = [];
    for (let j = 0; j < x.cols; j++) {
      const present = x.column(j).filter((value) => !Number.isNaN(value));
      if (present.length < x.rows) indicated.push(j);
      if (present.length === 0 && this.params.strategy !== "constant") {
        throw new TradewindError(
          "TW_ML_DATA",
          `column ${j} has no value to take the ${this.params.strategy} of`,
          {
            hint: 'Leave the column out, or use the strategy "constant".',
          },
        );
      }
      fills[j] = this.#fillOf(present);
    }
    this.state = { fills, indicated: Int32Array.from(this.params.addIndicator ? indicated : []) };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { fills, indicated } = this.fitted;
    checkWidth(x, fills.length, this.kind);
    const filled = new Matrix(x.rows, x.cols + indicated.length);
    for (let i = 0; i < x.rows; i++) {
      const row = filled.row(i);
      for (let j = 0; j < x.cols; j++) {
        const value = x.get(i, j);
        row[j] = Number.isNaN(value) ? fills[j] : value;
      }
      indicated.forEach((j, at) => {
        row[x.cols + at] = Number.isNaN(x.get(i, j)) ? 1 : 0;
      });
    }
    return filled;
  }

  #fillOf(present: Float64Array): number {
    const { strategy, fillValue } = this.params;
    if (strategy === "constant") return fillValue;
    if (strategy === "mean") return present.reduce((a, b) => a + b, 0) / present.length;
    const sorted = present.slice().sort();
    if (strategy === "median") return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
    return mostFrequent(sorted);
  }
}

/** The smallest of the most frequent values. */
function mostFrequent(sorted: Float64Array): number {
  let best = sorted[0];
  let most = 0;
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    count = i > 0 && sorted[i] === sorted[i - 1] ? count + 1 : 1;
    if (count > most) {
      most = count;
      best = sorted[i];
    }
  }
  return best;
}

export interface KnnImputerOptions {
  nNeighbors: number;
  weights: "uniform" | "distance";
}

/** The mean of the nearest training samples that have the value; distances over what both samples have. */
export class KNNImputer
  extends BaseModel<KnnImputerOptions, { samples: Matrix; means: Float64Array }>
  implements Transformer
{
  constructor(options: Partial<KnnImputerOptions> = {}) {
    super("KNNImputer", { nNeighbors: 5, weights: "uniform" }, options);
    checkOption(this.kind, "nNeighbors", this.params.nNeighbors, this.params.nNeighbors >= 1, "at least 1");
  }

  fit(x: Matrix): this {
    const means = new Float64Array(x.cols);
    for (let j = 0; j < x.cols; j++) {
      const present = x.column(j).filter((value) => !Number.isNaN(value));
      if (present.length === 0)
        throw new TradewindError("TW_ML_DATA", `column ${j} has no value to learn from`);
      means[j] = present.reduce((a, b) => a + b, 0) / present.length;
    }
    this.state = { samples: x, means };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { samples } = this.fitted;
    checkWidth(x, samples.cols, this.kind);
    const filled = new Matrix(x.rows, x.cols, x.data.slice());
    for (let i = 0; i < x.rows; i++) {
      const row = x.row(i);
      if (!row.includes(Number.NaN)) continue;
      const distances = Float64Array.from({ length: samples.rows }, (_, k) =>
        distanceOverShared(row, samples.row(k)),
      );
      row.forEach((value, j) => {
        if (Number.isNaN(value)) filled.row(i)[j] = this.#valueFor(j, distances);
      });
    }
    return filled;
  }

  #valueFor(column: number, distances: Float64Array): number {
    const { samples, means } = this.fitted;
    const donors: number[] = [];
    for (let k = 0; k < samples.rows; k++)
      if (!Number.isNaN(samples.get(k, column)) && !Number.isNaN(distances[k])) donors.push(k);
    if (donors.length === 0) return means[column];
    donors.sort((a, b) => distances[a] - distances[b] || a - b);
    const near = donors.slice(0, this.params.nNeighbors);
    const exact = this.params.weights === "distance" && distances[near[0]] === 0;
    let sum = 0;
    let total = 0;
    for (const k of near) {
      const weight =
        this.params.weights === "uniform" ? 1 : exact ? Number(distances[k] === 0) : 1 / distances[k];
      sum += weight * samples.get(k, column);
      total += weight;
    }
    return sum / total;
  }
}

/** Euclidean over the columns that both have, scaled up to all of them; NaN when they share none. */
function distanceOverShared(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  let shared = 0;
  for (let j = 0; j < a.length; j++) {
    if (Number.isNaN(a[j]) || Number.isNaN(b[j])) continue;
    sum += (a[j] - b[j]) ** 2;
    shared++;
  }
  return shared === 0 ? Number.NaN : Math.sqrt((sum * a.length) / shared);
}
