/** SQL as tasks, on PostgreSQL. */

import { TradewindError } from "../../errors.ts";
import type { PostgresHook, SqlParameters, SqlResult } from "../../providers/postgres.ts";
import { getClient, type TaskContext } from "../context.ts";
import { defineOperator, defineSensor } from "../operator.ts";
import { option } from "../options.ts";
import { follow } from "./branch-choice.ts";

interface SqlConnection {
  /** Default "postgres_default". */
  readonly connId?: string;
  /** Instead of the connection's own. */
  readonly database?: string;
}

export interface SqlExecuteOptions extends SqlConnection {
  /** A statement, several, or the name of a file that ends in `.sql`; templates. */
  readonly sql: string | readonly string[];
  /** `$1` or `%s` for a list, `%(name)s` or `:name` for an object. Never written into the text. */
  readonly parameters?: SqlParameters;
  /** Each statement commits by itself. Default false: all of them are one transaction. */
  readonly autocommit?: boolean;
  /** Cuts each text at its semicolons, so that parameters go with every statement. Default false. */
  readonly splitStatements?: boolean;
  /** Only the last statement's rows are the result. Default true. */
  readonly returnLast?: boolean;
  /** From one statement's outcome to the result. Default: its rows. */
  readonly handler?: (result: SqlResult) => unknown;
}

const connectionRules = { connId: option.nonEmpty(), database: option.nonEmpty() };
const parametersRule = option.that(
  "an array or an object",
  (value) => typeof value === "object" && value !== null,
);
const textRule = option.that(
  "a statement or an array of statements",
  (value) => [value].flat().every((text) => typeof text === "string") && [value].flat().length > 0,
  { required: true },
);

/**
 * Runs SQL (Airflow's SQLExecuteQueryOperator). The rows of the last statement are the result.
 *
 * @example
 * dag.add(new SQLExecuteQueryOperator({
 *   taskId: "add", sql: "INSERT INTO scores (day, value) VALUES (%(day)s, %(value)s)", parameters: { day: "{{ ds }}", value: 0.9 },
 * }));
 */
export const SQLExecuteQueryOperator = defineOperator<SqlExecuteOptions, unknown>({
  name: "SQLExecuteQueryOperator",
  options: {
    sql: textRule,
    parameters: parametersRule,
    autocommit: option.boolean(),
    splitStatements: option.boolean(),
    returnLast: option.boolean(),
    handler: option.function(),
    ...connectionRules,
  },
  templateFields: ["sql", "parameters", "connId", "database"],
  templateExtensions: [".sql"],
  uiColor: "#cdaaed",
  async execute(options, context) {
    const { sql, parameters, autocommit = false, splitStatements = false, returnLast = true } = options;
    const hook = await hookOf(options);
    const results = await hook.run(sql, {
      autocommit,
      split: splitStatements,
      signal: context.signal,
      ...(parameters === undefined ? {} : { parameters }),
    });
    for (const { command, rowCount } of results) context.logger.info(`${command}: ${rowCount ?? 0} rows`);
    const handler = options.handler ?? rowsOf;
    const last = results.at(-1);
    return returnLast ? last && handler(last) : results.map(handler);
  },
});

/** Nothing for a statement that has no rows, so that it pushes no XCom. */
function rowsOf({ columns, rows }: SqlResult): unknown {
  return columns.length === 0 ? undefined : rows;
}

async function hookOf({ connId = "postgres_default", database }: SqlConnection): Promise<PostgresHook> {
  const { PostgresHook: Hook } = await import("../../providers/postgres.ts");
  return new Hook(await getClient().getConnectionOrThrow(connId), database);
}

export interface SqlCheckOptions extends SqlConnection {
  readonly sql: string;
  readonly parameters?: SqlParameters;
}

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

type Comparison = {
  equalTo?: number;
  greaterThan?: number;
  geqTo?: number;
  lessThan?: number;
  leqTo?: number;
  tolerance?: number;
};

