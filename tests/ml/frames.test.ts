/**
 * SQL over files and tables. Skipped by name where `@duckdb/node-api` is not installed, and S3 where there is no moto.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { writeParquet } from "../../src/ml/data/parquet.ts";
import { cellsOf, Table } from "../../src/ml/data/table.ts";
import { querySql, readFrame } from "../../src/ml/frames/query.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { moto, startMoto } from "../support/moto.ts";

const duckdb = "@duckdb/node-api";
const isThere = await import(duckdb).then(
  () => true,
  () => false,
);
const cells = (table: Table, name: string) => [...cellsOf(table.column(name))];

describe.skipIf(!isThere)(isThere ? "frames" : "frames (skipped: @duckdb/node-api is not installed)", () => {
  it("reads Parquet, CSV and JSON, many files at once, with types and missing values", async () => {
    const folder = await temporaryFolder();
    const table = Table.from({ id: [1, 2, Number.NaN], name: ["a", "b", "c"] });
    await writeParquet(join(folder, "year=2025", "x.parquet"), table);
    await writeParquet(join(folder, "year=2026", "x.parquet"), table);
    const all = await readFrame(join(folder, "*", "*.parquet"));
    expect(all.names).toEqual(["id", "name", "year"]);
    expect(all.column("year").type).toBe("number");
    expect(cells(all, "id")).toEqual([1, 2, null, 1, 2, null]);
    writeFileSync(join(folder, "x.csv"), "day,ok,n\n2026-01-02,true,1\n,false,\n");
    const csv = await readFrame(join(folder, "x.csv"));
    expect(["day", "ok", "n"].map((name) => [csv.column(name).type, cells(csv, name)])).toEqual([
      ["text", ["2026-01-02T00:00:00.000Z", null]],
      ["boolean", [true, false]],
      ["number", [1, null]],
    ]);
    writeFileSync(join(folder, "x.jsonl"), '{"a":{"b":[1]}}\n{"a":null}\n');
    expect(cells(await readFrame(join(folder, "x.jsonl")), "a")).toEqual(['{"b":["1"]}', null]);
  });

  it("joins files with tables in memory, with parameters", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "sales.parquet");
    await writeParquet(path, Table.from({ region: [1, 1, 2], price: [10, 20, 40] }));
    const regions = Table.from({ region: [1, 2], name: ["north", 'it\'s "south"'] });
    const found = await querySql(
      'SELECT name, avg(price) AS price, count(*) AS n FROM sales JOIN "the regions" USING (region) WHERE price >= $1 GROUP BY ALL ORDER BY price',
      { sales: path, "the regions": regions },
      [15],
    );
    expect([cells(found, "name"), cells(found, "price"), cells(found, "n")]).toEqual([
      ["north", 'it\'s "south"'],
      [20, 40],
      [1, 1],
    ]);
  });

  it("says what was wrong", async () => {
    await expect(querySql("SELECT * FROM nowhere")).rejects.toMatchObject({ code: "TW_FRAMES_QUERY" });
    await expect(querySql("SELEC 1")).rejects.toThrow(/DuckDB: .*syntax error/s);
    await expect(readFrame("/nowhere/x.parquet")).rejects.toMatchObject({ code: "TW_FRAMES_QUERY" });
    await expect(readFrame("x.xlsx")).rejects.toThrow("expected a name that ends in .parquet");
    await expect(readFrame("s3://bucket/../x.csv")).rejects.toThrow('without ".."');
    await expect(querySql("SELECT 9007199254740993::BIGINT AS n")).rejects.toMatchObject({
      hint: expect.stringContaining('CAST("n" AS VARCHAR)'),
    });
    expect(cells(await querySql("SELECT 9007199254740993::VARCHAR AS n"), "n")).toEqual(["9007199254740993"]);
  });
});

const withS3 = isThere && moto !== null;

describe.skipIf(!withS3)(withS3 ? "frames on S3" : "frames on S3 (skipped: no moto, or no DuckDB)", () => {
  it("reads objects by name and by pattern, with the names of their partitions", async () => {
    const { endpoint, process: server } = await startMoto();
    onTestFinished(() => void server.kill());
    const put = async (path: string, body: Uint8Array) =>
      (await fetch(`${endpoint}/bucket/${path}`, { method: "PUT", body })).ok;
    vi.stubEnv("AWS_ACCESS_KEY_ID", "a");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "b");
    vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
    const folder = await temporaryFolder();
    mkdirSync(folder, { recursive: true });
    for (const day of ["01", "02"]) {
      await writeParquet(join(folder, `${day}.parquet`), Table.from({ n: [Number(day)] }));
      const bytes = new Uint8Array(await readFile(join(folder, `${day}.parquet`)));
      expect(await put(`sales/day=${day}/x.parquet`, bytes)).toBe(true);
    }
    const found = await querySql("SELECT n, day FROM sales ORDER BY n", {
      sales: "s3://bucket/sales/*/x.parquet",
    });
    expect(cells(found, "n")).toEqual([1, 2]);
    expect(cells(await readFrame("s3://bucket/sales/day=02/x.parquet"), "n")).toEqual([2]);
    await expect(readFrame("s3://bucket/none/*.parquet")).rejects.toThrow(
      "expected an object at s3://bucket/none",
    );
    vi.unstubAllEnvs();
  });
});
