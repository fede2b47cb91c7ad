/**
 * Inner loops over whole matrices, written without views or closures: they are most of what linear models cost. Four
 * rows go through a loop together, so that sums do not wait for each other and results are loaded once for four.
 */
import { Matrix } from "../data/matrix.ts";

export function columnMeans(x: Matrix): Float64Array {
  const { data, rows, cols } = x;
  const sums = new Float64Array(cols);
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    const first = i * cols;
    const second = first + cols;
    const third = second + cols;
    const fourth = third + cols;
    for (let j = 0; j < cols; j++)
      sums[j] += data[first + j] + data[second + j] + (data[third + j] + data[fourth + j]);
  }
  for (; i < rows; i++) for (let j = 0; j < cols; j++) sums[j] += data[i * cols + j];
  for (let j = 0; j < cols; j++) sums[j] /= rows;
  return sums;
}

/** x minus one number per column. */
export function minusRow(x: Matrix, row: Float64Array): Matrix {
  const { data, rows, cols } = x;
  const result = new Matrix(rows, cols);
  const out = result.data;
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++, at++) out[at] = data[at] - row[j];
  return result;
}

/** x · w + constant, written to `result` where one is given. `w` may be longer than a row. */
export function timesVector(
  x: Matrix,
  w: Float64Array,
  constant = 0,
  result: Float64Array = new Float64Array(x.rows),
): Float64Array {
  const { data, rows, cols } = x;
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    const first = i * cols;
    const second = first + cols;
    const third = second + cols;
    const fourth = third + cols;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < cols; j++) {
      const weight = w[j];
      a += data[first + j] * weight;
      b += data[second + j] * weight;
      c += data[third + j] * weight;
      d += data[fourth + j] * weight;
    }
    result[i] = a + constant;
    result[i + 1] = b + constant;
    result[i + 2] = c + constant;
    result[i + 3] = d + constant;
  }
  for (; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += data[i * cols + j] * w[j];
    result[i] = sum + constant;
  }
  return result;
}

/** xᵀ · y, added to `result` where one is given, which may be longer than a row. */
export function transposedTimes(
  x: Matrix,
  y: ArrayLike<number>,
  result: Float64Array = new Float64Array(x.cols),
): Float64Array {
  const { data, rows, cols } = x;
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    const first = i * cols;
    const second = first + cols;
    const third = second + cols;
    const fourth = third + cols;
    const a = y[i];
    const b = y[i + 1];
    const c = y[i + 2];
    const d = y[i + 3];
    for (let j = 0; j < cols; j++)
      result[j] += data[first + j] * a + data[second + j] * b + data[third + j] * c + data[fourth + j] * d;
  }
  for (; i < rows; i++) for (let j = 0; j < cols; j++) result[j] += data[i * cols + j] * y[i];
  return result;
}

/** Samples and targets that are looked at with their means taken off; nothing is copied for that. */
export interface Centred {
  readonly x: Matrix;
  readonly y: ArrayLike<number>;
  readonly means: Float64Array;
  readonly yMean: number;
}

/** xᵀ · (y − x · w) of centred samples: what the coefficients `w` still leave. */
export function remainingGradient({ x, y, means, yMean }: Centred, w: Float64Array): Float64Array {
  const { data, rows, cols } = x;
  const gradient = new Float64Array(cols);
  const row = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows; i++) {
    let residual = y[i] - yMean;
    for (let j = 0; j < cols; j++, at++) {
      const value = data[at] - means[j];
      row[j] = value;
      residual -= value * w[j];
    }
    for (let j = 0; j < cols; j++) gradient[j] += residual * row[j];
  }
  return gradient;
}

/**
 * The lower factor of a symmetric positive definite matrix (Cholesky), written over it; null when it is not.
 *
 * @param least Smallest pivot that passes.
 */
export function factorPositive(a: Float64Array, n: number, least = 0): Float64Array | null {
  for (let j = 0; j < n; j++) {
    let pivot = a[j * n + j];
    for (let k = 0; k < j; k++) pivot -= a[j * n + k] ** 2;
    if (!(pivot > least)) return null;
    const root = Math.sqrt(pivot);
    a[j * n + j] = root;
    for (let i = j + 1; i < n; i++) {
      let value = a[i * n + j];
      for (let k = 0; k < j; k++) value -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = value / root;
    }
  }
  return a;
}

/** Solves l · lᵀ · w = b for a lower factor. */
export function solveFactored(l: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const w = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) w[i] -= l[i * n + k] * w[k];
    w[i] /= l[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) w[i] -= l[k * n + i] * w[k];
    w[i] /= l[i * n + i];
  }
  return w;
}
