import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  crossValScore,
  type Dataset,
  DecisionTreeRegressor,
  ElasticNet,
  GaussianNB,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  KMeans,
  KNeighborsClassifier,
  KNeighborsRegressor,
  LinearRegression,
  loadBreastCancer,
  loadIris,
  Matrix,
  MultinomialNB,
  modelFromJson,
  type Predictor,
  RandomForestRegressor,
  Ridge,
} from "../../src/ml/index.ts";
import { expectClose } from "./goldens/goldens.ts";

const goldens = JSON.parse(readFileSync(new URL("goldens/estimators.json", import.meta.url), "utf8"));
const x = Matrix.from(goldens.X);
const y: number[] = goldens.y;
const every = (m: Matrix, step: number) =>
  m.select(Int32Array.from({ length: Math.ceil(m.rows / step) }, (_, i) => i * step));
/** Bins as fine as the values, so that trees can be the same. */
const exact = { maxBins: 65536 };

let iris: Dataset;
let cancer: Dataset;
beforeAll(async () => {
  [iris, cancer] = await Promise.all([loadIris(), loadBreastCancer()]);
});

describe("linear models have scikit-learn's coefficients", () => {
  const deficient = Matrix.from(goldens.X.map((row: number[]) => [...row.slice(0, 3), row[0] + row[1]]));
  it.each([
    ["linear", new LinearRegression(), x, 1e-12],
    ["linearNoIntercept", new LinearRegression({ fitIntercept: false }), x, 1e-12],
    ["linearDeficient", new LinearRegression(), deficient, 1e-10],
    ["ridge", new Ridge({ alpha: 2.5 }), x, 1e-12],
    ["elasticNet", new ElasticNet({ alpha: 0.2, l1Ratio: 0.3, tol: 1e-10, maxIter: 1e5 }), x, 1e-7],
    ["lasso", new ElasticNet({ alpha: 0.1, l1Ratio: 1, tol: 1e-10, maxIter: 1e5 }), x, 1e-7],
  ] as const)("%s", (name, model, features, tolerance) => {
    model.fit(features, y);
    expectClose(model.coefficients, goldens[name].coefficients, tolerance);
    expect(model.intercept).toBeCloseTo(goldens[name].intercept, 7);
    expectClose(model.predict(features.select([0, 1, 2, 3, 4])), goldens[name].predictions, tolerance);
  });
});

describe("least squares", () => {
  const steps = Array.from({ length: 60 }, (_, i) => i / 10);
  const target = steps.map((t) => 3 * t - 2 * Math.sin(t) + 1);

  it.each([
    ["that hardly differ", 1e-3],
    ["that differ so little that squaring them would lose all digits", 1e-7],
  ])("are found by features %s", (_, apart) => {
    const features = Matrix.from(steps.map((t) => [t, t + apart * Math.sin(t)]));
    const model = new LinearRegression().fit(features, target);
    // 3t − 2 sin t = (3 + 2/apart) · t − 2/apart · (t + apart · sin t)
    expect(model.coefficients[0] / (3 + 2 / apart)).toBeCloseTo(1, 6);
    expect(model.coefficients[1] / (-2 / apart)).toBeCloseTo(1, 6);
    expectClose(model.predict(features), target, 1e-6);
  });

  it("do not depend on units or on how far from zero a feature is", () => {
    const plain = Matrix.from(steps.map((t) => [t, Math.sin(t)]));
    const odd = Matrix.from(steps.map((t) => [1e9 * t, 1e-9 * Math.sin(t) + 1e-3]));
    const fitted = new LinearRegression().fit(plain, target);
    const other = new LinearRegression().fit(odd, target);
    expect(other.coefficients[0] * 1e9).toBeCloseTo(fitted.coefficients[0], 8);
    expect(other.coefficients[1] * 1e-9).toBeCloseTo(fitted.coefficients[1], 5);
  });
});

