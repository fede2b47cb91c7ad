/**
 * Expectations by the names and arguments of Great Expectations. One that looks at values counts those that do not fit, and
 * holds when at least `mostly` of the values that are there fit; one that looks at a column or the table compares a figure.
 */
import { TradewindError } from "../../errors.ts";
import { type Cell, cellsOf, type Table } from "../data/table.ts";
import { quantileOf } from "../preparation/scalers.ts";

export type Kwargs = Readonly<Record<string, unknown>>;

/** What an expectation saw. */
export interface Observation {
  readonly success: boolean;
  readonly observed: unknown;
  /** Of those that look at values. */
  readonly values?: {
    readonly count: number;
    readonly missing: number;
    readonly unexpected: readonly Cell[];
    readonly rows: readonly number[];
  };
}

export type Check = (table: Table, kwargs: Kwargs) => Observation;

const column = (table: Table, kwargs: Kwargs, name = "column"): readonly Cell[] =>
  cellsOf(table.column(textOf(kwargs, name)));

function textOf(kwargs: Kwargs, name: string): string {
  const value = kwargs[name];
  if (typeof value === "string") return value;
  throw new TradewindError(
    "TW_EXPECTATION",
    `expected ${name} to be a text, got ${JSON.stringify(value) ?? "nothing"}`,
  );
}

function listOf<T = Cell>(kwargs: Kwargs, name: string): T[] {
  const value = kwargs[name];
  if (Array.isArray(value)) return value as T[];
  throw new TradewindError(
    "TW_EXPECTATION",
    `expected ${name} to be a list, got ${JSON.stringify(value) ?? "nothing"}`,
  );
}

/** Rows are judged one by one; missing values are not, unless `countsMissing`. */
function byValue(
  judge: (kwargs: Kwargs) => (cell: Cell, row: number, cells: readonly Cell[]) => boolean,
  countsMissing = false,
): Check {
  return (table, kwargs) => {
    const cells = column(table, kwargs);
    const fits = judge(kwargs);
    const rows = [...cells.keys()].filter(
      (row) => (countsMissing || cells[row] !== null) && !fits(cells[row], row, cells),
    );
    return verdict(cells, rows, kwargs, countsMissing);
  };
}

function verdict(
  cells: readonly Cell[],
  rows: readonly number[],
  kwargs: Kwargs,
  countsMissing: boolean,
): Observation {
  const mostly = Number(kwargs["mostly"] ?? 1);
  if (!(mostly >= 0 && mostly <= 1))
    throw new TradewindError("TW_EXPECTATION", `expected mostly from 0 to 1, got ${mostly}`);
  const missing = cells.filter((cell) => cell === null).length;
  const judged = countsMissing ? cells.length : cells.length - missing;
  const share = judged === 0 ? 1 : 1 - rows.length / judged;
  const values = { count: cells.length, missing, unexpected: rows.map((row) => cells[row]), rows };
  return { success: share >= mostly - 1e-12, observed: share, values };
}

/** Whether a value lies between the bounds that are given. Without any it is an error of the suite. */
function between(kwargs: Kwargs): (value: unknown) => boolean {
  const [low, high] = [kwargs["min_value"] ?? null, kwargs["max_value"] ?? null];
  if (low === null && high === null)
    throw new TradewindError("TW_EXPECTATION", "expected min_value or max_value, got neither");
  const [strictLow, strictHigh] = [kwargs["strict_min"] === true, kwargs["strict_max"] === true];
  return (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return false;
    const v = value as never;
    const above = low === null || (strictLow ? v > (low as never) : v >= (low as never));
    return above && (high === null || (strictHigh ? v < (high as never) : v <= (high as never)));
  };
}

/** A figure of a column of numbers between bounds. An empty column has none, and does not hold. */
function byFigure(figure: (values: Float64Array, kwargs: Kwargs) => number): Check {
  return (table, kwargs) => {
    const values = Float64Array.from(
      column(table, kwargs).filter((cell) => cell !== null),
      Number,
    ).sort();
    const observed = values.length === 0 ? null : figure(values, kwargs);
    return { success: observed !== null && between(kwargs)(observed), observed };
  };
}

const sumOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
const meanOf = (values: Float64Array): number => sumOf(values) / values.length;
const deviationOf = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - meanOf(values)) ** 2, 0) / (values.length - 1));

const distinctOf = (table: Table, kwargs: Kwargs): Cell[] => [
  ...new Set(column(table, kwargs).filter((cell) => cell !== null)),
];

function bySet(holds: (distinct: readonly Cell[], wanted: readonly Cell[]) => boolean): Check {
  return (table, kwargs) => {
    const observed = distinctOf(table, kwargs);
    return { success: holds(observed, listOf(kwargs, "value_set")), observed };
  };
}

