/** What is found by loops in WebAssembly is what the definitions say: nearest centres, leaves of trees, products of columns. */
import { describe, expect, it } from "vitest";
import { normalEquations } from "../../src/ml/estimators/gram.ts";
import { nearestCentres, openCentreFinder } from "../../src/ml/estimators/nearest-centres.ts";
import {
  DecisionTreeClassifier,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  Matrix,
  type Predictor,
  RandomForestClassifier,
  RandomForestRegressor,
  RandomState,
} from "../../src/ml/index.ts";

const random = new RandomState(11);

function matrixOf(rows: number, cols: number, value: () => number): Matrix {
  return new Matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => value()),
  );
}

const gauss = (): number => random.gauss();

/** By the definition: the smallest sum of squares; of equal ones the first. */
function expectedCentres(x: Matrix, centres: Matrix): number[] {
  return Array.from({ length: x.rows }, (_, i) => {
    const squares = centres
      .toArrays()
      .map((centre) => centre.reduce((sum, value, j) => sum + (x.get(i, j) - value) ** 2, 0));
    return squares.indexOf(Math.min(...squares));
  });
}

describe("the nearest centres are those of the definition", () => {
  it.each([
    ["of samples that fill no block", 2051, 5, 3],
    ["of more samples than are looked at together", 4500, 20, 8],
    ["by one feature", 600, 1, 4],
    ["of one centre", 700, 3, 1],
    ["of many centres", 1000, 6, 37],
  ])("%s", (_, rows, cols, count) => {
    const x = matrixOf(rows, cols, gauss);
    const centres = matrixOf(count, cols, gauss);
    expect(Array.from(nearestCentres(x, centres))).toEqual(expectedCentres(x, centres));
  });

  it("where many are equally near, and far from the origin", () => {
    const digits = matrixOf(900, 3, () => random.interval(2));
    const corners = matrixOf(9, 3, () => random.interval(2));
    expect(Array.from(nearestCentres(digits, corners))).toEqual(expectedCentres(digits, corners));
    const far = matrixOf(900, 4, () => 1e9 + random.interval(50) / 8);
    const some = far.select([0, 1, 2, 3, 4]);
    expect(Array.from(nearestCentres(far, some))).toEqual(expectedCentres(far, some));
  });

  it("of numbers too large to be squared", () => {
    const x = matrixOf(600, 2, () => random.gauss() * 1e153);
    const centres = x.select([3, 4, 5]);
    expect(Array.from(nearestCentres(x, centres))).toEqual(expectedCentres(x, centres));
  });

  it("again and again while centres move", () => {
    const x = matrixOf(803, 4, () => random.interval(4));
    const finder = openCentreFinder(x, 5);
    for (let round = 0; round < 6; round++) {
      const centres = matrixOf(5, 4, () => random.interval(4) / (round + 1));
      expect(Array.from(finder.find(centres))).toEqual(expectedCentres(x, centres));
    }
  });
});

describe("many samples end in the leaves in which each of them ends alone", () => {
  const x = matrixOf(700, 6, gauss);
  const values = Float64Array.from({ length: 700 }, (_, i) => x.get(i, 0) * 3 + Math.sin(5 * x.get(i, 1)));
  const three = Array.from(values, (value) => (value < -1 ? 0 : value < 1 ? 1 : 2));
  const two = Array.from(values, (value) => Number(value > 0));
  const cases: [string, Predictor, ArrayLike<number>][] = [
    ["a tree without limits", new DecisionTreeClassifier(), three],
    ["a forest whose trees fill no four", new RandomForestClassifier({ nEstimators: 7 }), three],
    ["a forest of numbers", new RandomForestRegressor({ nEstimators: 5 }), values],
    ["stages of one output", new GradientBoostingRegressor({ nEstimators: 10 }), values],
    ["stages of three outputs", new GradientBoostingClassifier({ nEstimators: 5 }), three],
    ["two classes", new GradientBoostingClassifier({ nEstimators: 6, maxDepth: 5 }), two],
    ["trees of one leaf", new RandomForestRegressor({ nEstimators: 3 }), new Float64Array(700).fill(4)],
  ];
  it.each(cases)("%s", (_, model, y) => {
    model.fit(x, y);
    const alone = Array.from({ length: x.rows }, (_, i) => model.predict(x.select([i]))[0]);
    expect(Array.from(model.predict(x))).toEqual(alone);
  });

  it("of more samples and features than are in memory together", () => {
    const wide = matrixOf(200, 3000, gauss);
    const y = Float64Array.from({ length: 200 }, (_, i) => wide.get(i, 2999) + wide.get(i, 17));
    const model = new GradientBoostingRegressor({ nEstimators: 4, maxDepth: 2 }).fit(wide, y);
    const alone = Array.from({ length: 200 }, (_, i) => model.predict(wide.select([i]))[0]);
    expect(Array.from(model.predict(wide))).toEqual(alone);
  });
});

describe("products of columns", () => {
  it.each([
    [1, 1],
    [3, 2],
    [300, 3],
    [257, 4],
    [1000, 23],
  ])("of %i rows of %i columns", (rows, cols) => {
    const x = matrixOf(rows, cols, () => 5 + gauss());
    const y = Float64Array.from({ length: rows }, gauss);
    const means = Float64Array.from({ length: cols }, () => 5);
    const { gram, gradient } = normalEquations({ x, y, means, yMean: 0.25 });
    const column = (j: number): number[] => Array.from(x.column(j), (value) => value - 5);
    const product = (a: number[], b: ArrayLike<number>): number =>
      a.reduce((sum, value, i) => sum + value * b[i], 0);
    for (let j = 0; j < cols; j++) {
      expect(gradient[j]).toBeCloseTo(
        product(
          column(j),
          y.map((value) => value - 0.25),
        ),
        9,
      );
      for (let k = 0; k < cols; k++) expect(gram[j * cols + k]).toBeCloseTo(product(column(j), column(k)), 9);
    }
  });

  it("are no numbers where they are too large", () => {
    const x = matrixOf(40, 2, () => 1e200 * gauss());
    const { gram } = normalEquations({ x, y: new Float64Array(40), means: new Float64Array(2), yMean: 0 });
    expect(Array.from(gram).every((value) => !Number.isFinite(value))).toBe(true);
  });
});
