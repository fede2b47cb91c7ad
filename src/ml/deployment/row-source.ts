/** Rows of a file in pieces: Parquet by row groups, so that only a piece is in memory; CSV as a whole. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { TradewindError } from "../../errors.ts";
import { readCsv } from "../data/csv.ts";
import { openParquet } from "../data/parquet.ts";
import type { Table } from "../data/table.ts";

export interface RowSource {
  readonly rows: number;
  /** SHA-256 of the file: other content has another one. */
  readonly digest: string;
  /** Rows from `from` (included) to `to` (excluded). */
  read(from: number, to: number): Promise<Table>;
}

/** @throws TradewindError TW_ML_FORMAT for a file that is neither; what reading it throws. */
export async function openRows(path: string): Promise<RowSource> {
  const digest = await digestOf(path);
  if (path.endsWith(".parquet")) return { digest, ...(await openParquet(path)) };
  if (!path.endsWith(".csv"))
    throw new TradewindError("TW_ML_FORMAT", "expected a file .parquet or .csv", { at: { file: path } });
  const table = await readCsv(path);
  const read = async (from: number, to: number): Promise<Table> =>
    table.select(Array.from({ length: Math.min(to, table.rows) - from }, (_, row) => from + row));
  return { digest, rows: table.rows, read };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
