/**
 * Trees as prediction goes through them: four of them in one block of memory, the children of a node beside each other. Few
 * samples are taken down here, many by `descent.ts`; both find the same leaves.
 *
 * Values are added up tree by tree, in the order of the trees: sums are those of going through them one after another.
 */
import type { Matrix } from "../data/matrix.ts";
import { abreast, type Descent, nodeBytes, openDescent } from "./descent.ts";
import type { Tree } from "./tree.ts";

/** Writes what a leaf adds to each output, from `at` on; `index` is the tree's. */
export type WriteLeaf = (
  leaf: { tree: Tree; index: number; node: number },
  into: Float64Array,
  at: number,
) => void;

const laidOut = new WeakMap<object, TreeWalk>();

/** The walk of a fitted model, which is laid out when it is first asked for. */
export function walkOf(state: object, layOut: () => TreeWalk): TreeWalk {
  let walk = laidOut.get(state);
  if (walk === undefined) laidOut.set(state, (walk = layOut()));
  return walk;
}

/** From here on samples are copied to the memory of `descent.ts`. */
const manySamples = 32;
/** Samples that are there together, in numbers: as many as stay close to the processor. */
const numbersAtOnce = 128 * 1024;

export class TreeWalk {
  readonly #outputs: number;
  readonly #groups: readonly TreeGroup[];

  constructor(trees: readonly Tree[], outputs: number, writeLeaf: WriteLeaf) {
    this.#outputs = outputs;
    this.#groups = Array.from(
      { length: Math.ceil(trees.length / abreast) },
      (_, group) => new TreeGroup(trees, group * abreast, outputs, writeLeaf),
    );
  }

  /** Adds the values of each sample's leaves to `sums`: row-major, samples × outputs. */
  addTo(sums: Float64Array, x: Matrix): void {
    if (x.rows < manySamples) return this.#addFew(sums, x);
    const samplesAtOnce = Math.max(manySamples, Math.floor(numbersAtOnce / x.cols));
    const largest = this.#groups.reduce((most, { bytes }) => Math.max(most, bytes), 0);
    const count = Math.min(samplesAtOnce, x.rows);
    const place = { samples: largest, leaves: largest + 8 * x.cols * count };
    const descent = descentOf(place.leaves + 4 * abreast * count);
    for (let first = 0; first < x.rows; first += samplesAtOnce)
      this.#addMany(sums, x, { first, last: Math.min(first + samplesAtOnce, x.rows), descent, ...place });
  }

  #addFew(sums: Float64Array, { data, rows, cols }: Matrix): void {
    const leaves = new Int32Array(abreast);
    for (const group of this.#groups)
      for (let i = 0; i < rows; i++) {
        group.findLeaves(data, i * cols, leaves);
        addValues(sums, i, group.values, leaves, this.#outputs);
      }
  }

  #addMany(sums: Float64Array, { data, cols }: Matrix, part: Part): void {
    const { first, last, descent, samples, leaves } = part;
    const { memory, integers, run } = descent;
    const count = last - first;
    memory.set(data.subarray(first * cols, last * cols), samples / 8);
    const found = integers.subarray(leaves / 4, leaves / 4 + abreast * count);
    for (const group of this.#groups) {
      memory.set(group.thresholds);
      const { roots, levels, isUneven } = group;
      run({ roots, levels, isUneven, samples, count, sampleBytes: 8 * cols, leaves });
      addValues(sums, first, group.values, found, this.#outputs);
    }
  }
}

interface Part {
  readonly first: number;
  readonly last: number;
  readonly descent: KeptDescent;
  /** Where they are in its memory; the trees are at its beginning. */
  readonly samples: number;
  readonly leaves: number;
}

/** Adds the values of the leaves of samples from `first` on, four leaves each. */
function addValues(
  sums: Float64Array,
  first: number,
  values: Float64Array,
  leaves: Int32Array,
  outputs: number,
): void {
  if (outputs === 1) {
    for (let at = 0, i = first; at < leaves.length; at += abreast, i++)
      sums[i] =
        sums[i] +
        values[leaves[at] >> 4] +
        values[leaves[at + 1] >> 4] +
        values[leaves[at + 2] >> 4] +
        values[leaves[at + 3] >> 4];
    return;
  }
  for (let at = 0; at < leaves.length; at++) {
    const from = (leaves[at] >> 4) * outputs;
    const to = (first + (at >> 2)) * outputs;
    for (let k = 0; k < outputs; k++) sums[to + k] += values[from + k];
  }
}

