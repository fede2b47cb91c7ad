/**
 * A bound for long lists in the order of a date that no index has in its order. An index of ranges (BRIN) knows which
 * dates each few pages of the table hold, so that a condition on the date leaves most of the table unread; and any rows
 * give such a condition: what is behind the last row of a page among them is behind the last row of that page among all.
 */
import type { Executor } from "./connect.ts";
import { type ListColumns, type ListPage, orderBy } from "./list-query.ts";
import { defaultLimit } from "./page.ts";
import type { Statement } from "./sql.ts";
import { sql } from "./sql.ts";

export interface BoundedOrders {
  /** Names of the columns of which ranges are known. */
  readonly columns: readonly string[];
  /** Rows that are likely to come first, from the tables that conditions and order name. */
  readonly sample: (descending: boolean, rows: number) => Statement;
}

/** Pages that begin further behind are sorted for. */
const furthest = 2000;
/** Where a filter leaves too few of a sample, a larger one is taken. */
const sampleSizes = [3000, 30_000];

interface Bounded {
  readonly where: Statement;
  readonly columns: ListColumns;
  readonly bounded?: BoundedOrders;
}

/** Null: there is none, for this order or in a sample. */
export async function boundOf(executor: Executor, list: Bounded, page: ListPage): Promise<Statement | null> {
  const [first] = page.order;
  const needed = (page.offset ?? 0) + (page.limit ?? defaultLimit);
  if (first === undefined || list.bounded?.columns.includes(first.name) !== true) return null;
  if (needed === 0 || needed > furthest) return null;
  for (const rows of sampleSizes) {
    const last = await lastOfPage(executor, list, list.bounded.sample(first.descending, rows), page, needed);
    if (last !== null)
      return upTo(list.columns[first.name]?.column ?? sql`NULL`, first.descending, last.value);
  }
  return null;
}

function lastOfPage(
  executor: Executor,
  { where, columns }: Bounded,
  sample: Statement,
  { order: [first] }: ListPage,
  needed: number,
): Promise<{ value: string | null } | null> {
  if (first === undefined) return Promise.resolve(null);
  // As text: an instant of ours is cut to milliseconds, and a bound must not be.
  return executor.row(sql`
    SELECT ${columns[first.name]?.column}::text AS value FROM ${sample} WHERE ${where}
    ORDER BY ${orderBy(columns, [first])} LIMIT 1 OFFSET ${needed - 1}`);
}

/** Rows without a value stand last in ascending order and first in descending order. */
function upTo(column: Statement, descending: boolean, value: string | null): Statement | null {
  if (value === null) return descending ? sql`${column} IS NULL` : null;
  return descending
    ? sql`(${column} >= ${value}::timestamptz OR ${column} IS NULL)`
    : sql`${column} <= ${value}::timestamptz`;
}
