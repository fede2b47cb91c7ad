/** A grown tree as flat arrays, one element per node; node 0 is the root. A regression tree has one class: its value. */

export interface TreeJson {
  feature: number[];
  threshold: number[];
  left: number[];
  right: number[];
  /** Class weights per node, `node * classes + class`. */
  value: number[];
}

export class Tree {
  readonly features: number;
  readonly classes: number;
  #size = 0;
  /** −1 in a leaf. */
  #feature = new Int32Array(64);
  #threshold = new Float64Array(64);
  #left = new Int32Array(64);
  #right = new Int32Array(64);
  #value: Float64Array;
  #decrease: Float64Array;

  constructor(features: number, classes: number) {
    this.features = features;
    this.classes = classes;
    this.#value = new Float64Array(64 * classes);
    this.#decrease = new Float64Array(features);
  }

  get nodes(): number {
    return this.#size;
  }

  /** Edges on the longest way from the root to a leaf. */
  get depth(): number {
    const depths = new Int32Array(this.#size);
    for (let node = 0; node < this.#size; node++) {
      if (this.#feature[node] === -1) continue;
      depths[this.#left[node]] = depths[node] + 1;
      depths[this.#right[node]] = depths[node] + 1;
    }
    return depths.reduce((a, b) => Math.max(a, b), 0);
  }

  /** Adds a leaf below `parent` (−1 for the root) and returns its number. */
  addNode(counts: Float64Array, parent: number, left: boolean): number {
    if (this.#size === this.#feature.length) this.#resize(2 * this.#size);
    const node = this.#size++;
    this.#feature[node] = -1;
    this.#value.set(counts, node * this.classes);
    if (parent !== -1) (left ? this.#left : this.#right)[parent] = node;
    return node;
  }

  /** Makes a leaf an inner node: values up to the threshold go left. */
  split(node: number, feature: number, threshold: number, decrease: number): void {
    this.#feature[node] = feature;
    this.#threshold[node] = threshold;
    this.#decrease[feature] += decrease;
  }

  weightOf(node: number): number {
    let weight = 0;
    for (let k = 0; k < this.classes; k++) weight += this.#value[node * this.classes + k];
    return weight;
  }

  /** Gives back the memory that growing reserved. */
  finish(): Tree {
    this.#resize(this.#size);
    return this;
  }

  /** The leaf in which a sample ends. */
  leafOf(row: Float64Array): number {
    let node = 0;
    for (let feature = this.#feature[0]; feature !== -1; feature = this.#feature[node]) {
      node = row[feature] <= this.#threshold[node] ? this.#left[node] : this.#right[node];
    }
    return node;
  }

  /** What an inner node asks, and where it leads. */
  innerNode(node: number): { feature: number; threshold: number; left: number; right: number } {
    return {
      feature: this.#feature[node],
      threshold: this.#threshold[node],
      left: this.#left[node],
      right: this.#right[node],
    };
  }

  isLeaf(node: number): boolean {
    return this.#feature[node] === -1;
  }

  /** Impurity decrease per feature. */
  decreases(): Float64Array {
    return this.#decrease.slice();
  }

  /** The value of a node of a regression tree. */
  valueOf(node: number): number {
    return this.#value[node * this.classes];
  }

  /** Gives a node of a regression tree another value. */
  setValue(node: number, value: number): void {
    this.#value[node * this.classes] = value;
  }

  /** Writes the class proportions of a node to `into`, from `at` on. */
  writeProportions(node: number, into: Float64Array, at: number): void {
    const weight = this.weightOf(node);
    for (let k = 0; k < this.classes; k++) into[at + k] = this.#value[node * this.classes + k] / weight;
  }

  /** Impurity decrease per feature, as shares of their sum (Breiman 1984, §5.3.4); all 0 in a tree of one leaf. */
  importances(): Float64Array {
    const total = this.#decrease.reduce((a, b) => a + b, 0);
    return total > 0 ? this.#decrease.map((value) => value / total) : this.#decrease.slice();
  }

  toJSON(): TreeJson & { decrease: number[] } {
    const n = this.#size;
    return {
      feature: Array.from(this.#feature.subarray(0, n)),
      threshold: Array.from(this.#threshold.subarray(0, n)),
      left: Array.from(this.#left.subarray(0, n)),
      right: Array.from(this.#right.subarray(0, n)),
      value: Array.from(this.#value.subarray(0, n * this.classes)),
      decrease: Array.from(this.#decrease),
    };
  }

  static fromJSON(json: TreeJson & { decrease: number[] }, classes: number): Tree {
    const tree = new Tree(json.decrease.length, classes);
    tree.#size = json.feature.length;
    tree.#feature = Int32Array.from(json.feature);
    tree.#threshold = Float64Array.from(json.threshold);
    tree.#left = Int32Array.from(json.left);
    tree.#right = Int32Array.from(json.right);
    tree.#value = Float64Array.from(json.value);
    tree.#decrease = Float64Array.from(json.decrease);
    return tree;
  }

  #resize(capacity: number): void {
    const kept = Math.min(this.#size, capacity);
    const resized = <T extends Int32Array | Float64Array>(from: T, to: T, per: number): T => {
      to.set(from.subarray(0, kept * per));
      return to;
    };
    this.#feature = resized(this.#feature, new Int32Array(capacity), 1);
    this.#threshold = resized(this.#threshold, new Float64Array(capacity), 1);
    this.#left = resized(this.#left, new Int32Array(capacity), 1);
    this.#right = resized(this.#right, new Int32Array(capacity), 1);
    this.#value = resized(this.#value, new Float64Array(capacity * this.classes), this.classes);
  }
}
