import { beforeAll, describe, expect, it } from "vitest";
import {
  type Dataset,
  LogisticRegression,
  loadBreastCancer,
  loadIris,
  Matrix,
  MinMaxScaler,
  PCA,
  StandardScaler,
} from "../../src/ml/index.ts";
import { expectClose, goldens } from "./goldens/goldens.ts";

let iris: Dataset;
let cancer: Dataset;
beforeAll(async () => {
  [iris, cancer] = await Promise.all([loadIris(), loadBreastCancer()]);
});

describe("scalers", () => {
  it("equal scikit-learn's to 1e-14, with a constant column left at zero", () => {
    const x = Matrix.from(goldens.scalers.X);
    expectClose(new StandardScaler().fit(x).transform(x), goldens.scalers.standard, 1e-14);
    const minmax = new MinMaxScaler({ featureRange: [-1, 2] }).fit(x);
    expectClose(minmax.transform(x), goldens.scalers.minmax, 1e-14);
    expectClose(minmax.inverseTransform(minmax.transform(x)), goldens.scalers.X, 1e-14);
    expectClose(
      new StandardScaler().fit(iris.x).transform(iris.x).row(0),
      goldens.scalers.irisStandard,
      1e-13,
    );
    expectClose(new MinMaxScaler().fit(iris.x).transform(iris.x).row(0), goldens.scalers.irisMinMax, 1e-14);
  });

  it("keep later values inside the range when asked to clip", () => {
    const scaler = new MinMaxScaler({ clip: true }).fit(Matrix.from([[0], [10]]));
    expect(Array.from(scaler.transform(Matrix.from([[-5], [5], [20]])).data)).toEqual([0, 0.5, 1]);
  });

  it("refuse values that are not finite and name their place", () => {
    const x = Matrix.from([
      [1, 2],
      [3, Number.NaN],
    ]);
    expect(() => new StandardScaler().fit(x)).toThrow("expected finite numbers, got NaN in row 1, column 1");
  });
});

describe("principal components", () => {
  it("equal scikit-learn's, signs included, to 1e-10", () => {
    const scaled = new StandardScaler().fit(cancer.x).transform(cancer.x);
    const pca = new PCA({ nComponents: 5 }).fit(scaled);
    expectClose(pca.components, goldens.pca.components, 1e-10);
    expectClose(pca.explainedVariance, goldens.pca.explainedVariance, 1e-12);
    expectClose(pca.explainedVarianceRatio, goldens.pca.explainedVarianceRatio, 1e-12);
    expectClose(pca.singularValues, goldens.pca.singularValues, 1e-12);
    expectClose(pca.transform(scaled).select([0, 1, 2]), goldens.pca.firstRows, 1e-10);
  });

  it("are found with fewer samples than features", () => {
    const pca = new PCA({ nComponents: 2 }).fit(iris.x.select([0, 1, 2]));
    expectClose(pca.components, goldens.pca.wide.components, 1e-12);
    expectClose(pca.singularValues, goldens.pca.wide.singularValues, 1e-12);
  });

  it("are refused beyond min(samples, features)", () => {
    expect(() => new PCA({ nComponents: 5 }).fit(iris.x)).toThrow(
      "at most min(samples, features) = 4, got 5",
    );
  });
});

describe("logistic regression", () => {
  const cases = [
    ["binary", "cancer", true, 1e-6],
    ["binaryTight", "cancer", true, 1e-7],
    ["binaryNoIntercept", "cancer", true, 1e-6],
    ["multinomial", "iris", true, 1e-6],
    ["multinomialTight", "iris", true, 1e-6],
    ["multinomialRaw", "iris", false, 1e-4],
  ] as const;

  it.each(cases)("finds scikit-learn's coefficients in the case %s", (name, data, scale, tolerance) => {
    const golden = goldens.logistic[name];
    const { x: raw, y } = data === "iris" ? iris : cancer;
    const x = scale ? new StandardScaler().fit(raw).transform(raw) : raw;
    const model = new LogisticRegression(golden.options).fit(x, y);
    expectClose(model.coefficients, golden.coefficients, tolerance);
    expectClose(model.intercepts, golden.intercepts, tolerance);
    expectClose(model.predictProba(x.select([0, 1, 2, 3, 4])), golden.firstProbabilities, tolerance);
    // Without scaling the path is ill-conditioned and rounding changes it, not where it ends.
    if (scale) expect(model.iterations).toBe(golden.iterations);
  });

  it("says when it did not converge", () => {
    const model = new LogisticRegression({ maxIter: 3 }).fit(cancer.x, cancer.y);
    expect([model.converged, model.iterations]).toEqual([false, 3]);
  });

  it("separates classes without a penalty and stays finite", () => {
    const x = Matrix.from([[-2], [-1], [1], [2]]);
    const model = new LogisticRegression({ C: Number.POSITIVE_INFINITY, maxIter: 1000 }).fit(x, [5, 5, 7, 7]);
    expect(Array.from(model.predict(x))).toEqual([5, 5, 7, 7]);
    expect(model.predictProba(x).data.every(Number.isFinite)).toBe(true);
  });

  it("refuses one class, an unknown option and a bad value with what would do", () => {
    expect(() => new LogisticRegression().fit(Matrix.from([[1], [2]]), [1, 1])).toThrow("got only class 1");
    expect(() => new LogisticRegression({ c: 1 } as object)).toThrow('LogisticRegression has no option "c"');
    expect(() => new LogisticRegression({ C: 0 })).toThrow("expected C to be a number over 0, got 0");
    expect(() => new LogisticRegression().predict(iris.x)).toThrow(
      "this LogisticRegression is not fitted yet",
    );
  });
});