describe("regression trees", () => {
  it("are scikit-learn's where no two splits are equally good", () => {
    const model = new DecisionTreeRegressor({ maxDepth: 4, minSamplesLeaf: 3 }).fit(x, y);
    expect(model.tree.nodes).toBe(goldens.tree.nodes);
    expectClose(model.predict(x), goldens.tree.predictions, 1e-12);
    expectClose(model.featureImportances, goldens.tree.importances, 1e-12);
  });

  it("make forests as good as scikit-learn's", () => {
    const scores = [0, 1, 2, 3].map((seed) => {
      const folds = crossValScore(new RandomForestRegressor({ nEstimators: 50, seed }), x, y, { cv: 3 });
      return folds.reduce((a, b) => a + b) / 3;
    });
    const theirs: number[] = goldens.forestScores;
    const spread = Math.max(...theirs) - Math.min(...theirs);
    const mean = (list: number[]) => list.reduce((a, b) => a + b) / list.length;
    expect(mean(scores)).toBeGreaterThan(mean(theirs) - 2 * spread);
  });
});

describe("gradient boosting gives scikit-learn's predictions", () => {
  it("of squared error", () => {
    const model = new GradientBoostingRegressor({ nEstimators: 40, ...exact }).fit(x, y);
    expectClose(model.predict(every(x, 10)), goldens.boostedRegressor.predictions, 1e-9);
    expectClose(model.featureImportances, goldens.boostedRegressor.importances, 1e-2);
  });

  it("of two classes", () => {
    const target = y.map((value) => (value > 0 ? 1 : 0));
    const model = new GradientBoostingClassifier({ nEstimators: 20, learningRate: 0.2, ...exact }).fit(
      x,
      target,
    );
    expectClose(model.predictProba(every(x, 10)), goldens.boostedBinary.predictions, 1e-9);
  });

  it("of three classes", () => {
    const target = y.map((value) => (value < -2 ? 0 : value < 2 ? 1 : 2));
    const model = new GradientBoostingClassifier({ nEstimators: 15, maxDepth: 2, ...exact }).fit(x, target);
    expectClose(model.predictProba(every(x, 10)), goldens.boostedMulti.predictions, 1e-9);
  });

  it("as good with bins on a real table", () => {
    const scores = crossValScore(new GradientBoostingClassifier(), cancer.x, cancer.y, { cv: 3 });
    expect(scores.reduce((a, b) => a + b) / 3).toBeGreaterThan(goldens.boostedCancer - 0.015);
  });
});

describe("k-means", () => {
  it("ends where scikit-learn's does from the same centres", () => {
    const init = [0, 60, 120].map((row) => Array.from(iris.x.row(row)));
    const model = new KMeans({ nClusters: 3, init }).fit(iris.x);
    expectClose(model.clusterCentres, goldens.kMeans.centres, 1e-10);
    expect(Array.from(model.labels)).toEqual(goldens.kMeans.labels);
    expect(model.inertia).toBeCloseTo(goldens.kMeans.inertia, 9);
    expectClose(model.transform(iris.x.select([0, 1, 2])), goldens.kMeans.distances, 1e-10);
  });

  it("gives each sample to the nearest centre and puts centres at means, for any number of clusters", () => {
    for (const nClusters of [1, 2, 5, 9]) {
      const model = new KMeans({ nClusters, seed: 3, tol: 0 }).fit(x);
      const { clusterCentres: centres, labels } = model;
      const distances = model.transform(x);
      for (let i = 0; i < x.rows; i++) {
        const own = distances.row(i);
        expect(own[labels[i]]).toBe(Math.min(...own));
      }
      for (let k = 0; k < nClusters; k++) {
        const members = Array.from({ length: x.rows }, (_, i) => i).filter((i) => labels[i] === k);
        const mean = Array.from(
          { length: x.cols },
          (_, j) => members.reduce((sum, i) => sum + x.row(i)[j], 0) / members.length,
        );
        expectClose(centres.row(k), mean, 1e-10);
      }
      expect(Array.from(model.predict(x))).toEqual(Array.from(labels));
    }
  });

  it("finds as good clusters from starts of its own", () => {
    const model = new KMeans({ nClusters: 3, nInit: 10, seed: 1 }).fit(iris.x);
    expect(model.inertia).toBeLessThan(goldens.kMeans.bestInertia * 1.001);
  });

  it("refuses more clusters than samples and keeps a cluster for each centre", () => {
    expect(() => new KMeans({ nClusters: 3 }).fit(Matrix.from([[1], [2]]))).toThrow("at least 3 samples");
    const twice = new KMeans({ nClusters: 3, init: [[0], [0], [100]] }).fit(
      Matrix.from([[0], [1], [5], [6]]),
    );
    expect(new Set(twice.labels).size).toBe(3);
  });
});

