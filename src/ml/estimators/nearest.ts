/**
 * The nearest samples of each of many rows, by Euclidean distance. Two ways to the same answer, to the last bit:
 *
 * - few rows: all samples are gone through, and each is left as soon as it is farther than the k-th found so far;
 * - many rows: `near-scan.ts` tells which samples may be near by ‖a − b‖² = ‖a‖² + ‖b‖² − 2ab, and only those are measured.
 *   What that formula loses to rounding is added to the limit, so that none is passed over.
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

/** Nearest first; of equally near ones the first. */
export interface Found {
  readonly rows: Int32Array;
  readonly distances: Float64Array;
}

/** Below it the samples are gone through faster than they are brought into the order of the scan. */
const manyRows = 32;

/** @param count At most as many as there are samples. */
export function nearestOfAll(samples: Matrix, rows: Matrix, count: number): Found[] {
  const found = Array.from({ length: rows.rows }, () => new Nearest(count));
  if (rows.rows < manyRows || !new Scan(samples, rows, found).run())
    for (const [i, nearest] of found.entries()) goThrough(samples, rows, i, nearest);
  return found.map(({ rows: own, squares }) => ({ rows: own, distances: squares.map(Math.sqrt) }));
}

/** The nearest ones of one row so far. */
class Nearest {
  readonly rows: Int32Array;
  readonly squares: Float64Array;
  /** What a sample has to be nearer than. */
  limit = Number.POSITIVE_INFINITY;

  constructor(count: number) {
    this.rows = new Int32Array(count).fill(-1);
    this.squares = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  }

  add(row: number, square: number): void {
    const { rows, squares } = this;
    let at = squares.length - 1;
    for (; at > 0 && squares[at - 1] > square; at--) {
      squares[at] = squares[at - 1];
      rows[at] = rows[at - 1];
    }
    squares[at] = square;
    rows[at] = row;
    this.limit = squares[squares.length - 1];
  }
}

function goThrough(samples: Matrix, rows: Matrix, i: number, nearest: Nearest): void {
  for (let sample = 0; sample < samples.rows; sample++) measure(samples, sample, rows, i, nearest);
}

function measure(samples: Matrix, sample: number, rows: Matrix, i: number, nearest: Nearest): void {
  const { cols, data } = samples;
  const { limit } = nearest;
  const from = sample * cols;
  const to = i * cols;
  let square = 0;
  for (let j = 0; j < cols && square < limit; j++) {
    const gap = data[from + j] - rows.data[to + j];
    square += gap * gap;
  }
  if (square < limit) nearest.add(sample, square);
}

/** Bytes of samples that are in memory together: as much as a processor keeps close. */
const closeBytes = 256 * 1024;
/** Panels between two looks at the limits: few at first, when every sample seems near. */
const fewestPanels = 16;
const mostPanels = 256;

const limitsAt = 0;
const queriesAt = limitsAt + blockBytes;

/** A scan of the samples, a part of them at a time, for all rows, four at a time. */
class Scan {
  readonly #samples: Matrix;
  readonly #rows: Matrix;
  readonly #found: readonly Nearest[];
  readonly #means: Float64Array;
  /** Minus half the squared norms of the samples. */
  readonly #heads: Float64Array;
  readonly #rowHalves: Float64Array;
  /** Of the samples. */
  readonly #largestHalf: number;

  constructor(samples: Matrix, rows: Matrix, found: readonly Nearest[]) {
    this.#samples = samples;
    this.#rows = rows;
    this.#found = found;
    this.#means = columnMeans(samples);
    const halves = halfNorms(samples, this.#means);
    this.#heads = halves.map((half) => -half);
    this.#rowHalves = halfNorms(rows, this.#means);
    this.#largestHalf = largest(halves);
  }

  /** False when numbers are too large to be squared, and nothing was looked for. */
  run(): boolean {
    if (!canBeSquared(this.#largestHalf + largest(this.#rowHalves))) return false;
    const { rows: total, cols } = this.#samples;
    const panelsAtOnce = Math.max(1, Math.floor(closeBytes / panelBytes(cols)));
    const hitsAt = queriesAt + cols * blockBytes;
    const panelsAt = hitsAt + mostPanels * hitBytes;
    const near = openNearScan(panelsAt + panelsAtOnce * panelBytes(cols));
    const memory: Memory = { near, hitsAt, panelsAt, numbers: new Int32Array(near.memory.buffer) };
    for (let first = 0; first < total; first += panelsAtOnce * lanes) {
      const panels = Math.min(panelsAtOnce, Math.ceil((total - first) / lanes));
      // Samples past the last are infinitely far.
      const part = { first, panels, heads: this.#heads, pastLast: Number.NEGATIVE_INFINITY };
      placePanels(near.memory, panelsAt, this.#samples, this.#means, part);
      for (let row = 0; row < this.#rows.rows; row += lanes) {
        placeQueries(near.memory, queriesAt, this.#rows, this.#means, row);
        this.#scanPanels(memory, row, first, panels);
      }
    }
    return true;
  }

  #scanPanels(memory: Memory, row: number, first: number, panels: number): void {
    const { near, hitsAt, panelsAt } = memory;
    const features = this.#samples.cols;
    const places = { features, queries: queriesAt, limits: limitsAt, hits: hitsAt };
    let size = first === 0 ? fewestPanels : mostPanels;
    for (let done = 0; done < panels; ) {
      const count = Math.min(size, panels - done);
      this.#placeLimits(memory, row);
      const hits = near.scan({ ...places, panels: panelsAt + done * panelBytes(features), count });
      for (let hit = 0; hit < hits; hit++) this.#take(memory, hit, row, first + done * lanes);
      done += count;
      size = Math.min(2 * size, mostPanels);
    }
  }

  /** Measures what a hit says may be near, in the order of the samples. */
  #take({ near, hitsAt, numbers }: Memory, hit: number, row: number, first: number): void {
    const { memory } = near;
    const at = hitsAt + hit * hitBytes;
    const sample = first + numbers[at / 4] * lanes;
    const rows = Math.min(lanes, this.#rows.rows - row);
    for (let lane = 0; lane < rows; lane++) {
      const limit = memory[limitsAt / 8 + lane];
      const scores = (at + 16 + lane * blockBytes) / 8;
      for (let s = 0; s < lanes; s++)
        if (memory[scores + s] > limit)
          measure(this.#samples, sample + s, this.#rows, row + lane, this.#found[row + lane]);
    }
  }

  /** A sample is nearer than the limit when its score is over (‖row‖² − limit) / 2. Rows past the last want none. */
  #placeLimits({ near: { memory } }: Memory, row: number): void {
    const { cols } = this.#samples;
    for (let lane = 0; lane < lanes; lane++) {
      const half = this.#rowHalves[row + lane];
      memory[limitsAt / 8 + lane] =
        half === undefined
          ? Number.POSITIVE_INFINITY
          : half - this.#found[row + lane].limit / 2 - roundingOf(half + this.#largestHalf, cols);
    }
  }
}

/** Where things lie in the memory of the scan, in bytes. */
interface Memory {
  readonly near: NearScan;
  readonly hitsAt: number;
  readonly panelsAt: number;
  /** The same memory as integers. */
  readonly numbers: Int32Array;
}
