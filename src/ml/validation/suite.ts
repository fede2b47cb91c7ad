/** Suites of expectations: checked against a table, inferred from a reference, and summed up by severity. */
import { TradewindError } from "../../errors.ts";
import { type Cell, cellsOf, type Table } from "../data/table.ts";
import { expectations, type Kwargs } from "./expectations.ts";

export interface Expectation {
  readonly type: string;
  readonly kwargs: Kwargs;
  /** "error" fails the table, "warning" is only reported. Default "error". */
  readonly severity?: "error" | "warning";
}

export interface Suite {
  readonly name: string;
  readonly expectations: readonly Expectation[];
}

/** The shape of Great Expectations' result. */
export interface ExpectationResult {
  expectation: Expectation;
  success: boolean;
  severity: "error" | "warning";
  /** Why it could not be checked. */
  exception: string | null;
  result: {
    observed_value: unknown;
    element_count?: number;
    missing_count?: number;
    unexpected_count?: number;
    unexpected_percent?: number;
    partial_unexpected_list?: Cell[];
    partial_unexpected_index_list?: number[];
  };
}

export interface ValidationReport {
  suite: string;
  /** Whether all expectations of severity "error" hold. */
  success: boolean;
  outcome: "passed" | "warned" | "failed";
  statistics: { evaluated: number; successful: number; failed: number; warnings: number };
  results: ExpectationResult[];
}

/** How many values that do not fit are listed. */
const listed = 20;

/** TW_EXPECTATION for an expectation that does not exist; one that cannot be checked (a column is missing) does not hold. */
export function validate(table: Table, suite: Suite): ValidationReport {
  const results = suite.expectations.map((expectation) => checkOne(table, expectation));
  const failed = results.filter(({ success, severity }) => !success && severity === "error").length;
  const warnings = results.filter(({ success, severity }) => !success && severity === "warning").length;
  return {
    suite: suite.name,
    success: failed === 0,
    outcome: failed > 0 ? "failed" : warnings > 0 ? "warned" : "passed",
    statistics: {
      evaluated: results.length,
      successful: results.length - failed - warnings,
      failed,
      warnings,
    },
    results,
  };
}

function checkOne(table: Table, expectation: Expectation): ExpectationResult {
  const { type, kwargs, severity = "error" } = expectation;
  const check = Object.hasOwn(expectations, type) ? expectations[type] : undefined;
  if (check === undefined)
    throw new TradewindError("TW_EXPECTATION", `there is no expectation ${JSON.stringify(type)}`, {
      hint: `There are ${Object.keys(expectations).length}, by Great Expectations' names; the guide lists them.`,
    });
  try {
    const { success, observed, values } = check(table, kwargs);
    const base = { expectation, success, severity, exception: null };
    if (values === undefined) return { ...base, result: { observed_value: observed } };
    const { count, missing, unexpected, rows } = values;
    const judged = count - missing;
    const result = {
      observed_value: observed,
      element_count: count,
      missing_count: missing,
      unexpected_count: unexpected.length,
      unexpected_percent: judged === 0 ? 0 : (100 * unexpected.length) / judged,
      partial_unexpected_list: unexpected.slice(0, listed),
      partial_unexpected_index_list: rows.slice(0, listed),
    };
    return { ...base, result };
  } catch (error) {
    if (!(error instanceof TradewindError) || error.code === "TW_EXPECTATION") throw error;
    return {
      expectation,
      success: false,
      severity,
      exception: error.message,
      result: { observed_value: null },
    };
  }
}

/** One line for each expectation that does not hold. */
export function describeFailures(report: ValidationReport): string[] {
  return report.results
    .filter(({ success }) => !success)
    .map(({ expectation, severity, exception, result }) => {
      const column = expectation.kwargs["column"] ?? expectation.kwargs["column_A"];
      const where = column === undefined ? "" : ` of ${String(column)}`;
      const counted =
        result.unexpected_count === undefined
          ? `observed ${JSON.stringify(result.observed_value)}`
          : `${result.unexpected_count} of ${result.element_count} do not fit, such as ${JSON.stringify(result.partial_unexpected_list?.slice(0, 3))}`;
      return `${severity}: ${expectation.type}${where}: ${exception ?? counted}`;
    });
}

export interface InferOptions {
  name?: string;
  /** Values of texts up to which a column is taken as categories. Default 20. */
  mostCategories?: number;
  /** By how much of their range numbers may leave it. Default 0.1. */
  slack?: number;
}

/** What holds for a reference: columns, types, missing values, ranges, categories, keys. Ranges are warnings. */
export function inferSuite(reference: Table, options: InferOptions = {}): Suite {
  const { name = "inferred", mostCategories = 20, slack = 0.1 } = options;
  if (reference.rows === 0)
    throw new TradewindError("TW_ML_DATA", "expected a reference with rows to infer from, got an empty one");
  const list: Expectation[] = [
    { type: "expect_table_columns_to_match_set", kwargs: { column_set: reference.names } },
  ];
  for (const column of reference.names) {
    const { type } = reference.column(column);
    const cells = cellsOf(reference.column(column));
    const present = cells.filter((cell) => cell !== null);
    if (present.length === 0) continue;
    const share = present.length / cells.length;
    // A little below what was seen: the next table is another sample.
    const mostly = share === 1 ? 1 : Math.max(0, Math.floor((share - 0.05) * 100) / 100);
    list.push({ type: "expect_column_values_to_not_be_null", kwargs: { column, mostly } });
    if (type === "number") list.push(...numericExpectations(column, present as number[], slack));
    if (type === "text") list.push(...textExpectations(column, present, mostCategories));
  }
  return { name, expectations: list };
}

function numericExpectations(column: string, values: readonly number[], slack: number): Expectation[] {
  const [low, high] = values.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, -Infinity],
  );
  const margin = (high - low) * slack;
  const type = values.every(Number.isInteger) ? "int" : "float";
  return [
    { type: "expect_column_values_to_be_of_type", kwargs: { column, type_: type } },
    {
      type: "expect_column_values_to_be_between",
      kwargs: {
        column,
        min_value: low >= 0 ? Math.max(0, low - margin) : low - margin,
        max_value: high + margin,
      },
      severity: "warning",
    },
  ];
}

function textExpectations(column: string, values: readonly Cell[], mostCategories: number): Expectation[] {
  const distinct = [...new Set(values)];
  if (distinct.length === values.length && values.length > 1)
    return [{ type: "expect_column_values_to_be_unique", kwargs: { column } }];
  if (distinct.length > mostCategories) return [];
  return [{ type: "expect_column_values_to_be_in_set", kwargs: { column, value_set: distinct.sort() } }];
}
