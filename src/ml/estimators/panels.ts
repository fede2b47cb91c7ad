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
 * @param heads What stands before the values of each sample; samples past the last have `pastLast`.
 */
export function placePanels(
  memory: Float64Array,
  at: number,
  { data, rows, cols }: Matrix,
  means: Float64Array,
  {
    first,
    panels,
    heads,
    pastLast,
  }: { first: number; panels: number; heads: Float64Array; pastLast: number },
): void {
  for (let n = 0; n < panels * lanes; n++) {
    const sample = first + n;
    const lane = n % lanes;
    let place = at / 8 + ((n - lane) / lanes) * (cols + 1) * lanes + lane;
    memory[place] = sample < rows ? heads[sample] : pastLast;
    for (let j = 0; j < cols; j++) {
      place += lanes;
      memory[place] = sample < rows ? data[sample * cols + j] - means[j] : 0;
    }
  }
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
export function halfNorms({ data, rows, cols }: Matrix, means: Float64Array): Float64Array {
  const halves = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++, at++) {
      const value = data[at] - means[j];
      sum += value * value;
    }
    halves[i] = sum / 2;
  }
  return halves;
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
