/**
 * The loops of k-means: first centres by k-means++ (Arthur & Vassilvitskii, SODA 2007), and Lloyd's iterations. Sums of
 * clusters are kept as samples come and go: in late iterations few do.
 */
import { Matrix } from "../data/matrix.ts";
import type { RandomState } from "../random-state.ts";
import { openCentreFinder, squaredDistance, squaredDistances } from "./nearest-centres.ts";

export interface Clusters {
  centres: Matrix;
  labels: Int32Array;
  inertia: number;
  iterations: number;
}

/** The sum of the samples' squared distances from the centres that they have. */
export function inertiaOf(x: Matrix, centres: Matrix, labels: Int32Array): number {
  const { data, rows, cols } = x;
  let inertia = 0;
  for (let i = 0; i < rows; i++)
    inertia += squaredDistance(data, i * cols, centres.data, labels[i] * cols, cols);
  return inertia;
}

/** @param limit Ends when the squares of the centres' moves add up to no more. */
export function lloyd(
  x: Matrix,
  start: Matrix,
  { maxIter, limit }: { maxIter: number; limit: number },
): Clusters {
  const finder = openCentreFinder(x, start.rows);
  const members = new Members(x, start);
  let iterations = 0;
  while (iterations < maxIter) {
    iterations++;
    const changed = members.assign(finder.find(members.centres));
    const moved = members.moveCentres();
    if (!changed || moved <= limit) break;
  }
  const { centres } = members;
  const labels = finder.find(centres).slice();
  return { centres, labels, inertia: inertiaOf(x, centres, labels), iterations };
}

/** Which sample belongs to which centre, with the sums of each cluster kept as samples come and go. */
class Members {
  centres: Matrix;
  readonly #labels: Int32Array;
  readonly #x: Matrix;
  readonly #sums: Float64Array;
  readonly #counts: Int32Array;

  constructor(x: Matrix, centres: Matrix) {
    this.#x = x;
    this.centres = centres;
    this.#labels = new Int32Array(x.rows).fill(-1);
    this.#sums = new Float64Array(centres.rows * x.cols);
    this.#counts = new Int32Array(centres.rows);
  }

  /** Gives each sample to the centre of that number; true when one changed. */
  assign(labels: Int32Array): boolean {
    let changed = false;
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] === this.#labels[i]) continue;
      this.#give(i, labels[i]);
      changed = true;
    }
    this.#fillEmpty();
    return changed;
  }

  /** Puts each centre at the mean of its samples; returns the sum of squared moves. */
  moveCentres(): number {
    const { centres } = this;
    const { cols } = this.#x;
    const next = new Matrix(centres.rows, cols);
    for (let k = 0, at = 0; k < centres.rows; k++)
      for (let j = 0; j < cols; j++, at++) next.data[at] = this.#sums[at] / this.#counts[k];
    this.centres = next;
    return squaredDistance(next.data, 0, centres.data, 0, next.data.length);
  }

  #give(i: number, label: number): void {
    const { data, cols } = this.#x;
    const before = this.#labels[i];
    for (let j = 0; j < cols; j++) {
      const value = data[i * cols + j];
      if (before >= 0) this.#sums[before * cols + j] -= value;
      this.#sums[label * cols + j] += value;
    }
    if (before >= 0) this.#counts[before]--;
    this.#counts[label]++;
    this.#labels[i] = label;
  }

  /** An empty cluster takes the sample that is farthest from its centre. */
  #fillEmpty(): void {
    for (let k = 0; k < this.#counts.length; k++) if (this.#counts[k] === 0) this.#give(this.#farthest(), k);
  }

  #farthest(): number {
    const { data, rows, cols } = this.#x;
    let found = 0;
    let most = -1;
    for (let i = 0; i < rows; i++) {
      const label = this.#labels[i];
      if (this.#counts[label] <= 1) continue;
      const square = squaredDistance(data, i * cols, this.centres.data, label * cols, cols);
      if (square <= most) continue;
      most = square;
      found = i;
    }
    return found;
  }
}

/** By k-means++: each next centre is the best of some samples that are drawn with their squared distance as weight. */
export function firstCentres(x: Matrix, clusters: number, random: RandomState): Matrix {
  const tries = 2 + Math.floor(Math.log(clusters));
  const chosen = [random.interval(x.rows - 1)];
  let nearest = distancesWithin(x, x.select(chosen), null)[0];
  while (chosen.length < clusters) {
    const candidates = Array.from({ length: tries }, () =>
      drawWeighted(nearest.squares, random.uniform() * nearest.total),
    );
    const found = distancesWithin(x, x.select(candidates), nearest.squares);
    let best = 0;
    for (let t = 1; t < tries; t++) if (found[t].total < found[best].total) best = t;
    chosen.push(candidates[best]);
    nearest = found[best];
  }
  return x.select(chosen);
}

interface Nearest {
  readonly squares: Float64Array;
  readonly total: number;
}

/** For each of the rows what the squared distances to the nearest centre would be with it as a centre, and their sum. */
function distancesWithin(x: Matrix, rows: Matrix, most: Float64Array | null): Nearest[] {
  const all = Array.from({ length: rows.rows }, () => new Float64Array(x.rows));
  const totals = new Float64Array(rows.rows);
  const squares = new Float64Array(rows.rows);
  for (let i = 0; i < x.rows; i++) {
    squaredDistances(x.data, i * x.cols, rows, squares);
    for (let t = 0; t < squares.length; t++) {
      const square = most === null ? squares[t] : Math.min(most[i], squares[t]);
      all[t][i] = square;
      totals[t] += square;
    }
  }
  return all.map((own, t) => ({ squares: own, total: totals[t] }));
}

function drawWeighted(weights: Float64Array, target: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i];
    if (sum > target) return i;
  }
  return weights.length - 1;
}
