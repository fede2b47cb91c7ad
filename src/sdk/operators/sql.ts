/** SQL as tasks, on PostgreSQL. */
import type { SqlParameters, SqlResult } from "../../providers/postgres.ts";
import { defineOperator, defineSensor } from "../operator.ts";
import { option } from "../options.ts";
import { follow } from "./branch-choice.ts";
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
