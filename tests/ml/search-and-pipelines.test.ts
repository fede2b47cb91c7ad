import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  crossValScore,
  type Dataset,
  DecisionTreeClassifier,
  gridSearch,
  LogisticRegression,
  loadBreastCancer,
  loadIris,
  loadModel,
  MinMaxScaler,
  modelFromJson,
  PCA,
  Pipeline,
  parameterGrid,
  RandomForestClassifier,
  StandardScaler,
  saveModel,
  searchTable,
  summarizeSearch,
} from "../../src/ml/index.ts";
import { expectClose, goldens } from "./goldens/goldens.ts";

let iris: Dataset;
let cancer: Dataset;
beforeAll(async () => {
  [iris, cancer] = await Promise.all([loadIris(), loadBreastCancer()]);
});

const pipeline = () =>
  new Pipeline([
    ["scale", new StandardScaler()],
    ["pca", new PCA()],
    ["model", new LogisticRegression()],
  ]);

const models = () => [
  new StandardScaler(),
  new MinMaxScaler({ featureRange: [-1, 1] }),
  new PCA({ nComponents: 2 }),
  new LogisticRegression({ C: Number.POSITIVE_INFINITY, maxIter: 20 }),
  new DecisionTreeClassifier({ maxDepth: 3 }),
  new RandomForestClassifier({ nEstimators: 7 }),
  pipeline(),
];

describe("a search over a grid", () => {
  it("has scikit-learn's candidates, scores, ranks and best", () => {
    const golden = goldens.search;
    const grid = { pca__nComponents: [1, 2, 3, 4], model__C: [0.1, 1] };
    const { results, bestParams, bestEstimator } = gridSearch(pipeline(), grid, iris.x, iris.y, { cv: 3 });
    expect(results.params).toEqual(golden.params);
    results.splitTestScores.forEach((scores, fold) => expectClose(scores, golden.splits[fold], 1e-12));
    expectClose(results.meanTestScore, golden.mean, 1e-12);
    expectClose(results.stdTestScore, golden.std, 1e-12);
    expect(Array.from(results.rankTestScore)).toEqual(golden.rank);
    expect(results.bestIndex).toBe(golden.best);
    expect(bestEstimator.params).toMatchObject(bestParams);
    expect(bestEstimator.predict(iris.x)).toHaveLength(150);
    expect(Object.keys(searchTable(results))).toEqual(
      expect.arrayContaining([
        "param_model__C",
        "params",
        "split2_test_score",
        "mean_test_score",
        "rank_test_score",
      ]),
    );
  });

  it("chooses the components that scikit-learn chooses on breast cancer", () => {
    const grid = { pca__nComponents: Array.from({ length: 29 }, (_, i) => i + 1) };
    const { results, bestParams } = gridSearch(pipeline(), grid, cancer.x, cancer.y, { cv: 3 });
    expectClose(results.meanTestScore, goldens.search.cancer.mean, 1e-12);
    expect(Array.from(results.rankTestScore)).toEqual(goldens.search.cancer.rank);
    expect(bestParams).toEqual({ pca__nComponents: goldens.search.cancer.best });
  });

  it("lists candidates by sorted names with the last one fastest, and grids one after another", () => {
    expect(parameterGrid([{ b: [1, 2], a: ["x", "y"] }, { c: [true] }])).toEqual([
      { a: "x", b: 1 },
      { a: "x", b: 2 },
      { a: "y", b: 1 },
      { a: "y", b: 2 },
      { c: true },
    ]);
  });

  it("shares the smallest rank among equal means", () => {
    const means = [0.9733, 0.92, 0.98, 0.9667, 0.9733, 0.98];
    const scores = means.map((testScore) => [{ testScore, fitTime: 0, scoreTime: 0 }]);
    const summary = summarizeSearch(
      means.map((_, i) => ({ i })),
      scores,
    );
    expect(Array.from(summary.rankTestScore)).toEqual([3, 6, 1, 5, 3, 1]);
    expect(summary.bestIndex).toBe(2);
  });

  it("ranks a failing candidate last and goes on, unless asked to raise", () => {
    const grid = { pca__nComponents: [99, 2] };
    const { results, errors } = gridSearch(pipeline(), grid, iris.x, iris.y, { cv: 3 });
    expect(Array.from(results.meanTestScore)[0]).toBeNaN();
    expect(Array.from(results.rankTestScore)).toEqual([2, 1]);
    expect(errors.get(0)?.message).toContain("at most min(samples, features) = 4, got 99");
    expect(() => gridSearch(pipeline(), grid, iris.x, iris.y, { cv: 3, errorScore: "raise" })).toThrow(
      "got 99",
    );
    expect(() => gridSearch(pipeline(), { pca__nComponents: [99] }, iris.x, iris.y)).toThrow(
      "all 1 candidates failed",
    );
  });

  it("refuses an option or a scorer that does not exist", () => {
    expect(() => gridSearch(pipeline(), { pca__n: [1] }, iris.x, iris.y)).toThrow('PCA has no option "n"');
    expect(() => gridSearch(pipeline(), { svd__n: [1] }, iris.x, iris.y)).toThrow('no step "svd"');
    const scoring = "accurracy" as "accuracy";
    expect(() => gridSearch(pipeline(), { pca__nComponents: [1] }, iris.x, iris.y, { scoring })).toThrow(
      'there is no scorer "accurracy"',
    );
  });
});

