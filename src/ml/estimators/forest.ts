/**
 * Decision tree and random forest for classification. A tree is CART with the Gini criterion; a forest averages the
 * class proportions of trees grown on bootstrap samples with random features per node (Breiman, "Random Forests",
 * Machine Learning 45 (2001)). Options and defaults are scikit-learn's. The same seed gives the same model.
 */
import { checkSamples, checkWidth, Matrix, type Targets } from "../data/matrix.ts";
import { checkOption, completeOptions, type Params } from "../options.ts";
import { RandomState } from "../random-state.ts";
import { encodeForClassifier } from "../selection/classes.ts";
import { binFeatures } from "./binning.ts";
import { type Classifier, fitted, type ModelJson, modelFormatVersion, mostProbable } from "./estimator.ts";
import { Tree } from "./tree.ts";
import { type GrowthOptions, TreeBuilder } from "./tree-builder.ts";
import { TreeWalk, walkOf } from "./tree-walk.ts";

export interface TreeOptions {
  /** Longest way from the root to a leaf; null is without limit. */
  maxDepth: number | null;
  minSamplesSplit: number;
  minSamplesLeaf: number;
  /** Features looked at per node: a number, a share in (0, 1), "sqrt", "log2", or null for all. */
  maxFeatures: number | "sqrt" | "log2" | null;
  /** Bins per feature; with as many as distinct values, splits are exact. */
  maxBins: number;
  seed: number;
}

export interface ForestOptions extends TreeOptions {
  nEstimators: number;
  /** Grows each tree on samples drawn with replacement. */
  bootstrap: boolean;
}

interface State {
  classes: Float64Array;
  features: number;
  trees: Tree[];
}

export const treeDefaults: TreeOptions = {
  maxDepth: null,
  minSamplesSplit: 2,
  minSamplesLeaf: 1,
  maxFeatures: null,
  maxBins: 65536,
  seed: 0,
};

const forestDefaults: ForestOptions = {
  ...treeDefaults,
  maxFeatures: "sqrt",
  maxBins: 256,
  nEstimators: 100,
  bootstrap: true,
};

export class DecisionTreeClassifier implements Classifier {
  readonly kind = "DecisionTreeClassifier";
  readonly params: Readonly<TreeOptions>;
  #state: State | null = null;

  constructor(options: Partial<TreeOptions> = {}) {
    this.params = completeOptions(this.kind, treeDefaults, options);
    checkTreeOptions(this.kind, this.params);
  }

