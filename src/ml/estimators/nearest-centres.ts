/**
 * The nearest of some centres for each of many samples. Many samples are multiplied with the centres by `centre-scan.ts`, in
 * whose memory they stay from one look to the next, while centres move; where two centres are equally near but for
 * rounding, the distances are measured. So the answer is that of measuring all of them.
 */
import { Matrix } from "../data/matrix.ts";
import { type CentreScan, openCentreScan } from "./centre-scan.ts";
import { columnMeans } from "./kernels.ts";
import { blockBytes, lanes } from "./near-scan.ts";
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
  /** The number of the nearest centre of each sample, of equally near ones the first. The next call writes it anew. */
  find(centres: Matrix): Int32Array;
}

/** For many looks at the same samples, as centres move. */
export function openCentreFinder(x: Matrix, centres: number): CentreFinder {
  const bytes = Math.ceil(x.rows / lanes) * panelBytes(x.cols);
  if (x.rows < manyRows || bytes > mostBytes) return new PlainFinder(x);
  return new ScanFinder(x, columnMeans(x), centres, openCentreScan);
}

/** Rows of one look that are in memory together: as many as stay close to the processor. */
const rowsAtOnce = 2048;

/** The number of the nearest centre of each sample, by one look. */
export function nearestCentres(x: Matrix, centres: Matrix): Float64Array {
  if (x.rows < manyRows) return new Float64Array(new PlainFinder(x).find(centres));
  const labels = new Float64Array(x.rows);
  const means = columnMeans(centres);
  for (let first = 0; first < x.rows; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, x.rows - first);
    const part = new Matrix(count, x.cols, x.data.subarray(first * x.cols, (first + count) * x.cols));
    labels.set(new ScanFinder(part, means, centres.rows, keptScan).find(centres), first);
  }
  return labels;
}

let kept: CentreScan | null = null;
/** Memory beyond this is not kept. */
const mostKeptBytes = 4 * 1024 ** 2;

function keptScan(bytes: number): CentreScan {
  if (kept !== null && kept.memory.byteLength >= bytes) return kept;
  const scan = openCentreScan(bytes);
  if (bytes <= mostKeptBytes) kept = scan;
  return scan;
}

class PlainFinder implements CentreFinder {
  readonly #x: Matrix;
  readonly #labels: Int32Array;
  #squares = new Float64Array();

  constructor(x: Matrix) {
    this.#x = x;
    this.#labels = new Int32Array(x.rows);
  }

  find(centres: Matrix): Int32Array {
    for (let i = 0; i < this.#x.rows; i++) this.#labels[i] = this.nearest(i, centres);
    return this.#labels;
  }

  nearest(i: number, centres: Matrix): number {
    if (this.#squares.length !== centres.rows) this.#squares = new Float64Array(centres.rows);
    const squares = this.#squares;
    squaredDistances(this.#x.data, i * this.#x.cols, centres, squares);
    let nearest = 0;
    for (let k = 1; k < squares.length; k++) if (squares[k] < squares[nearest]) nearest = k;
    return nearest;
  }
}

const centresAt = 0;

class ScanFinder implements CentreFinder {
  readonly #x: Matrix;
  readonly #plain: PlainFinder;
  readonly #means: Float64Array;
  readonly #largestHalf: number;
  readonly #panels: number;
  readonly #panelsAt: number;
  readonly #labelsAt: number;
  readonly #changedAt: number;
  readonly #scan: CentreScan;
  /** The same memory as integers. */
  readonly #numbers: Int32Array;
  readonly #labels: Int32Array;

  /** @param means Any point near the samples and the centres. @param open Makes its memory, or one that is free again. */
  constructor(x: Matrix, means: Float64Array, centres: number, open: (bytes: number) => CentreScan) {
    this.#x = x;
    this.#plain = new PlainFinder(x);
    this.#means = means;
    this.#panels = Math.ceil(x.rows / lanes);
    this.#labelsAt = centresAt + Math.ceil(centres / lanes) * panelBytes(x.cols);
    this.#changedAt = this.#labelsAt + this.#panels * blockBytes;
    this.#panelsAt = this.#changedAt + Math.ceil(this.#panels / 4) * 16;
    this.#scan = open(this.#panelsAt + this.#panels * panelBytes(x.cols));
    const { memory } = this.#scan;
    this.#numbers = new Int32Array(memory.buffer);
    this.#labels = new Int32Array(x.rows);
    // No centre's number: all are told of at first.
    memory.fill(-1, this.#labelsAt / 8, this.#labelsAt / 8 + this.#panels * lanes);
    const part = { first: 0, panels: this.#panels, heads: null, pastLast: 0 };
    this.#largestHalf = placePanels(memory, this.#panelsAt, x, this.#means, part);
  }

  find(centres: Matrix): Int32Array {
    const halves = halfNorms(centres, this.#means);
    const sizes = this.#largestHalf + largest(halves);
    if (!canBeSquared(sizes)) return this.#plain.find(centres);
    const { cols } = this.#x;
    this.#placeCentres(centres, halves);
    const told = this.#scan.scan({
      panels: this.#panelsAt,
      count: this.#panels,
      features: cols,
      centres: centresAt,
      blocks: Math.ceil(centres.rows / lanes),
      labels: this.#labelsAt,
      changed: this.#changedAt,
      unsure: 2 * roundingOf(sizes, cols),
    });
    const { memory } = this.#scan;
    const labels = this.#labels;
    for (let n = 0; n < told; n++) {
      const first = this.#numbers[this.#changedAt / 4 + n] * lanes;
      const end = Math.min(first + lanes, labels.length);
      for (let i = first, at = this.#labelsAt / 8 + first; i < end; i++, at++)
        // Where two centres are nearly as near, they are measured.
        labels[i] = memory[at] < 0 ? this.#plain.nearest(i, centres) : memory[at];
    }
    return labels;
  }

  /** Minus half the norms of four centres, then their values. */
  #placeCentres(centres: Matrix, halves: Float64Array): void {
    const { memory } = this.#scan;
    for (let k = 0; k < centres.rows; k += lanes) {
      const at = centresAt + (k / lanes) * panelBytes(centres.cols);
      // Those past the last are infinitely far.
      for (let lane = 0; lane < lanes; lane++)
        memory[at / 8 + lane] = k + lane < centres.rows ? -halves[k + lane] : Number.NEGATIVE_INFINITY;
      placeQueries(memory, at + blockBytes, centres, this.#means, k);
    }
  }
}
