/** From what a query names to what DuckDB reads: files of this machine, objects of a bucket, tables in memory. */
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, matchesGlob } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { TradewindError } from "../../errors.ts";
import { isInBucket, placeOf, type TableBucket } from "../data/buckets.ts";
import { writeParquet } from "../data/parquet.ts";
import type { Table } from "../data/table.ts";

/** A path, `file://…`, `s3://bucket/key` or `gs://bucket/key`, each with `*` and `**` where several are meant; or a table. */
export type FrameSource = string | Table;

const readers = [
  {
    ending: /\.(parquet|pq)$/i,
    reader: "read_parquet",
    options: ", hive_partitioning = true, union_by_name = true",
  },
  { ending: /\.(csv|tsv)(\.gz)?$/i, reader: "read_csv", options: ", union_by_name = true" },
  { ending: /\.(json|jsonl|ndjson)(\.gz)?$/i, reader: "read_json", options: ", union_by_name = true" },
] as const;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * The expression that reads the source. Objects are brought into `folder` first.
 *
 * @throws TradewindError TW_ML_FORMAT for a file of no known form, TW_ARTIFACT_STORE.
 */
export async function expressionOf(source: FrameSource, folder: string): Promise<string> {
  if (typeof source !== "string") {
    const path = join(folder, "table.parquet");
    await writeParquet(path, source);
    return `read_parquet(${quoted(path)})`;
  }
  const found = readers.find(({ ending }) => ending.test(source));
  if (found === undefined)
    throw new TradewindError(
      "TW_ML_FORMAT",
      `expected a name that ends in .parquet, .csv, .tsv, .json or .jsonl, got ${JSON.stringify(source)}`,
    );
  const path = await localPath(source, folder);
  return `${found.reader}(${quoted(path)}${found.options})`;
}

async function localPath(source: string, folder: string): Promise<string> {
  if (isInBucket(source)) return bringObjects(source, folder);
  return source.startsWith("file:") ? fileURLToPath(source) : source;
}

/** Below the folder as they are named in the bucket, so that partitions keep their names. */
async function bringObjects(source: string, folder: string): Promise<string> {
  const { bucket, key } = await placeOf(source);
  const names = key.includes("*") ? await matching(bucket, key) : [key];
  let brought = 0;
  for (const name of names) brought += Number(await bringObject(bucket, name, join(folder, name)));
  if (brought === 0) throw new TradewindError("TW_ML_FORMAT", `expected an object at ${source}, got none`);
  return join(folder, key);
}

async function matching(bucket: TableBucket, pattern: string): Promise<string[]> {
  const fixed = pattern.split("/").slice(0, -1);
  const depth = fixed.findIndex((part) => part.includes("*"));
  const root = (depth < 0 ? fixed : fixed.slice(0, depth)).join("/");
  return (await bucket.keysBelow(root)).filter((key) => matchesGlob(key, pattern));
}

async function bringObject(bucket: TableBucket, name: string, path: string): Promise<boolean> {
  const content = await bucket.read(name);
  if (content === null) return false;
  await mkdir(dirname(path), { recursive: true });
  await pipeline(content, createWriteStream(path));
  return true;
}
