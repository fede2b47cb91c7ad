/** `db status` and `db check`: what is there, and whether it can be worked with. */
import type { Database } from "../connect.ts";
import { migrationStatus, requireMigrated } from "../migrate.ts";
import { sql } from "../sql.ts";
import { ownTables } from "./own-tables.ts";

export interface DatabaseStatus {
  readonly where: string;
  readonly serverVersion: string;
  readonly isReadOnly: boolean;
  readonly startedAt: number;
  readonly sizeBytes: number;
  readonly connections: { readonly used: number; readonly limit: number };
  readonly appliedMigrations: readonly string[];
  readonly pendingMigrations: readonly string[];
  /** Of a newer Tradewind. */
  readonly unknownMigrations: readonly string[];
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly bytes: number }[];
}

/** Row numbers are the planner's estimates, so that a large table costs nothing. */
export async function databaseStatus(database: Database): Promise<DatabaseStatus> {
  const server = await database.row<{
    version: string;
    readOnly: boolean;
    startedAt: number;
    size: number;
    used: number;
    limit: number;
  }>(sql`
    SELECT current_setting('server_version') AS version,
      pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS "readOnly",
      pg_postmaster_start_time() AS "startedAt", pg_database_size(current_database()) AS size,
      (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
      current_setting('max_connections')::int AS limit`);
  const { applied, pending, unknown } = await migrationStatus(database);
  const tables = await database.rows<{ name: string; rows: number; bytes: number }>(sql`
    SELECT relname AS name, greatest(reltuples, 0)::bigint AS rows, pg_total_relation_size(oid) AS bytes
    FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname = ANY (${ownTables()}::text[])
    ORDER BY bytes DESC, name`);
  return {
    where: database.where,
    serverVersion: server?.version ?? "",
    isReadOnly: server?.readOnly ?? false,
    startedAt: server?.startedAt ?? 0,
    sizeBytes: server?.size ?? 0,
    connections: { used: server?.used ?? 0, limit: server?.limit ?? 0 },
    appliedMigrations: applied.map(({ name }) => name),
    pendingMigrations: pending.map(({ name }) => name),
    unknownMigrations: unknown.map(({ name }) => name),
    tables,
  };
}

/**
 * Connects, writes (into a temporary table) and compares the migrations.
 *
 * @throws TradewindError TW_DATABASE_* that says what is wrong.
 */
export async function checkDatabase(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run(sql`CREATE TEMPORARY TABLE tradewind_check (n int) ON COMMIT DROP`);
    // A temporary table may be made on a server that is read-only otherwise.
    await tx.run(sql`SELECT txid_current()`);
  });
  await requireMigrated(database);
}
