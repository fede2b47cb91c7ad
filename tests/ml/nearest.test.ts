import { describe, expect, it } from "vitest";
import { nearestOfAll } from "../../src/ml/estimators/nearest.ts";
import { Matrix, RandomState } from "../../src/ml/index.ts";

const random = new RandomState(7);

function matrixOf(rows: number, cols: number, value: () => number): Matrix {
  return new Matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => value()),
  );
}

/** By the definition: all distances, sorted; of equal ones the first sample. */
function expected(samples: Matrix, row: Float64Array, count: number) {
  const all = Array.from({ length: samples.rows }, (_, i) => {
    let square = 0;
    samples.row(i).forEach((value, j) => {
      square += (value - row[j]) ** 2;
    });
    return { i, square };
  });
  all.sort((a, b) => a.square - b.square || a.i - b.i);
  const nearest = all.slice(0, count);
  return { rows: nearest.map(({ i }) => i), distances: nearest.map(({ square }) => Math.sqrt(square)) };
}

function expectNearest(samples: Matrix, rows: Matrix, count: number): void {
  const found = nearestOfAll(samples, rows, count);
  expect(found.length).toBe(rows.rows);
  for (const [i, { rows: own, distances }] of found.entries())
    expect({ rows: Array.from(own), distances: Array.from(distances) }).toEqual(
      expected(samples, rows.row(i), count),
    );
}

describe("the nearest samples are those of the definition, to the last bit", () => {
  it.each([
    ["of a few rows", 5, 300, 4, 3],
    ["of many rows", 200, 1001, 20, 5],
    ["of a number of rows and samples that fills no block", 33, 7, 3, 7],
    ["in more samples than are looked at together", 40, 9000, 6, 4],
    ["by one feature", 50, 400, 1, 2],
    ["by more features than a part has room for", 34, 9, 9000, 2],
  ])("%s", (_, rows, samples, features, count) => {
    const gauss = (): number => random.gauss();
    expectNearest(matrixOf(samples, features, gauss), matrixOf(rows, features, gauss), count);
  });

  it("where many are equally near", () => {
    const digit = (): number => random.interval(2);
    expectNearest(matrixOf(600, 3, digit), matrixOf(64, 3, digit), 9);
  });

  it("far from the origin, where products lose all digits", () => {
    const far = (): number => 1e9 + random.interval(50) / 8;
    expectNearest(matrixOf(500, 8, far), matrixOf(64, 8, far), 5);
  });

  it("of sizes that differ by many powers, and too large to be squared", () => {
    const wild = (): number => random.gauss() * 10 ** random.interval(12);
    expectNearest(matrixOf(400, 5, wild), matrixOf(64, 5, wild), 5);
    const huge = (): number => random.gauss() * 1e153;
    expectNearest(matrixOf(100, 3, huge), matrixOf(40, 3, huge), 5);
  });
});