function ordered(rises: boolean): Check {
  return byValue((kwargs) => (cell, row, cells) => {
    let before = row - 1;
    while (before >= 0 && cells[before] === null) before--;
    if (before < 0) return true;
    const [a, b] = [cells[before] as never, cell as never];
    const strictly = kwargs["strictly"] === true;
    return rises ? (strictly ? a < b : a <= b) : strictly ? a > b : a >= b;
  });
}

function repeated(cells: readonly unknown[]): Set<unknown> {
  const seen = new Set<unknown>();
  const twice = new Set<unknown>();
  for (const cell of cells) (seen.has(cell) ? twice : seen).add(cell);
  return twice;
}

const typeNames: Record<string, (cell: Cell) => boolean> = {
  int: Number.isInteger,
  float: (cell) => typeof cell === "number",
  number: (cell) => typeof cell === "number",
  str: (cell) => typeof cell === "string",
  text: (cell) => typeof cell === "string",
  bool: (cell) => typeof cell === "boolean",
};

function typeCheck(name: unknown): (cell: Cell) => boolean {
  const known =
    typeNames[
      String(name)
        .toLowerCase()
        .replace(/(8|16|32|64)$/, "")
        .replace(/^string$/, "str")
        .replace(/^boolean$/, "bool")
    ];
  if (known !== undefined) return known;
  throw new TradewindError("TW_EXPECTATION", `there is no type ${JSON.stringify(name)}`, {
    hint: `The types are ${Object.keys(typeNames).join(", ")}.`,
  });
}

function parses(cell: Cell): boolean {
  try {
    JSON.parse(String(cell));
    return true;
  } catch {
    return false;
  }
}

const pattern = (kwargs: Kwargs): RegExp => new RegExp(textOf(kwargs, "regex"), "u");

/** Two columns, row by row; rows that miss either are left out. */
function byPair(holds: (a: never, b: never, kwargs: Kwargs) => boolean): Check {
  return (table, kwargs) => {
    const [a, b] = [column(table, kwargs, "column_A"), column(table, kwargs, "column_B")];
    const rows = [...a.keys()].filter(
      (row) => a[row] !== null && b[row] !== null && !holds(a[row] as never, b[row] as never, kwargs),
    );
    return verdict(a, rows, kwargs, false);
  };
}

function figureOfTable(figure: (table: Table) => number, between_: boolean): Check {
  return (table, kwargs) => {
    const observed = figure(table);
    return { success: between_ ? between(kwargs)(observed) : observed === Number(kwargs["value"]), observed };
  };
}

