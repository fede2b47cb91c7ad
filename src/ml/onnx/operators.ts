/** Each model as ONNX operators on doubles of shape (samples, features). */
import { TradewindError } from "../../errors.ts";
import type { Classifier, Estimator, Predictor } from "../estimators/estimator.ts";
import { DecisionTreeClassifier, RandomForestClassifier } from "../estimators/forest.ts";
import { GradientBoostingClassifier, GradientBoostingRegressor } from "../estimators/gradient-boosting.ts";
import { KMeans } from "../estimators/k-means.ts";
import { ElasticNet, LinearRegression, Ridge } from "../estimators/linear-models.ts";
import { LogisticRegression } from "../estimators/logistic-regression.ts";
import { GaussianNB } from "../estimators/naive-bayes.ts";
import { PCA } from "../estimators/pca.ts";
import { DecisionTreeRegressor, RandomForestRegressor } from "../estimators/regression-trees.ts";
import { MinMaxScaler, StandardScaler } from "../estimators/scalers.ts";
import type { Tree } from "../estimators/tree.ts";
import type { OnnxGraph } from "./graph.ts";
import { type EnsembleTree, treeEnsemble } from "./tree-ensembles.ts";

function unsupported(model: Estimator): never {
  throw new TradewindError("TW_ML_ONNX", `${model.kind} has no form in ONNX`, {
    hint: "Save it as JSON with saveModel; Tradewind's own server runs that.",
  });
}

export function transformed(graph: OnnxGraph, x: string, model: Estimator): string {
  if (model instanceof StandardScaler)
    return graph.op("Div", [graph.op("Sub", [x, graph.doubles(model.mean)]), graph.doubles(model.scale)]);
  if (model instanceof MinMaxScaler) return minMax(graph, x, model);
  if (model instanceof PCA) return projected(graph, x, model);
  return unsupported(model);
}

function minMax(graph: OnnxGraph, x: string, model: MinMaxScaler): string {
  const [low, high] = model.params.featureRange;
  const unit = graph.op("Div", [
    graph.op("Sub", [x, graph.doubles(model.dataMin)]),
    graph.doubles(model.dataRange),
  ]);
  const [width, start] = [graph.doubles([high - low]), graph.doubles([low])];
  const scaled = graph.op("Add", [graph.op("Mul", [unit, width]), start]);
  if (!model.params.clip) return scaled;
  return graph.op("Clip", [scaled, graph.doubles([low], []), graph.doubles([high], [])]);
}

function projected(graph: OnnxGraph, x: string, model: PCA): string {
  const { components } = model;
  const centred = graph.op("Sub", [x, graph.doubles(model.mean)]);
  const axes = graph.doubles(transpose(components.data, components.rows, components.cols), [
    components.cols,
    components.rows,
  ]);
  return graph.op("MatMul", [centred, axes]);
}

function transpose(data: Float64Array, rows: number, cols: number): Float64Array {
  return Float64Array.from(data, (_, at) => data[(at % rows) * cols + Math.floor(at / rows)]);
}

/** Values of shape (samples, 1). */
export function regressorValues(graph: OnnxGraph, x: string, model: Predictor): string {
  if (model instanceof LinearRegression || model instanceof Ridge || model instanceof ElasticNet) {
    const weights = graph.doubles(model.coefficients, [model.coefficients.length, 1]);
    return graph.op("Add", [graph.op("MatMul", [x, weights]), graph.doubles([model.intercept])]);
  }
  if (model instanceof DecisionTreeRegressor || model instanceof RandomForestRegressor)
    return treeEnsemble(
      graph,
      x,
      model.trees.map((tree) => valueTree(tree, 0, 1)),
      1,
      "AVERAGE",
    );
  if (model instanceof GradientBoostingRegressor) return boosted(graph, x, model);
  if (model instanceof KMeans) return nearestCentre(graph, x, model);
  return unsupported(model);
}

