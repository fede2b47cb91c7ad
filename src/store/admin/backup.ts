/** Backup: every table of ours, as of one moment, streamed into one file while work goes on. */
import { once } from "node:events";
import { createWriteStream, renameSync, rmSync } from "node:fs";
import type { Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { TradewindError } from "../../errors.ts";
import type { Connection, Database, Executor } from "../connect.ts";
import { migrationStatus } from "../migrate.ts";
import { identifier, sql } from "../sql.ts";
import type { BackupTable } from "./backup-file.ts";
import { DataRecords, formatName, formatVersion, jsonRecord } from "./backup-file.ts";
import { copyOut } from "./copy.ts";
import { ownTables } from "./own-tables.ts";

export interface BackupResult {
  readonly file: string;
  readonly tables: number;
  /** Of rows, before compression. */
  readonly bytes: number;
}

/**
 * Writes a backup. The secrets in it stay sealed: keep the key file (`secret.key`) apart from it.
 *
 * @throws TradewindError TW_DATABASE_NOT_MIGRATED for a database without tables of ours.
 */
export async function backup(database: Database, file: string, now: number): Promise<BackupResult> {
  const session = await database.connect({ applicationName: "tradewind backup" });
  // Beside its place first, so that a backup that was killed is not taken for a whole one.
  const partial = `${file}.partial`;
  try {
    const result = await session.transaction((tx) => write(session, tx, database.where, partial, now), {
      isolation: "repeatable read",
      readOnly: true,
    });
    renameSync(partial, file);
    return { ...result, file };
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    await session.close();
  }
}

async function write(
  session: Connection,
  tx: Executor,
  where: string,
  file: string,
  now: number,
): Promise<Omit<BackupResult, "file">> {
  const { applied } = await migrationStatus(tx);
  if (applied.length === 0) {
    throw new TradewindError(
      "TW_DATABASE_NOT_MIGRATED",
      `expected tables of Tradewind at ${where}, got none`,
    );
  }
  const version = await tx.row<{ version: string }>(sql`SELECT current_setting('server_version') AS version`);
  const gzip = createGzip({ level: 4 });
  const output = createWriteStream(file, { mode: 0o600, flush: true });
  const written = pipeline(gzip, output);
  // A disk that is full ends the stream, and the server would wait for ever for somebody to take its rows.
  written.catch(() => session.abort());
  const sink: Sink = { stream: gzip, broken: written.then(() => new Promise<never>(() => undefined)) };
  sink.broken.catch(() => undefined);
  await send(
    sink,
    jsonRecord("header", {
      format: formatName,
      version: formatVersion,
      createdAt: new Date(now).toISOString(),
      postgres: version?.version ?? "",
      migrations: applied.map(({ number, name, checksum }) => ({ number, name, checksum })),
    }),
  );
  const tables = await listTables(tx);
  let bytes = 0;
  for (const table of tables) bytes += await writeTable(session, sink, table);
  await send(
    sink,
    jsonRecord("end", { tables: tables.length, bytes, sequences: await readSequences(tx, tables) }),
  );
  gzip.end();
  await written;
  return { tables: tables.length, bytes };
}

interface Sink {
  readonly stream: Writable;
  /** Rejects when it cannot be written to any more. */
  readonly broken: Promise<never>;
}

async function send({ stream, broken }: Sink, bytes: Buffer): Promise<void> {
  if (!stream.write(bytes)) await Promise.race([once(stream, "drain"), broken]);
}

async function writeTable(session: Connection, sink: Sink, table: BackupTable): Promise<number> {
  await send(sink, jsonRecord("table", table));
  const records = new DataRecords();
  records.pipe(sink.stream, { end: false });
  const columns = table.columns.map((column) => identifier(column).text).join(", ");
  const copied = copyOut(
    session.client,
    `COPY ${identifier(table.table).text} (${columns}) TO STDOUT`,
    records,
  );
  await Promise.race([copied, sink.broken]);
  records.end();
  await Promise.race([finished(records), sink.broken]);
  return records.total;
}

/** In the order in which they were made, so that a table comes after those that it refers to. */
async function listTables(tx: Executor): Promise<BackupTable[]> {
  return tx.rows<BackupTable>(sql`
    SELECT c.relname AS "table", array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname = ANY (${ownTables()}::text[])
    GROUP BY c.oid, c.relname ORDER BY c.oid`);
}

async function readSequences(tx: Executor, tables: readonly BackupTable[]): Promise<Record<string, number>> {
  const rows = await tx.rows<{ name: string; value: number }>(sql`
    SELECT c.relname || '.' || a.attname AS name,
      coalesce(pg_sequence_last_value(pg_get_serial_sequence(quote_ident(c.relname), a.attname)::regclass), 0) AS value
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY (${tables.map(({ table }) => table)}::text[])`);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
