/**
 * Grows one classification tree: CART (Breiman, Friedman, Olshen & Stone, 1984) with the Gini criterion on binned
 * features, depth first. A builder owns the scratch memory and is used for many trees of one fit.
 *
 * A node's split is found in one of two ways, whichever touches less memory: counting classes per bin, or, in small
 * nodes, sorting the few samples by bin.
 */
import { type BinnedFeatures, thresholdBetween } from "./binning.ts";
import { FastRandom } from "./fast-random.ts";
import { Tree } from "./tree.ts";

export interface GrowthOptions {
  maxDepth: number;
  minSamplesSplit: number;
  minSamplesLeaf: number;
  /** How many features that are not constant in the node are looked at. */
  maxFeatures: number;
}

/** Up to this many samples a node sorts; beyond it counts per bin. */
const sortLimit = 40;

export class TreeBuilder {
  readonly #binned: BinnedFeatures;
  readonly #classOf: Int32Array;
  readonly #classes: number;
  readonly #options: GrowthOptions;
  /** Rows of the tree's samples; a node is a stretch of it. */
  readonly #rows: Int32Array;
  readonly #moved: Int32Array;
  readonly #weights: Int32Array;
  /** Class and weight of the samples of the node at hand, at the positions of `#rows`. */
  readonly #slots: Int32Array;
  readonly #slotWeights: Int32Array;
  readonly #features: Int32Array;
  /** Class weights per bin, `bin * classes + class`; all zero between uses. */
  readonly #histogram: Int32Array;
  /** Samples per bin, kept only where a least leaf size needs them; all zero between uses. */
  readonly #binSizes: Int32Array;
  readonly #nodeCounts: Float64Array;
  readonly #leftCounts: Float64Array;
  readonly #keys = new Int32Array(sortLimit);
  readonly #order = new Int32Array(sortLimit);
  #random = new FastRandom(0);
  #bestScore = 0;
  #bestFeature = -1;
  #bestLeftBin = 0;
  #bestRightBin = 0;

  constructor(binned: BinnedFeatures, classOf: Int32Array, classes: number, options: GrowthOptions) {
    this.#binned = binned;
    this.#classOf = classOf;
    this.#classes = classes;
    this.#options = options;
    this.#rows = new Int32Array(binned.samples);
    this.#moved = new Int32Array(binned.samples);
    this.#weights = new Int32Array(binned.samples);
    this.#slots = new Int32Array(binned.samples);
    this.#slotWeights = new Int32Array(binned.samples);
    this.#features = Int32Array.from({ length: binned.features }, (_, j) => j);
    const bins = Math.max(...binned.highest.map((tops) => tops.length));
    this.#histogram = new Int32Array(bins * classes);
    this.#binSizes = new Int32Array(bins);
    this.#nodeCounts = new Float64Array(classes);
    this.#leftCounts = new Float64Array(classes);
  }