/** Four trees, or fewer: what is missing is a leaf that adds nothing. Nodes are named by how many bytes lie before them. */
class TreeGroup {
  readonly bytes: number;
  readonly roots: [number, number, number, number] = [0, 0, 0, 0];
  /** Values up to the threshold of a node go left. To the one of a leaf every value does, and stays. */
  readonly thresholds: Float64Array;
  readonly values: Float64Array;
  readonly #links: Int32Array;
  readonly #outputs: number;
  #shallowest = Number.POSITIVE_INFINITY;
  #deepest = 0;

  constructor(trees: readonly Tree[], first: number, outputs: number, writeLeaf: WriteLeaf) {
    const own = trees.slice(first, first + abreast);
    const nodes = own.reduce((sum, tree) => sum + tree.nodes, 1);
    this.bytes = nodeBytes * nodes;
    this.thresholds = new Float64Array(2 * nodes);
    this.#links = new Int32Array(this.thresholds.buffer);
    this.values = new Float64Array(nodes * outputs);
    this.#outputs = outputs;
    this.#placeLeaf(0);
    let free = 1;
    for (const [t, tree] of own.entries()) {
      this.roots[t] = free * nodeBytes;
      free = this.#place(tree, first + t, free, writeLeaf);
    }
  }

  /** Levels that no leaf lies above; a lone leaf stays where it is, too. */
  get levels(): number {
    return Math.max(1, Math.min(this.#shallowest, this.#deepest));
  }

  get isUneven(): boolean {
    return this.#deepest > this.levels;
  }

  /** Finds the leaves of the sample that begins at `at`. */
  findLeaves(data: Float64Array, at: number, leaves: Int32Array): void {
    const links = this.#links;
    const thresholds = this.thresholds;
    for (let t = 0; t < abreast; t++) {
      let before = -1;
      let node = this.roots[t];
      // Shifts: a quotient is no whole number to the compiler, and a slow index.
      while (node !== before) {
        before = node;
        const link = node >> 2;
        const isRight = Number(!(data[at + (links[link + 2] >> 3)] <= thresholds[node >> 3]));
        node = links[link + 3] + (isRight << 4);
      }
      leaves[t] = node;
    }
  }

  /** Children get the next two places; returns the first place that is left. */
  #place(tree: Tree, index: number, root: number, writeLeaf: WriteLeaf): number {
    let free = root + 1;
    const waiting = [{ node: 0, place: root, depth: 0 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { node, place, depth } = next;
      if (tree.isLeaf(node)) {
        this.#shallowest = Math.min(this.#shallowest, depth);
        this.#deepest = Math.max(this.#deepest, depth);
        this.#placeLeaf(place);
        writeLeaf({ tree, index, node }, this.values, place * this.#outputs);
        continue;
      }
      const { feature, threshold, left, right } = tree.innerNode(node);
      this.thresholds[2 * place] = threshold;
      this.#links[4 * place + 2] = 8 * feature;
      this.#links[4 * place + 3] = nodeBytes * free;
      waiting.push(
        { node: right, place: free + 1, depth: depth + 1 },
        { node: left, place: free, depth: depth + 1 },
      );
      free += 2;
    }
    return free;
  }

  #placeLeaf(place: number): void {
    this.thresholds[2 * place] = Number.POSITIVE_INFINITY;
    this.#links[4 * place + 3] = nodeBytes * place;
  }
}

type KeptDescent = Descent & { readonly integers: Int32Array };

/** The memory that is used again and again; what is larger is not kept. */
const mostKeptBytes = 32 * 1024 ** 2;
let kept: KeptDescent | null = null;

function descentOf(bytes: number): KeptDescent {
  if (kept !== null && kept.memory.byteLength >= bytes) return kept;
  const descent = openDescent(bytes);
  const opened = { ...descent, integers: new Int32Array(descent.memory.buffer) };
  if (bytes <= mostKeptBytes) kept = opened;
  return opened;
}
