/**
 * Predictions for all rows of a file, published as one partition: whole or not at all.
 *
 * The rows go through the model in pieces. A piece that is done is kept in a draft beside the partition, so that a run
 * that was killed goes on with the next piece; a draft of other rows or another version is begun anew. What the model
 * cannot be asked about, and a whole output that does not hold what is expected of it, go into `_quarantine`, and the
 * partition of before stays as it is.
 *
 *     OUT/date=2026-03-01/data.parquet           what was published, with its manifest in the file's metadata
 *     OUT/date=2026-03-01/manifest.json          the same for people
 *     OUT/_quarantine/date=2026-03-01/…          rows.parquet, or output.parquet with report.json
 *     OUT/.date=2026-03-01.draft/                pieces that are done
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TradewindError } from "../../errors.ts";
import { readParquet, syncFile, writeParquet, writtenColumns } from "../data/parquet.ts";
import { ParquetFile } from "../data/parquet-writing.ts";
import type { Table } from "../data/table.ts";
import { describeFailures, type Suite, validate } from "../validation/suite.ts";
import { askAll, type BadRow, requireColumns, withNumbers } from "./judge-rows.ts";
import type { AskedModel } from "./loaded-model.ts";
import { checkBalance, type Manifest, type PredictionProfile, profileOf } from "./prediction-profile.ts";
import { answerTable, badTable } from "./prediction-tables.ts";
import type { RowSource } from "./row-source.ts";

export interface BatchChecks {
  /** Of the input, piece by piece; a piece that does not hold ends the batch. */
  readonly before?: Suite | undefined;
  /** Of the whole output: its columns are `row`, those that are kept, and `prediction`. */
  readonly after?: Suite | undefined;
  /** Share of rows that may be put aside. Default 0.01. */
  readonly maxBadShare?: number | undefined;
  /** How far the share of a class, or the mean in standard deviations, may be from that of the partitions before. */
  readonly maxShift?: number | undefined;
}

export interface BatchJob extends BatchChecks {
  readonly source: RowSource;
  readonly model: AskedModel;
  readonly folder: string;
  readonly partition: string;
  readonly chunkRows: number;
  /** Columns of the input that stand beside the prediction. */
  readonly keep: readonly string[];
  readonly now: () => number;
  /** Fires when the work is to end; what is done is kept. */
  readonly signal: AbortSignal;
  /** Told after each piece. */
  readonly progress: (done: number, of: number) => void;
}

interface Piece {
  readonly rows: number;
  readonly bad: number;
}

/** @throws TradewindError TW_BATCH when rows or output do not hold what is expected; nothing is published then. */
export async function predictBatch(job: BatchJob): Promise<Manifest> {
  const { source, folder, partition, now } = job;
  if (source.rows === 0) throw new TradewindError("TW_BATCH", "expected rows to predict for, got none");
  if (!/^[\w=.+:-]+$/.test(partition) || partition.startsWith(".") || partition.startsWith("_"))
    throw new TradewindError(
      "TW_BATCH",
      `expected a partition's name such as date=2026-03-01, got ${JSON.stringify(partition)}`,
    );
  const begun = now();
  const draft = join(folder, `.${partition}.draft`);
  await openDraft(draft, job);
  const pieces: Piece[] = [];
  for (let at = 0; at * job.chunkRows < source.rows; at++) {
    job.signal.throwIfAborted();
    pieces.push((await donePiece(draft, at)) ?? (await predictPiece(job, draft, at)));
    requireFewBad(job, pieces);
    job.progress(Math.min(source.rows, (at + 1) * job.chunkRows), source.rows);
  }
  const count = (of: (piece: Piece) => number): number => pieces.reduce((sum, piece) => sum + of(piece), 0);
  const profile = await profileOf(draftFiles(draft, pieces));
  const manifest: Manifest = {
    partition,
    model: job.model.version.name,
    version: job.model.version.version,
    input: source.digest,
    rows: count(({ rows }) => rows),
    bad: count(({ bad }) => bad),
    published_at: new Date(now()).toISOString(),
    rows_per_second: Math.round((1000 * source.rows) / Math.max(1, now() - begun)),
    profile,
  };
  await checkOutput(job, draft, pieces, manifest);
  await publish(job, draft, pieces, manifest);
  return manifest;
}

const pieceFile = (at: number): string => `chunk-${String(at).padStart(6, "0")}`;

function draftFiles(draft: string, pieces: readonly Piece[]): string[] {
  return pieces.flatMap(({ rows }, at) => (rows === 0 ? [] : [join(draft, `${pieceFile(at)}.parquet`)]));
}

/** A draft goes on when it is of the same rows, version and pieces. */
async function openDraft(draft: string, { source, model, chunkRows, keep }: BatchJob): Promise<void> {
  const key = JSON.stringify({ input: source.digest, ...model.version, chunkRows, keep });
  const known = await readFile(join(draft, "key.json"), "utf8").catch(() => null);
  if (known === key) return;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await writeFile(join(draft, "key.json"), key);
}

