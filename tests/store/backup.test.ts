import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { backup } from "../../src/store/admin/backup.ts";
import { checkDatabase, databaseStatus } from "../../src/store/admin/database-status.ts";
import { ownTables } from "../../src/store/admin/own-tables.ts";
import { resetDatabase } from "../../src/store/admin/reset.ts";
import { restore } from "../../src/store/admin/restore.ts";
import { databaseShell } from "../../src/store/admin/shell.ts";
import type { Database } from "../../src/store/connect.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { setPool } from "../../src/store/pools.ts";
import { instant, sql } from "../../src/store/sql.ts";
import { setXCom } from "../../src/store/xcoms.ts";
import { freshDatabase } from "../support/database.ts";
import { addDag, addInstance, addRun, noon } from "./rows.ts";

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "tw-backup-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "backup");
}

/** Text that COPY has to escape, and enough rows for many records. */
async function fill(database: Database): Promise<void> {
  await addDag(database, "d", { description: "tab\t newline\n backslash \\ and \\N" });
  const run = await addRun(database, "d", "r", { state: "success" });
  for (let i = 0; i < 3; i++) await addInstance(database, run.id, "t", { state: "success", mapIndex: i });
  await setXCom(
    database,
    { runPk: run.id, taskId: "t", mapIndex: 0, key: "k" },
    { value: { s: "\u0000 ä 🚢\n".repeat(1000) } },
    noon,
  );
  await setPool(database, { name: "gpu", slots: 2 });
  await database.run(sql`
    INSERT INTO log (dttm, event, extra) SELECT now(), 'e' || i, repeat(md5(i::text), 10) FROM generate_series(1, 5000) i`);
}

/** Everything in the database, as text. */
async function contents(database: Database): Promise<string> {
  const rows: unknown[] = [];
  for (const table of ownTables()) {
    rows.push([
      table,
      await database.rows({ text: `SELECT t::text FROM ${table} t ORDER BY 1`, values: [] }),
    ]);
  }
  return JSON.stringify(rows);
}

test("a restored database equals the one that was backed up, and its numbers go on", async () => {
  const [from, to] = [await freshDatabase(), await freshDatabase({ empty: true })];
  await fill(from.database);
  const file = newFile();
  const made = await backup(from.database, file, noon);
  expect(made).toMatchObject({ file, tables: ownTables().length });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const restored = await restore(to.database, file);
  expect(restored).toEqual({
    createdAt: new Date(noon).toISOString(),
    tables: made.tables,
    bytes: made.bytes,
    migrated: [],
  });
  expect(await contents(to.database)).toBe(await contents(from.database));
  const next = await addRun(to.database, "d", "next");
  expect(next.id).toBe(2);
});

test("a backup is of one moment, whatever is written meanwhile", async () => {
  const [from, to] = [await freshDatabase(), await freshDatabase({ empty: true })];
  await fill(from.database);
  const file = newFile();
  const connect = from.database.connect;
  // Rows come between the snapshot (the first statement) and the copies.
  const slow: Database = {
    ...from.database,
    connect: async (options) => {
      const session = await connect(options);
      return {
        ...session,
        transaction: (work, how) =>
          session.transaction(async (tx) => {
            await tx.rows(sql`SELECT 1`);
            await addRun(from.database, "d", "later");
            return work(tx);
          }, how),
      };
    },
  };
  await backup(slow, file, noon);
  await restore(to.database, file);
  expect(await to.database.rows(sql`SELECT run_id FROM dag_run`)).toEqual([{ run_id: "r" }]);
});

test("a backup of an older version is migrated after it is restored", async () => {
  const [from, to] = [await freshDatabase({ empty: true }), await freshDatabase({ empty: true })];
  await migrate(from.database, readMigrations().slice(0, 1));
  // By the words of that version: today's code knows columns that it has not.
  await from.database.run(sql`
    INSERT INTO dag (dag_id, display_name, language, dags_folder, relative_file, is_paused, max_active_runs,
      max_active_tasks, last_parsed_at)
    VALUES ('d', 'd', 'typescript', '/dags', 'd.ts', false, 16, 16, ${instant(noon)})`);
  const file = newFile();
  await backup(from.database, file, noon);
  const restored = await restore(to.database, file);
  expect(restored.migrated).toEqual(
    readMigrations()
      .slice(1)
      .map(({ name }) => name),
  );
  expect(await to.database.rows(sql`SELECT dag_id FROM dag`)).toEqual([{ dag_id: "d" }]);
});

