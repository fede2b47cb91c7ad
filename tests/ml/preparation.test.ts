import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Cells,
  ColumnTransformer,
  CountVectorizer,
  chi2,
  type Dataset,
  DateParts,
  DecisionTreeClassifier,
  FrequencyEncoder,
  fClassif,
  fRegression,
  GaussianNB,
  HashingEncoder,
  KBinsDiscretizer,
  KNNImputer,
  LogisticRegression,
  loadIris,
  Matrix,
  MaxAbsScaler,
  mutualInformation,
  OneHotEncoder,
  OrdinalEncoder,
  OutlierClipper,
  PowerTransformer,
  permutationImportance,
  QuantileTransformer,
  RobustScaler,
  SimpleImputer,
  StandardScaler,
  selectByCorrelation,
  selectByImportance,
  selectByVariance,
  selectGenetically,
  selectKBest,
  selectRecursively,
  selectSequentially,
  Table,
  TargetEncoder,
  TfidfVectorizer,
} from "../../src/ml/index.ts";
import { expectClose } from "./goldens/goldens.ts";

const goldens = JSON.parse(readFileSync(new URL("goldens/preparation.json", import.meta.url), "utf8"));
const withMissing = Matrix.from(
  goldens.X.map((row: (number | null)[]) => row.map((value) => value ?? Number.NaN)),
);
const colours: Cells = goldens.colours;
let iris: Dataset;
beforeAll(async () => {
  iris = await loadIris();
});

describe("imputers fill as scikit-learn's", () => {
  it.each(["mean", "median", "most_frequent", "constant"] as const)("%s", (strategy) => {
    const imputer = new SimpleImputer({ strategy, fillValue: -1, addIndicator: true });
    expectClose(imputer.fit(withMissing).transform(withMissing), goldens.impute[strategy], 1e-12);
  });

  it.each(["uniform", "distance"] as const)("from neighbours weighted %s", (weights) => {
    const imputer = new KNNImputer({ nNeighbors: 2, weights }).fit(withMissing);
    expectClose(imputer.transform(withMissing), goldens.knn[weights], 1e-12);
  });

  it("refuse a column without any value", () => {
    const empty = Matrix.from([[Number.NaN], [Number.NaN]]);
    expect(() => new SimpleImputer().fit(empty)).toThrow("column 0 has no value to take the mean of");
    expect(new SimpleImputer({ strategy: "constant" }).fit(empty).transform(empty).data).toEqual(
      new Float64Array(2),
    );
  });
});

