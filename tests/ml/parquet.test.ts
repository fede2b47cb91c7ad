import { mkdtempSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readParquet, readPartitions, Table, writeParquet, writePartitions } from "../../src/ml/index.ts";

const folder = mkdtempSync(join(tmpdir(), "tradewind-parquet-"));
afterAll(() => rm(folder, { recursive: true }));

const table = new Table(
  3,
  new Map([
    ["x", { type: "number", values: Float64Array.of(1, Number.NaN, 2.5) }],
    ["day", { type: "text", values: ["2026-01-01", "2026-01-02", "2026-01-01"] }],
    ["ok", { type: "boolean", values: [true, null, false] }],
  ]),
);

it("a table comes back from Parquet as it was, missing values included", async () => {
  const file = join(folder, "whole.parquet");
  await writeParquet(file, table);
  const back = await readParquet(file);
  expect(back.names).toEqual(table.names);
  for (const name of table.names) expect(back.column(name)).toEqual(table.column(name));
  expect((await readParquet(file, ["x"])).names).toEqual(["x"]);
});

it("a partition is replaced as a whole and the others stay; only those that are wanted are opened", async () => {
  const place = join(folder, "days");
  expect(await writePartitions(place, table, "day")).toEqual(["day=2026-01-01", "day=2026-01-02"]);
  await writePartitions(place, Table.from({ x: [9], day: ["2026-01-02"] }), "day");
  const [first, second] = await readPartitions(place, "day");
  expect([first?.rows, Array.from(second?.numbers("x") ?? [])]).toEqual([2, [9]]);
  await writeFile(join(place, "day=2026-01-01", "data.parquet"), "broken");
  const [only] = await readPartitions(place, "day", (day) => day > "2026-01-01");
  expect(only?.texts("day")).toEqual(["2026-01-02"]);
  await expect(readPartitions(place, "day")).rejects.toMatchObject({ code: "TW_ML_FORMAT" });
  expect((await readdir(join(place, "day=2026-01-02"))).sort()).toEqual(["data.parquet"]);
});
