/** Naive Bayes, as scikit-learn's `GaussianNB` and `MultinomialNB`: features are independent within a class. */
import { TradewindError } from "../../errors.ts";
import { checkSamples, checkWidth, Matrix, type Targets } from "../data/matrix.ts";
import { checkOption } from "../options.ts";
import { encodeForClassifier } from "../selection/classes.ts";
import { BaseModel } from "./base-model.ts";
import { type Classifier, mostProbable } from "./estimator.ts";
import { columnMeans } from "./kernels.ts";

/** Rows of log weights become probabilities. */
function normalized(logs: Matrix): Matrix {
  const result = new Matrix(logs.rows, logs.cols);
  for (let i = 0; i < logs.rows; i++) {
    const row = logs.row(i);
    const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const powers = row.map((value) => Math.exp(value - top));
    const sum = powers.reduce((a, b) => a + b, 0);
    result.row(i).set(powers.map((value) => value / sum));
  }
  return result;
}

interface GaussianState {
  classes: Float64Array;
  logPriors: Float64Array;
  /** Shape (classes, features). */
  means: Matrix;
  variances: Matrix;
}

export interface GaussianNBOptions {
  /** Share of the largest variance that is added to all, for stability. */
  varSmoothing: number;
}

export class GaussianNB extends BaseModel<GaussianNBOptions, GaussianState> implements Classifier {
  constructor(options: Partial<GaussianNBOptions> = {}) {
    super("GaussianNB", { varSmoothing: 1e-9 }, options);
    const { varSmoothing } = this.params;
    checkOption(this.kind, "varSmoothing", varSmoothing, varSmoothing >= 0, "at least 0");
  }

  get classes(): Float64Array {
    return this.fitted.classes;
  }

  get means(): Matrix {
    return this.fitted.means;
  }

  get variances(): Matrix {
    return this.fitted.variances;
  }

  get logPriors(): Float64Array {
    return this.fitted.logPriors;
  }

  fit(x: Matrix, y: Targets): this {
    checkSamples(x, y);
    const { classes, codes } = encodeForClassifier(y, this.kind);
    const means = new Matrix(classes.length, x.cols);
    const variances = new Matrix(classes.length, x.cols);
    const counts = new Float64Array(classes.length);
    for (const code of codes) counts[code]++;
    addByClass(x, codes, means.data, null);
    for (let at = 0; at < means.data.length; at++) means.data[at] /= counts[Math.floor(at / x.cols)];
    addByClass(x, codes, variances.data, means.data);
    for (let at = 0; at < means.data.length; at++) variances.data[at] /= counts[Math.floor(at / x.cols)];
    const extra = this.params.varSmoothing * largestVariance(x);
    for (let at = 0; at < variances.data.length; at++) variances.data[at] += extra;
    if (variances.data.includes(0))
      throw new TradewindError(
        "TW_ML_DATA",
        "GaussianNB: all features are constant, expected one that varies",
      );
    this.state = { classes, logPriors: counts.map((count) => Math.log(count / x.rows)), means, variances };
    return this;
  }

  predictProba(x: Matrix): Matrix {
    const { classes, logPriors, means, variances } = this.fitted;
    checkSamples(x);
    checkWidth(x, means.cols, this.kind);
    const logs = new Matrix(x.rows, classes.length);
    for (let k = 0; k < classes.length; k++) {
      const mean = means.row(k);
      const half = variances.row(k).map((variance) => 0.5 / variance);
      const constant = variances
        .row(k)
        .reduce((sum, variance) => sum - 0.5 * Math.log(2 * Math.PI * variance), logPriors[k]);
      for (let i = 0, at = 0; i < x.rows; i++) {
        let log = constant;
        for (let j = 0; j < x.cols; j++, at++) log -= (x.data[at] - mean[j]) ** 2 * half[j];
        logs.data[i * classes.length + k] = log;
      }
    }
    return normalized(logs);
  }

  predict(x: Matrix): Float64Array {
    return mostProbable(this.predictProba(x), this.classes);
  }
}

function addRow(
  into: Float64Array,
  row: Float64Array,
  change: (value: number, column: number) => number,
): void {
  for (let j = 0; j < into.length; j++) into[j] += change(row[j], j);
}

/** Adds up each class's values, or their squared distances from the class's means. */
function addByClass(x: Matrix, codes: Int32Array, sums: Float64Array, means: Float64Array | null): void {
  const { data, rows, cols } = x;
  for (let i = 0, at = 0; i < rows; i++) {
    const offset = codes[i] * cols;
    for (let j = 0; j < cols; j++, at++)
      sums[offset + j] += means === null ? data[at] : (data[at] - means[offset + j]) ** 2;
  }
}

function largestVariance(x: Matrix): number {
  const variances = new Float64Array(x.cols);
  addByClass(x, new Int32Array(x.rows), variances, columnMeans(x));
  return variances.reduce((largest, sum) => Math.max(largest, sum / x.rows), 0);
}

interface MultinomialState {
  classes: Float64Array;
  logPriors: Float64Array;
  /** Log shares of the features within each class, shape (classes, features). */
  logShares: Matrix;
}

export interface MultinomialNBOptions {
  /** Added to each count (Laplace, Lidstone). */
  alpha: number;
}

/** For counts, such as those of words: features must not be negative. */
export class MultinomialNB extends BaseModel<MultinomialNBOptions, MultinomialState> implements Classifier {
  constructor(options: Partial<MultinomialNBOptions> = {}) {
    super("MultinomialNB", { alpha: 1 }, options);
    checkOption(this.kind, "alpha", this.params.alpha, this.params.alpha > 0, "over 0");
  }

  get classes(): Float64Array {
    return this.fitted.classes;
  }

  fit(x: Matrix, y: Targets): this {
    checkSamples(x, y);
    if (x.data.some((value) => value < 0))
      throw new TradewindError(
        "TW_ML_DATA",
        "MultinomialNB: expected counts of 0 or more, got a negative number",
      );
    const { classes, codes } = encodeForClassifier(y, this.kind);
    const sums = new Matrix(classes.length, x.cols);
    const counts = new Float64Array(classes.length);
    for (let i = 0; i < x.rows; i++) {
      counts[codes[i]]++;
      addRow(sums.row(codes[i]), x.row(i), (value) => value);
    }
    const logShares = new Matrix(classes.length, x.cols);
    for (let k = 0; k < classes.length; k++) {
      const smoothed = sums.row(k).map((value) => value + this.params.alpha);
      const total = smoothed.reduce((a, b) => a + b, 0);
      logShares.row(k).set(smoothed.map((value) => Math.log(value / total)));
    }
    this.state = { classes, logPriors: counts.map((count) => Math.log(count / x.rows)), logShares };
    return this;
  }

  predictProba(x: Matrix): Matrix {
    const { classes, logPriors, logShares } = this.fitted;
    checkSamples(x);
    checkWidth(x, logShares.cols, this.kind);
    const logs = new Matrix(x.rows, classes.length);
    for (let i = 0; i < x.rows; i++)
      for (let k = 0; k < classes.length; k++) {
        const shares = logShares.row(k);
        logs.data[i * classes.length + k] = x
          .row(i)
          .reduce((sum, value, j) => sum + value * shares[j], logPriors[k]);
      }
    return normalized(logs);
  }

  predict(x: Matrix): Float64Array {
    return mostProbable(this.predictProba(x), this.classes);
  }
}
