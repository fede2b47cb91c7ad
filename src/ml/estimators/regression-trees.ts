/**
 * Decision tree and random forest for regression, with scikit-learn's options and defaults: least squares, all features
 * at each node, a forest's trees on bootstrap samples. The same seed gives the same model.
 */
import { checkSamples, checkWidth, type Matrix, type Targets } from "../data/matrix.ts";
import { checkOption } from "../options.ts";
import { RandomState } from "../random-state.ts";
import { BaseModel } from "./base-model.ts";
import { binFeatures } from "./binning.ts";
import type { Predictor } from "./estimator.ts";
import {
  checkTreeOptions,
  type ForestOptions,
  featuresPerNode,
  meanImportances,
  type TreeOptions,
  treeDefaults,
} from "./forest.ts";
import { RegressionTreeBuilder } from "./regression-tree-builder.ts";
import type { Tree } from "./tree.ts";
import { TreeWalk, walkOf } from "./tree-walk.ts";

interface State {
  features: number;
  trees: Tree[];
}

export class DecisionTreeRegressor extends BaseModel<TreeOptions, State> implements Predictor {
  constructor(options: Partial<TreeOptions> = {}) {
    super("DecisionTreeRegressor", treeDefaults, options);
    checkTreeOptions(this.kind, this.params);
  }

  get tree(): Tree {
    return this.fitted.trees[0];
  }

  get trees(): readonly Tree[] {
    return this.fitted.trees;
  }

  get featureImportances(): Float64Array {
    return meanImportances(this.fitted);
  }

  fit(x: Matrix, y: Targets): this {
    this.state = growRegressionTrees(this.kind, x, y, { ...this.params, nEstimators: 1, bootstrap: false });
    return this;
  }

  predict(x: Matrix): Float64Array {
    return meanOfTrees(this.fitted, x, this.kind);
  }
}

const forestDefaults: ForestOptions = { ...treeDefaults, maxBins: 256, nEstimators: 100, bootstrap: true };

export class RandomForestRegressor extends BaseModel<ForestOptions, State> implements Predictor {
  constructor(options: Partial<ForestOptions> = {}) {
    super("RandomForestRegressor", forestDefaults, options);
    checkTreeOptions(this.kind, this.params);
    const { nEstimators } = this.params;
    checkOption(this.kind, "nEstimators", nEstimators, nEstimators >= 1, "at least 1");
  }

  get trees(): readonly Tree[] {
    return this.fitted.trees;
  }

  get featureImportances(): Float64Array {
    return meanImportances(this.fitted);
  }

  fit(x: Matrix, y: Targets): this {
    this.state = growRegressionTrees(this.kind, x, y, this.params);
    return this;
  }

  predict(x: Matrix): Float64Array {
    return meanOfTrees(this.fitted, x, this.kind);
  }
}

function growRegressionTrees(kind: string, x: Matrix, y: Targets, options: ForestOptions): State {
  checkSamples(x, y);
  const growth = {
    maxDepth: options.maxDepth ?? Number.POSITIVE_INFINITY,
    minSamplesSplit: options.minSamplesSplit,
    minSamplesLeaf: options.minSamplesLeaf,
    maxFeatures: featuresPerNode(kind, options.maxFeatures, x.cols),
  };
  const builder = new RegressionTreeBuilder(binFeatures(x, options.maxBins), growth);
  const seeds = new RandomState(options.seed);
  const trees = Array.from({ length: options.nEstimators }, () => {
    const weights = options.bootstrap ? builder.bootstrap(seeds.uint32()) : undefined;
    return builder.grow(seeds.uint32(), y, weights);
  });
  return { features: x.cols, trees };
}

function meanOfTrees(state: State, x: Matrix, kind: string): Float64Array {
  checkSamples(x);
  checkWidth(x, state.features, kind);
  const { trees } = state;
  const walk = walkOf(
    state,
    () =>
      new TreeWalk(trees, 1, ({ tree, node }, into, at) => {
        into[at] = tree.valueOf(node);
      }),
  );
  const means = new Float64Array(x.rows);
  walk.addTo(means, x);
  for (let i = 0; i < means.length; i++) means[i] /= trees.length;
  return means;
}