  get classes(): Float64Array {
    return fitted(this.#state, this.kind).classes;
  }

  get tree(): Tree {
    return fitted(this.#state, this.kind).trees[0];
  }

  /** Shares of the impurity decrease, one per feature, adding up to 1. */
  get featureImportances(): Float64Array {
    return meanImportances(fitted(this.#state, this.kind));
  }

  withParams(overrides: Params): DecisionTreeClassifier {
    return new DecisionTreeClassifier({ ...this.params, ...overrides });
  }

  fit(x: Matrix, y: Targets): this {
    this.#state = growTrees(this.kind, x, y, { ...this.params, nEstimators: 1, bootstrap: false });
    return this;
  }

  predictProba(x: Matrix): Matrix {
    return averageProbabilities(fitted(this.#state, this.kind), x, this.kind);
  }

  predict(x: Matrix): Float64Array {
    return mostProbable(this.predictProba(x), this.classes);
  }

  toJSON(): ModelJson {
    return {
      model: this.kind,
      format: modelFormatVersion,
      params: this.params,
      state: saveState(this.#state),
    };
  }

  static fromJSON(json: ModelJson): DecisionTreeClassifier {
    const model = new DecisionTreeClassifier(json.params);
    model.#state = loadState(json.state);
    return model;
  }
}

export class RandomForestClassifier implements Classifier {
  readonly kind = "RandomForestClassifier";
  readonly params: Readonly<ForestOptions>;
  #state: State | null = null;

  constructor(options: Partial<ForestOptions> = {}) {
    this.params = completeOptions(this.kind, forestDefaults, options);
    checkTreeOptions(this.kind, this.params);
    checkOption(
      this.kind,
      "nEstimators",
      this.params.nEstimators,
      this.params.nEstimators >= 1,
      "at least 1",
    );
  }

  get classes(): Float64Array {
    return fitted(this.#state, this.kind).classes;
  }

  get trees(): readonly Tree[] {
    return fitted(this.#state, this.kind).trees;
  }

  /** Mean over the trees of each feature's share of the impurity decrease. */
  get featureImportances(): Float64Array {
    return meanImportances(fitted(this.#state, this.kind));
  }

  withParams(overrides: Params): RandomForestClassifier {
    return new RandomForestClassifier({ ...this.params, ...overrides });
  }

  fit(x: Matrix, y: Targets): this {
    this.#state = growTrees(this.kind, x, y, this.params);
    return this;
  }

  predictProba(x: Matrix): Matrix {
    return averageProbabilities(fitted(this.#state, this.kind), x, this.kind);
  }

  predict(x: Matrix): Float64Array {
    return mostProbable(this.predictProba(x), this.classes);
  }

  toJSON(): ModelJson {
    return {
      model: this.kind,
      format: modelFormatVersion,
      params: this.params,
      state: saveState(this.#state),
    };
  }

  static fromJSON(json: ModelJson): RandomForestClassifier {
    const model = new RandomForestClassifier(json.params);
    model.#state = loadState(json.state);
    return model;
  }
}

export function checkTreeOptions(kind: string, options: TreeOptions): void {
  const { maxDepth, minSamplesSplit, minSamplesLeaf, maxBins } = options;
  checkOption(kind, "maxDepth", maxDepth, maxDepth === null || maxDepth >= 1, "null or at least 1");
  checkOption(kind, "minSamplesSplit", minSamplesSplit, minSamplesSplit >= 2, "at least 2");
  checkOption(kind, "minSamplesLeaf", minSamplesLeaf, minSamplesLeaf >= 1, "at least 1");
  checkOption(kind, "maxBins", maxBins, maxBins >= 2 && maxBins <= 65536, "from 2 to 65536");
}

function growTrees(kind: string, x: Matrix, y: Targets, options: ForestOptions): State {
  checkSamples(x, y);
  const { classes, codes } = encodeForClassifier(y, kind);
  const growth: GrowthOptions = {
    maxDepth: options.maxDepth ?? Number.POSITIVE_INFINITY,
    minSamplesSplit: options.minSamplesSplit,
    minSamplesLeaf: options.minSamplesLeaf,
    maxFeatures: featuresPerNode(kind, options.maxFeatures, x.cols),
  };
  const builder = new TreeBuilder(binFeatures(x, options.maxBins), codes, classes.length, growth);
  const seeds = new RandomState(options.seed);
  const trees = Array.from({ length: options.nEstimators }, () =>
    builder.grow(seeds.uint32(), options.bootstrap),
  );
  return { classes, features: x.cols, trees };
}

export function featuresPerNode(
  kind: string,
  maxFeatures: TreeOptions["maxFeatures"],
  features: number,
): number {
  if (maxFeatures === null) return features;
  if (maxFeatures === "sqrt") return Math.max(1, Math.floor(Math.sqrt(features)));
  if (maxFeatures === "log2") return Math.max(1, Math.floor(Math.log2(features)));
  const count = maxFeatures < 1 ? Math.max(1, Math.floor(maxFeatures * features)) : maxFeatures;
  checkOption(kind, "maxFeatures", maxFeatures, maxFeatures > 0 && count <= features, `at most ${features}`);
  return count;
}

function averageProbabilities(state: State, x: Matrix, kind: string): Matrix {
  checkSamples(x);
  checkWidth(x, state.features, kind);
  const { trees, classes } = state;
  const walk = walkOf(
    state,
    () =>
      new TreeWalk(trees, classes.length, ({ tree, node }, into, at) =>
        tree.writeProportions(node, into, at),
      ),
  );
  const probabilities = new Matrix(x.rows, classes.length);
  const { data } = probabilities;
  walk.addTo(data, x);
  for (let i = 0; i < data.length; i++) data[i] /= trees.length;
  return probabilities;
}

export function meanImportances(state: Pick<State, "features" | "trees">): Float64Array {
  const mean = new Float64Array(state.features);
  for (const tree of state.trees) {
    tree.importances().forEach((share, j) => {
      mean[j] += share / state.trees.length;
    });
  }
  return mean;
}

function saveState(state: State | null): unknown {
  return (
    state && {
      classes: Array.from(state.classes),
      features: state.features,
      trees: state.trees.map((tree) => tree.toJSON()),
    }
  );
}

function loadState(json: unknown): State | null {
  if (json === null) return null;
  const state = json as { classes: number[]; features: number; trees: Parameters<typeof Tree.fromJSON>[0][] };
  return {
    classes: Float64Array.from(state.classes),
    features: state.features,
    trees: state.trees.map((tree) => Tree.fromJSON(tree, state.classes.length)),
  };
}