test("a backup of a newer version is refused", async () => {
  const [from, to] = [await freshDatabase(), await freshDatabase({ empty: true })];
  const number = 1 + Math.max(...readMigrations().map((migration) => migration.number));
  await migrate(from.database, [
    ...readMigrations(),
    { number, name: "newer", text: "SELECT 1", checksum: "c" },
  ]);
  const file = newFile();
  await backup(from.database, file, noon);
  await expect(restore(to.database, file)).rejects.toMatchObject({ code: "TW_DATABASE_NEWER" });
});

test("a database with rows is not restored into", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "d");
  const file = newFile();
  await backup(database, file, noon);
  await expect(restore(database, file)).rejects.toMatchObject({ code: "TW_DATABASE_NOT_EMPTY" });
  await resetDatabase(database);
  await restore(database, file);
  expect(await database.rows(sql`SELECT dag_id FROM dag`)).toEqual([{ dag_id: "d" }]);
});

test("a file that is cut off or none of ours leaves the database empty", async () => {
  const [from, to] = [await freshDatabase(), await freshDatabase({ empty: true })];
  await fill(from.database);
  const file = newFile();
  await backup(from.database, file, noon);
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, whole.length - 2000));
  await expect(restore(to.database, file)).rejects.toMatchObject({ code: "TW_BACKUP_FORMAT" });
  expect(await to.database.rows(sql`SELECT 1 FROM dag`)).toEqual([]);
  writeFileSync(file, "hello");
  await expect(restore(to.database, file)).rejects.toMatchObject({ code: "TW_BACKUP_FORMAT" });
  writeFileSync(file, whole);
  await restore(to.database, file);
});

test("a backup that cannot be written says so and leaves no file", async () => {
  const { database } = await freshDatabase();
  await fill(database);
  await expect(backup(database, "/dev/full/backup", noon)).rejects.toThrow(/ENOTDIR/);
  const empty = await freshDatabase({ empty: true });
  await expect(backup(empty.database, newFile(), noon)).rejects.toMatchObject({
    code: "TW_DATABASE_NOT_MIGRATED",
  });
});

test("reset leaves tables of others alone", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "d");
  await database.run(sql`CREATE TABLE theirs AS SELECT 1 AS n`);
  await resetDatabase(database);
  expect(await database.rows(sql`SELECT n FROM theirs`)).toEqual([{ n: 1 }]);
  expect(await database.rows(sql`SELECT 1 FROM dag`)).toEqual([]);
  await checkDatabase(database);
});

test("status tells version, size, connections and migrations", async () => {
  const { database } = await freshDatabase();
  const status = await databaseStatus(database);
  expect(status.appliedMigrations).toEqual(readMigrations().map(({ name }) => name));
  expect(status).toMatchObject({ pendingMigrations: [], unknownMigrations: [], isReadOnly: false });
  expect(status.sizeBytes).toBeGreaterThan(1_000_000);
  expect(status.tables.map(({ name }) => name)).toContain("task_instance");
});

test("check tells a database that cannot be written", async () => {
  const { database } = await freshDatabase();
  await database.run(sql`SELECT 1`);
  const row = await database.row<{ name: string }>(sql`SELECT current_database() AS name`);
  await database.run({
    text: `ALTER DATABASE "${row?.name}" SET default_transaction_read_only = on`,
    values: [],
  });
  await database.run(
    sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  const { openDatabase } = await import("../../src/store/connect.ts");
  const again = openDatabase({ url: database.url, poolSize: 1 });
  onTestFinished(() => again.close());
  await expect(checkDatabase(again)).rejects.toMatchObject({ code: "TW_DATABASE_READ_ONLY" });
});

test("the small shell answers statements, shows errors and ends", async () => {
  const { database } = await freshDatabase();
  const [input, output] = [new PassThrough(), new PassThrough()];
  const said = text(output);
  input.end(
    "SELECT slots,\n  name FROM slot_pool;\nSELECT nonsense;\nUPDATE slot_pool SET slots = 1;\n\\dt\n\\q\n",
  );
  expect(await databaseShell({ database, environment: {}, input, output, plain: true })).toBe(0);
  output.end();
  const lines = (await said).replaceAll(/tradewind[=-]> /g, "").split("\n");
  expect(lines).toContain("slots | name");
  expect(lines).toContain("128   | default_pool");
  expect(lines).toContain("(1 row)");
  expect(lines).toContain('column "nonsense" does not exist');
  expect(lines).toContain("UPDATE 1");
  expect(lines.some((line) => line.startsWith("task_instance "))).toBe(true);
});
