/**
 * The nearest of some centres for each of many samples. Many samples are multiplied with the centres by `near-scan.ts`, in whose
 * memory they stay from one look to the next, while centres move; where two centres are equally near but for rounding, the
 * distances are measured. So the answer is that of measuring all of them.
 */
import type { Matrix } from "../data/matrix.ts";
import { columnMeans } from "./kernels.ts";
import { blockBytes, hitBytes, lanes, type NearScan, openNearScan } from "./near-scan.ts";
import {
  canBeSquared,
  halfNorms,
  largest,
  panelBytes,
  placePanels,
  placeQueries,
  roundingOf,
} from "./panels.ts";

/** Below it samples are measured faster than they are brought into the order of the scan. */
const manyRows = 500;
/** Beyond it they are measured where they are, rather than copied. */
const mostBytes = 1024 ** 3;
/** Panels between two looks at scores: as many as stay close to the processor. */
const panelsAtOnce = 128;

/** Squared distances of the sample at `offset` to all centres, written to `out`. Four centres go together. */
export function squaredDistances(
  samples: Float64Array,
  offset: number,
  centres: Matrix,
  out: Float64Array,
): void {
  const { data, rows, cols } = centres;
  let k = 0;
  for (; k + 3 < rows; k += 4) {
    const first = k * cols;
    const second = first + cols;
    const third = second + cols;
    const fourth = third + cols;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < cols; j++) {
      const value = samples[offset + j];
      const p = value - data[first + j];
      const q = value - data[second + j];
      const r = value - data[third + j];
      const s = value - data[fourth + j];
      a += p * p;
      b += q * q;
      c += r * r;
      d += s * s;
    }
    out[k] = a;
    out[k + 1] = b;
    out[k + 2] = c;
    out[k + 3] = d;
  }
  for (; k < rows; k++) out[k] = squaredDistance(samples, offset, data, k * cols, cols);
}

export function squaredDistance(
  a: Float64Array,
  aOffset: number,
  b: Float64Array,
  bOffset: number,
  length: number,
): number {
  let sum = 0;
  for (let j = 0; j < length; j++) {
    const gap = a[aOffset + j] - b[bOffset + j];
    sum += gap * gap;
  }
  return sum;
}

export interface CentreFinder {
  /** Writes the number of the nearest centre of each sample; of equally near ones the first. */
  find(centres: Matrix, labels: Int32Array): void;
}

export function openCentreFinder(x: Matrix, centres: number): CentreFinder {
  const plain = new PlainFinder(x);
  const bytes = Math.ceil(x.rows / lanes) * panelBytes(x.cols);
  return x.rows < manyRows || bytes > mostBytes ? plain : new ScanFinder(x, centres, plain);
}

class PlainFinder implements CentreFinder {
  readonly #x: Matrix;

  constructor(x: Matrix) {
    this.#x = x;
  }

  find(centres: Matrix, labels: Int32Array): void {
    const squares = new Float64Array(centres.rows);
    for (let i = 0; i < this.#x.rows; i++) labels[i] = this.nearest(i, centres, squares);
  }

  nearest(i: number, centres: Matrix, squares: Float64Array): number {
    squaredDistances(this.#x.data, i * this.#x.cols, centres, squares);
    let nearest = 0;
    for (let k = 1; k < squares.length; k++) if (squares[k] < squares[nearest]) nearest = k;
    return nearest;
  }
}

/** Numbers of 64 bits in a hit. */
const hitNumbers = hitBytes / 8;

const limitsAt = 0;
const queriesAt = limitsAt + blockBytes;

class ScanFinder implements CentreFinder {
  readonly #x: Matrix;
  readonly #plain: PlainFinder;
  readonly #means: Float64Array;
  readonly #largestHalf: number;
  readonly #near: NearScan;
  readonly #hitsAt: number;
  readonly #panelsAt: number;
  /** Where the first score is, counted in numbers of 64 bits: an index that is no whole number to the compiler is slow. */
  readonly #scoresAt: number;
  /** Of one sample, by centre. */
  readonly #scores: Float64Array;

  constructor(x: Matrix, centres: number, plain: PlainFinder) {
    this.#x = x;
    this.#plain = plain;
    this.#means = columnMeans(x);
    this.#largestHalf = largest(halfNorms(x, this.#means));
    this.#scores = new Float64Array(centres);
    const blocks = Math.ceil(centres / lanes);
    const panels = Math.ceil(x.rows / lanes);
    this.#hitsAt = queriesAt + blocks * x.cols * blockBytes;
    this.#scoresAt = (this.#hitsAt + 16) / 8;
    this.#panelsAt = this.#hitsAt + blocks * panelsAtOnce * hitBytes;
    this.#near = openNearScan(this.#panelsAt + panels * panelBytes(x.cols));
    const { memory } = this.#near;
    // Every sample is told of: it is asked for the nearest centre, not the other way round.
    memory.fill(Number.NEGATIVE_INFINITY, limitsAt / 8, limitsAt / 8 + lanes);
    const part = { first: 0, panels, heads: new Float64Array(x.rows), pastLast: 0 };
    placePanels(memory, this.#panelsAt, x, this.#means, part);
  }

  find(centres: Matrix, labels: Int32Array): void {
    const halves = halfNorms(centres, this.#means);
    const sizes = this.#largestHalf + largest(halves);
    if (!canBeSquared(sizes)) return this.#plain.find(centres, labels);
    const { rows, cols } = this.#x;
    for (let k = 0; k < centres.rows; k += lanes)
      placeQueries(this.#near.memory, queriesAt + k * cols * 8, centres, this.#means, k);
    const unsure = 2 * roundingOf(sizes, cols);
    const squares = new Float64Array(centres.rows);
    for (let first = 0; first < rows; first += panelsAtOnce * lanes) {
      const count = Math.min(panelsAtOnce, Math.ceil((rows - first) / lanes));
      this.#score(first / lanes, count, centres.rows);
      for (let panel = 0, i = first; panel < count; panel++)
        for (let lane = 0; lane < lanes && i < rows; lane++, i++) {
          const sure = this.#best(this.#scoresAt + panel * hitNumbers + lane, halves, unsure);
          labels[i] = sure < 0 ? this.#plain.nearest(i, centres, squares) : sure;
        }
    }
  }

  /** The scores of some panels by all centres, a list for each four centres. */
  #score(panel: number, count: number, centres: number): void {
    const features = this.#x.cols;
    for (let k = 0; k < centres; k += lanes)
      this.#near.scan({
        panels: this.#panelsAt + panel * panelBytes(features),
        count,
        features,
        queries: queriesAt + k * features * 8,
        limits: limitsAt,
        hits: this.#hitsAt + (k / lanes) * panelsAtOnce * hitBytes,
      });
  }

  /**
   * The centre with the highest score of one sample of those that were scored last; −1 when another may be as near.
   *
   * @param from Where its score by the first centre is.
   */
  #best(from: number, halves: Float64Array, unsure: number): number {
    const { memory } = this.#near;
    const count = halves.length;
    const scores = this.#scores;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0, at = from; k < count; k += lanes, at += panelsAtOnce * hitNumbers) {
      const end = Math.min(k + lanes, count);
      for (let one = k, place = at; one < end; one++, place += lanes) {
        const score = memory[place] - halves[one];
        scores[one] = score;
        highest = Math.max(highest, score);
      }
    }
    // A comparison that is nearly always false costs less than one for each new highest score.
    const least = highest - unsure;
    let best = -1;
    for (let k = 0; k < count; k++) {
      if (scores[k] < least) continue;
      if (best >= 0) return -1;
      best = k;
    }
    return best;
  }
}
