/** One page of a list: by offset, with the exact total, or from a cursor, with a total that stops counting. */
import type { Executor } from "./connect.ts";
import { beyond, type ListColumns, type ListPage, limitOffset, orderBy, placeOf } from "./list-query.ts";
import { defaultLimit } from "./page.ts";
import type { Statement } from "./sql.ts";
import { sql } from "./sql.ts";

export interface ListSource {
  /** Expressions of a row, with the names of the row's fields. */
  readonly select: Statement;
  /** Tables with their joins. */
  readonly from: Statement;
  readonly where: Statement;
  readonly columns: ListColumns;
  /** Tables that the count needs, where it needs fewer. */
  readonly countFrom?: Statement;
}

export type Place = readonly (string | number | boolean | null)[];

export interface ListResult<Row> {
  readonly rows: Row[];
  /** Under a cursor not counted beyond `countLimit`. */
  readonly total: number;
  readonly countLimit: number | null;
  /** Where the next page starts, and where this one does; null by offset, and where there is nothing. */
  readonly next: Place | null;
  readonly previous: Place | null;
}

/** Rows of a total are counted up to here where a list is read by cursor. */
const countLimit = 10_000;

export async function readList<Row>(
  executor: Executor,
  source: ListSource,
  page: ListPage,
): Promise<ListResult<Row>> {
  return page.cursor === undefined ? byOffset(executor, source, page) : byCursor(executor, source, page);
}

async function byOffset<Row>(
  executor: Executor,
  { select, from, where, columns, countFrom = from }: ListSource,
  page: ListPage,
): Promise<ListResult<Row>> {
  const [rows, counted] = await Promise.all([
    executor.rows<Row>(sql`
      SELECT ${select} FROM ${from} WHERE ${where}
      ORDER BY ${orderBy(columns, page.order)} ${limitOffset(page)}`),
    executor.row<{ total: number }>(sql`SELECT count(*) AS total FROM ${countFrom} WHERE ${where}`),
  ]);
  return { rows, total: counted?.total ?? 0, countLimit: null, next: null, previous: null };
}

async function byCursor<Row>(
  executor: Executor,
  { select, from, where, columns, countFrom = from }: ListSource,
  page: ListPage,
): Promise<ListResult<Row>> {
  const limit = page.limit ?? defaultLimit;
  const cursor = page.cursor ?? null;
  const backward = cursor?.backward === true;
  const behind = cursor === null ? where : sql`${where} AND ${beyond(columns, page.order, cursor)}`;
  const [found, counted] = await Promise.all([
    executor.rows<Row & { place: Place }>(sql`
      SELECT ${select}, ${placeOf(columns, page.order)} AS place FROM ${from} WHERE ${behind}
      ORDER BY ${orderBy(columns, page.order, backward)} LIMIT ${limit + 1}`),
    executor.row<{ total: number }>(sql`
      SELECT count(*) AS total FROM (SELECT 1 FROM ${countFrom} WHERE ${where} LIMIT ${countLimit}) counted`),
  ]);
  const isMore = found.length > limit;
  const rows = found.slice(0, limit);
  if (backward) rows.reverse();
  const hasNext = backward || isMore;
  const hasPrevious = backward ? isMore : cursor !== null;
  return {
    rows,
    total: counted?.total ?? 0,
    countLimit,
    next: hasNext ? (rows.at(-1)?.place ?? null) : null,
    previous: hasPrevious ? (rows[0]?.place ?? null) : null,
  };
}
