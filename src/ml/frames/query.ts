/**
 * SQL over Parquet, CSV and JSON, here and in buckets, and over tables in memory, by DuckDB:
 *
 *     const daily = await querySql(
 *       "SELECT region, avg(price) AS price FROM sales JOIN regions USING (region) WHERE day >= $1 GROUP BY ALL",
 *       { sales: "s3://lake/sales/**\/*.parquet", regions },
 *       ["2026-01-01"],
 *     );
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TradewindError } from "../../errors.ts";
import { type Column, Table } from "../data/table.ts";
import { type DuckDBConnection, type DuckDBReader, withDuckDB } from "./duckdb.ts";
import { expressionOf, type FrameSource } from "./sources.ts";

/** A value of `$1`, `$2`, … */
export type SqlValue = string | number | boolean | null;

/**
 * @param sources Name in the query → what it reads.
 * @throws TradewindError TW_FRAMES_PACKAGE without the package, TW_FRAMES_QUERY with DuckDB's words, TW_ML_FORMAT.
 */
export function querySql(
  sql: string,
  sources: Readonly<Record<string, FrameSource>> = {},
  values: readonly SqlValue[] = [],
): Promise<Table> {
  return withDuckDB(async (connection) => {
    const folder = await mkdtemp(join(tmpdir(), "tw-frames-"));
    try {
      for (const [at, [name, source]] of Object.entries(sources).entries()) {
        const expression = await expressionOf(source, join(folder, String(at)));
        await told(connection.run(`CREATE VIEW ${identifier(name)} AS SELECT * FROM ${expression}`));
      }
      return tableOf(await told(read(connection, sql, values)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** All of a file, or of several of one form. */
export function readFrame(source: string): Promise<Table> {
  return querySql("FROM frame", { frame: source });
}

function read(connection: DuckDBConnection, sql: string, values: readonly SqlValue[]): Promise<DuckDBReader> {
  return values.length === 0 ? connection.runAndReadAll(sql) : connection.runAndReadAll(sql, values);
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new TradewindError("TW_FRAMES_QUERY", `DuckDB: ${(cause as Error).message}`, { cause });
  }
}

const numeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/i;

function tableOf(reader: DuckDBReader): Table {
  const types = reader.columnTypes().map(String);
  const columns = reader.getColumnsJS();
  const rows = columns[0]?.length ?? 0;
  const named = reader
    .columnNames()
    .map((name, at) => [name, columnOf(name, types[at] ?? "", columns[at] ?? [])] as const);
  return new Table(rows, new Map(named));
}

function columnOf(name: string, type: string, values: readonly unknown[]): Column {
  if (numeric.test(type))
    return { type: "number", values: Float64Array.from(values, (value) => asNumber(name, value)) };
  if (type === "BOOLEAN") return { type: "boolean", values: values as (boolean | null)[] };
  return { type: "text", values: values.map(asText) };
}

function asNumber(name: string, value: unknown): number {
  if (value === null || value === undefined) return Number.NaN;
  const number = Number(value);
  if (typeof value !== "bigint" || Number.isSafeInteger(number)) return number;
  throw new TradewindError(
    "TW_ML_DATA",
    `column "${name}": ${value} is larger than a number can tell exactly`,
    {
      hint: `CAST("${name}" AS VARCHAR) keeps it as a text`,
    },
  );
}

/** Dates and times as ISO text; what is nested as JSON. */
function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object") return String(value);
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}
