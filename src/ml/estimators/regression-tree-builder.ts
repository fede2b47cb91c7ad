/**
 * Grows one regression tree on binned features, depth first: CART with the criterion of least squares, which ranks splits
 * as Friedman's does. A builder owns the scratch memory and is used for many trees of one fit. A node's split is found by
 * adding up targets per bin, or, in small nodes, by sorting the few samples by bin.
 */
import { type BinnedFeatures, thresholdBetween } from "./binning.ts";
import { FastRandom } from "./fast-random.ts";
import { Tree } from "./tree.ts";
import type { GrowthOptions } from "./tree-builder.ts";

/** Up to this many samples a node sorts; beyond it adds up per bin. */
const sortLimit = 40;

export class RegressionTreeBuilder {
  readonly #binned: BinnedFeatures;
  readonly #options: GrowthOptions;
  /** Rows of the tree's samples; a node is a stretch of it. */
  readonly #rows: Int32Array;
  readonly #moved: Int32Array;
  readonly #weights: Int32Array;
  /** Targets and weights of the samples of the node at hand, at the positions of `#rows`. */
  readonly #targets: Float64Array;
  readonly #slotWeights: Int32Array;
  readonly #features: Int32Array;
  /** Sum of targets and weight per bin; all zero between uses. */
  readonly #sums: Float64Array;
  readonly #counts: Int32Array;
  readonly #sizes: Int32Array;
  readonly #keys = new Int32Array(sortLimit);
  readonly #order = new Int32Array(sortLimit);
  /** Of each sample of the last tree the leaf in which it stands; −1 for those that were not drawn. */
  readonly leafOf: Int32Array;
  #random = new FastRandom(0);
  #sum = 0;
  #weight = 0;
  #bestScore = 0;
  #bestFeature = -1;
  #bestLeftBin = 0;
  #bestRightBin = 0;

  constructor(binned: BinnedFeatures, options: GrowthOptions) {
    this.#binned = binned;
    this.#options = options;
    this.#rows = new Int32Array(binned.samples);
    this.#moved = new Int32Array(binned.samples);
    this.#weights = new Int32Array(binned.samples);
    this.#targets = new Float64Array(binned.samples);
    this.#slotWeights = new Int32Array(binned.samples);
    this.#features = Int32Array.from({ length: binned.features }, (_, j) => j);
    const bins = Math.max(...binned.highest.map((tops) => tops.length));
    this.#sums = new Float64Array(bins);
    this.#counts = new Int32Array(bins);
    this.#sizes = new Int32Array(bins);
    this.leafOf = new Int32Array(binned.samples);
  }

