import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { clean, dropArchives, listArchives, planClean } from "../../src/store/admin/clean.ts";
import { exportArchives } from "../../src/store/admin/export-archives.ts";
import { addAuditEntry } from "../../src/store/audit-log.ts";
import type { Database } from "../../src/store/connect.ts";
import { freshDatabase } from "../support/database.ts";
import { addDag, addInstance, addRun, day, noon } from "./rows.ts";

async function history(database: Database): Promise<void> {
  await addDag(database, "d");
  for (let i = 0; i < 7; i++) {
    const run = await addRun(database, "d", `r${i}`, { at: noon + i * day, state: "success" });
    await addInstance(database, run.id, "t", { state: "success" });
    await addAuditEntry(database, { event: `e${i}` }, noon + i * day);
  }
  await addRun(database, "d", "running", { at: noon, state: "running" });
}

const count = async (database: Database, table: string): Promise<number> =>
  (await database.row<{ n: number }>({ text: `SELECT count(*) AS n FROM "${table}"`, values: [] }))?.n ?? -1;

test("a dry run counts what is old and takes nothing", async () => {
  const { database } = await freshDatabase();
  await history(database);
  const plan = await planClean(database, { before: noon + 3 * day, tables: ["dag_run", "log"] });
  expect(plan.map(({ table, rows }) => [table, rows])).toEqual([
    ["dag_run", 3],
    ["log", 3],
  ]);
  expect(await count(database, "dag_run")).toBe(8);
});

test("old rows move into archive tables in batches, runs with their instances", async () => {
  const { database } = await freshDatabase();
  await history(database);
  const cleaned = await clean(database, {
    before: noon + 5 * day,
    tables: ["dag_run", "log"],
    now: noon,
    batchSize: 2,
  });
  expect(cleaned).toEqual([
    { table: "dag_run", rows: 5, archive: "_tradewind_deleted__dag_run__20260101120000" },
    { table: "log", rows: 5, archive: "_tradewind_deleted__log__20260101120000" },
  ]);
  expect([
    await count(database, "dag_run"),
    await count(database, "task_instance"),
    await count(database, "log"),
  ]).toEqual([3, 2, 2]);
  expect(await count(database, "_tradewind_deleted__task_instance__20260101120000")).toBe(5);
});

test("archives are listed, written as CSV, and dropped", async () => {
  const { database } = await freshDatabase();
  await history(database);
  await clean(database, { before: noon + day, tables: ["log"], now: noon });
  const folder = mkdtempSync(join(tmpdir(), "tw-archives-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = await exportArchives(database, folder, ["log"]);
  expect(files).toEqual([join(folder, "_tradewind_deleted__log__20260101120000.csv")]);
  const lines = readFileSync(files[0] ?? "", "utf8")
    .trim()
    .split("\n");
  expect(lines[0]).toBe("id,dttm,event,dag_id,task_id,run_id,map_index,try_number,owner,extra");
  expect(lines[1]).toMatch(/^1,2026-01-01 12:00:00\+00,e0,/);
  expect(await dropArchives(database)).toHaveLength(1);
  expect(await listArchives(database)).toEqual([]);
});

test("without archives the rows are gone, and every table can be cleaned", async () => {
  const { database } = await freshDatabase();
  await history(database);
  const cleaned = await clean(database, { before: noon + 100 * day, skipArchive: true, now: noon });
  expect(cleaned.find(({ table }) => table === "dag_run")).toEqual({
    table: "dag_run",
    rows: 7,
    archive: null,
  });
  expect(await listArchives(database)).toEqual([]);
  expect(await count(database, "dag_run")).toBe(1);
});

test("a table that cannot be cleaned is named", async () => {
  const { database } = await freshDatabase();
  await expect(clean(database, { before: noon, tables: ["connection"], now: noon })).rejects.toThrow(
    /got "connection"/,
  );
});
