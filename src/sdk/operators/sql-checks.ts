/** Checks of data by SQL, on PostgreSQL. */
import { TradewindError } from "../../errors.ts";
import {
  type ColumnChecks,
  columnCheckNames,
  columnCheckStatement,
  compare,
  tableCheckStatement,
} from "../../providers/sql-checks.ts";
import type { TaskContext } from "../context.ts";
import { defineOperator } from "../operator.ts";
import { option } from "../options.ts";
import {
  checkFailed,
  connectionRules,
  firstRow,
  hookOf,
  isTruthy,
  parametersRule,
  type SqlCheckOptions,
  type SqlConnection,
} from "./sql-query.ts";

/** Fails unless every value of the first row is true-like (Airflow's SQLCheckOperator). */
export const SQLCheckOperator = defineOperator<SqlCheckOptions, undefined>({
  name: "SQLCheckOperator",
  options: { sql: option.nonEmpty({ required: true }), parameters: parametersRule, ...connectionRules },
  templateFields: ["sql", "parameters", "connId", "database"],
  templateExtensions: [".sql"],
  uiColor: "#fff7e6",
  async execute(options) {
    const row = await firstRow(options);
    const wrong = Object.entries(row).filter(([, value]) => !isTruthy(value));
    if (wrong.length > 0)
      throw checkFailed(options.sql, `every value of the first row to hold`, Object.fromEntries(wrong));
    return undefined;
  },
});

export interface SqlValueCheckOptions extends SqlCheckOptions {
  /** What each value of the first row must be. */
  readonly passValue: number | string;
  /** How far a number may be off, as a part of `passValue`: 0.05 is 5 %. Default: not at all. */
  readonly tolerance?: number;
}

/** Compares the first row with a value (Airflow's SQLValueCheckOperator). */
export const SQLValueCheckOperator = defineOperator<SqlValueCheckOptions, undefined>({
  name: "SQLValueCheckOperator",
  options: {
    sql: option.nonEmpty({ required: true }),
    parameters: parametersRule,
    passValue: option.that(
      "a number or a string",
      (value) => typeof value === "number" || typeof value === "string",
      { required: true },
    ),
    tolerance: option.number({ min: 0 }),
    ...connectionRules,
  },
  templateFields: ["sql", "parameters", "passValue", "connId", "database"],
  templateExtensions: [".sql"],
  uiColor: "#fff7e6",
  async execute(options) {
    const row = await firstRow(options);
    const { passValue, tolerance = 0 } = options;
    const numeric = Number(passValue);
    const fits = (value: unknown): boolean => {
      if (Number.isNaN(numeric)) return String(value) === String(passValue);
      const slack = Math.abs(numeric) * tolerance;
      return Math.abs(Number(value) - numeric) <= slack;
    };
    if (Object.values(row).every(fits)) return undefined;
    throw checkFailed(options.sql, `${passValue}${tolerance ? ` ± ${tolerance * 100} %` : ""}`, row);
  },
});

export interface SqlColumnCheckOptions extends SqlConnection {
  readonly table: string;
  /** By column: `{ id: { nullCheck: { equalTo: 0 }, uniqueCheck: { equalTo: 0 } }, price: { min: { geqTo: 0 } } }`. */
  readonly columnMapping: { readonly [column: string]: ColumnChecks };
  /** Condition on the rows that are looked at. */
  readonly partitionClause?: string;
}

/** Checks counts and bounds of columns in one statement (Airflow's SQLColumnCheckOperator). */
export const SQLColumnCheckOperator = defineOperator<SqlColumnCheckOptions, undefined>({
  name: "SQLColumnCheckOperator",
  options: {
    table: option.nonEmpty({ required: true }),
    columnMapping: option.object({ required: true }),
    partitionClause: option.nonEmpty(),
    ...connectionRules,
  },
  templateFields: ["table", "partitionClause", "connId", "database"],
  validate: ({ columnMapping }) => {
    const unknown = Object.values(columnMapping ?? {})
      .flatMap((checks) => Object.keys(checks))
      .find((check) => !columnCheckNames.includes(check));
    return unknown === undefined
      ? undefined
      : `expected checks among ${columnCheckNames.join(", ")}, got "${unknown}"`;
  },
  async execute(options, context) {
    const checks = Object.entries(options.columnMapping).flatMap(([column, wanted]) =>
      Object.entries(wanted).map(([check, comparison]) => ({
        column,
        check: check as keyof ColumnChecks,
        comparison,
      })),
    );
    const sql = columnCheckStatement(options.table, checks, options.partitionClause);
    const row = (await (await hookOf(options)).getFirst(sql)) ?? {};
    const failures = checks.flatMap(({ column, check, comparison }, index) => {
      const complaint = compare(Number(row[`c${index}`]), comparison);
      return complaint === undefined ? [] : [`${column} ${check}: ${complaint}`];
    });
    report(failures, checks.length, `table "${options.table}"`, context);
    return undefined;
  },
});

export interface SqlTableCheckOptions extends SqlConnection {
  readonly table: string;
  /** Statements on rows or aggregates: `{ enough: { checkStatement: "COUNT(*) > 100" } }`. */
  readonly checks: {
    readonly [name: string]: { readonly checkStatement: string; readonly partitionClause?: string };
  };
  readonly partitionClause?: string;
}

/** Checks statements on a table (Airflow's SQLTableCheckOperator). */
export const SQLTableCheckOperator = defineOperator<SqlTableCheckOptions, undefined>({
  name: "SQLTableCheckOperator",
  options: {
    table: option.nonEmpty({ required: true }),
    checks: option.object({ required: true }),
    partitionClause: option.nonEmpty(),
    ...connectionRules,
  },
  templateFields: ["table", "partitionClause", "checks", "connId", "database"],
  async execute(options, context) {
    const hook = await hookOf(options);
    const failures: string[] = [];
    for (const [name, { checkStatement, partitionClause }] of Object.entries(options.checks)) {
      const clauses = [options.partitionClause, partitionClause].filter((clause) => clause !== undefined);
      const row = await hook.getFirst(tableCheckStatement(options.table, checkStatement, clauses));
      if (!isTruthy(row?.["holds"])) failures.push(`${name}: ${checkStatement}`);
    }
    report(failures, Object.keys(options.checks).length, `table "${options.table}"`, context);
    return undefined;
  },
});

function report(failures: string[], total: number, what: string, context: TaskContext): void {
  if (failures.length > 0)
    throw new TradewindError(
      "TW_CHECK_FAILED",
      `${failures.length} of ${total} checks of ${what} do not hold: ${failures.join("; ")}`,
    );
  context.logger.info(`all ${total} checks of ${what} hold`);
}
