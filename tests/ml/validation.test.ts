import { describe, expect, it } from "vitest";
import {
  describeFailures,
  type Expectation,
  futureColumns,
  inferSuite,
  snapshotOf,
  Table,
  targetCopies,
  trainTestOverlap,
  validate,
} from "../../src/ml/index.ts";

const table = new Table(
  6,
  new Map([
    ["id", { type: "number", values: Float64Array.of(1, 2, 3, 4, 5, 5) }],
    ["age", { type: "number", values: Float64Array.of(20, 35, Number.NaN, 50, 200, 41) }],
    ["town", { type: "text", values: ["a", "b", "b", null, "zz", "b"] }],
    ["ok", { type: "boolean", values: [true, true, false, null, true, true] }],
  ]),
);
const check = (type: string, kwargs: Expectation["kwargs"]) => {
  const [result] = validate(table, { name: "s", expectations: [{ type, kwargs }] }).results;
  return result;
};

describe("expectations hold and fail as Great Expectations'", () => {
  it.each<[string, Expectation["kwargs"], boolean]>([
    ["expect_table_row_count_to_be_between", { min_value: 1, max_value: 6 }, true],
    ["expect_table_row_count_to_equal", { value: 5 }, false],
    ["expect_table_columns_to_match_ordered_list", { column_list: ["id", "age", "town", "ok"] }, true],
    ["expect_table_columns_to_match_set", { column_set: ["ok", "id"] }, false],
    ["expect_table_columns_to_match_set", { column_set: ["ok", "id"], exact_match: false }, true],
    ["expect_column_to_exist", { column: "nothing" }, false],
    ["expect_column_values_to_not_be_null", { column: "age" }, false],
    ["expect_column_values_to_not_be_null", { column: "age", mostly: 0.8 }, true],
    ["expect_column_values_to_be_unique", { column: "id" }, false],
    ["expect_column_values_to_be_unique", { column: "id", mostly: 0.6 }, true],
    ["expect_column_values_to_be_in_set", { column: "town", value_set: ["a", "b"] }, false],
    ["expect_column_values_to_be_in_set", { column: "town", value_set: ["a", "b"], mostly: 0.8 }, true],
    ["expect_column_values_to_be_between", { column: "age", min_value: 0, max_value: 120 }, false],
    [
      "expect_column_values_to_be_between",
      { column: "age", min_value: 20, strict_min: true, mostly: 0.8 },
      true,
    ],
    ["expect_column_values_to_match_regex", { column: "town", regex: "^[a-z]+$" }, true],
    ["expect_column_values_to_be_of_type", { column: "id", type_: "int64" }, true],
    ["expect_column_values_to_be_increasing", { column: "id" }, true],
    ["expect_column_values_to_be_increasing", { column: "id", strictly: true }, false],
    ["expect_column_value_lengths_to_be_between", { column: "town", max_value: 1 }, false],
    ["expect_column_mean_to_be_between", { column: "id", min_value: 3.3, max_value: 3.4 }, true],
    ["expect_column_median_to_be_between", { column: "age", min_value: 41, max_value: 41 }, true],
    ["expect_column_stdev_to_be_between", { column: "id", max_value: 1 }, false],
    ["expect_column_distinct_values_to_equal_set", { column: "town", value_set: ["a", "b", "zz"] }, true],
    ["expect_column_most_common_value_to_be_in_set", { column: "town", value_set: ["b"] }, true],
    ["expect_column_proportion_of_unique_values_to_be_between", { column: "ok", max_value: 0.5 }, true],
    ["expect_column_pair_values_a_to_be_greater_than_b", { column_A: "age", column_B: "id" }, true],
    ["expect_compound_columns_to_be_unique", { column_list: ["id", "town"] }, true],
  ])("%s %j: %s", (type, kwargs, holds) => {
    expect(check(type, kwargs)?.success).toBe(holds);
  });

  it("count what does not fit and show some of it", () => {
    expect(check("expect_column_values_to_be_between", { column: "age", max_value: 120 })).toMatchObject({
      success: false,
      result: {
        element_count: 6,
        missing_count: 1,
        unexpected_count: 1,
        unexpected_percent: 20,
        partial_unexpected_list: [200],
        partial_unexpected_index_list: [4],
      },
    });
  });

  it("a missing column does not hold, and says so; a wrong suite is an error", () => {
    expect(check("expect_column_values_to_not_be_null", { column: "x" })).toMatchObject({
      success: false,
      exception: 'there is no column "x"',
    });
    expect(() => check("expect_magic", {})).toThrow('there is no expectation "expect_magic"');
    expect(() => check("expect_column_values_to_be_between", { column: "age" })).toThrow("got neither");
    expect(() => check("expect_column_values_to_not_be_null", { column: "age", mostly: 2 })).toThrow(
      "mostly from 0 to 1",
    );
  });

  it("hold of an empty column as far as they look at values, and not where they need a figure", () => {
    const empty = Table.from({ x: [Number.NaN, Number.NaN] });
    const expectations = [
      { type: "expect_column_values_to_be_between", kwargs: { column: "x", min_value: 0 } },
      { type: "expect_column_mean_to_be_between", kwargs: { column: "x", min_value: 0 } },
    ];
    expect(validate(empty, { name: "s", expectations }).results.map(({ success }) => success)).toEqual([
      true,
      false,
    ]);
  });
});

