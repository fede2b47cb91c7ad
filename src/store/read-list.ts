/**
 * One page of a list: by offset, with its total, or from a cursor, with a total that stops counting. A list that may be
 * as long as the history is counted where that is cheap; else the planner's guess stands for its total (ADR 96).
 */
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
  /** As long as the history: its total may be a guess. */
  readonly mayBeLong?: boolean;
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

async function byOffset<Row>(
  executor: Executor,
  source: ListSource,
  page: ListPage,
): Promise<ListResult<Row>> {
  const { select, from, where, columns, countFrom = from } = source;
  if (source.mayBeLong === true) return longByOffset(executor, source, page);
  const [rows, counted] = await Promise.all([
    executor.rows<Row>(sql`
      SELECT ${select} FROM ${from} WHERE ${where}
      ORDER BY ${orderBy(columns, page.order)} ${limitOffset(page)}`),
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
  { select, from, where, columns, countFrom = from }: ListSource,
  page: ListPage,
): Promise<ListResult<Row>> {
  const [rows, total] = await Promise.all([
    executor.rows<Row>(sql`
      SELECT ${select} FROM ${from} WHERE ${where}
      ORDER BY ${orderBy(columns, page.order)} ${limitOffset(page)}`),
    countOrGuess(executor, countFrom, where),
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

async function countOrGuess(
  executor: Executor,
  from: Statement,
  where: Statement,
): Promise<{ rows: number; isCounted: boolean }> {
  const limited = sql`SELECT 1 FROM ${from} WHERE ${where} LIMIT ${countedExactly + 1}`;
  const { cost } = await planOf(executor, limited);
  if (cost <= cheapCount) {
    const counted = await executor.row<{ total: number }>(
      sql`SELECT count(*) AS total FROM (${limited}) counted`,
    );
    const total = counted?.total ?? 0;
    if (total <= countedExactly) return { rows: total, isCounted: true };
  }
  const { rows } = await planOf(executor, sql`SELECT 1 FROM ${from} WHERE ${where}`);
  return { rows: Math.max(rows, cost <= cheapCount ? countedExactly + 1 : 0), isCounted: false };
}

interface ExplainedPlan {
  readonly "QUERY PLAN": readonly {
    readonly Plan: { readonly "Total Cost": number; readonly "Plan Rows": number };
  }[];
}

async function planOf(executor: Executor, statement: Statement): Promise<{ cost: number; rows: number }> {
  const row = await executor.row<ExplainedPlan>(sql`EXPLAIN (FORMAT JSON) ${statement}`);
  const plan = row?.["QUERY PLAN"][0]?.Plan;
  return { cost: plan?.["Total Cost"] ?? 0, rows: plan?.["Plan Rows"] ?? 0 };
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
