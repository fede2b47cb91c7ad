/**
 * Tables as Parquet files, whole or in partitions. A file appears complete under its name or not at all; a partition has one
 * file, so that a reader sees the old one or the new one. The reader and writer are loaded with the first use.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TradewindError } from "../../errors.ts";
import { type Cell, type Column, cellsOf, Table } from "./table.ts";

/** Writes or replaces the file. */
export async function writeParquet(path: string, table: Table): Promise<void> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const kinds = { number: "DOUBLE", boolean: "BOOLEAN", text: "STRING" } as const;
  const columnData = table.names.map((name) => {
    const column = table.column(name);
    return { name, data: cellsOf(column) as Cell[], type: kinds[column.type], nullable: true };
  });
  await writeWhole(path, Buffer.from(parquetWriteBuffer({ columnData })));
}

async function writeWhole(path: string, bytes: Buffer): Promise<void> {
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

/** The columns of a file, or those that are named; TW_ML_FORMAT when it is no Parquet. */
export async function readParquet(path: string, columns?: readonly string[]): Promise<Table> {
  const { parquetReadObjects } = await import("hyparquet");
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  let rows: Record<string, unknown>[];
  try {
    rows = await parquetReadObjects({ file, ...(columns === undefined ? {} : { columns: [...columns] }) });
  } catch (cause) {
    throw new TradewindError("TW_ML_FORMAT", "expected a Parquet file, got something else", {
      at: { file: path },
      cause,
    });
  }
  const names = Object.keys(rows[0] ?? {});
  return new Table(
    rows.length,
    new Map(names.map((name) => [name, columnOf(rows.map((row) => row[name] ?? null))])),
  );
}

/** The type follows from the first value; whole numbers of 64 bits become numbers, dates ISO texts. */
function columnOf(values: readonly unknown[]): Column {
  const first = values.find((value) => value !== null);
  if (typeof first === "number" || typeof first === "bigint")
    return {
      type: "number",
      values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
    };
  if (typeof first === "boolean") return { type: "boolean", values: values as (boolean | null)[] };
  const text = (value: unknown): string | null =>
    value === null ? null : value instanceof Date ? value.toISOString() : String(value);
  return { type: "text", values: values.map(text) };
}

const part = "data.parquet";

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
    await writeParquet(join(folder, name, part), table.select(list).without([column]));
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
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${column}=`)).sort();
  const tables: Table[] = [];
  for (const name of names) {
    const value = decodeURIComponent(name.slice(column.length + 1));
    if (!wanted(value)) continue;
    const table = await readParquet(join(folder, name, part));
    tables.push(table.with({ [column]: Array<string>(table.rows).fill(value) }));
  }
  return tables;
}