/** Probabilities of shape (samples, classes). */
export function classifierScores(graph: OnnxGraph, x: string, model: Classifier): string {
  if (model instanceof LogisticRegression) return logistic(graph, x, model);
  if (model instanceof DecisionTreeClassifier || model instanceof RandomForestClassifier) {
    const trees = model instanceof DecisionTreeClassifier ? [model.tree] : model.trees;
    const classes = model.classes.length;
    return treeEnsemble(
      graph,
      x,
      trees.map((tree) => classTree(tree, classes)),
      classes,
      "AVERAGE",
    );
  }
  if (model instanceof GradientBoostingClassifier) {
    const raw = boosted(graph, x, model);
    return model.classes.length === 2
      ? bothSides(graph, graph.op("Sigmoid", [raw]))
      : graph.op("Softmax", [raw], { axis: 1 });
  }
  if (model instanceof GaussianNB) return gaussian(graph, x, model);
  return unsupported(model);
}

/** (p) becomes (1 − p, p). */
function bothSides(graph: OnnxGraph, p: string): string {
  return graph.op("Concat", [graph.op("Sub", [graph.doubles([1]), p]), p], { axis: 1 });
}

function logistic(graph: OnnxGraph, x: string, model: LogisticRegression): string {
  const { rows, cols, data } = model.coefficients;
  const weights = graph.doubles(transpose(data, rows, cols), [cols, rows]);
  const raw = graph.op("Add", [graph.op("MatMul", [x, weights]), graph.doubles(model.intercepts)]);
  return rows === 1 ? bothSides(graph, graph.op("Sigmoid", [raw])) : graph.op("Softmax", [raw], { axis: 1 });
}

function valueTree(tree: Tree, target: number, scale: number): EnsembleTree {
  return { tree: tree.toJSON(), weights: (node) => [[target, scale * tree.valueOf(node)]] };
}

function classTree(tree: Tree, classes: number): EnsembleTree {
  const json = tree.toJSON();
  return {
    tree: json,
    weights(node) {
      const counts = json.value.slice(node * classes, (node + 1) * classes);
      const total = counts.reduce((a, b) => a + b, 0);
      return counts.map((count, k) => [k, count / total] as const);
    },
  };
}

function boosted(
  graph: OnnxGraph,
  x: string,
  model: GradientBoostingRegressor | GradientBoostingClassifier,
): string {
  const rate = model.params.learningRate;
  const trees = model.stages.flatMap((stage) => stage.map((tree, k) => valueTree(tree, k, rate)));
  const sum = treeEnsemble(graph, x, trees, model.start.length, "SUM");
  return graph.op("Add", [sum, graph.doubles(model.start)]);
}

/** −½ Σ (x − m)² / v is a x² + b x + c, so that two products do it. */
function gaussian(graph: OnnxGraph, x: string, model: GaussianNB): string {
  const { means, variances, logPriors } = model;
  const { rows, cols } = means;
  const squares = variances.data.map((variance) => -0.5 / variance);
  const linear = means.data.map((mean, at) => mean / variances.data[at]);
  const constants = logPriors.map((prior, k) => {
    const spread = variances.row(k).reduce((sum, variance) => sum + Math.log(2 * Math.PI * variance), 0);
    const offset = means.row(k).reduce((sum, mean, j) => sum + mean ** 2 / variances.row(k)[j], 0);
    return prior - 0.5 * (spread + offset);
  });
  const product = (left: string, right: Float64Array): string =>
    graph.op("MatMul", [left, graph.doubles(transpose(right, rows, cols), [cols, rows])]);
  const quadratic = graph.op("Add", [product(graph.op("Mul", [x, x]), squares), product(x, linear)]);
  return graph.op("Softmax", [graph.op("Add", [quadratic, graph.doubles(constants)])], { axis: 1 });
}

function nearestCentre(graph: OnnxGraph, x: string, model: KMeans): string {
  const { data, rows, cols } = model.clusterCentres;
  const centres = graph.doubles(data, [1, rows, cols]);
  const gaps = graph.op("Sub", [graph.op("Unsqueeze", [x, graph.integers(1)]), centres]);
  const squares = graph.op("ReduceSum", [graph.op("Mul", [gaps, gaps]), graph.integers(2)], { keepdims: 0 });
  return graph.op("Cast", [graph.op("ArgMin", [squares], { axis: 1, keepdims: 1 })], { to: 11 });
}
