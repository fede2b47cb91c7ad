/**
 * Feature values replaced by the number of the interval they fall in, once per fit, so that a node finds its split by
 * counting instead of sorting. With no more distinct values than bins, every value has its own bin and splits are
 * exact; else bins hold about equally many samples (as LightGBM: Ke et al., NeurIPS 2017, §2).
 */
import type { Matrix } from "../data/matrix.ts";

export interface BinnedFeatures {
  samples: number;
  features: number;
  /** Column-major: the bin of sample i in feature j is at `j * samples + i`. */
  codes: Uint16Array;
  /** Per feature: smallest and largest value in each bin, from which thresholds are made. */
  lowest: Float64Array[];
  highest: Float64Array[];
}

/** At most `maxBins` (≤ 65 536) bins per feature. */
export function binFeatures(x: Matrix, maxBins: number): BinnedFeatures {
  const codes = new Uint16Array(x.rows * x.cols);
  const lowest: Float64Array[] = [];
  const highest: Float64Array[] = [];
  for (let j = 0; j < x.cols; j++) {
    const column = x.column(j);
    const sorted = Float64Array.from(column).sort();
    const starts = binStarts(sorted, maxBins);
    lowest.push(starts.map((at) => sorted[at]));
    highest.push(
      starts.map((_, bin) => sorted[(bin + 1 < starts.length ? starts[bin + 1] : sorted.length) - 1]),
    );
    const tops = highest[j];
    for (let i = 0; i < x.rows; i++) codes[j * x.rows + i] = lowerBound(tops, column[i]);
  }
  return { samples: x.rows, features: x.cols, codes, lowest, highest };
}

/** A threshold that separates two bins: halfway between the values next to each other. */
export function thresholdBetween(
  binned: BinnedFeatures,
  feature: number,
  left: number,
  right: number,
): number {
  const below = binned.highest[feature][left];
  const above = binned.lowest[feature][right];
  const middle = below / 2 + above / 2;
  // Halfway between neighbouring floats rounds to one of them; a value equal to the threshold goes left.
  return middle >= above || middle < below ? below : middle;
}

/** Positions in the sorted values where a new bin begins; equal values are never parted. */
function binStarts(sorted: Float64Array, maxBins: number): Float64Array {
  const distinct: number[] = [0];
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) distinct.push(i);
  if (distinct.length <= maxBins) return Float64Array.from(distinct);
  const starts: number[] = [0];
  for (let at = 1; at < distinct.length; at++) {
    const wanted = (starts.length * sorted.length) / maxBins;
    if (distinct[at] >= wanted && starts.length < maxBins) starts.push(distinct[at]);
  }
  return Float64Array.from(starts);
}

/** The first position whose value is not smaller. */
function lowerBound(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
