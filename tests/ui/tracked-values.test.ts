/** What the pages of experiments and studies compute by themselves. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberText } from "../../ui/src/components/numbers.ts";
import { parseDelimited, placeOf, tableIn, viewerOf } from "../../ui/src/pages/ml/artifact-reading.ts";
import { boxOf } from "../../ui/src/pages/ml/box-numbers.ts";
import { axesOf, varies } from "../../ui/src/pages/ml/run-values.ts";
import { surfaceOf } from "../../ui/src/pages/ml/surface.ts";

describe("a number of a metric", () => {
  it("has the digits that matter, and says what it is where it is none", () => {
    const texts = [0.1 + 0.2, 1e-9, 123456789, 0, "NaN", Number.MAX_VALUE, "-Infinity", undefined].map(
      (value) => numberText(value as number),
    );
    expect(texts).toEqual(["0.3", "1.000e-9", "1.235e8", "0", "NaN", "∞", "−∞", "–"]);
  });
});

describe("delimited text", () => {
  const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;
  it("reads back whatever was written with quotes", () => {
    const table = fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows.map((row) => row.map(quoted).join(",")).join("\r\n");
        expect(parseDelimited(text, ",", 1000)).toEqual(rows);
      }),
    );
  });
  it("is read no further than asked", () => {
    expect(parseDelimited("a\tb\n1\t2\n3\t4\n", "\t", 2)).toEqual([
      ["a", "b"],
      ["1", "2"],
    ]);
  });
});

describe("an artifact", () => {
  it("is shown as its name says", () => {
    const paths = ["a/MLmodel", "x.PNG", "rows.tsv", "r.html", "notes.md", "model.pkl", "none"];
    expect(paths.map(viewerOf)).toEqual(["text", "image", "table", "html", "markdown", "none", "none"]);
  });
  it("lies in the server's store only where its address says so", () => {
    expect(placeOf("mlflow-artifacts:/1/abc/artifacts")).toBe("1/abc/artifacts");
    expect(placeOf("mlflow-artifacts://host:80/1/abc")).toBe("1/abc");
    expect(placeOf("s3://bucket/1/abc")).toBeNull();
  });
  it("is a table in the forms that log_table and pandas write", () => {
    expect(tableIn({ columns: ["a"], data: [[1]] })).toEqual({ columns: ["a"], rows: [[1]] });
    expect(tableIn([{ a: 1 }, { b: 2 }])).toEqual({
      columns: ["a", "b"],
      rows: [
        [1, null],
        [null, 2],
      ],
    });
    expect(tableIn({ a: 1 })).toBeNull();
    expect(tableIn([1, 2])).toBeNull();
  });
});

it("a box has NumPy's quartiles, whiskers within 1.5 boxes, and what is beyond them outside", () => {
  expect(boxOf([1, 2, 3, 4, 100])).toEqual({ box: [1, 2, 3, 4, 4], outside: [100] });
  expect(boxOf([7])).toEqual({ box: [7, 7, 7, 7, 7], outside: [] });
});

it("params are numbers only where all of them are", () => {
  const run = (params: { key: string; value: string }[]) =>
    ({ params, metrics: [{ key: "loss", value: "NaN" }] }) as unknown as Parameters<typeof axesOf>[0][number];
  const axes = axesOf([
    run([
      { key: "lr", value: "0.1" },
      { key: "kind", value: "1" },
    ]),
    run([{ key: "kind", value: "two" }]),
  ]);
  expect(axes.map(({ id, isNumeric, values }) => [id, isNumeric, values])).toEqual([
    ["params.kind", false, ["1", "two"]],
    ["params.lr", true, [0.1, null]],
    ["metrics.loss", true, [null, null]],
  ]);
  expect(axes.map(varies)).toEqual([true, false, false]);
});

it("a surface lies between the lowest and the highest of its points", () => {
  const point = fc.record({
    x: fc.double({ min: 0.001, max: 10, noNaN: true }),
    y: fc.double({ min: -5, max: 5, noNaN: true }),
    value: fc.double({ min: -100, max: 100, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 30 }), (points) => {
      const surface = surfaceOf(points, true, false);
      if (surface === null) return;
      const values = points.map(({ value }) => value);
      expect(surface.low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
      expect(surface.high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
    }),
    { numRuns: 40 },
  );
  expect(surfaceOf([{ x: 1, y: 1, value: 1 }], false, false)).toBeNull();
});
