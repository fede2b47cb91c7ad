/**
 * Products of columns: xᵀ · x and xᵀ · y of centred samples, by the scan of `near-scan.ts`. What is a sample to it is a
 * column here, and what is a feature is a row: it multiplies four columns with four columns, a part of the rows at a time.
 */
import type { Centred } from "./kernels.ts";
import { blockBytes, hitBytes, lanes, type NearScan, openNearScan } from "./near-scan.ts";
import { panelBytes } from "./panels.ts";

/** Rows of a part: as many as stay close to the processor. */
const rowsAtOnce = 256;
/** The scan that is used again and again, and the size of its memory. */
let kept: { readonly near: NearScan; readonly bytes: number } | null = null;

const limitsAt = 0;
const hitsAt = limitsAt + blockBytes;

/** Both sides of the normal equations: xᵀ · x, shape (cols, cols), and xᵀ · y. The targets go through as one more column. */
export function normalEquations(samples: Centred): { gram: Float64Array; gradient: Float64Array } {
  const { rows, cols } = samples.x;
  const blocks = Math.ceil((cols + 1) / lanes);
  const panelsAt = hitsAt + blocks * hitBytes;
  const near = scanOf(panelsAt + blocks * panelBytes(rowsAtOnce));
  // Every product is told of.
  near.memory.fill(Number.NEGATIVE_INFINITY, limitsAt / 8, limitsAt / 8 + lanes);
  const width = blocks * lanes;
  const sums = new Float64Array(width * width);
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const height = Math.min(rowsAtOnce, rows - first);
    for (let block = 0; block < blocks; block++)
      placeColumns(near.memory, panelsAt + block * panelBytes(height), samples, {
        first,
        height,
        column: block * lanes,
      });
    for (let block = 0; block < blocks; block++) {
      const panels = panelsAt + block * panelBytes(height);
      const count = blocks - block;
      const queries = panels + blockBytes;
      const told = near.scan({ panels, count, features: height, queries, limits: limitsAt, hits: hitsAt });
      addProducts(sums, near.memory, { block, count, told, width });
    }
  }
  return split(sums, width, cols);
}

/** Memory beyond this is not kept. */
const mostKeptBytes = 4 * 1024 ** 2;

function scanOf(bytes: number): NearScan {
  if (kept !== null && kept.bytes >= bytes) return kept.near;
  const near = openNearScan(bytes);
  if (bytes <= mostKeptBytes) kept = { near, bytes };
  return near;
}

interface Part {
  readonly first: number;
  readonly height: number;
  /** The first of four columns. */
  readonly column: number;
}

/** Four columns of some rows beside each other, with their means taken off, behind the zeros that their sums begin with. */
function placeColumns(memory: Float64Array, at: number, samples: Centred, part: Part): void {
  const { first, height, column } = part;
  const start = at / 8;
  memory.fill(0, start, start + lanes);
  if (column + lanes > samples.x.cols) {
    for (let lane = 0; lane < lanes; lane++) placeColumn(memory, start + lanes + lane, samples, part, lane);
    return;
  }
  const { data, cols } = samples.x;
  const a = samples.means[column];
  const b = samples.means[column + 1];
  const c = samples.means[column + 2];
  const d = samples.means[column + 3];
  let from = first * cols + column;
  for (let place = start + lanes; place < start + lanes * (height + 1); place += lanes, from += cols) {
    memory[place] = data[from] - a;
    memory[place + 1] = data[from + 1] - b;
    memory[place + 2] = data[from + 2] - c;
    memory[place + 3] = data[from + 3] - d;
  }
}

/** One column: of the samples, of the targets, or zeros where there is none. */
function placeColumn(
  memory: Float64Array,
  start: number,
  { x, y, means, yMean }: Centred,
  { first, height, column }: Part,
  lane: number,
): void {
  const j = column + lane;
  for (let r = 0, place = start; r < height; r++, place += lanes) {
    const i = first + r;
    if (j < x.cols) memory[place] = x.data[i * x.cols + j] - means[j];
    else memory[place] = j === x.cols ? y[i] - yMean : 0;
  }
}

/** Adds the products of a block of columns with itself and those after it. */
function addProducts(
  sums: Float64Array,
  memory: Float64Array,
  { block, count, told, width }: { block: number; count: number; told: number; width: number },
): void {
  // Scores that are no numbers are not told of: numbers too large to be squared.
  if (told < count) sums.fill(Number.NaN);
  for (let panel = 0; panel < told; panel++) {
    const scores = (hitsAt + panel * hitBytes + 16) / 8;
    for (let lane = 0; lane < lanes; lane++) {
      const into = (block * lanes + lane) * width + (block + panel) * lanes;
      for (let s = 0; s < lanes; s++) sums[into + s] += memory[scores + lane * lanes + s];
    }
  }
}

function split(
  sums: Float64Array,
  width: number,
  cols: number,
): { gram: Float64Array; gradient: Float64Array } {
  const gram = new Float64Array(cols * cols);
  const gradient = new Float64Array(cols);
  for (let j = 0; j < cols; j++) {
    for (let k = j; k < cols; k++) gram[j * cols + k] = gram[k * cols + j] = sums[j * width + k];
    gradient[j] = sums[j * width + cols];
  }
  return { gram, gradient };
}
