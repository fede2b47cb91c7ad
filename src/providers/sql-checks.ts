/** The statements behind checks of columns and tables, and what their answers mean. */

export type Comparison = {
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

const columnExpressions: { readonly [check in keyof ColumnChecks]-?: (column: string) => string } = {
  nullCheck: (column) => `COUNT(*) FILTER (WHERE ${column} IS NULL)`,
  distinctCheck: (column) => `COUNT(DISTINCT ${column})`,
  uniqueCheck: (column) => `COUNT(${column}) - COUNT(DISTINCT ${column})`,
  min: (column) => `MIN(${column})`,
  max: (column) => `MAX(${column})`,
};

/** Names of the checks that there are. */
export const columnCheckNames: readonly string[] = Object.keys(columnExpressions);

export interface ColumnCheck {
  readonly column: string;
  readonly check: keyof ColumnChecks;
  readonly comparison: Comparison;
}

/** One statement for all checks; the answer of number i is the column `ci`. */
export function columnCheckStatement(
  table: string,
  checks: readonly ColumnCheck[],
  partition: string | undefined,
): string {
  const selected = checks.map(
    ({ column, check }, index) => `${columnExpressions[check](identifier(column))} AS c${index}`,
  );
  return `SELECT ${selected.join(", ")} FROM ${identifier(table)}${where(partition)}`;
}

/** A statement on rows must hold for each of them; one on aggregates stands for itself, as they cannot be nested. */
export function tableCheckStatement(table: string, check: string, partitions: readonly string[]): string {
  const aggregate = /\b(count|sum|avg|min|max|stddev\w*|var\w*|bool_and|bool_or|every)\s*\(/i.test(check);
  const from = `FROM ${identifier(table)}${where(partitions.join(" AND ") || undefined)}`;
  return `SELECT ${aggregate ? check : `BOOL_AND(${check})`} AS holds ${from}`;
}

/** What a value does wrong; undefined when it holds. */
export function compare(value: number, wanted: Comparison): string | undefined {
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