/** By name. */
export const expectations: Readonly<Record<string, Check>> = {
  expect_table_row_count_to_be_between: figureOfTable((table) => table.rows, true),
  expect_table_row_count_to_equal: figureOfTable((table) => table.rows, false),
  expect_table_column_count_to_be_between: figureOfTable((table) => table.names.length, true),
  expect_table_column_count_to_equal: figureOfTable((table) => table.names.length, false),
  expect_table_columns_to_match_ordered_list: (table, kwargs) => ({
    success: JSON.stringify(table.names) === JSON.stringify(listOf(kwargs, "column_list")),
    observed: table.names,
  }),
  expect_table_columns_to_match_set: (table, kwargs) => {
    const wanted = listOf<string>(kwargs, "column_set");
    const all = wanted.every((name) => table.names.includes(name));
    const exact = kwargs["exact_match"] === false || table.names.length === wanted.length;
    return { success: all && exact, observed: table.names };
  },
  expect_column_to_exist: (table, kwargs) => ({
    success: table.names.includes(textOf(kwargs, "column")),
    observed: table.names,
  }),
  expect_column_values_to_not_be_null: byValue(() => (cell) => cell !== null, true),
  expect_column_values_to_be_null: byValue(() => (cell) => cell === null, true),
  expect_column_values_to_be_unique: (table, kwargs) => {
    const twice = repeated(column(table, kwargs).filter((cell) => cell !== null));
    return byValue(() => (cell) => !twice.has(cell))(table, kwargs);
  },
  expect_column_values_to_be_in_set: byValue((kwargs) => {
    const set = new Set(listOf(kwargs, "value_set"));
    return (cell) => set.has(cell);
  }),
  expect_column_values_to_not_be_in_set: byValue((kwargs) => {
    const set = new Set(listOf(kwargs, "value_set"));
    return (cell) => !set.has(cell);
  }),
  expect_column_values_to_be_between: byValue((kwargs) => between(kwargs)),
  expect_column_values_to_match_regex: byValue((kwargs) => {
    const regex = pattern(kwargs);
    return (cell) => regex.test(String(cell));
  }),
  expect_column_values_to_not_match_regex: byValue((kwargs) => {
    const regex = pattern(kwargs);
    return (cell) => !regex.test(String(cell));
  }),
  expect_column_values_to_be_of_type: byValue((kwargs) => typeCheck(kwargs["type_"])),
  expect_column_values_to_be_in_type_list: byValue((kwargs) => {
    const checks = listOf(kwargs, "type_list").map(typeCheck);
    return (cell) => checks.some((check) => check(cell));
  }),
  expect_column_values_to_be_increasing: ordered(true),
  expect_column_values_to_be_decreasing: ordered(false),
  expect_column_values_to_be_json_parseable: byValue(() => parses),
  expect_column_values_to_be_dateutil_parseable: byValue(
    () => (cell) => !Number.isNaN(Date.parse(String(cell))),
  ),
  expect_column_value_lengths_to_be_between: byValue((kwargs) => {
    const fits = between(kwargs);
    return (cell) => fits(String(cell).length);
  }),
  expect_column_value_lengths_to_equal: byValue(
    (kwargs) => (cell) => String(cell).length === Number(kwargs["value"]),
  ),
  expect_column_value_z_scores_to_be_less_than: (table, kwargs) => {
    const values = Float64Array.from(
      column(table, kwargs).filter((cell) => cell !== null),
      Number,
    );
    const [mean, deviation] = [meanOf(values), deviationOf(values)];
    const limit = Number(kwargs["threshold"] ?? 3);
    const z = (cell: Cell): number => (Number(cell) - mean) / deviation;
    return byValue(() => (cell) => (kwargs["double_sided"] === false ? z(cell) : Math.abs(z(cell))) < limit)(
      table,
      kwargs,
    );
  },
  expect_column_min_to_be_between: byFigure((values) => values[0]),
  expect_column_max_to_be_between: byFigure((values) => values[values.length - 1]),
  expect_column_mean_to_be_between: byFigure(meanOf),
  expect_column_median_to_be_between: byFigure((values) => quantileOf(values, 0.5)),
  expect_column_sum_to_be_between: byFigure(sumOf),
  expect_column_stdev_to_be_between: byFigure(deviationOf),
  expect_column_quantile_value_to_be_between: byFigure((values, kwargs) =>
    quantileOf(values, Number(kwargs["quantile"])),
  ),
  expect_column_unique_value_count_to_be_between: (table, kwargs) => {
    const observed = distinctOf(table, kwargs).length;
    return { success: between(kwargs)(observed), observed };
  },
  expect_column_proportion_of_unique_values_to_be_between: (table, kwargs) => {
    const present = column(table, kwargs).filter((cell) => cell !== null).length;
    const observed = present === 0 ? null : distinctOf(table, kwargs).length / present;
    return { success: observed !== null && between(kwargs)(observed), observed };
  },
  expect_column_distinct_values_to_be_in_set: bySet((distinct, wanted) =>
    distinct.every((value) => wanted.includes(value)),
  ),
  expect_column_distinct_values_to_contain_set: bySet((distinct, wanted) =>
    wanted.every((value) => distinct.includes(value)),
  ),
  expect_column_distinct_values_to_equal_set: bySet(
    (distinct, wanted) =>
      distinct.length === new Set(wanted).size && distinct.every((value) => wanted.includes(value)),
  ),
  expect_column_most_common_value_to_be_in_set: (table, kwargs) => {
    const counts = new Map<Cell, number>();
    for (const cell of column(table, kwargs))
      if (cell !== null) counts.set(cell, (counts.get(cell) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const observed = [...counts.keys()].filter((cell) => counts.get(cell) === most);
    return {
      success: observed.length > 0 && observed.every((cell) => listOf(kwargs, "value_set").includes(cell)),
      observed,
    };
  },
  expect_column_pair_values_a_to_be_greater_than_b: byPair((a, b, kwargs) =>
    kwargs["or_equal"] === true ? a >= b : a > b,
  ),
  expect_column_pair_values_to_be_equal: byPair((a, b) => a === b),
  expect_compound_columns_to_be_unique: (table, kwargs) => {
    const columns = listOf<string>(kwargs, "column_list").map((name) => cellsOf(table.column(name)));
    const keys = Array.from({ length: table.rows }, (_, row) =>
      JSON.stringify(columns.map((cells) => cells[row])),
    );
    const twice = repeated(keys);
    return verdict(
      keys,
      [...keys.keys()].filter((row) => twice.has(keys[row])),
      kwargs,
      true,
    );
  },
};
