/**
 * Tables as Parquet files, whole or in partitions. A file appears complete under its name or not at all; a partition has one
 * file, so that a reader sees the old one or the new one. A path may name an object of a bucket (`s3://…`, `gs://…`), of which
 * the same holds. The reader and writer are loaded with the first use.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { AsyncBuffer } from "hyparquet";
import { TradewindError } from "../../errors.ts";
import { isInBucket, placeOf } from "./buckets.ts";
import { parquetBytes, type WrittenColumn } from "./parquet-writing.ts";
import { type Cell, type Column, cellsOf, Table } from "./table.ts";

/** Writes or replaces the file. */
export async function writeParquet(path: string, table: Table): Promise<void> {
  await writeWhole(path, await parquetBytes(writtenColumns(table)));
}

const kinds = { number: "DOUBLE", boolean: "BOOLEAN", text: "STRING" } as const;

export function writtenColumns(table: Table): WrittenColumn[] {
  return table.names.map((name) => {
    const column = table.column(name);
    return { name, data: cellsOf(column) as Cell[], type: kinds[column.type] };
  });
}

/** What was written is on the disk, and not only with the system. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  if (isInBucket(path)) {
    const { bucket, key } = await placeOf(path);
    return bucket.write(key, bytes);
  }
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.${randomUUID()}.draft`);
  try {
    const file = await open(draft, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function readWhole(path: string): Promise<Buffer> {
  if (!isInBucket(path)) return readFile(path);
  const { bucket, key } = await placeOf(path);
  const content = await bucket.read(key);
  if (content === null) throw new TradewindError("TW_ML_FORMAT", `expected an object at ${path}, got none`);
  return buffer(content);
}

/** The columns of a file, or those that are named; TW_ML_FORMAT when it is no Parquet. */
export async function readParquet(path: string, columns?: readonly string[]): Promise<Table> {
  return parquetTable(await readWhole(path), path, columns);
}

/** @param where For messages. @throws TradewindError TW_ML_FORMAT when the bytes are no Parquet. */
export async function parquetTable(
  bytes: Uint8Array,
  where: string,
  columns?: readonly string[],
): Promise<Table> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const opened = await openBuffer(file, where);
  return opened.read(0, opened.rows, columns);
}

/** Rows of a Parquet file, of which only those that are asked for are read. */
export interface ParquetRows {
  readonly rows: number;
  /** From `from` (included) to `to` (excluded). */
  read(from: number, to: number, columns?: readonly string[]): Promise<Table>;
}

/** @throws TradewindError TW_ML_FORMAT when the file is no Parquet. */
export async function openParquet(path: string): Promise<ParquetRows> {
  const { asyncBufferFromFile } = await import("hyparquet");
  return openBuffer(await asyncBufferFromFile(path), path);
}

async function openBuffer(file: AsyncBuffer | ArrayBuffer, where: string): Promise<ParquetRows> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const refused = (cause: unknown) =>
    new TradewindError("TW_ML_FORMAT", "expected a Parquet file, got something else", {
      at: { file: where },
      cause,
    });
  try {
    const metadata = await parquetMetadataAsync(file);
    const types = parquetSchema(metadata).children.map(
      ({ element }) => [element.name, element.type] as const,
    );
    return {
      rows: Number(metadata.num_rows),
      async read(from, to, columns) {
        const names = types.filter(([name]) => columns?.includes(name) ?? true);
        const options = { file, metadata, rowStart: from, rowEnd: to };
        const rows = await parquetReadObjects({ ...options, columns: names.map(([name]) => name) }).catch(
          (cause: unknown) => {
            throw refused(cause);
          },
        );
        const list = names.map(
          ([name, type]) =>
            [
              name,
              columnOf(
                rows.map((row) => row[name] ?? null),
                type,
              ),
            ] as const,
        );
        return new Table(rows.length, new Map(list));
      },
    };
  } catch (cause) {
    throw refused(cause);
  }
}

const numericTypes = new Set(["DOUBLE", "FLOAT", "INT32", "INT64"]);

/**
 * Whole numbers of 64 bits become numbers, dates ISO texts. What the file's type leaves open (a date is stored as a
 * number) follows from the first value; without any value the file's type decides.
 */
function columnOf(values: readonly unknown[], type: string | undefined): Column {
  const first = values.find((value) => value !== null);
  if (
    typeof first === "number" ||
    typeof first === "bigint" ||
    (first === undefined && numericTypes.has(type ?? ""))
  )
    return {
      type: "number",
      values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
    };
  if (typeof first === "boolean" || (first === undefined && type === "BOOLEAN"))
    return { type: "boolean", values: values as (boolean | null)[] };
  const text = (value: unknown): string | null =>
    value === null ? null : value instanceof Date ? value.toISOString() : String(value);
  return { type: "text", values: values.map(text) };
}

/** Rows by name, as frames of other languages come. What a row lacks is missing there. */
export function tableOfRows(rows: readonly { readonly [name: string]: unknown }[]): Table {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => {
    const values = rows.map((row) => row[name] ?? null);
    return [name, columnOf(values, undefined)] as const;
  });
  return new Table(rows.length, new Map(columns));
}

const part = "data.parquet";

/** `join` would take one slash of "s3://" away. */
const below = (folder: string, ...parts: string[]): string =>
  isInBucket(folder) ? [folder.replace(/\/+$/, ""), ...parts].join("/") : join(folder, ...parts);

async function foldersIn(folder: string): Promise<string[]> {
  if (!isInBucket(folder)) return readdir(folder);
  const { bucket, key } = await placeOf(folder);
  const keys = await bucket.keysBelow(key);
  return [...new Set(keys.map((one) => one.slice(key.length + 1).split("/")[0] ?? ""))];
}

/** One folder `column=value` for each value of a column, as Hive, DuckDB and pandas read them. Others are left as they are. */
export async function writePartitions(folder: string, table: Table, column: string): Promise<string[]> {
  const rows = new Map<string, number[]>();
  table.texts(column).forEach((value, row) => {
    const key = value ?? "__HIVE_DEFAULT_PARTITION__";
    const list = rows.get(key);
    if (list === undefined) rows.set(key, [row]);
    else list.push(row);
  });
  const written: string[] = [];
  for (const [value, list] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = `${column}=${encodeURIComponent(value)}`;
    await writeParquet(below(folder, name, part), table.select(list).without([column]));
    written.push(name);
  }
  return written;
}

/** The partitions whose value `wanted` accepts (default: all), with the column back as text; the others are not opened. */
export async function readPartitions(
  folder: string,
  column: string,
  wanted: (value: string) => boolean = () => true,
): Promise<Table[]> {
  const names = (await foldersIn(folder)).filter((name) => name.startsWith(`${column}=`)).sort();
  const tables: Table[] = [];
  for (const name of names) {
    const value = decodeURIComponent(name.slice(column.length + 1));
    if (!wanted(value)) continue;
    const table = await readParquet(below(folder, name, part));
    tables.push(table.with({ [column]: Array<string>(table.rows).fill(value) }));
  }
  return tables;
}
