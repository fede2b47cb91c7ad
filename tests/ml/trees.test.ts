import { beforeAll, describe, expect, it } from "vitest";
import {
  crossValScore,
  type Dataset,
  DecisionTreeClassifier,
  loadBreastCancer,
  loadIris,
  Matrix,
  RandomForestClassifier,
  trainTestSplit,
} from "../../src/ml/index.ts";
import { expectClose, goldens } from "./goldens/goldens.ts";

let iris: Dataset;
let cancer: Dataset;
beforeAll(async () => {
  [iris, cancer] = await Promise.all([loadIris(), loadBreastCancer()]);
});

const forestOf = (seed: number) =>
  JSON.stringify(new RandomForestClassifier({ nEstimators: 5, seed }).fit(iris.x, iris.y));

describe("a decision tree", () => {
  it("is scikit-learn's where no two splits are equally good", () => {
    const golden = goldens.trees.shallow;
    const x = Matrix.from(golden.points);
    const tree = new DecisionTreeClassifier({ maxDepth: 5, minSamplesLeaf: 5 }).fit(x, golden.labels);
    expect(tree.tree.nodes).toBe(golden.nodes);
    expectClose(tree.featureImportances, golden.importances, 1e-12);
    expectClose(tree.predictProba(x), golden.probabilities, 1e-12);
  });

  it("learns its training set by heart without limits", () => {
    const tree = new DecisionTreeClassifier().fit(iris.x, iris.y);
    expect(Array.from(tree.predict(iris.x))).toEqual(Array.from(iris.y));
    expect(tree.tree.nodes).toBe(goldens.trees.irisTree.nodes);
  });

  it("respects depth and leaf size, and leaves a constant table as one leaf", () => {
    expect(new DecisionTreeClassifier({ maxDepth: 2 }).fit(iris.x, iris.y).tree.depth).toBe(2);
    const constant = new DecisionTreeClassifier().fit(new Matrix(4, 2), [0, 0, 0, 1]);
    expect(constant.tree.nodes).toBe(1);
    expect(Array.from(constant.predictProba(new Matrix(1, 2)).data)).toEqual([0.75, 0.25]);
  });

  it("splits between neighbouring floating-point numbers", () => {
    const x = Matrix.from([[1], [1 + Number.EPSILON]]);
    expect(Array.from(new DecisionTreeClassifier().fit(x, [3, 4]).predict(x))).toEqual([3, 4]);
  });

  it("finds the same split by counting as by sorting", () => {
    // 39 samples are sorted, 41 counted; the two extra ones lie beyond the split and change nothing.
    const values = Array.from({ length: 41 }, (_, i) => [i, (i * 7) % 13]);
    const labels = values.map(([i]) => (i < 20 ? 0 : 1));
    const sorted = new DecisionTreeClassifier().fit(Matrix.from(values.slice(0, 39)), labels.slice(0, 39));
    const counted = new DecisionTreeClassifier().fit(Matrix.from(values), labels);
    expect(counted.tree.toJSON().threshold).toEqual(sorted.tree.toJSON().threshold);
  });
});

describe("a random forest", () => {
  it("reaches accuracy 1.0 on the iris split with seed 42, as in Python", () => {
    const { xTrain, xTest, yTrain, yTest } = trainTestSplit(iris.x, iris.y, { testSize: 0.2, seed: 42 });
    const forest = new RandomForestClassifier({ nEstimators: 100, seed: 42 }).fit(xTrain, yTrain);
    const right = forest.predict(xTest).filter((label, i) => label === yTest[i]).length;
    expect(right / yTest.length).toBe(goldens.trees.irisForestAccuracy);
  });

  it("scores within the spread of scikit-learn's on breast cancer, give or take a hundredth", () => {
    const scores = crossValScore(new RandomForestClassifier({ seed: 1 }), cancer.x, cancer.y);
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    const golden: number[] = goldens.trees.cancerForestScores;
    expect(mean).toBeGreaterThanOrEqual(Math.min(...golden) - 0.01);
    expect(mean).toBeLessThanOrEqual(Math.max(...golden) + 0.01);
  });

  it("finds the features that matter within 0.05 of scikit-learn's shares", () => {
    const forest = new RandomForestClassifier({ nEstimators: 500, seed: 3 }).fit(iris.x, iris.y);
    expectClose(forest.featureImportances, goldens.trees.irisForestImportances, 0.05);
  });

  it("is the same for the same seed and another for another", () => {
    expect(forestOf(9)).toBe(forestOf(9));
    expect(forestOf(9)).not.toBe(forestOf(10));
  });

  it("loses nothing that matters with more distinct values than bins", () => {
    const few = new RandomForestClassifier({ maxBins: 16, seed: 0 });
    const scores = crossValScore(few, cancer.x, cancer.y);
    expect(scores.reduce((a, b) => a + b, 0) / scores.length).toBeGreaterThan(0.94);
  });

  it("has probabilities that add up to one, and refuses features of another width", () => {
    const forest = new RandomForestClassifier({ nEstimators: 20 }).fit(iris.x, iris.y);
    const probabilities = forest.predictProba(iris.x);
    for (let i = 0; i < 150; i++) expect(probabilities.row(i).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(() => forest.predict(cancer.x)).toThrow("RandomForestClassifier was fitted on 4 features, got 30");
  });
});
