/**
 * Thin singular value decomposition by one-sided Jacobi rotations: Hestenes (1958); Demmel & Veselić, "Jacobi's
 * method is more accurate than QR", SIAM J. Matrix Anal. Appl. 13 (1992). Tall matrices are first reduced to their
 * triangular factor by Householder reflections (Golub & Van Loan, Matrix Computations, §5.2), so that the sweeps cost
 * features³ rather than samples × features².
 */
import { Matrix } from "../data/matrix.ts";

/** Singular values, largest first, and the right singular vectors as rows, of a matrix (n × p). */
export function rightSingularVectors(a: Matrix): { values: Float64Array; vectors: Matrix } {
  const p = a.cols;
  const work = columnsOf(a.rows > p ? triangularFactor(a) : a);
  const v = Array.from({ length: p }, (_, j) => {
    const unit = new Float64Array(p);
    unit[j] = 1;
    return unit;
  });
  for (let sweep = 0; sweep < 60; sweep++) {
    if (!rotateAllPairs(work, v)) break;
  }
  const norms = work.map((column) => Math.sqrt(dot(column, column)));
  const order = norms.map((_, j) => j).sort((i, j) => norms[j] - norms[i]);
  return { values: Float64Array.from(order, (j) => norms[j]), vectors: Matrix.from(order.map((j) => v[j])) };
}

/** One sweep; false when every pair of columns is orthogonal to working precision. */
function rotateAllPairs(work: Float64Array[], v: Float64Array[]): boolean {
  let rotated = false;
  for (let i = 0; i < work.length - 1; i++) {
    for (let j = i + 1; j < work.length; j++) {
      const alpha = dot(work[i], work[i]);
      const beta = dot(work[j], work[j]);
      const gamma = dot(work[i], work[j]);
      if (gamma === 0 || Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta)) continue;
      rotated = true;
      const zeta = (beta - alpha) / (2 * gamma);
      const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
      const cosine = 1 / Math.hypot(1, tangent);
      rotate(work[i], work[j], cosine, cosine * tangent);
      rotate(v[i], v[j], cosine, cosine * tangent);
    }
  }
  return rotated;
}

function rotate(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let k = 0; k < a.length; k++) {
    const kept = a[k];
    a[k] = cosine * kept - sine * b[k];
    b[k] = sine * kept + cosine * b[k];
  }
}

/** R of A = QR, shape (p, p). */
function triangularFactor(a: Matrix): Matrix {
  const columns = columnsOf(a);
  for (let k = 0; k < a.cols; k++) {
    const tail = columns[k].subarray(k);
    const norm = Math.sqrt(dot(tail, tail));
    if (norm === 0) continue;
    const reflector = Float64Array.from(tail);
    reflector[0] += tail[0] < 0 ? -norm : norm;
    const length = dot(reflector, reflector);
    for (let j = k; j < a.cols; j++) {
      const target = columns[j].subarray(k);
      const factor = (2 * dot(reflector, target)) / length;
      for (let i = 0; i < target.length; i++) target[i] -= factor * reflector[i];
    }
  }
  const r = new Matrix(a.cols, a.cols);
  for (let i = 0; i < a.cols; i++) {
    for (let j = i; j < a.cols; j++) r.data[i * a.cols + j] = columns[j][i];
  }
  return r;
}

function columnsOf(a: Matrix): Float64Array[] {
  return Array.from({ length: a.cols }, (_, j) => a.column(j));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
