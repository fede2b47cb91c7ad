/**
 * One page of a list: by offset, with its total, or from a cursor, with a total that stops counting. A list that may be
 * as long as the history is counted where that is cheap; else the planner's guess stands for its total (ADR 96).
 */
import type { Executor } from "./connect.ts";
import { type BoundedOrders, boundOf } from "./list-bound.ts";
import { beyond, type ListColumns, type ListPage, limitOffset, orderBy, placeOf } from "./list-query.ts";
import { defaultLimit } from "./page.ts";
import { planOf } from "./plan.ts";
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
  /** As long as the history: its total may be a guess. */
  readonly mayBeLong?: boolean;
  /** Where rows are wide, or joined: their keys are chosen first, and only the chosen ones are read. */
  readonly key?: ListKey;
  readonly bounded?: BoundedOrders;
}

export interface ListKey {
  readonly columns: Statement;
  /** The tables that conditions and order name. */
  readonly from: Statement;
  /** Joins the tables of `select` to `chosen`. */
  readonly join: Statement;
}

export type Place = readonly (string | number | boolean | null)[];

export interface ListResult<Row> {
  readonly rows: Row[];
  /** Where `countLimit` is set: up to there it is counted; beyond, by offset it is a guess, under a cursor it stops. */
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

function rowsOf(
  { select, from, key }: ListSource,
  where: Statement,
  order: Statement,
  cut: Statement,
): Statement {
  if (key === undefined) return sql`SELECT ${select} FROM ${from} WHERE ${where} ORDER BY ${order} ${cut}`;
  return sql`
    SELECT ${select} FROM (
      SELECT ${key.columns} FROM ${key.from} WHERE ${where} ORDER BY ${order} ${cut}
    ) AS chosen ${key.join} ORDER BY ${order}`;
}

async function pageByOffset<Row>(executor: Executor, source: ListSource, page: ListPage): Promise<Row[]> {
  const bound = await boundOf(executor, source, page);
  const where = bound === null ? source.where : sql`${source.where} AND ${bound}`;
  return executor.rows<Row>(rowsOf(source, where, orderBy(source.columns, page.order), limitOffset(page)));
}

async function byOffset<Row>(
  executor: Executor,
  source: ListSource,
  page: ListPage,
): Promise<ListResult<Row>> {
  const { from, where, countFrom = from } = source;
  if (source.mayBeLong === true) return longByOffset(executor, source, page);
  const [rows, counted] = await Promise.all([
    pageByOffset<Row>(executor, source, page),
    executor.row<{ total: number }>(sql`SELECT count(*) AS total FROM ${countFrom} WHERE ${where}`),
  ]);
  return { rows, total: counted?.total ?? 0, countLimit: null, next: null, previous: null };
}

/** Rows of a long list are counted up to here. */
const countedExactly = 50_000;
/** In the planner's units: some tens of milliseconds. */
const cheapCount = 5000;

async function longByOffset<Row>(
  executor: Executor,
  source: ListSource,
  page: ListPage,
): Promise<ListResult<Row>> {
  const [rows, total] = await Promise.all([
    pageByOffset<Row>(executor, source, page),
    countOrGuess(executor, source.countFrom ?? source.from, source.where),
  ]);
  const plain = { rows, next: null, previous: null };
  if (total.isCounted) return { ...plain, total: total.rows, countLimit: null };
  const { limit = defaultLimit, offset = 0 } = page;
  const seen = offset + rows.length;
  // A page that is not full is the last: then the total is known after all. Who pages on never stops too early.
  const isLast = rows.length < limit && (rows.length > 0 || offset === 0);
  if (isLast) return { ...plain, total: seen, countLimit: null };
  const guess = rows.length === 0 && limit > 0 ? Math.min(total.rows, seen) : Math.max(total.rows, seen + 1);
  return { ...plain, total: guess, countLimit: countedExactly };
}

/** So many more than are counted that the planner, however wrong, is not wrong by as much. */
const surelyMore = 10 * countedExactly;

async function countOrGuess(
  executor: Executor,
  from: Statement,
  where: Statement,
): Promise<{ rows: number; isCounted: boolean }> {
  const all = await planOf(executor, sql`SELECT 1 FROM ${from} WHERE ${where}`);
  if (all.rows > surelyMore) return { rows: all.rows, isCounted: false };
  const limited = sql`SELECT 1 FROM ${from} WHERE ${where} LIMIT ${countedExactly + 1}`;
  const { cost } = all.rows > countedExactly ? await planOf(executor, limited) : all;
  if (cost > cheapCount) return { rows: all.rows, isCounted: false };
  const counted = await executor.row<{ total: number }>(
    sql`SELECT count(*) AS total FROM (${limited}) counted`,
  );
  const total = counted?.total ?? 0;
  if (total <= countedExactly) return { rows: total, isCounted: true };
  return { rows: Math.max(all.rows, countedExactly + 1), isCounted: false };
}

async function byCursor<Row>(
  executor: Executor,
  source: ListSource,
  page: ListPage,
): Promise<ListResult<Row>> {
  const { from, where, columns, countFrom = from } = source;
  const limit = page.limit ?? defaultLimit;
  const cursor = page.cursor ?? null;
  const backward = cursor?.backward === true;
  const behind = cursor === null ? where : sql`${where} AND ${beyond(columns, page.order, cursor)}`;
  const [found, counted] = await Promise.all([
    executor.rows<Row & { place: Place }>(
      rowsOf(
        { ...source, select: sql`${source.select}, ${placeOf(columns, page.order)} AS place` },
        behind,
        orderBy(columns, page.order, backward),
        sql`LIMIT ${limit + 1}`,
      ),
    ),
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
