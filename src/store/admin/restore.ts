/** Restore: a backup of this version or an older one into a database without rows of ours. */
import { TradewindError } from "../../errors.ts";
import type { Connection, Database, Executor } from "../connect.ts";
import type { Migration } from "../migrate.ts";
import { migrate, migrationStatus, readMigrations } from "../migrate.ts";
import { identifier, sql } from "../sql.ts";
import type { BackupEnd, BackupHeader, BackupRecord, BackupTable } from "./backup-file.ts";
import { badBackup, formatName, formatVersion, parseJson, readRecords } from "./backup-file.ts";
import { copyIn } from "./copy.ts";
import { ownTables } from "./own-tables.ts";

export interface RestoreResult {
  readonly createdAt: string;
  readonly tables: number;
  readonly bytes: number;
  /** Migrations that came after the backup and were applied to it. */
  readonly migrated: readonly string[];
}

/** Rows in one of these make a database not empty; the others have rows from the migrations, or follow from these. */
const telling = ["dag", "dag_run", "variable", "connection", "app_user", "asset", "log"];

/**
 * The rows come in one transaction: all of them, or the database stays empty.
 *
 * @throws TradewindError TW_BACKUP_FORMAT, TW_DATABASE_NEWER when the backup was made by a newer version,
 *   TW_MIGRATION_CHANGED, TW_DATABASE_NOT_EMPTY.
 */
export async function restore(database: Database, file: string): Promise<RestoreResult> {
  const reader = new RecordReader(file);
  try {
    const header = await reader.header();
    const known = readMigrations();
    checkVersions(header, known, file);
    await requireEmpty(database);
    const applied = new Set(header.migrations.map(({ number }) => number));
    await migrate(
      database,
      known.filter(({ number }) => applied.has(number)),
    );
    const session = await database.connect({ applicationName: "tradewind restore" });
    let end: BackupEnd;
    try {
      end = await session.transaction((tx) => fill(session, tx, reader));
    } finally {
      await session.close();
    }
    const later = await migrate(database, known);
    await database.run(sql`ANALYZE`);
    return {
      createdAt: header.createdAt,
      tables: end.tables,
      bytes: end.bytes,
      migrated: later.map(({ name }) => name),
    };
  } finally {
    await reader.close();
  }
}

function checkVersions(header: BackupHeader, known: readonly Migration[], file: string): void {
  if (header.migrations.length === 0) throw badBackup(file, "one without migrations");
  const byNumber = new Map(known.map((migration) => [migration.number, migration]));
  for (const { number, name, checksum } of header.migrations) {
    const own = byNumber.get(number);
    if (own === undefined) {
      throw new TradewindError(
        "TW_DATABASE_NEWER",
        `expected a backup of this version or an older one, got one with migration ${name}`,
        {
          hint: "restore it with the Tradewind that made it, or a newer one",
        },
      );
    }
    if (own.checksum === checksum) continue;
    throw new TradewindError(
      "TW_MIGRATION_CHANGED",
      `expected migration ${name} in ${file} to be the one of this version, got another text of it`,
    );
  }
}

async function requireEmpty(database: Database): Promise<void> {
  const { applied } = await migrationStatus(database);
  if (applied.length === 0) return;
  for (const table of telling) {
    const found = await database
      .row(sql`SELECT 1 AS found FROM ${identifier(table)} LIMIT 1`)
      .catch(ignoreMissing);
    if (found === null) continue;
    throw new TradewindError(
      "TW_DATABASE_NOT_EMPTY",
      `expected an empty database at ${database.where}, got rows in ${table}`,
      {
        hint: "restore into a new database, or empty this one with `tradewind db reset`",
      },
    );
  }
}

/** A database that an older version made may lack a table. */
function ignoreMissing(error: unknown): null {
  if (error instanceof TradewindError && error.code === "TW_DATABASE_NOT_MIGRATED") return null;
  throw error;
}

async function fill(session: Connection, tx: Executor, reader: RecordReader): Promise<BackupEnd> {
  // In the same transaction as the copy: what the migrations inserted goes, and the rows need no log of their own.
  await tx.run(sql`TRUNCATE ${listOf(await existingTables(tx))}`);
  let tables = 0;
  for (;;) {
    const next = await reader.next();
    if (next === null) throw badBackup(reader.file, "one that is cut off");
    if (next.kind === "end") {
      const end = parseJson<BackupEnd>(next.payload, reader.file);
      if (end.tables !== tables || end.bytes !== reader.dataBytes)
        throw badBackup(reader.file, "one with missing rows");
      await setSequences(tx, end);
      return end;
    }
    if (next.kind !== "table")
      throw badBackup(reader.file, `a record ${next.kind} where a table was to come`);
    const { table, columns } = parseJson<BackupTable>(next.payload, reader.file);
    if (!ownTables().includes(table))
      throw badBackup(reader.file, `rows of an unknown table ${JSON.stringify(table)}`);
    const list = columns.map((column) => identifier(column).text).join(", ");
    await copyIn(session.client, `COPY ${identifier(table).text} (${list}) FROM STDIN`, reader.rows());
    tables += 1;
  }
}

async function existingTables(tx: Executor): Promise<string[]> {
  const rows = await tx.rows<{ name: string }>(sql`
    SELECT relname AS name FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname = ANY (${ownTables()}::text[])`);
  return rows.map(({ name }) => name);
}

function listOf(names: readonly string[]): ReturnType<typeof sql> {
  return names.map(identifier).reduce((all, name) => sql`${all}, ${name}`);
}

async function setSequences(tx: Executor, end: BackupEnd): Promise<void> {
  for (const [column, value] of Object.entries(end.sequences)) {
    const [table = "", name = ""] = column.split(".");
    if (value > 0) {
      await tx.run(
        sql`SELECT setval(pg_get_serial_sequence(quote_ident(${table}::text), ${name}::text)::regclass, ${value}::bigint)`,
      );
    }
  }
}

class RecordReader {
  readonly file: string;
  readonly #records: AsyncGenerator<BackupRecord>;
  /** Read and not used yet: what came after the last row of a table. */
  #back: BackupRecord | null = null;
  dataBytes = 0;

  constructor(file: string) {
    this.file = file;
    this.#records = readRecords(file);
  }

  async header(): Promise<BackupHeader> {
    const first = await this.next();
    if (first?.kind !== "header") throw badBackup(this.file, "a file without the header of a backup");
    const header = parseJson<BackupHeader>(first.payload, this.file);
    if (header.format !== formatName || header.version !== formatVersion) {
      throw badBackup(this.file, `format ${header.format} ${header.version}`);
    }
    return header;
  }

  async next(): Promise<BackupRecord | null> {
    const back = this.#back;
    this.#back = null;
    if (back !== null) return back;
    const { value, done } = await this.#records.next();
    return done === true ? null : value;
  }

  /** Rows of the table that was just named. */
  async *rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = await this.next();
      if (next?.kind !== "data") {
        this.#back = next;
        return;
      }
      this.dataBytes += next.payload.length;
      yield next.payload;
    }
  }

  async close(): Promise<void> {
    await this.#records.return(undefined);
  }
}