describe("naive Bayes", () => {
  it("has scikit-learn's means, variances and probabilities", () => {
    const model = new GaussianNB().fit(iris.x, iris.y);
    expectClose(model.means, goldens.gaussian.means, 1e-12);
    expectClose(model.variances, goldens.gaussian.variances, 1e-12);
    expectClose(model.predictProba(every(iris.x, 15)), goldens.gaussian.probabilities, 1e-10);
  });

  it("counts", () => {
    const counts = Matrix.from(goldens.counts);
    const model = new MultinomialNB({ alpha: 0.5 }).fit(counts, goldens.labels);
    expectClose(model.predictProba(counts.select([0, 1, 2, 3, 4, 5])), goldens.multinomial, 1e-12);
    expect(() => model.fit(Matrix.from([[-1], [1]]), [0, 1])).toThrow("got a negative number");
    expect(() => new GaussianNB().fit(Matrix.from([[1], [1]]), [0, 1])).toThrow("all features are constant");
  });
});

describe("nearest neighbours", () => {
  it.each(["uniform", "distance"] as const)("weigh as scikit-learn's: %s", (weights) => {
    const golden = goldens.neighbours[weights];
    const two = iris.x.selectColumns([0, 1]);
    const apart = new Matrix(
      two.rows,
      2,
      two.data.map((value, at) => value + Math.floor(at / 2) * 1e-7),
    );
    const model = new KNeighborsClassifier({ nNeighbors: 7, weights }).fit(apart, iris.y);
    const asked = every(two, 15);
    const moved = new Matrix(
      asked.rows,
      2,
      asked.data.map((value) => value + 0.05),
    );
    expectClose(model.predictProba(moved), golden.probabilities, 1e-8);
    const rows = every(x, 10);
    const shifted = new Matrix(
      rows.rows,
      rows.cols,
      rows.data.map((value) => value + 0.01),
    );
    const regressor = new KNeighborsRegressor({ nNeighbors: 4, weights }).fit(x, y);
    expectClose(regressor.predict(shifted), golden.predictions, 1e-10);
  });

  it("refuse fewer samples than neighbours", () => {
    expect(() => new KNeighborsClassifier().fit(Matrix.from([[1], [2]]), [0, 1])).toThrow(
      "at least 5 samples",
    );
  });
});

const threeClasses = y.map((value) => (value < -2 ? 0 : value < 2 ? 1 : 2));
describe.each<[string, Predictor]>([
  ["DecisionTreeRegressor", new DecisionTreeRegressor({ maxDepth: 3 })],
  ["RandomForestRegressor", new RandomForestRegressor({ nEstimators: 5, seed: 3 })],
  ["GradientBoostingRegressor", new GradientBoostingRegressor({ nEstimators: 5, subsample: 0.5, seed: 3 })],
  ["GradientBoostingClassifier", new GradientBoostingClassifier({ nEstimators: 5 })],
  ["LinearRegression", new LinearRegression()],
  ["Ridge", new Ridge()],
  ["ElasticNet", new ElasticNet({ alpha: 0.1 })],
  ["GaussianNB", new GaussianNB()],
  ["KNeighborsClassifier", new KNeighborsClassifier()],
  ["KNeighborsRegressor", new KNeighborsRegressor({ weights: "distance" })],
])("%s", (kind, model) => {
  it("is the same after JSON, for the same seed, and unfitted refuses to predict", () => {
    const fitted = model.withParams({}).fit(x, threeClasses);
    const restored = modelFromJson(JSON.parse(JSON.stringify(fitted))) as Predictor;
    expect(restored.kind).toBe(kind);
    expect(Array.from(restored.predict(x))).toEqual(Array.from(fitted.predict(x)));
    expect(JSON.stringify(model.withParams({}).fit(x, threeClasses))).toBe(JSON.stringify(fitted));
    expect(() => model.withParams({}).predict(x)).toThrow("is not fitted yet");
    expect(() => fitted.predict(Matrix.from([[1]]))).toThrow(/features, got 1/);
  });
});
