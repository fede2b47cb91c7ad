/** How samples and queries lie in the memory of `near-scan.ts`, and what its scores can be wrong by. */
import type { Matrix } from "../data/matrix.ts";
import { blockBytes, lanes } from "./near-scan.ts";

export function panelBytes(features: number): number {
  return (features + 1) * blockBytes;
}

/**
 * Places samples as panels of four, with their means taken off: distances stay, and there is less to lose to rounding.
 * What follows the last sample is zeros.
 *
 * @param at Where the first panel goes, in bytes.
 * @param heads What stands before the values of each sample, where something does; samples past the last have `pastLast`.
 * @returns the largest of half the squared norms.
 */
export function placePanels(
  memory: Float64Array,
  at: number,
  x: Matrix,
  means: Float64Array,
  {
    first,
    panels,
    heads,
    pastLast,
  }: { first: number; panels: number; heads: Float64Array | null; pastLast: number },
): number {
  let most = 0;
  for (let panel = 0; panel < panels; panel++) {
    const place = (at + panel * panelBytes(x.cols)) / 8;
    const sample = first + panel * lanes;
    for (let lane = 0; lane < lanes; lane++)
      memory[place + lane] = sample + lane < x.rows ? (heads?.[sample + lane] ?? 0) : pastLast;
    if (sample + lanes <= x.rows) most = Math.max(most, placeFour(memory, place + lanes, x, means, sample));
    else {
      placeQueries(memory, 8 * (place + lanes), x, means, sample);
      for (let i = sample; i < x.rows; i++) most = Math.max(most, halfNorm(x, i, means));
    }
  }
  return most;
}

/** Four samples that are all there; returns the largest of half their squared norms. */
function placeFour(
  memory: Float64Array,
  start: number,
  { data, cols }: Matrix,
  means: Float64Array,
  sample: number,
): number {
  const first = sample * cols;
  const second = first + cols;
  const third = second + cols;
  const fourth = third + cols;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let j = 0, place = start; j < cols; j++, place += lanes) {
    const mean = means[j];
    const p = data[first + j] - mean;
    const q = data[second + j] - mean;
    const r = data[third + j] - mean;
    const s = data[fourth + j] - mean;
    memory[place] = p;
    memory[place + 1] = q;
    memory[place + 2] = r;
    memory[place + 3] = s;
    a += p * p;
    b += q * q;
    c += r * r;
    d += s * s;
  }
  return Math.max(a, b, c, d) / 2;
}

/** Places the four rows from `first` on as queries, with the same means taken off. */
export function placeQueries(
  memory: Float64Array,
  at: number,
  { data, rows, cols }: Matrix,
  means: Float64Array,
  first: number,
): void {
  for (let lane = 0; lane < lanes; lane++) {
    const from = (first + lane) * cols;
    let place = at / 8 + lane;
    for (let j = 0; j < cols; j++, place += lanes)
      memory[place] = first + lane < rows ? data[from + j] - means[j] : 0;
  }
}

/** Half of ‖row − means‖², for each row. */
export function halfNorms(x: Matrix, means: Float64Array): Float64Array {
  const halves = new Float64Array(x.rows);
  for (let i = 0; i < x.rows; i++) halves[i] = halfNorm(x, i, means);
  return halves;
}

function halfNorm({ data, cols }: Matrix, i: number, means: Float64Array): number {
  let sum = 0;
  for (let j = 0, at = i * cols; j < cols; j++, at++) {
    const value = data[at] - means[j];
    sum += value * value;
  }
  return sum / 2;
}

export function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/**
 * At least what a score can be wrong by: sums of n products are right to n units in the last place of the sum of their sizes
 * (Higham, Accuracy and Stability of Numerical Algorithms, §3.1), with room for the norms and for taking off the means.
 *
 * @param halves Half the squared norms of both sides, added up.
 */
export function roundingOf(halves: number, features: number): number {
  return 4 * (features + 16) * Number.EPSILON * halves;
}

/** False when numbers are too large to be squared: then there are no scores. */
export function canBeSquared(halves: number): boolean {
  return Number.isFinite(8 * halves);
}
