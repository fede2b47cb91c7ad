/**
 * Gradient boosting of regression trees: J. Friedman, "Greedy Function Approximation", Annals of Statistics 29 (2001), with
 * scikit-learn's options, losses and leaf values (sklearn/ensemble/_gb.py, version 1.9). Features are binned; with as
 * many bins as distinct values the trees are scikit-learn's.
 */
import { checkSamples, checkWidth, Matrix, type Targets } from "../data/matrix.ts";
import { checkOption } from "../options.ts";
import { RandomState } from "../random-state.ts";
import { encodeForClassifier } from "../selection/classes.ts";
import { BaseModel } from "./base-model.ts";
import { binFeatures } from "./binning.ts";
import { type Classifier, mostProbable, type Predictor } from "./estimator.ts";
import { checkTreeOptions, featuresPerNode, type TreeOptions, treeDefaults } from "./forest.ts";
import { RegressionTreeBuilder } from "./regression-tree-builder.ts";
import type { Tree } from "./tree.ts";
import { TreeWalk, walkOf } from "./tree-walk.ts";

export interface BoostingOptions extends TreeOptions {
  nEstimators: number;
  learningRate: number;
  /** Share of the samples that each tree sees, drawn without replacement. */
  subsample: number;
}

const defaults: BoostingOptions = {
  ...treeDefaults,
  maxDepth: 3,
  maxBins: 256,
  nEstimators: 100,
  learningRate: 0.1,
  subsample: 1,
};

interface State {
  features: number;
  /** Raw prediction before any tree, one per output. */
  start: Float64Array;
  /** Trees by stage and output. */
  stages: Tree[][];
}

/** What a loss says about raw predictions. */
interface Loss {
  readonly outputs: number;
  start(): Float64Array;
  /** Negative gradients of one output, from the raw predictions (row-major, samples × outputs). */
  residuals(raw: Matrix, output: number, into: Float64Array): void;
  /** Sums that a leaf's value is made of: above / below. */
  addLeaf(sample: number, residual: number, output: number): { above: number; below: number };
}

export class GradientBoostingRegressor extends BaseModel<BoostingOptions, State> implements Predictor {
  constructor(options: Partial<BoostingOptions> = {}) {
    super("GradientBoostingRegressor", defaults, options);
    checkBoosting(this.kind, this.params);
  }

  get start(): Float64Array {
    return this.fitted.start;
  }

  get stages(): readonly (readonly Tree[])[] {
    return this.fitted.stages;
  }

  get featureImportances(): Float64Array {
    return stageImportances(this.fitted);
  }

  fit(x: Matrix, y: Targets): this {
    checkSamples(x, y);
    this.state = boost(this.kind, x, squaredLoss(y), this.params);
    return this;
  }

  predict(x: Matrix): Float64Array {
    return rawPredictions(this.fitted, x, this.params.learningRate, this.kind).column(0);
  }
}

interface ClassifierState extends State {
  classes: Float64Array;
}

export class GradientBoostingClassifier
  extends BaseModel<BoostingOptions, ClassifierState>
  implements Classifier
{
  constructor(options: Partial<BoostingOptions> = {}) {
    super("GradientBoostingClassifier", defaults, options);
    checkBoosting(this.kind, this.params);
  }

  get classes(): Float64Array {
    return this.fitted.classes;
  }

  get start(): Float64Array {
    return this.fitted.start;
  }

  get stages(): readonly (readonly Tree[])[] {
    return this.fitted.stages;
  }

  get featureImportances(): Float64Array {
    return stageImportances(this.fitted);
  }

  fit(x: Matrix, y: Targets): this {
    checkSamples(x, y);
    const { classes, codes } = encodeForClassifier(y, this.kind);
    const loss = classes.length === 2 ? binomialLoss(codes) : multinomialLoss(codes, classes.length);
    this.state = { ...boost(this.kind, x, loss, this.params), classes };
    return this;
  }

  /** Raw predictions: shape (samples, 1) for two classes, else (samples, classes). */
  decisionFunction(x: Matrix): Matrix {
    return rawPredictions(this.fitted, x, this.params.learningRate, this.kind);
  }

  predictProba(x: Matrix): Matrix {
    const raw = this.decisionFunction(x);
    const probabilities = new Matrix(x.rows, this.classes.length);
    const { data } = probabilities;
    for (let i = 0; i < x.rows; i++) {
      if (raw.cols > 1) probabilities.row(i).set(softmax(raw.row(i)));
      else {
        const p = sigmoid(raw.data[i]);
        data[2 * i] = 1 - p;
        data[2 * i + 1] = p;
      }
    }
    return probabilities;
  }

  predict(x: Matrix): Float64Array {
    return mostProbable(this.predictProba(x), this.classes);
  }
}

function checkBoosting(kind: string, options: BoostingOptions): void {
  checkTreeOptions(kind, options);
  const { nEstimators, learningRate, subsample } = options;
  checkOption(kind, "nEstimators", nEstimators, nEstimators >= 1, "at least 1");
  checkOption(kind, "learningRate", learningRate, learningRate >= 0, "at least 0");
  checkOption(kind, "subsample", subsample, subsample > 0 && subsample <= 1, "over 0 and at most 1");
}