  /** `weights` says how often each sample counts; a leaf's value is the mean of its targets. */
  grow(seed: number, targets: ArrayLike<number>, weights?: Int32Array): Tree {
    this.#random = new FastRandom(seed);
    const size = this.#takeSamples(weights);
    const tree = new Tree(this.#binned.features, 1);
    const value = new Float64Array(1);
    const stack = [{ start: 0, end: size, depth: 0, parent: -1, left: false }];
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      const { start, end, depth, parent, left } = part;
      const varies = this.#addUp(start, end, targets);
      value[0] = this.#sum / this.#weight;
      const node = tree.addNode(value, parent, left);
      if (!varies || !this.#maySplit(start, end, depth) || !this.#findSplit(start, end)) {
        for (let at = start; at < end; at++) this.leafOf[this.#rows[at]] = node;
        continue;
      }
      const feature = this.#bestFeature;
      const leftBin = this.#bestLeftBin;
      const threshold = thresholdBetween(this.#binned, feature, leftBin, this.#bestRightBin);
      tree.split(node, feature, threshold, this.#bestScore - this.#sum ** 2 / this.#weight);
      const middle = this.#partition(start, end, feature, leftBin);
      stack.push({ start: middle, end, depth: depth + 1, parent: node, left: false });
      stack.push({ start, end: middle, depth: depth + 1, parent: node, left: true });
    }
    return tree.finish();
  }

  /** A bootstrap sample of as many rows as there are. */
  bootstrap(seed: number): Int32Array {
    const random = new FastRandom(seed);
    const weights = new Int32Array(this.#binned.samples);
    for (let i = 0; i < weights.length; i++) weights[random.below(weights.length)]++;
    return weights;
  }

  #takeSamples(weights: Int32Array | undefined): number {
    this.leafOf.fill(-1);
    let size = 0;
    for (let i = 0; i < this.#weights.length; i++) {
      this.#weights[i] = weights === undefined ? 1 : weights[i];
      if (this.#weights[i] > 0) this.#rows[size++] = i;
    }
    return size;
  }

  /** Sums of the node; false when all its targets are equal. */
  #addUp(start: number, end: number, targets: ArrayLike<number>): boolean {
    const first = targets[this.#rows[start]];
    let sum = 0;
    let weight = 0;
    let varies = false;
    for (let at = start; at < end; at++) {
      const row = this.#rows[at];
      const target = targets[row];
      this.#targets[at] = target;
      this.#slotWeights[at] = this.#weights[row];
      sum += target * this.#weights[row];
      weight += this.#weights[row];
      if (target !== first) varies = true;
    }
    this.#sum = sum;
    this.#weight = weight;
    return varies;
  }

  #maySplit(start: number, end: number, depth: number): boolean {
    const { maxDepth, minSamplesSplit, minSamplesLeaf } = this.#options;
    const size = end - start;
    return depth < maxDepth && size >= minSamplesSplit && size >= 2 * minSamplesLeaf;
  }

  /** Looks at features in random order until enough that vary have been seen; false when none splits the node. */
  #findSplit(start: number, end: number): boolean {
    this.#bestScore = Number.NEGATIVE_INFINITY;
    this.#bestFeature = -1;
    const features = this.#features;
    let seen = 0;
    for (let left = features.length; left > 0 && seen < this.#options.maxFeatures; left--) {
      const drawn = left === 1 ? 0 : this.#random.below(left);
      const feature = features[drawn];
      features[drawn] = features[left - 1];
      features[left - 1] = feature;
      const small = end - start <= sortLimit;
      if (small ? this.#trySorted(feature, start, end) : this.#tryBinned(feature, start, end)) seen++;
    }
    return this.#bestFeature !== -1;
  }

  #tryBinned(feature: number, start: number, end: number): boolean {
    const offset = feature * this.#binned.samples;
    const { codes } = this.#binned;
    const sums = this.#sums;
    const counts = this.#counts;
    const sizes = this.#sizes;
    const rows = this.#rows;
    let low = 65536;
    let high = -1;
    for (let at = start; at < end; at++) {
      const bin = codes[offset + rows[at]];
      const weight = this.#slotWeights[at];
      sums[bin] += this.#targets[at] * weight;
      counts[bin] += weight;
      sizes[bin]++;
      if (bin < low) low = bin;
      if (bin > high) high = bin;
    }
    if (low < high) this.#scan(feature, low, high, end - start);
    sums.fill(0, low, high + 1);
    counts.fill(0, low, high + 1);
    sizes.fill(0, low, high + 1);
    return low < high;
  }

  #scan(feature: number, low: number, high: number, size: number): void {
    const least = this.#options.minSamplesLeaf;
    let leftSum = 0;
    let leftWeight = 0;
    let leftSize = 0;
    let before = -1;
    for (let bin = low; bin <= high; bin++) {
      if (this.#sizes[bin] === 0) continue;
      if (before !== -1 && leftSize >= least && size - leftSize >= least)
        this.#consider(feature, before, bin, leftSum, leftWeight);
      leftSum += this.#sums[bin];
      leftWeight += this.#counts[bin];
      leftSize += this.#sizes[bin];
      before = bin;
    }
  }

  #trySorted(feature: number, start: number, end: number): boolean {
    const offset = feature * this.#binned.samples;
    const { codes } = this.#binned;
    const keys = this.#keys;
    const order = this.#order;
    const size = end - start;
    for (let i = 0; i < size; i++) {
      const bin = codes[offset + this.#rows[start + i]];
      let at = i;
      for (; at > 0 && keys[at - 1] > bin; at--) {
        keys[at] = keys[at - 1];
        order[at] = order[at - 1];
      }
      keys[at] = bin;
      order[at] = start + i;
    }
    if (keys[0] === keys[size - 1]) return false;
    const least = this.#options.minSamplesLeaf;
    let leftSum = 0;
    let leftWeight = 0;
    for (let i = 0; i < size; i++) {
      if (i > 0 && keys[i] !== keys[i - 1] && i >= least && size - i >= least)
        this.#consider(feature, keys[i - 1], keys[i], leftSum, leftWeight);
      const at = order[i];
      leftSum += this.#targets[at] * this.#slotWeights[at];
      leftWeight += this.#slotWeights[at];
    }
    return true;
  }

  /** Keeps the split with the largest Σ² / weight of both sides; a later one must be better. */
  #consider(feature: number, leftBin: number, rightBin: number, leftSum: number, leftWeight: number): void {
    const rightSum = this.#sum - leftSum;
    const score = (leftSum * leftSum) / leftWeight + (rightSum * rightSum) / (this.#weight - leftWeight);
    if (score <= this.#bestScore) return;
    this.#bestScore = score;
    this.#bestFeature = feature;
    this.#bestLeftBin = leftBin;
    this.#bestRightBin = rightBin;
  }

  /** Moves the rows that go left before the ones that go right, both in their order. */
  #partition(start: number, end: number, feature: number, leftBin: number): number {
    const offset = feature * this.#binned.samples;
    let middle = start;
    let right = 0;
    for (let at = start; at < end; at++) {
      const row = this.#rows[at];
      if (this.#binned.codes[offset + row] <= leftBin) this.#rows[middle++] = row;
      else this.#moved[right++] = row;
    }
    for (let i = 0; i < right; i++) this.#rows[middle + i] = this.#moved[i];
    return middle;
  }
}
