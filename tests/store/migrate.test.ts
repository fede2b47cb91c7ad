import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/store/connect.ts";
import type { Migration } from "../../src/store/migrate.ts";
import { migrate, migrationStatus, readMigrations, requireMigrated } from "../../src/store/migrate.ts";
import { sql } from "../../src/store/sql.ts";
import { freshDatabase } from "../support/database.ts";

const extra = (text: string): Migration => {
  const number = (readMigrations().at(-1)?.number ?? 0) + 1;
  return { number, name: `${String(number).padStart(4, "0")}_more`, text, checksum: "c" };
};

test("every migration has a number of its own and words in its name", () => {
  const files = readdirSync(new URL("../../src/store/migrations/", import.meta.url));
  expect(readMigrations().map(({ name }) => `${name}.sql`)).toEqual(files.sort());
});

test("applies what is missing once, and then nothing", async () => {
  const { database } = await freshDatabase({ empty: true });
  await expect(requireMigrated(database)).rejects.toMatchObject({ code: "TW_DATABASE_NOT_MIGRATED" });
  expect((await migrate(database)).length).toBe(readMigrations().length);
  expect(await migrate(database)).toEqual([]);
  await requireMigrated(database);
});

test("lets one of many processes migrate while the others wait", async () => {
  const { url } = await freshDatabase({ empty: true });
  const databases = Array.from({ length: 5 }, () => openDatabase({ url, poolSize: 1 }));
  const applied = await Promise.all(databases.map((database) => migrate(database)));
  expect(applied.map((list) => list.length).sort()).toEqual([0, 0, 0, 0, readMigrations().length]);
  await Promise.all(databases.map((database) => database.close()));
});

test("refuses a database that a newer version migrated", async () => {
  const { database } = await freshDatabase();
  await migrate(database, [...readMigrations(), extra("CREATE TABLE newer (n int)")]);
  await expect(migrate(database)).rejects.toMatchObject({ code: "TW_DATABASE_NEWER" });
  await expect(requireMigrated(database)).rejects.toThrow(/_more/);
  expect((await migrationStatus(database)).unknown).toHaveLength(1);
});

test("refuses a migration whose text changed after it was applied", async () => {
  const { database } = await freshDatabase();
  const [first, ...rest] = readMigrations();
  const changed = { ...(first as Migration), checksum: "other" };
  await expect(migrate(database, [changed, ...rest])).rejects.toMatchObject({ code: "TW_MIGRATION_CHANGED" });
});

test("rolls a failing migration back whole, keeps those before it, and tells the line", async () => {
  const { database } = await freshDatabase({ empty: true });
  const broken = extra("CREATE TABLE half (n int);\nINSERT INTO half VALUES (1);\nSELECT nonsense;\n");
  await expect(migrate(database, [...readMigrations(), broken])).rejects.toMatchObject({
    code: "TW_MIGRATION_FAILED",
    at: { file: `${broken.name}.sql`, line: 3 },
  });
  const row = await database.row<{ half: string | null }>(sql`SELECT to_regclass('half') AS half`);
  expect(row?.half).toBeNull();
  await requireMigrated(database);
});