function boost(kind: string, x: Matrix, loss: Loss, options: BoostingOptions): State {
  const growth = {
    maxDepth: options.maxDepth ?? Number.POSITIVE_INFINITY,
    minSamplesSplit: options.minSamplesSplit,
    minSamplesLeaf: options.minSamplesLeaf,
    maxFeatures: featuresPerNode(kind, options.maxFeatures, x.cols),
  };
  const builder = new RegressionTreeBuilder(binFeatures(x, options.maxBins), growth);
  const random = new RandomState(options.seed);
  const start = loss.start();
  const raw = new Matrix(x.rows, loss.outputs);
  for (let i = 0; i < x.rows; i++) raw.row(i).set(start);
  const residuals = Array.from({ length: loss.outputs }, () => new Float64Array(x.rows));
  const stages: Tree[][] = [];
  for (let stage = 0; stage < options.nEstimators; stage++) {
    const weights = options.subsample < 1 ? drawSubsample(x.rows, options.subsample, random) : undefined;
    for (let k = 0; k < loss.outputs; k++) loss.residuals(raw, k, residuals[k]);
    stages.push(
      residuals.map((targets, k) => {
        const tree = builder.grow(random.uint32(), targets, weights);
        updateLeaves(tree, builder.leafOf, targets, loss, k);
        addToRaw(raw, k, tree, builder.leafOf, x, options.learningRate);
        return tree;
      }),
    );
  }
  return { features: x.cols, start, stages };
}

function drawSubsample(samples: number, share: number, random: RandomState): Int32Array {
  const weights = new Int32Array(samples);
  const size = Math.max(1, Math.floor(share * samples));
  for (const row of random.permutation(samples).subarray(0, size)) weights[row] = 1;
  return weights;
}

/** One step of Newton's method in each leaf. */
function updateLeaves(
  tree: Tree,
  leafOf: Int32Array,
  residuals: Float64Array,
  loss: Loss,
  output: number,
): void {
  const above = new Float64Array(tree.nodes);
  const below = new Float64Array(tree.nodes);
  for (let i = 0; i < leafOf.length; i++) {
    const leaf = leafOf[i];
    if (leaf === -1) continue;
    const sums = loss.addLeaf(i, residuals[i], output);
    above[leaf] += sums.above;
    below[leaf] += sums.below;
  }
  for (let node = 0; node < tree.nodes; node++) {
    if (!tree.isLeaf(node)) continue;
    tree.setValue(node, Math.abs(below[node]) < 1e-150 ? 0 : above[node] / below[node]);
  }
}

function addToRaw(
  raw: Matrix,
  output: number,
  tree: Tree,
  leafOf: Int32Array,
  x: Matrix,
  rate: number,
): void {
  for (let i = 0; i < x.rows; i++) {
    const leaf = leafOf[i] === -1 ? tree.leafOf(x.row(i)) : leafOf[i];
    raw.data[i * raw.cols + output] += rate * tree.valueOf(leaf);
  }
}

function rawPredictions(state: State, x: Matrix, rate: number, kind: string): Matrix {
  const { features, start, stages } = state;
  checkSamples(x);
  checkWidth(x, features, kind);
  const outputs = start.length;
  const walk = walkOf(
    state,
    () =>
      new TreeWalk(stages.flat(), outputs, ({ tree, index, node }, into, at) => {
        into[at + (index % outputs)] = rate * tree.valueOf(node);
      }),
  );
  const raw = new Matrix(x.rows, outputs);
  for (let i = 0; i < raw.data.length; i++) raw.data[i] = start[i % outputs];
  walk.addTo(raw.data, x);
  return raw;
}

/** Mean over all trees of the impurity that each feature took away, as shares of their sum. */
function stageImportances({ features, stages }: State): Float64Array {
  const sums = new Float64Array(features);
  for (const tree of stages.flat()) for (const [j, value] of tree.decreases().entries()) sums[j] += value;
  const total = sums.reduce((a, b) => a + b, 0);
  return total > 0 ? sums.map((value) => value / total) : sums;
}

function squaredLoss(y: Targets): Loss {
  return {
    outputs: 1,
    start: () => Float64Array.of(Array.from(y).reduce((sum, value) => sum + value, 0) / y.length),
    residuals(raw, _, into) {
      for (let i = 0; i < into.length; i++) into[i] = y[i] - raw.data[i];
    },
    addLeaf: (_, residual) => ({ above: residual, below: 1 }),
  };
}

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

function softmax(row: Float64Array): Float64Array {
  const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = row.map((value) => Math.exp(value - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}

function binomialLoss(codes: Int32Array): Loss {
  return {
    outputs: 1,
    start() {
      const share = codes.reduce((sum, code) => sum + code, 0) / codes.length;
      return Float64Array.of(Math.log(share / (1 - share)));
    },
    residuals(raw, _, into) {
      for (let i = 0; i < into.length; i++) into[i] = codes[i] - sigmoid(raw.data[i]);
    },
    addLeaf(sample, residual) {
      const p = codes[sample] - residual;
      return { above: residual, below: p * (1 - p) };
    },
  };
}

function multinomialLoss(codes: Int32Array, classes: number): Loss {
  return {
    outputs: classes,
    start() {
      const counts = new Float64Array(classes);
      for (const code of codes) counts[code]++;
      const logs = counts.map((count) => Math.log(count / codes.length));
      const mean = logs.reduce((a, b) => a + b, 0) / classes;
      return logs.map((value) => value - mean);
    },
    residuals(raw, output, into) {
      for (let i = 0; i < into.length; i++)
        into[i] = (codes[i] === output ? 1 : 0) - softmax(raw.row(i))[output];
    },
    addLeaf(sample, residual, output) {
      const p = (codes[sample] === output ? 1 : 0) - residual;
      return { above: (residual * (classes - 1)) / classes, below: p * (1 - p) };
    },
  };
}