async function donePiece(draft: string, at: number): Promise<Piece | null> {
  const text = await readFile(join(draft, `${pieceFile(at)}.json`), "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as Piece);
}

async function predictPiece(job: BatchJob, draft: string, at: number): Promise<Piece> {
  const { source, model, chunkRows, keep } = job;
  const from = at * chunkRows;
  const input = await source.read(from, Math.min(source.rows, from + chunkRows));
  requireColumns(input, model.signature);
  const judged = withNumbers(input, model.signature);
  checkInput(job, judged.table, from);
  const refused = new Set(judged.bad.map(({ row }) => row));
  const askable = Array.from({ length: input.rows }, (_, row) => row).filter((row) => !refused.has(row));
  const { answers, bad } = await askAll(model, judged.table, askable, mostBad(job));
  const all: BadRow[] = [...judged.bad, ...bad].sort((a, b) => a.row - b.row);
  if (answers.size > 0)
    await writeParquet(join(draft, `${pieceFile(at)}.parquet`), answerTable(input, answers, keep, from));
  if (all.length > 0)
    await writeParquet(join(draft, `bad-${pieceFile(at)}.parquet`), badTable(input, all, from));
  const piece: Piece = { rows: answers.size, bad: all.length };
  // Last: a piece without it is not done.
  await writeFile(join(draft, `${pieceFile(at)}.json.new`), JSON.stringify(piece));
  await rename(join(draft, `${pieceFile(at)}.json.new`), join(draft, `${pieceFile(at)}.json`));
  return piece;
}

function checkInput({ before }: BatchJob, table: Table, from: number): void {
  if (before === undefined) return;
  const report = validate(table, before);
  if (report.success) return;
  throw new TradewindError(
    "TW_BATCH",
    `rows ${from} to ${from + table.rows - 1} do not hold suite "${before.name}": ${describeFailures(report).join("; ")}`,
  );
}

const mostBad = ({ source, maxBadShare = 0.01 }: BatchJob): number => Math.floor(source.rows * maxBadShare);

function requireFewBad(job: BatchJob, pieces: readonly Piece[]): void {
  const bad = pieces.reduce((sum, piece) => sum + piece.bad, 0);
  if (bad <= mostBad(job)) return;
  throw new TradewindError(
    "TW_BATCH",
    `expected at most ${mostBad(job)} of ${job.source.rows} rows that the model cannot be asked about, got ${bad} so far; they are in ${join(job.folder, `.${job.partition}.draft`)}`,
  );
}

async function checkOutput(
  job: BatchJob,
  draft: string,
  pieces: readonly Piece[],
  manifest: Manifest,
): Promise<void> {
  const { source, after, folder, partition, maxShift } = job;
  const problems: string[] = [];
  if (manifest.rows + manifest.bad !== source.rows)
    problems.push(
      `expected an answer for each of ${source.rows} rows, got ${manifest.rows} and ${manifest.bad} put aside`,
    );
  if (manifest.profile.missing > 0) problems.push(`${manifest.profile.missing} predictions are missing`);
  if (maxShift !== undefined)
    problems.push(...checkBalance(manifest.profile, await earlierProfiles(job), maxShift));
  if (after !== undefined) problems.push(...(await failuresOf(after, draftFiles(draft, pieces))));
  if (problems.length === 0) return;
  const place = join(folder, "_quarantine", partition);
  await mkdir(place, { recursive: true });
  await merge(draftFiles(draft, pieces), join(place, "output.parquet"), manifest);
  await writeFile(join(place, "report.json"), JSON.stringify({ ...manifest, problems }, null, 2));
  await rm(draft, { recursive: true, force: true });
  throw new TradewindError("TW_BATCH", `the output is in ${place} and not published: ${problems.join("; ")}`);
}

async function failuresOf(suite: Suite, files: readonly string[]): Promise<string[]> {
  const { stack } = await import("./request-log-reading.ts");
  const report = validate(stack(await Promise.all(files.map((file) => readParquet(file)))), suite);
  return report.success ? [] : describeFailures(report);
}

/** Of the newest partitions beside this one. */
async function earlierProfiles({ folder, partition }: BatchJob): Promise<PredictionProfile[]> {
  const names = await readdir(folder).catch(() => []);
  const others = names.filter((name) => name !== partition && !/^[._]/.test(name)).sort();
  const texts = await Promise.all(
    others.slice(-10).map((name) => readFile(join(folder, name, "manifest.json"), "utf8").catch(() => null)),
  );
  return texts.flatMap((text) => (text === null ? [] : [(JSON.parse(text) as Manifest).profile]));
}

async function publish(
  job: BatchJob,
  draft: string,
  pieces: readonly Piece[],
  manifest: Manifest,
): Promise<void> {
  const place = join(job.folder, job.partition);
  const aside = join(job.folder, "_quarantine", job.partition);
  await mkdir(place, { recursive: true });
  await rm(aside, { recursive: true, force: true });
  const bad = pieces.flatMap((piece, at) =>
    piece.bad === 0 ? [] : [join(draft, `bad-${pieceFile(at)}.parquet`)],
  );
  if (bad.length > 0) {
    await mkdir(aside, { recursive: true });
    await merge(bad, join(aside, "rows.parquet"), manifest);
  }
  await merge(draftFiles(draft, pieces), join(place, "data.parquet"), manifest);
  await writeFile(join(place, "manifest.json.new"), JSON.stringify(manifest, null, 2));
  await rename(join(place, "manifest.json.new"), join(place, "manifest.json"));
  await rm(draft, { recursive: true, force: true });
}

/** One file of many, a piece at a time; it takes the place of an older one in one step. */
async function merge(files: readonly string[], to: string, manifest: Manifest): Promise<void> {
  const half = `${to}.new`;
  let target: ParquetFile | null = null;
  for (const file of files) {
    const table = await readParquet(file);
    const columns = writtenColumns(table);
    target ??= await ParquetFile.open(half, columns, { tradewind: JSON.stringify(manifest) });
    await target.append(columns);
  }
  if (target === null) return;
  await target.finish();
  await syncFile(half);
  await rename(half, to);
}
