/** The total of a list that may be as long as the history (ADR 96). */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../src/store/connect.ts";
import { type ListSource, readList } from "../../src/store/read-list.ts";
import { sql } from "../../src/store/sql.ts";
import { createDatabase } from "../support/database.ts";

const rowsInAll = 60_001;
let database: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  ({ database, drop } = await createDatabase());
  await database.run(sql`CREATE TABLE long AS SELECT generate_series(1, ${rowsInAll}::int) AS n`);
  await database.run(sql`CREATE INDEX ON long (n)`);
  // What the planner knows after autovacuum; without it its guess is of the size of the file.
  await database.run(sql`ANALYZE long`);
});

afterAll(() => drop());

const source = (where = sql`true`): ListSource => ({
  select: sql`n`,
  from: sql`long`,
  where,
  columns: { n: { column: sql`n`, type: "bigint" } },
  mayBeLong: true,
});
const order = [{ name: "n", descending: false }];

test("is exact for a filter that leaves few rows", async () => {
  const page = await readList(database, source(sql`n <= 1234`), { limit: 10, order });
  expect(page).toMatchObject({ total: 1234, countLimit: null });
});

test("says where counting stopped, and is near the truth", async () => {
  const page = await readList(database, source(), { limit: 10, order });
  expect(page.countLimit).toBe(50_000);
  expect(page.total).toBeGreaterThan(50_000);
  expect(Math.abs(page.total - rowsInAll)).toBeLessThan(rowsInAll / 10);
});

test("brings whoever pages by it to the last row, and is exact there", async () => {
  let read = 0;
  let total = Number.POSITIVE_INFINITY;
  while (read < total) {
    const page = await readList<{ n: number }>(database, source(), { limit: 7000, offset: read, order });
    expect(page.rows[0]?.n).toBe(read + 1);
    read += page.rows.length;
    total = page.total;
  }
  expect([read, total]).toEqual([rowsInAll, rowsInAll]);
});

test("beyond the end is no more than what was asked for", async () => {
  const page = await readList(database, source(), { limit: 10, offset: 70_000, order });
  expect(page.rows).toEqual([]);
  expect(page.total).toBeLessThanOrEqual(70_000);
});