export type ColumnChecks = {
  readonly [check in "nullCheck" | "distinctCheck" | "uniqueCheck" | "min" | "max"]?: Comparison;
};

export interface SqlColumnCheckOptions extends SqlConnection {
  readonly table: string;
  /** By column: `{ id: { nullCheck: { equalTo: 0 }, uniqueCheck: { equalTo: 0 } }, price: { min: { geqTo: 0 } } }`. */
  readonly columnMapping: { readonly [column: string]: ColumnChecks };
  /** Condition on the rows that are looked at. */
  readonly partitionClause?: string;
}

const columnExpressions: { readonly [check in keyof ColumnChecks]-?: (column: string) => string } = {
  nullCheck: (column) => `COUNT(*) FILTER (WHERE ${column} IS NULL)`,
  distinctCheck: (column) => `COUNT(DISTINCT ${column})`,
  uniqueCheck: (column) => `COUNT(${column}) - COUNT(DISTINCT ${column})`,
  min: (column) => `MIN(${column})`,
  max: (column) => `MAX(${column})`,
};

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
      .find((check) => !Object.hasOwn(columnExpressions, check));
    return unknown === undefined
      ? undefined
      : `expected checks among ${Object.keys(columnExpressions).join(", ")}, got "${unknown}"`;
  },
  async execute(options, context) {
    const checks = Object.entries(options.columnMapping).flatMap(([column, wanted]) =>
      Object.entries(wanted).map(([check, comparison]) => ({
        column,
        check: check as keyof ColumnChecks,
        comparison,
      })),
    );
    const selected = checks.map(
      ({ column, check }, index) => `${columnExpressions[check](identifier(column))} AS c${index}`,
    );
    const sql = `SELECT ${selected.join(", ")} FROM ${identifier(options.table)}${where(options.partitionClause)}`;
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
      // A statement on rows must hold for each of them; BOOL_AND of an aggregate cannot be nested, hence the cases.
      const from = `FROM ${identifier(options.table)}${where(clauses.join(" AND ") || undefined)}`;
      const aggregate = /\b(count|sum|avg|min|max|stddev\w*|var\w*|bool_and|bool_or|every)\s*\(/i.test(
        checkStatement,
      );
      const row = await hook.getFirst(
        `SELECT ${aggregate ? checkStatement : `BOOL_AND(${checkStatement})`} AS holds ${from}`,
      );
      if (!isTruthy(row?.["holds"])) failures.push(`${name}: ${checkStatement}`);
    }
    report(failures, Object.keys(options.checks).length, `table "${options.table}"`, context);
    return undefined;
  },
});

export interface BranchSqlOptions extends SqlCheckOptions {
  readonly followTaskIdsIfTrue: string | readonly string[];
  readonly followTaskIdsIfFalse: string | readonly string[];
}

const taskIds = option.that(
  "a task id or an array of them",
  (value) => [value].flat().every((id) => typeof id === "string"),
  { required: true },
);

/** Chooses by the first value of the first row (Airflow's BranchSQLOperator). */
export const BranchSQLOperator = defineOperator<BranchSqlOptions, unknown>({
  name: "BranchSQLOperator",
  options: {
    sql: option.nonEmpty({ required: true }),
    parameters: parametersRule,
    followTaskIdsIfTrue: taskIds,
    followTaskIdsIfFalse: taskIds,
    ...connectionRules,
  },
  templateFields: ["sql", "parameters", "connId", "database"],
  templateExtensions: [".sql"],
  branch: true,
  uiColor: "#a22034",
  uiFgcolor: "#f7f7f7",
  async execute(options, context) {
    const [value] = Object.values(await firstRow(options));
    return follow(isTruthy(value) ? options.followTaskIdsIfTrue : options.followTaskIdsIfFalse, context);
  },
});

