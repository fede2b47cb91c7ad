import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adClickColumns,
  formatCsv,
  generateAdClicks,
  LogisticRegression,
  loadBreastCancer,
  loadIris,
  Pipeline,
  parseCsv,
  readCsv,
  StandardScaler,
  Table,
  trainTestSplit,
} from "../../src/ml/index.ts";

const shared = (name: string) => fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));

describe("CSV", () => {
  it("is read as RFC 4180 has it", () => {
    const table = parseCsv('name,note\r\n"Doe, Jane","said ""hi"""\r\nBob,"two\nlines"\r\n');
    expect(table.texts("name")).toEqual(["Doe, Jane", "Bob"]);
    expect(table.texts("note")).toEqual(['said "hi"', "two\nlines"]);
  });

  it("gives columns types, and missing values their place", () => {
    const table = parseCsv('a,b,c,d\n1,true,x,""\n,false,NA,y\n-2.5e3,,z,\n');
    expect(table.column("a")).toEqual({ type: "number", values: Float64Array.of(1, Number.NaN, -2500) });
    expect(table.column("b")).toEqual({ type: "boolean", values: [true, false, null] });
    expect(table.column("c")).toEqual({ type: "text", values: ["x", null, "z"] });
    expect(table.column("d")).toEqual({ type: "text", values: ["", "y", null] });
    expect(table.missing()).toEqual({ a: 1, b: 1, c: 1, d: 1 });
    expect(table.value("a", 1)).toBeNull();
  });

  it("reads the same table after writing it", () => {
    const text = 'id,text\n1,"a,b"\n2,"q""uote"\n3,plain\n';
    expect(formatCsv(parseCsv(text))).toBe(text);
  });

  it("reads any table again as it was written", () => {
    const field = fc.option(
      fc.oneof(fc.string(), fc.constantFrom("", "NA", " ", '"', "a,b", "x\ny", "\r\n", "true", "7")),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 3, maxLength: 3 })),
        fc.integer({ min: 1, max: 3 }),
        (rows, width) => {
          const names = ["one", "two", "three"].slice(0, width);
          const columns = names.map(
            (name, j) => [name, { type: "text" as const, values: rows.map((row) => row[j]) }] as const,
          );
          const table = new Table(rows.length, new Map(columns));
          const types = Object.fromEntries(names.map((name) => [name, "text" as const]));
          const read = parseCsv(formatCsv(table), { types });
          expect(names.map((name) => read.texts(name))).toEqual(names.map((name) => table.texts(name)));
        },
      ),
    );
  });

  it("takes an empty last field, a byte order mark, and a file without a last line end", () => {
    expect(parseCsv("\uFEFFa,b\n1,\n2,3").column("b")).toEqual({
      type: "number",
      values: Float64Array.of(Number.NaN, 3),
    });
    expect(parseCsv("a;b\n1;2\n", { delimiter: ";" }).numbers("b")[0]).toBe(2);
    expect(parseCsv("a,b\n").rows).toBe(0);
  });

  it.each([
    ["a,b\n1\n", "row 1: expected 2 fields, got 1"],
    ["a,b\n1,2\n1,2,3\n", "row 2: expected 2 fields, got 3"],
    ['a\n"x\n', "row 1: expected a closing quote"],
    ['a\n"x"y\n', 'row 1: expected "," or a line end after a closing quote, got "y"'],
    ["a,a\n1,2\n", 'expected distinct column names, got "a" twice'],
    ["", "expected a header, got an empty text"],
  ])("says what is wrong with %j", (text, message) => {
    expect(() => parseCsv(text)).toThrow(message);
  });

  it("names row and column of a value of another type", () => {
    const options = { types: { age: "number" }, file: "people.csv" } as const;
    expect(() => parseCsv("name,age\nAnn,31\nBob,old\n", options)).toThrow(
      'people.csv: row 2, column "age": expected a number, got "old"',
    );
    expect(() => parseCsv("name\nAnn\n", options)).toThrow(
      'people.csv: expected a column "age", got only name',
    );
    expect(() => parseCsv("name\nAnn\n").numbers("name")).toThrow('expected column "name" to be of numbers');
    expect(() => parseCsv("name\nAnn\n").numbers("Name")).toThrow('there is no column "Name"');
  });

  it.skipIf(!existsSync(shared("palmerpenguins_penguins.csv")))(
    "reads the penguins with their gaps",
    async () => {
      const table = await readCsv(shared("palmerpenguins_penguins.csv"));
      expect(table.rows).toBe(344);
      expect(table.missing()).toMatchObject({ species: 0, bill_length_mm: 2, sex: 11 });
      expect(table.column("sex").type).toBe("text");
    },
  );
});

describe("tables", () => {
  it("find repeated rows and change columns", () => {
    const table = parseCsv("a,b\n1,x\n2,y\n1,x\n");
    expect(table.duplicates()).toEqual([2]);
    expect(table.select([2, 1]).numbers("a")).toEqual(Float64Array.of(1, 2));
    expect(table.with({ c: [7, 8, 9] }).without(["a"]).names).toEqual(["b", "c"]);
    expect(() => table.with({ c: [1] })).toThrow('expected 3 values in column "c", got 1');
  });
});

describe("data that comes along", () => {
  it("is iris and breast cancer as scikit-learn has them", async () => {
    const iris = await loadIris();
    expect([iris.x.rows, iris.x.cols, iris.targetNames[2]]).toEqual([150, 4, "virginica"]);
    expect(Array.from(iris.x.row(149))).toEqual([5.9, 3, 5.1, 1.8]);
    const cancer = await loadBreastCancer();
    expect([cancer.x.rows, cancer.x.cols, cancer.featureNames[29]]).toEqual([
      569,
      30,
      "worst fractal dimension",
    ]);
    expect(cancer.y.reduce((a, b) => a + b, 0)).toBe(357);
  });

  it("has ad clicks that are the same for a seed and can be learnt", () => {
    const table = generateAdClicks(1000, 7);
    expect(table.names).toEqual([...adClickColumns]);
    expect(formatCsv(generateAdClicks(20, 7))).toBe(formatCsv(generateAdClicks(20, 7)));
    const y = table.numbers("Clicked on Ad");
    expect(y.reduce((a, b) => a + b, 0)).toBe(500);
    const features = adClickColumns.slice(0, 4);
    const split = trainTestSplit(table.matrix(features), y, { testSize: 0.3, seed: 42 });
    const model = new Pipeline([
      ["scale", new StandardScaler()],
      ["model", new LogisticRegression()],
    ]).fit(split.xTrain, split.yTrain);
    const right = model.predict(split.xTest).filter((label, i) => label === split.yTest[i]).length;
    expect(right / split.yTest.length).toBeGreaterThan(0.93);
    expect(right / split.yTest.length).toBeLessThan(1);
  });

  it.skipIf(!existsSync(shared("advertising.csv")))(
    "has ad clicks in the columns of the real file",
    async () => {
      expect((await readCsv(shared("advertising.csv"))).names).toEqual([...adClickColumns]);
    },
  );
});