describe("scalers and bins equal scikit-learn's", () => {
  it("by quantiles and by the largest value", () => {
    const moved = new Matrix(
      150,
      4,
      iris.x.data.map((value) => value - 3),
    );
    const first = (m: Matrix) => m.select([0, 1, 2, 3, 4]);
    expectClose(first(new RobustScaler().fit(iris.x).transform(iris.x)), goldens.robust, 1e-12);
    expectClose(first(new MaxAbsScaler().fit(moved).transform(moved)), goldens.maxAbs, 1e-12);
  });

  it.each(["uniform", "quantile"] as const)("in bins: %s", (strategy) => {
    const bins = new KBinsDiscretizer({ nBins: 4, strategy }).fit(iris.x);
    expectClose(bins.transform(iris.x), goldens.bins[strategy], 0);
  });

  it("a column per bin, and a constant column is refused", () => {
    const x = Matrix.from([[0], [1], [2], [3]]);
    const bins = new KBinsDiscretizer({ nBins: 2, strategy: "uniform", encode: "onehot" }).fit(x);
    expect(bins.transform(Matrix.from([[-9], [9]])).toArrays()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(() => bins.fit(Matrix.from([[1], [1]]))).toThrow("column 0 is constant (1)");
  });

  it("outliers are cut off at limits learnt in training", () => {
    const x = Matrix.from([1, 2, 3, 4, 5, 6, 7, 8].map((value) => [value]));
    const clipper = new OutlierClipper().fit(x);
    expect([clipper.limits.low[0], clipper.limits.high[0]]).toEqual([-2.5, 11.5]);
    const later = Matrix.from([[-100], [5], [100]]);
    expect(Array.from(clipper.transform(later).data)).toEqual([-2.5, 5, 11.5]);
    expect(clipper.isOutlier(later)).toEqual([true, false, true]);
    expect(new OutlierClipper({ method: "zscore" }).fit(x).limits.high[0]).toBeCloseTo(
      4.5 + 3 * Math.sqrt(5.25),
      12,
    );
  });
});

describe("categories", () => {
  it("become columns, positions or means of the target as in scikit-learn", () => {
    const oneHot = new OneHotEncoder({ handleUnknown: "ignore" }).fit([colours]);
    expectClose(oneHot.transform([["blue", "pink", "red"]]), goldens.oneHot, 0);
    expect(oneHot.outputNames(["colour"])).toEqual(["colour_blue", "colour_green", "colour_red"]);
    expectClose(new OrdinalEncoder().fit([colours]).transform([colours]), goldens.ordinal, 0);
    for (const smooth of ["auto", 3] as const) {
      const target = new TargetEncoder({ smooth }).fit([colours], goldens.y);
      const key = smooth === "auto" ? "auto" : "3.0";
      expectClose(target.transform([["red", "green", "blue", "pink"]]), goldens.target[key], 1e-12);
    }
  });

  it("that training had not are refused, or stand for themselves", () => {
    const strict = new OneHotEncoder().fit([colours]);
    expect(() => strict.transform([["pink"]])).toThrow('the category "pink", which training had not');
    expect(new OrdinalEncoder({ handleUnknown: -1 }).fit([colours]).transform([["pink", null]]).data).toEqual(
      Float64Array.of(-1, Number.NaN),
    );
    expect(
      new OneHotEncoder({ drop: "if_binary" })
        .fit([[true, false]])
        .transform([[true]])
        .toArrays(),
    ).toEqual([[1]]);
  });

  it("as means of the target do not let a sample see its own", () => {
    const alone = new TargetEncoder({ smooth: 0, cv: 2 });
    const unique: Cells = ["a", "b", "c", "d"];
    const encoded = alone.fitTransform([unique], [0, 0, 10, 10]);
    // Each category is new to the folds that encode it: it is their mean, not its own target.
    expect(Array.from(encoded.data).every((value, i) => value !== [0, 0, 10, 10][i] || value === 5)).toBe(
      true,
    );
  });
});

describe("texts and dates", () => {
  it("count and weigh words as scikit-learn", () => {
    const count = new CountVectorizer().fit([goldens.texts]);
    expect(count.vocabulary).toEqual(goldens.count.vocabulary);
    expectClose(count.transform([goldens.texts]), goldens.count.counts, 0);
    expectClose(
      new TfidfVectorizer().fit([goldens.texts]).transform([goldens.texts]),
      goldens.tfidf.plain,
      1e-12,
    );
    const pairs = new TfidfVectorizer({ ngramRange: [1, 2], minDf: 2, sublinearTf: true }).fit([
      goldens.texts,
    ]);
    expectClose(pairs.transform([goldens.texts]), goldens.tfidf.pairs, 1e-12);
    expect(() => new CountVectorizer().fit([["", "a"]])).toThrow("no terms are left of 2 texts");
  });

  it("give parts of dates in UTC, and missing parts of a missing date", () => {
    const parts = new DateParts({
      parts: ["year", "month", "weekday", "quarter", "dayofyear", "hour", "weekend"],
    });
    const rows = parts
      .fit([["x"]])
      .transform([["2024-12-31", "2026-03-01 23:30", null, "2026-03-01T23:30:00+02:00"]]);
    expect(rows.toArrays()).toEqual([
      [2024, 12, 1, 4, 366, 0, 0],
      [2026, 3, 6, 1, 60, 23, 1],
      Array(7).fill(Number.NaN),
      [2026, 3, 6, 1, 60, 21, 1],
    ]);
    expect(() => parts.transform([["soon"]])).toThrow('expected an ISO date, got "soon"');
  });
});

describe("a column transformer", () => {
  const table = Table.from({
    age: [30, Number.NaN, 50, 40],
    town: ["b", "a", "b", "c"],
    note: ["x", "y", "x", "y"],
  });
  const steps = () =>
    new ColumnTransformer([
      {
        name: "numbers",
        columns: ["age"],
        transformers: [new SimpleImputer({ strategy: "median" }), new StandardScaler()],
      },
      { name: "towns", columns: ["town"], encode: new OneHotEncoder({ handleUnknown: "ignore" }) },
    ]);

  it("is fitted on the training part, saved as JSON, and does the same to other tables", () => {
    const fitted = steps().fit(table.select([0, 1, 2]));
    const restored = ColumnTransformer.fromJSON(JSON.parse(JSON.stringify(fitted)));
    const later = Table.from({ town: ["c", "a"], age: [40, 60] });
    expect(restored.transform(later)).toEqual(fitted.transform(later));
    expect(restored.transform(later).toArrays()[0]).toEqual([0, 0, 0]);
    expect(fitted.outputNames(3)).toEqual(["age", "town_a", "town_b"]);
  });

  it("says what is missing, wrong or empty", () => {
    const fitted = steps().fit(table);
    expect(() => fitted.transform(Table.from({ age: [1] }))).toThrow('there is no column "town"');
    expect(() => fitted.transform(Table.from({ age: ["old"], town: ["a"] }))).toThrow(
      'expected numbers, got the text "old"',
    );
    expect(() => steps().fit(table.select([]))).toThrow("got an empty table");
    expect(() => steps().transform(table)).toThrow("is not fitted yet");
  });
});

describe("selection of features", () => {
  const logistic = () => new LogisticRegression({ maxIter: 1000 });

  it("scores each as scikit-learn", () => {
    expectClose(fClassif(iris.x, iris.y), goldens.fClassif, 1e-10);
    expectClose(chi2(iris.x, iris.y), goldens.chi2, 1e-10);
    expectClose(fRegression(iris.x.selectColumns([0, 1, 2]), iris.x.column(3)), goldens.fRegression, 1e-10);
    expect(selectKBest(mutualInformation(iris.x, iris.y), 2).kept).toEqual([2, 3]);
    expect(selectKBest(fClassif(iris.x, iris.y), 2).kept).toEqual([2, 3]);
  });

  it("forward, backward and by elimination keeps the petals", () => {
    for (const direction of ["forward", "backward"] as const) {
      const found = selectSequentially(logistic(), iris.x, iris.y, { nFeatures: 2, direction });
      expect(found.kept).toEqual(goldens[direction]);
    }
    const rfe = selectRecursively(logistic(), iris.x, iris.y, { nFeatures: 2 });
    expect(rfe.report.map(({ score }) => score)).toEqual(goldens.rfe);
  });

  it("drops constants and copies, and says why", () => {
    const x = Matrix.from([1, 2, 3, 4].map((value) => [value, 7, 2 * value + 1, (value * value) % 3]));
    expect(selectByVariance(x).kept).toEqual([0, 2, 3]);
    const copies = selectByCorrelation(x);
    expect(copies.kept).toEqual([0, 1, 3]);
    expect(copies.report[2]?.reason).toBe("|r| 1.0000 with feature 0");
    expect(() => selectByVariance(Matrix.from([[1], [1]]))).toThrow("no feature has a variance over 0");
  });

  it("by importance of trees and of permutation, and by breeding", async () => {
    const tree = new DecisionTreeClassifier().fit(iris.x, iris.y);
    expect(selectByImportance(tree.featureImportances).kept.every((j) => j >= 2)).toBe(true);
    const importance = permutationImportance(tree, iris.x, iris.y, { seed: 1 });
    expect(Math.max(importance[2], importance[3])).toBeGreaterThan(Math.max(importance[0], importance[1]));
    const bred = await selectGenetically(new GaussianNB(), iris.x, iris.y, {
      populationSize: 8,
      generations: 3,
      seed: 1,
    });
    expect(bred.kept).toContain(3);
  });
});

describe("distributions get another shape as in scikit-learn", () => {
  const every10th = (): Matrix => iris.x.select(Array.from({ length: 15 }, (_, i) => i * 10));

  it.each(["yeo-johnson", "box-cox"] as const)("by the best power: %s", (method) => {
    const power = new PowerTransformer({ method }).fit(iris.x);
    expectClose(power.transform(every10th()), goldens.power[method], 1e-6);
    const { lambdas } = new PowerTransformer({ method }).fit(Matrix.from([[1], [1]]));
    expect(lambdas[0]).toBe(1);
  });

  it("refuses numbers that have no logarithm", () => {
    const power = new PowerTransformer({ method: "box-cox" });
    expect(() => power.fit(Matrix.from([[1], [0]]))).toThrow(
      "expected numbers over 0, got 0 in row 1, column 0",
    );
  });

  it.each(["uniform", "normal"] as const)("by ranks: %s", (outputDistribution) => {
    const ranks = new QuantileTransformer({ nQuantiles: 20, outputDistribution }).fit(iris.x);
    const rows = [...every10th().toArrays(), Array<number>(4).fill(0), Array<number>(4).fill(9)];
    expectClose(ranks.transform(Matrix.from(rows)), goldens.quantile[outputDistribution], 1e-6);
  });
});

describe("categories without a list", () => {
  it("are numbers by how often they were there", () => {
    const encoder = new FrequencyEncoder().fit([["a", "b", "a", null]]);
    expect(encoder.transform([["a", null, "new"]]).data).toEqual(Float64Array.of(0.5, 0.25, 0));
    expect(encoder.outputNames(["town"])).toEqual(["town_frequency"]);
  });

  it.each([true, false])("have the place of scikit-learn's hash, alternating sign: %s", (alternateSign) => {
    const cells: Cells = [...colours, "größer"];
    const encoder = new HashingEncoder({ nFeatures: 8, alternateSign }).fit([cells]);
    const name = alternateSign ? "True" : "False";
    expectClose(encoder.transform([cells]), goldens.hash[name], 0);
    expect(encoder.transform([[null]]).data).toEqual(new Float64Array(8));
  });

  it("come back from JSON with the step that they are in", () => {
    const table = Table.from({ town: ["x", "y", "x"], size: [1, 2, 4] });
    const steps = new ColumnTransformer([
      { name: "town", columns: ["town"], encode: new FrequencyEncoder() },
      { name: "hash", columns: ["town"], encode: new HashingEncoder({ nFeatures: 4 }) },
      { name: "size", columns: ["size"], transformers: [new PowerTransformer(), new QuantileTransformer()] },
    ]);
    const wanted = steps.fitTransform(table);
    const kept = ColumnTransformer.fromJSON(JSON.parse(JSON.stringify(steps)));
    expect(kept.transform(table).data).toEqual(wanted.data);
  });
});
