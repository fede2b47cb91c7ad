/**
 * Parts of the statements that read lists: conditions over columns that stand in the code, and orders that end in a
 * key, so that a page has one place for each row. Values are parameters, as everywhere.
 *
 * A list names its columns once (`ListColumns`); filters, orders and cursors then work on the names.
 */
import type { Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import type { Statement } from "./sql.ts";
import { instant, sql } from "./sql.ts";

/** Bounds of a range; each may be absent. */
export interface Range<Value = number> {
  readonly gte?: Value | null | undefined;
  readonly gt?: Value | null | undefined;
  readonly lte?: Value | null | undefined;
  readonly lt?: Value | null | undefined;
}

type Condition = Statement | null;

/** TRUE where nothing is asked. */
export function allOf(conditions: readonly Condition[]): Statement {
  return conditions.reduce<Statement>((all, one) => (one === null ? all : sql`${all} AND ${one}`), sql`TRUE`);
}

export function anyOf(conditions: readonly Statement[]): Statement {
  return conditions.reduce<Statement>((any, one) => sql`${any} OR ${one}`, sql`FALSE`);
}

/** An empty list asks for nothing, as an absent one. */
export function isOneOf(
  column: Statement,
  values: readonly (string | number)[] | null | undefined,
  type: "text" | "bigint" = "text",
): Condition {
  if (values === null || values === undefined || values.length === 0) return null;
  const array = type === "text" ? sql`${values}::text[]` : sql`${values}::bigint[]`;
  return sql`${column} = ANY (${array})`;
}

export function equals(column: Statement, value: string | number | boolean | null | undefined): Condition {
  if (value === null || value === undefined) return null;
  return sql`${column} = ${value}`;
}

/**
 * Part of a text in any case, `%` and `_` as in LIKE; `|` stands between alternatives, `~` for everything.
 * Without `%` inside it cannot use an index.
 */
export function matches(column: Statement, pattern: string | null | undefined): Condition {
  if (pattern === null || pattern === undefined) return null;
  const any = alternatives(pattern).map((term) => sql`${column} ILIKE ${`%${unfinishedEscape(term)}%`}`);
  return sql`(${anyOf(any)})`;
}

/** The beginning of a text, in the same case and with nothing that has a meaning but `|` and `~`. */
export function startsWith(column: Statement, prefix: string | null | undefined): Condition {
  if (prefix === null || prefix === undefined) return null;
  const any = alternatives(prefix).map((term) => sql`starts_with(${column}, ${term === "%" ? "" : term})`);
  return sql`(${anyOf(any)})`;
}

function alternatives(pattern: string): string[] {
  if (pattern === "~") return ["%"];
  const terms = pattern
    .split("|")
    .map((term) => term.trim())
    .filter((term) => term !== "");
  return pattern.includes("|") && terms.length > 0 ? terms : [pattern];
}

/** PostgreSQL refuses a pattern whose last character escapes nothing. */
function unfinishedEscape(term: string): string {
  const slashes = /\\*$/.exec(term)?.[0].length ?? 0;
  return slashes % 2 === 1 ? `${term}\\` : term;
}

/** Part of a text, taken as it is. */
export function contains(column: Statement, text: string | null | undefined): Condition {
  if (text === null || text === undefined || text === "") return null;
  return sql`strpos(${column}, ${text}) > 0`;
}

export function withinInstants(column: Statement, range: Range | undefined): Condition {
  if (range === undefined) return null;
  return bounds(column, range, (ms) => sql`${instant(ms)}::timestamptz`);
}

/**
 * A date that is not there yet counts as one that will come: it passes every lower bound, and an upper one that is
 * not over (Airflow's rule for `start_date` and `end_date`).
 */
export function withinPending(column: Statement, range: Range | undefined, now: number): Condition {
  if (range === undefined) return null;
  const { gte, gt, lte, lt } = range;
  const later = bounds(column, { gte, gt }, (ms) => sql`${instant(ms)}::timestamptz`);
  const before = bounds(column, { lte, lt }, (ms) => sql`${instant(ms)}::timestamptz`);
  const isOpen = (lte ?? Number.POSITIVE_INFINITY) >= now && (lt ?? Number.POSITIVE_INFINITY) > now;
  const parts = [
    later === null ? null : sql`(${column} IS NULL OR (${later}))`,
    before === null ? null : isOpen ? sql`(${column} IS NULL OR (${before}))` : sql`(${before})`,
  ];
  return parts.every((part) => part === null) ? null : allOf(parts);
}

export function withinNumbers(column: Statement, range: Range | undefined): Condition {
  if (range === undefined) return null;
  return bounds(column, range, (value) => sql`${value}::float8`);
}

function bounds(column: Statement, range: Range, parameter: (value: number) => Statement): Condition {
  const { gte, gt, lte, lt } = range;
  const parts: Statement[] = [];
  if (gte !== null && gte !== undefined) parts.push(sql`${column} >= ${parameter(gte)}`);
  if (gt !== null && gt !== undefined) parts.push(sql`${column} > ${parameter(gt)}`);
  if (lte !== null && lte !== undefined) parts.push(sql`${column} <= ${parameter(lte)}`);
  if (lt !== null && lt !== undefined) parts.push(sql`${column} < ${parameter(lt)}`);
  return parts.length === 0 ? null : allOf(parts);
}

/** Columns that a list can be ordered by: name → expression, with the type that a cursor's value is cast to. */
export interface ListColumns {
  readonly [name: string]: {
    readonly column: Statement;
    readonly type: "text" | "bigint" | "timestamptz" | "float8" | "boolean";
    /** Never null. */
    readonly required?: boolean;
  };
}

export interface OrderKey {
  readonly name: string;
  readonly descending: boolean;
}

/** A place in a list: the values of its order's columns, and on which side of it to read. */
export interface Cursor {
  readonly values: readonly (string | number | boolean | null)[];
  readonly backward: boolean;
}

export interface ListPage extends Page {
  /** Ends in a column that differs from row to row. */
  readonly order: readonly OrderKey[];
  /** Read from here on; null: from the start. Absent: by offset. */
  readonly cursor?: Cursor | null | undefined;
}

/** Nulls stand last in ascending order and first in descending order, as PostgreSQL has them by itself. */
export function orderBy(columns: ListColumns, order: readonly OrderKey[], reversed = false): Statement {
  const terms = order.map(({ name, descending }) =>
    descending === reversed ? sql`${columnOf(columns, name)} ASC` : sql`${columnOf(columns, name)} DESC`,
  );
  return list(terms);
}

function columnOf(columns: ListColumns, name: string): Statement {
  const found = columns[name];
  if (found === undefined) throw new Error(`no column ${name}`);
  return found.column;
}

/** What stands behind the cursor in the order (before it, where it goes backward). */
export function beyond(columns: ListColumns, order: readonly OrderKey[], cursor: Cursor): Statement {
  const isOneWay = order.every(({ descending }) => descending === order[0]?.descending);
  // A comparison of rows is what an index of these columns can begin from.
  if (isOneWay && order.every(({ name }) => columns[name]?.required))
    return beyondRow(columns, order, cursor);
  const alternatives: Statement[] = [];
  let same: Statement = sql`TRUE`;
  for (const [index, { name, descending }] of order.entries()) {
    const column = columnOf(columns, name);
    const value = cursor.values[index] ?? null;
    const typed = cast(value, columns[name]?.type ?? "text");
    const upward = descending === cursor.backward;
    const further = upward ? above(column, value, typed) : below(column, value, typed);
    alternatives.push(sql`(${same} AND ${further})`);
    same = value === null ? sql`${same} AND ${column} IS NULL` : sql`${same} AND ${column} = ${typed}`;
  }
  return sql`(${anyOf(alternatives)})`;
}

function beyondRow(
  columns: ListColumns,
  order: readonly OrderKey[],
  { values, backward }: Cursor,
): Statement {
  const row = list(order.map(({ name }) => columnOf(columns, name)));
  const place = list(
    order.map(({ name }, index) => cast(values[index] ?? null, columns[name]?.type ?? "text")),
  );
  return order[0]?.descending === backward ? sql`(${row}) > (${place})` : sql`(${row}) < (${place})`;
}

function list(statements: readonly Statement[]): Statement {
  return statements.reduce((all, one) => sql`${all}, ${one}`);
}

function above(column: Statement, value: unknown, typed: Statement): Statement {
  return value === null ? sql`FALSE` : sql`(${column} > ${typed} OR ${column} IS NULL)`;
}

function below(column: Statement, value: unknown, typed: Statement): Statement {
  return value === null ? sql`${column} IS NOT NULL` : sql`${column} < ${typed}`;
}

function cast(value: unknown, type: ListColumns[string]["type"]): Statement {
  switch (type) {
    case "bigint":
      return sql`${value}::bigint`;
    case "timestamptz":
      return sql`${value}::timestamptz`;
    case "float8":
      return sql`${value}::float8`;
    case "boolean":
      return sql`${value}::boolean`;
    case "text":
      return sql`${value}::text`;
  }
}

/** The values of an order's columns as one JSON array, for the cursors at both ends of a page. */
export function placeOf(columns: ListColumns, order: readonly OrderKey[]): Statement {
  const values = order.map(({ name }) => columnOf(columns, name));
  return sql`json_build_array(${list(values)})`;
}

export function limitOffset(page: Page): Statement {
  return sql`LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`;
}