export interface SqlSensorOptions extends SqlCheckOptions {
  /** Whether the first value of the first row ends the wait. Default: it is true-like. */
  readonly success?: (value: unknown) => boolean;
  /** Whether it fails the sensor. */
  readonly failure?: (value: unknown) => boolean;
  /** Fails when there is no row. Default false: it is "not yet". */
  readonly failOnEmpty?: boolean;
}

/** Waits until a query gives something true-like (Airflow's SqlSensor). */
export const SqlSensor = defineSensor<SqlSensorOptions, unknown>({
  name: "SqlSensor",
  options: {
    sql: option.nonEmpty({ required: true }),
    parameters: parametersRule,
    success: option.function(),
    failure: option.function(),
    failOnEmpty: option.boolean(),
    ...connectionRules,
  },
  templateFields: ["sql", "parameters", "connId", "database"],
  templateExtensions: [".sql"],
  uiColor: "#7c7287",
  async poke(options) {
    const row = await (await hookOf(options)).getFirst(options.sql, options.parameters);
    if (row === undefined) {
      if (options.failOnEmpty) throw checkFailed(options.sql, "a row", undefined);
      return false;
    }
    const [value] = Object.values(row);
    if (options.failure?.(value)) throw checkFailed(options.sql, "a value that `failure` does not take", row);
    return options.success ? options.success(value) : isTruthy(value);
  },
});

async function firstRow(options: SqlCheckOptions): Promise<{ [column: string]: unknown }> {
  const row = await (await hookOf(options)).getFirst(options.sql, options.parameters);
  if (row === undefined) throw checkFailed(options.sql, "a row", undefined);
  return row;
}

/** PostgreSQL gives counts as text; "0", "f" and "false" are false as well as 0, null and the empty text. */
function isTruthy(value: unknown): boolean {
  if (typeof value === "string") return !/^(0+(\.0+)?|f|false|n|no|off|)$/i.test(value.trim());
  return Boolean(value);
}

function compare(value: number, wanted: Comparison): string | undefined {
  const { tolerance = 0 } = wanted;
  const slack = (bound: number) => Math.abs(bound) * tolerance;
  const { equalTo, greaterThan, geqTo, lessThan, leqTo } = wanted;
  if (equalTo !== undefined && !(Math.abs(value - equalTo) <= slack(equalTo)))
    return `expected ${equalTo}, got ${value}`;
  if (greaterThan !== undefined && !(value > greaterThan - slack(greaterThan)))
    return `expected more than ${greaterThan}, got ${value}`;
  if (geqTo !== undefined && !(value >= geqTo - slack(geqTo)))
    return `expected ${geqTo} or more, got ${value}`;
  if (lessThan !== undefined && !(value < lessThan + slack(lessThan)))
    return `expected less than ${lessThan}, got ${value}`;
  if (leqTo !== undefined && !(value <= leqTo + slack(leqTo)))
    return `expected ${leqTo} or less, got ${value}`;
  return undefined;
}

function report(failures: string[], total: number, what: string, context: TaskContext): void {
  if (failures.length > 0)
    throw new TradewindError(
      "TW_CHECK_FAILED",
      `${failures.length} of ${total} checks of ${what} do not hold: ${failures.join("; ")}`,
    );
  context.logger.info(`all ${total} checks of ${what} hold`);
}

function checkFailed(sql: string, expected: string, got: unknown): TradewindError {
  return new TradewindError(
    "TW_CHECK_FAILED",
    `expected ${expected}, got ${JSON.stringify(got) ?? "none"} of: ${sql.slice(0, 300)}`,
  );
}

/** Names of tables and columns come from the author, and are quoted unless they are an expression or quoted. */
function identifier(name: string): string {
  if (/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$/.test(name) || name.includes('"') || /[()]/.test(name))
    return name;
  return name
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
}

function where(clause: string | undefined): string {
  return clause === undefined ? "" : ` WHERE ${clause}`;
}
