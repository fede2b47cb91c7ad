/** Naive Bayes, as scikit-learn's `GaussianNB` and `MultinomialNB`: features are independent within a class. */
import { TradewindError } from "../../errors.ts";
import { checkSamples, checkWidth, Matrix, type Targets } from "../data/matrix.ts";
import { checkOption } from "../options.ts";
import { encodeForClassifier } from "../selection/classes.ts";
import { BaseModel } from "./base-model.ts";
import { type Classifier, mostProbable } from "./estimator.ts";
import { columnMeans } from "./kernels.ts";

/** Rows of log weights become probabilities, in place. */
function normalized(logs: Matrix): Matrix {
  const { data, rows, cols } = logs;
  for (let i = 0, row = 0; i < rows; i++, row += cols) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < cols; k++) top = Math.max(top, data[row + k]);
    let sum = 0;
    for (let k = 0; k < cols; k++) sum += data[row + k] = Math.exp(data[row + k] - top);
    for (let k = 0; k < cols; k++) data[row + k] /= sum;
  }
  return logs;
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
    addByClass(x, codes, means.data);
    for (let at = 0; at < means.data.length; at++) means.data[at] /= counts[Math.floor(at / x.cols)];
    addSquaresByClass(x, codes, variances.data, means.data);
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

  /** Log of prior and likelihood of each class, shape (samples, classes). */
  predictJointLogProba(x: Matrix): Matrix {
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
    return logs;
  }

  predictProba(x: Matrix): Matrix {
    return normalized(this.predictJointLogProba(x));
  }

  predict(x: Matrix): Float64Array {
    return mostProbable(this.predictJointLogProba(x), this.classes);
  }
}

/** Adds up each class's values. */
function addByClass({ data, rows, cols }: Matrix, codes: Int32Array, sums: Float64Array): void {
  for (let i = 0, at = 0; i < rows; i++) {
    const offset = codes[i] * cols;
    for (let j = 0; j < cols; j++, at++) sums[offset + j] += data[at];
  }
}

/** Adds up squared distances of each class's values from the class's means. */
function addSquaresByClass(
  { data, rows, cols }: Matrix,
  codes: Int32Array,
  sums: Float64Array,
  means: Float64Array,
): void {
  for (let i = 0, at = 0; i < rows; i++) {
    const offset = codes[i] * cols;
    for (let j = 0; j < cols; j++, at++) {
      const gap = data[at] - means[offset + j];
      sums[offset + j] += gap * gap;
    }
  }
}

function largestVariance(x: Matrix): number {
  const variances = new Float64Array(x.cols);
  addSquaresByClass(x, new Int32Array(x.rows), variances, columnMeans(x));
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
    for (const code of codes) counts[code]++;
    addByClass(x, codes, sums.data);
    const logShares = new Matrix(classes.length, x.cols);
    for (let k = 0; k < classes.length; k++) {
      const smoothed = sums.row(k).map((value) => value + this.params.alpha);
      const total = smoothed.reduce((a, b) => a + b, 0);
      logShares.row(k).set(smoothed.map((value) => Math.log(value / total)));
    }
    this.state = { classes, logPriors: counts.map((count) => Math.log(count / x.rows)), logShares };
    return this;
  }

  /** Log of prior and likelihood of each class, shape (samples, classes). */
  predictJointLogProba(x: Matrix): Matrix {
    const { classes, logPriors, logShares } = this.fitted;
    checkSamples(x);
    checkWidth(x, logShares.cols, this.kind);
    const logs = new Matrix(x.rows, classes.length);
    const { data, cols } = x;
    for (let i = 0, at = 0; i < x.rows; i++)
      for (let k = 0; k < classes.length; k++, at++) {
        let log = logPriors[k];
        for (let j = 0; j < cols; j++) log += data[i * cols + j] * logShares.data[k * cols + j];
        logs.data[at] = log;
      }
    return logs;
  }

  predictProba(x: Matrix): Matrix {
    return normalized(this.predictJointLogProba(x));
  }

  predict(x: Matrix): Float64Array {
    return mostProbable(this.predictJointLogProba(x), this.classes);
  }
}