  /** One tree; `bootstrap` draws as many samples as there are, with replacement. */
  grow(seed: number, bootstrap: boolean): Tree {
    this.#random = new FastRandom(seed);
    const size = this.#drawSamples(bootstrap);
    const tree = new Tree(this.#binned.features, this.#classes);
    const stack: { start: number; end: number; depth: number; parent: number; left: boolean }[] = [
      { start: 0, end: size, depth: 0, parent: -1, left: false },
    ];
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      const { start, end, depth, parent, left } = part;
      const node = tree.addNode(this.#countClasses(start, end), parent, left);
      const weight = tree.weightOf(node);
      if (!this.#maySplit(start, end, depth, weight) || !this.#findSplit(start, end)) continue;
      const feature = this.#bestFeature;
      const threshold = thresholdBetween(this.#binned, feature, this.#bestLeftBin, this.#bestRightBin);
      tree.split(node, feature, threshold, this.#impurityDecrease(weight));
      const middle = this.#partition(start, end, feature, this.#bestLeftBin);
      stack.push({ start: middle, end, depth: depth + 1, parent: node, left: false });
      stack.push({ start, end: middle, depth: depth + 1, parent: node, left: true });
    }
    return tree.finish();
  }

  #drawSamples(bootstrap: boolean): number {
    const { samples } = this.#binned;
    this.#weights.fill(bootstrap ? 0 : 1);
    if (bootstrap) for (let i = 0; i < samples; i++) this.#weights[this.#random.below(samples)]++;
    let size = 0;
    for (let i = 0; i < samples; i++) if (this.#weights[i] > 0) this.#rows[size++] = i;
    return size;
  }

  #countClasses(start: number, end: number): Float64Array {
    this.#nodeCounts.fill(0);
    for (let at = start; at < end; at++) {
      const row = this.#rows[at];
      const slot = this.#classOf[row];
      const weight = this.#weights[row];
      this.#slots[at] = slot;
      this.#slotWeights[at] = weight;
      this.#nodeCounts[slot] += weight;
    }
    return this.#nodeCounts;
  }

  #maySplit(start: number, end: number, depth: number, weight: number): boolean {
    const size = end - start;
    if (depth >= this.#options.maxDepth || size < this.#options.minSamplesSplit) return false;
    if (size < 2 * this.#options.minSamplesLeaf) return false;
    return !this.#nodeCounts.includes(weight);
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
      const varies =
        end - start <= sortLimit
          ? this.#trySorted(feature, start, end)
          : this.#tryCounted(feature, start, end);
      if (varies) seen++;
    }
    return this.#bestFeature !== -1;
  }

  #tryCounted(feature: number, start: number, end: number): boolean {
    const offset = feature * this.#binned.samples;
    const { codes } = this.#binned;
    const classes = this.#classes;
    const histogram = this.#histogram;
    const sizes = this.#binSizes;
    const rows = this.#rows;
    const slots = this.#slots;
    const weights = this.#slotWeights;
    const sized = this.#options.minSamplesLeaf > 1;
    let low = 65536;
    let high = -1;
    for (let at = start; at < end; at++) {
      const bin = codes[offset + rows[at]];
      histogram[bin * classes + slots[at]] += weights[at];
      if (sized) sizes[bin]++;
      if (bin < low) low = bin;
      if (bin > high) high = bin;
    }
    if (low < high) {
      if (classes === 2 && !sized) this.#scanTwoClasses(feature, low, high);
      else this.#scanBins(feature, low, high, end - start);
    }
    histogram.fill(0, low * classes, (high + 1) * classes);
    if (sized) sizes.fill(0, low, high + 1);
    return low < high;
  }

  /** `#scanBins` for two classes without a least leaf size, which is most of all fits, with nothing but additions. */
  #scanTwoClasses(feature: number, low: number, high: number): void {
    const histogram = this.#histogram;
    const [all0, all1] = this.#nodeCounts;
    let left0 = histogram[2 * low];
    let left1 = histogram[2 * low + 1];
    let best = this.#bestScore;
    let before = low;
    for (let bin = low + 1; bin <= high; bin++) {
      const in0 = histogram[2 * bin];
      const in1 = histogram[2 * bin + 1];
      if (in0 + in1 === 0) continue;
      const right0 = all0 - left0;
      const right1 = all1 - left1;
      const score =
        (left0 * left0 + left1 * left1) / (left0 + left1) +
        (right0 * right0 + right1 * right1) / (right0 + right1);
      if (score > best) {
        best = score;
        this.#bestFeature = feature;
        this.#bestLeftBin = before;
        this.#bestRightBin = bin;
      }
      left0 += in0;
      left1 += in1;
      before = bin;
    }
    this.#bestScore = best;
  }

  #scanBins(feature: number, low: number, high: number, size: number): void {
    const classes = this.#classes;
    const histogram = this.#histogram;
    const left = this.#leftCounts.fill(0);
    let leftSize = 0;
    let before = -1;
    for (let bin = low; bin <= high; bin++) {
      let inBin = 0;
      for (let k = 0; k < classes; k++) inBin += histogram[bin * classes + k];
      if (inBin === 0) continue;
      if (before !== -1) this.#consider(feature, before, bin, leftSize, size - leftSize);
      for (let k = 0; k < classes; k++) left[k] += histogram[bin * classes + k];
      leftSize += this.#binSizes[bin];
      before = bin;
    }
  }

  #trySorted(feature: number, start: number, end: number): boolean {
    const offset = feature * this.#binned.samples;
    const { codes } = this.#binned;
    const rows = this.#rows;
    const keys = this.#keys;
    const order = this.#order;
    const size = end - start;
    for (let i = 0; i < size; i++) {
      const bin = codes[offset + rows[start + i]];
      let at = i;
      for (; at > 0 && keys[at - 1] > bin; at--) {
        keys[at] = keys[at - 1];
        order[at] = order[at - 1];
      }
      keys[at] = bin;
      order[at] = start + i;
    }
    if (keys[0] === keys[size - 1]) return false;
    const left = this.#leftCounts.fill(0);
    for (let i = 0; i < size; i++) {
      if (i > 0 && keys[i] !== keys[i - 1]) this.#consider(feature, keys[i - 1], keys[i], i, size - i);
      left[this.#slots[order[i]]] += this.#slotWeights[order[i]];
    }
    return true;
  }

  /**
   * Keeps the split with the largest Σ left²/Σ left + Σ right²/Σ right, which is the smallest weighted Gini impurity.
   * A later split must be better, so the first of equal ones stays.
   */
  #consider(feature: number, leftBin: number, rightBin: number, leftSize: number, rightSize: number): void {
    const least = this.#options.minSamplesLeaf;
    if (least > 1 && (leftSize < least || rightSize < least)) return;
    const left = this.#leftCounts;
    const node = this.#nodeCounts;
    let leftWeight = 0;
    let rightWeight = 0;
    let leftSquares = 0;
    let rightSquares = 0;
    for (let k = 0; k < left.length; k++) {
      const l = left[k];
      const r = node[k] - l;
      leftWeight += l;
      rightWeight += r;
      leftSquares += l * l;
      rightSquares += r * r;
    }
    const score = leftSquares / leftWeight + rightSquares / rightWeight;
    if (score <= this.#bestScore) return;
    this.#bestScore = score;
    this.#bestFeature = feature;
    this.#bestLeftBin = leftBin;
    this.#bestRightBin = rightBin;
  }

  /** Weighted decrease of the Gini impurity by the best split: what importances add up. */
  #impurityDecrease(weight: number): number {
    let squares = 0;
    for (const count of this.#nodeCounts) squares += count * count;
    return this.#bestScore - squares / weight;
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
