/** Features judged one by one: variance, correlation, ANOVA's F, chi-squared and mutual information. */
import { TradewindError } from "../../errors.ts";
import { checkSamples, type Matrix, type Targets } from "../data/matrix.ts";
import { encodeClasses, groupByClass } from "./classes.ts";

/** Variance of each column, divided by the number of samples. */
export function variances(x: Matrix): Float64Array {
  checkSamples(x);
  return Float64Array.from({ length: x.cols }, (_, j) => {
    const column = x.column(j);
    const mean = column.reduce((a, b) => a + b, 0) / x.rows;
    return column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.rows;
  });
}

/** Pearson's correlation of two columns; NaN when one is constant. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  let [meanA, meanB] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanA += a[i] / n;
    meanB += b[i] / n;
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    ab += (a[i] - meanA) * (b[i] - meanB);
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
  }
  return aa === 0 || bb === 0 ? Number.NaN : ab / Math.sqrt(aa * bb);
}

/** F of a one-way analysis of variance between the classes, per feature: `f_classif`. */
export function fClassif(x: Matrix, y: Targets): Float64Array {
  checkSamples(x, y);
  const { members } = groupByClass(y);
  if (members.length < 2)
    throw new TradewindError("TW_ML_DATA", "expected at least 2 classes to compare, got 1");
  return Float64Array.from({ length: x.cols }, (_, j) => {
    const column = x.column(j);
    const mean = column.reduce((a, b) => a + b, 0) / x.rows;
    let between = 0;
    let within = 0;
    for (const rows of members) {
      const own = rows.reduce((sum, row) => sum + column[row], 0) / rows.length;
      between += rows.length * (own - mean) ** 2;
      within += rows.reduce((sum, row) => sum + (column[row] - own) ** 2, 0);
    }
    return between / (members.length - 1) / (within / (x.rows - members.length));
  });
}

/** F of a linear regression on each feature alone: `f_regression`. */
export function fRegression(x: Matrix, y: Targets): Float64Array {
  checkSamples(x, y);
  return Float64Array.from({ length: x.cols }, (_, j) => {
    const r = correlation(x.column(j), y);
    return ((r * r) / (1 - r * r)) * (x.rows - 2);
  });
}

/** Chi-squared of feature sums by class against what independence expects: `chi2`. Features must not be negative. */
export function chi2(x: Matrix, y: Targets): Float64Array {
  checkSamples(x, y);
  if (x.data.some((value) => value < 0))
    throw new TradewindError("TW_ML_DATA", "chi2: expected features of 0 or more, got a negative one");
  const { members } = groupByClass(y);
  return Float64Array.from({ length: x.cols }, (_, j) => {
    const column = x.column(j);
    const total = column.reduce((a, b) => a + b, 0);
    return members.reduce((sum, rows) => {
      const observed = rows.reduce((part, row) => part + column[row], 0);
      const expected = (total * rows.length) / x.rows;
      return sum + (observed - expected) ** 2 / expected;
    }, 0);
  });
}

/**
 * Mutual information of each feature and the class, in nats. A feature with at most `bins` distinct values is taken as it is,
 * another one in so many equally full bins.
 */
export function mutualInformation(x: Matrix, y: Targets, bins = 10): Float64Array {
  checkSamples(x, y);
  const target = encodeClasses(y);
  return Float64Array.from({ length: x.cols }, (_, j) => {
    const feature = encodeClasses(x.column(j));
    const codes = feature.classes.length <= bins ? feature.codes : equallyFull(x.column(j), bins);
    return informationOf(codes, target.codes);
  });
}

function equallyFull(column: Float64Array, bins: number): Int32Array {
  const sorted = column.slice().sort();
  const borders = Array.from(
    { length: bins - 1 },
    (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / bins)],
  );
  return Int32Array.from(column, (value) => borders.filter((border) => value >= border).length);
}

/** Σ p(a, b) · ln(p(a, b) / (p(a) · p(b))). */
export function informationOf(a: Int32Array, b: Int32Array): number {
  const n = a.length;
  const count = (keys: Iterable<number | string>): Map<number | string, number> => {
    const counts = new Map<number | string, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  };
  const [left, right] = [count(a), count(b)];
  const both = count(Array.from(a, (code, i) => `${code}/${b[i]}`));
  let sum = 0;
  for (const [key, together] of both) {
    const [first, second] = String(key).split("/").map(Number);
    sum += (together / n) * Math.log((together * n) / ((left.get(first) ?? 0) * (right.get(second) ?? 0)));
  }
  return Math.max(0, sum);
}