describe("a suite", () => {
  it("warns where only warnings do not hold", () => {
    const warning = {
      type: "expect_table_row_count_to_equal",
      kwargs: { value: 1 },
      severity: "warning",
    } as const;
    const report = validate(table, { name: "s", expectations: [warning] });
    expect(report).toMatchObject({
      success: true,
      outcome: "warned",
      statistics: { warnings: 1, failed: 0 },
    });
    expect(describeFailures(report)).toEqual(["warning: expect_table_row_count_to_equal: observed 6"]);
  });

  it("inferred from a reference holds for it, and not for other data", () => {
    const suite = inferSuite(table);
    expect(validate(table, suite)).toMatchObject({ success: true, outcome: "passed" });
    const other = Table.from({ id: [1, 2.5], age: [30, 1000], town: ["a", "new"], ok: [1, 0] });
    const failed = describeFailures(validate(other, suite));
    expect(failed.join("\n")).toContain("expect_column_values_to_be_in_set of town: 1 of 2 do not fit");
    expect(failed.join("\n")).toContain("warning: expect_column_values_to_be_between of age");
    expect(() => inferSuite(table.select([]))).toThrow("got an empty one");
  });
});

describe("leaks", () => {
  it("rows of the training part in the test part", () => {
    const train = Table.from({ x: [1, 2, 3], y: ["a", "b", "c"] });
    const test = Table.from({ x: [2, 3, 9], y: ["b", "x", "c"] });
    expect(trainTestOverlap(train, test)).toMatchObject({ rows: [0] });
    expect(trainTestOverlap(train, test, ["x"])).toMatchObject({ rows: [0, 1] });
    expect(trainTestOverlap(train, test.select([2]))).toBeNull();
  });

  it("the target under another name, and what comes later than the event", () => {
    const data = Table.from({
      target: [0, 1, 0, 1, 1, 0],
      flag: ["no", "yes", "no", "yes", "yes", "no"],
      twice: [1, 3, 1, 3, 3, 1],
      age: [5, 9, 2, 7, 1, 3],
      at: ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05", "2026-01-06"],
      paid: ["2025-12-31", "2026-01-02", "2026-02-01", "2026-01-01", "2026-01-01", "2026-01-01"],
    });
    expect(targetCopies(data, "target").flatMap(({ columns }) => columns)).toEqual(["flag", "twice"]);
    expect(futureColumns(data, "at", ["paid"])).toMatchObject([{ columns: ["paid"], rows: [2] }]);
  });
});

it("a snapshot has the same digest for the same data and another one for other data", () => {
  const one = snapshotOf(table);
  expect(snapshotOf(table.select([0, 1, 2, 3, 4, 5])).digest).toBe(one.digest);
  expect(one).toMatchObject({ profile: { rows: 6, columns: 4, missing: { age: 1, town: 1 } } });
  expect(snapshotOf(table.select([1, 0, 2, 3, 4, 5])).digest).not.toBe(one.digest);
  expect(snapshotOf(table.without(["ok"])).digest).not.toBe(one.digest);
});
