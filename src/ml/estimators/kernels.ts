/** Inner loops over whole matrices, written without views or closures: they are most of what linear models cost. */
import { Matrix } from "../data/matrix.ts";

export function columnMeans(x: Matrix): Float64Array {
  const { data, rows, cols } = x;
  const sums = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++, at++) sums[j] += data[at];
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

/** x · w + constant. */
export function timesVector(x: Matrix, w: Float64Array, constant = 0): Float64Array {
  const { data, rows, cols } = x;
  const result = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++, at++) sum += data[at] * w[j];
    result[i] = sum + constant;
  }
  return result;
}

/** xᵀ · y. */
export function transposedTimes(x: Matrix, y: ArrayLike<number>): Float64Array {
  const { data, rows, cols } = x;
  const result = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows; i++) {
    const value = y[i];
    for (let j = 0; j < cols; j++, at++) result[j] += data[at] * value;
  }
  return result;
}

/** xᵀ · x, shape (cols, cols). */
export function gram(x: Matrix): Float64Array {
  const { data, rows, cols } = x;
  const result = new Float64Array(cols * cols);
  for (let i = 0, offset = 0; i < rows; i++, offset += cols) {
    for (let j = 0; j < cols; j++) {
      const value = data[offset + j];
      for (let k = j; k < cols; k++) result[j * cols + k] += value * data[offset + k];
    }
  }
  for (let j = 0; j < cols; j++) for (let k = 0; k < j; k++) result[j * cols + k] = result[k * cols + j];
  return result;
}

/** Solves a · w = b for a positive definite matrix (Cholesky); null when it is not. `a` is overwritten. */
export function solvePositive(a: Float64Array, b: Float64Array): Float64Array | null {
  const n = b.length;
  for (let j = 0; j < n; j++) {
    let pivot = a[j * n + j];
    for (let k = 0; k < j; k++) pivot -= a[j * n + k] ** 2;
    if (!(pivot > 0)) return null;
    const root = Math.sqrt(pivot);
    a[j * n + j] = root;
    for (let i = j + 1; i < n; i++) {
      let value = a[i * n + j];
      for (let k = 0; k < j; k++) value -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = value / root;
    }
  }
  const w = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) w[i] -= a[i * n + k] * w[k];
    w[i] /= a[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) w[i] -= a[k * n + i] * w[k];
    w[i] /= a[i * n + i];
  }
  return w;
}