describe("cross-validation", () => {
  it("has scikit-learn's scores per fold", () => {
    const scores = crossValScore(pipeline(), iris.x, iris.y, { scoring: "neg_log_loss" });
    expectClose(scores, goldens.search.crossValScore, 1e-6);
  });
});

describe("a pipeline", () => {
  it("refuses steps that cannot be in a row", () => {
    const model = new LogisticRegression();
    expect(
      () =>
        new Pipeline([
          ["model", model],
          ["scale", new StandardScaler()],
        ]),
    ).toThrow('expected every step but the last to have transform, got LogisticRegression as "model"');
    expect(
      () =>
        new Pipeline([
          ["a", new PCA()],
          ["a", model],
        ]),
    ).toThrow("expected distinct step names");
  });
});

describe("a saved model", () => {
  it.each(models().map((model) => [model.kind, model] as const))("%s comes back bit for bit", (_, model) => {
    model.fit(iris.x, iris.y);
    const text = JSON.stringify(model);
    const loaded = modelFromJson(JSON.parse(text));
    expect(JSON.stringify(loaded)).toBe(text);
    if ("predictProba" in model) {
      const restored = loaded as typeof model;
      expect(restored.predictProba(iris.x).data).toEqual(model.predictProba(iris.x).data);
    }
  });

  it("comes back from a file, and only as what was asked for", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tradewind-ml-"));
    const path = join(folder, "model.json");
    await saveModel(path, pipeline().fit(iris.x, iris.y));
    expect((await loadModel(path, "Pipeline")).predict(iris.x)).toHaveLength(150);
    await expect(loadModel(path, "PCA")).rejects.toThrow("expected a PCA, got a Pipeline");
    await writeFile(path, "not json");
    await expect(loadModel(path)).rejects.toThrow("expected a model as JSON");
  });

  it("is refused when it is none, unknown, newer or incomplete", () => {
    const json = { model: "PCA", format: 1, params: {}, state: {} };
    expect(() => modelFromJson({})).toThrow('expected an object with "model"');
    expect(() => modelFromJson({ ...json, model: "Oracle" })).toThrow('there is no model "Oracle"');
    expect(() => modelFromJson({ ...json, format: 99 })).toThrow("expected model format 1 or older, got 99");
    expect(() => modelFromJson(json)).toThrow("the state of the saved PCA is incomplete");
  });

  it("keeps its options and stays unfitted when it was", () => {
    const loaded = modelFromJson(JSON.parse(JSON.stringify(new PCA({ nComponents: 3 }))));
    expect(loaded.params).toEqual({ nComponents: 3 });
    expect(() => (loaded as PCA).components).toThrow("not fitted");
  });
});
