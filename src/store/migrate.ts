/**
 * Brings a database to the schema of this version: numbered SQL files, up only, each in a transaction of its own
 * together with the row that says so. An advisory lock lets one process migrate at a time; the others wait and
 * find nothing left to do. A database with a migration that this version does not know is left alone.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { TradewindError } from "../errors.ts";
import type { Connection, Database, Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export interface Migration {
  readonly number: number;
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text with "\n" line ends. */
  readonly checksum: string;
}

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly appliedAt: number;
}

export interface MigrationStatus {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly Migration[];
  /** Applied by a newer Tradewind: this one must not touch the database. */
  readonly unknown: readonly AppliedMigration[];
  /** Applied with another text than this version has. */
  readonly changed: readonly Migration[];
}

/** Key of the session advisory lock that a migrating process holds ("twmigrat" read as a number). */
const migrationLock = 0x74776d69;

export const oldestPostgres = 14;

export function readMigrations(folder: URL = new URL("./migrations/", import.meta.url)): Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  let last = 0;
  const migrations = files.sort().map((file) => {
    const number = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1] ?? Number.NaN);
    if (!(number > last)) {
      throw new TradewindError(
        "TW_INTERNAL",
        `expected a migration with a higher number than ${last} as NNNN_words.sql, got ${file}`,
      );
    }
    last = number;
    const text = readFileSync(new URL(file, folder), "utf8").replaceAll("\r\n", "\n");
    return {
      number,
      name: file.slice(0, -4),
      text,
      checksum: createHash("sha256").update(text).digest("hex"),
    };
  });
  return migrations;
}

async function readApplied(executor: Executor): Promise<AppliedMigration[]> {
  const table = await executor.row<{ found: boolean }>(
    sql`SELECT to_regclass('schema_migration') IS NOT NULL AS found`,
  );
  if (table?.found !== true) return [];
  return executor.rows<AppliedMigration>(
    sql`SELECT number, name, checksum, applied_at AS "appliedAt" FROM schema_migration ORDER BY number`,
  );
}

function compare(known: readonly Migration[], applied: readonly AppliedMigration[]): MigrationStatus {
  const byNumber = new Map(applied.map((row) => [row.number, row]));
  const numbers = new Set(known.map(({ number }) => number));
  return {
    applied,
    pending: known.filter(({ number }) => !byNumber.has(number)),
    unknown: applied.filter(({ number }) => !numbers.has(number)),
    changed: known.filter(
      ({ number, checksum }) => (byNumber.get(number)?.checksum ?? checksum) !== checksum,
    ),
  };
}

export async function migrationStatus(
  executor: Executor,
  known: readonly Migration[] = readMigrations(),
): Promise<MigrationStatus> {
  return compare(known, await readApplied(executor));
}

/**
 * @throws TradewindError TW_DATABASE_NEWER, TW_MIGRATION_CHANGED.
 */
function refuseForeign(status: MigrationStatus, where: string): void {
  const newest = status.unknown.at(-1);
  if (newest !== undefined) {
    throw new TradewindError(
      "TW_DATABASE_NEWER",
      `expected a database of this version or older at ${where}, got one with migration ${newest.name}`,
      { hint: "start the newer Tradewind, or restore a backup that was taken before it" },
    );
  }
  const changed = status.changed[0];
  if (changed !== undefined) {
    throw new TradewindError(
      "TW_MIGRATION_CHANGED",
      `expected migration ${changed.name} at ${where} to be the one of this version, got another text of it`,
      { hint: "the database was made by an unreleased state of the code: run `tradewind db reset`" },
    );
  }
}

/** For services: refuses to start on a database that is not exactly of this version. */
export async function requireMigrated(database: Database): Promise<void> {
  const status = await migrationStatus(database);
  refuseForeign(status, database.where);
  const missing = status.pending[0];
  if (missing === undefined) return;
  throw new TradewindError(
    "TW_DATABASE_NOT_MIGRATED",
    `expected all migrations at ${database.where}, got a database without ${missing.name}`,
    { hint: "run `tradewind db migrate`" },
  );
}

async function requirePostgres(executor: Executor, where: string): Promise<void> {
  const row = await executor.row<{ version: number; encoding: string }>(
    sql`SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding`,
  );
  const major = Math.floor((row?.version ?? 0) / 10_000);
  if (major < oldestPostgres) {
    throw new TradewindError(
      "TW_DATABASE_VERSION",
      `expected PostgreSQL ${oldestPostgres} or newer at ${where}, got ${major}`,
    );
  }
  if (row?.encoding !== "UTF8") {
    throw new TradewindError(
      "TW_DATABASE_VERSION",
      `expected a database with encoding UTF8 at ${where}, got ${row?.encoding ?? "none"}`,
      { hint: "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0" },
    );
  }
}

async function apply(connection: Connection, migration: Migration, where: string): Promise<void> {
  try {
    await connection.transaction(async (tx) => {
      await tx.run({ text: migration.text, values: [] });
      await tx.run(
        sql`INSERT INTO schema_migration (number, name, checksum)
            VALUES (${migration.number}, ${migration.name}, ${migration.checksum})`,
      );
    });
  } catch (error) {
    const line = lineOf(error, migration.text);
    throw new TradewindError(
      "TW_MIGRATION_FAILED",
      `expected migration ${migration.name} to run at ${where}, got: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error, ...(line === null ? {} : { at: { file: `${migration.name}.sql`, line } }) },
    );
  }
}

function lineOf(error: unknown, text: string): number | null {
  const position = error instanceof Error && "position" in error ? Number(error.position) : Number.NaN;
  return Number.isInteger(position) ? text.slice(0, position).split("\n").length : null;
}

/**
 * Applies what is missing and returns it. Safe to call from many processes at once.
 *
 * @throws TradewindError TW_DATABASE_NEWER, TW_MIGRATION_CHANGED, TW_MIGRATION_FAILED (nothing of that migration
 *   stays), TW_DATABASE_VERSION for a server before 14 or another encoding than UTF-8.
 */
export async function migrate(
  database: Database,
  known: readonly Migration[] = readMigrations(),
): Promise<readonly Migration[]> {
  const connection = await database.connect({ applicationName: "tradewind migrate" });
  try {
    await requirePostgres(connection, database.where);
    await connection.run(sql`SELECT pg_advisory_lock(${migrationLock}::bigint)`);
    const status = await migrationStatus(connection, known);
    refuseForeign(status, database.where);
    if (status.applied.length === 0) {
      await connection.run(sql`
        CREATE TABLE IF NOT EXISTS schema_migration (
          number     integer PRIMARY KEY,
          name       text        NOT NULL,
          checksum   text        NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now()
        )`);
    }
    for (const migration of status.pending) await apply(connection, migration, database.where);
    return status.pending;
  } finally {
    await connection.close();
  }
}
