/** Batches: whole or not at all, resumed after an end in the middle, with what cannot be judged put aside. */
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TradewindError } from "../../../src/errors.ts";
import { type BatchJob, predictBatch } from "../../../src/ml/deployment/batch-prediction.ts";
import type { AskedModel } from "../../../src/ml/deployment/loaded-model.ts";
import { openRows } from "../../../src/ml/deployment/row-source.ts";
import { readParquet, Table, writeParquet } from "../../../src/ml/index.ts";
import { temporaryFolder } from "../../examples/temporary-folder.ts";

const column = (name: string) => ({ name, type: "double" as const, required: true });

/** Twice `x`; rows with x above a thousand are too much for it. */
function doubling(more: Partial<AskedModel> = {}): AskedModel & { asked: number } {
  const model = {
    asked: 0,
    version: { name: "m", version: "3" },
    signature: { columns: [column("x")], width: 1 },
    async predict(table: Table) {
      const values = [...table.numbers("x")];
      const at = values.findIndex((value) => value > 1000);
      if (at >= 0) throw new TradewindError("TW_MODEL_INPUT", `x: ${values[at]} is too much`);
      model.asked += table.rows;
      return values.map((value) => 2 * value);
    },
    probabilities: async () => null,
    ...more,
  };
  return model;
}

async function world(values: readonly number[], more: Partial<BatchJob> = {}) {
  const folder = await temporaryFolder();
  const input = join(folder, "in.parquet");
  await writeParquet(input, Table.from({ id: values.map((_, row) => `c${row}`), x: values }));
  const out = join(folder, "out");
  const model = doubling();
  const job = async (changes: Partial<BatchJob> = {}): Promise<BatchJob> => ({
    source: await openRows(input),
    model,
    folder: out,
    partition: "date=2026-03-01",
    chunkRows: 10,
    keep: ["id"],
    now: () => 1_772_323_200_000,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...more,
    ...changes,
  });
  const published = () => readParquet(join(out, "date=2026-03-01", "data.parquet"));
  return { folder, input, out, model, job, published };
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("a batch", () => {
  it("publishes an answer for each row, beside its number and what is kept, with a manifest", async () => {
    const { out, job, published } = await world(numbers(25));
    const manifest = await predictBatch(await job());
    expect(manifest).toMatchObject({
      model: "m",
      version: "3",
      rows: 25,
      bad: 0,
      profile: { count: 25, missing: 0, mean: 24 },
    });
    const table = await published();
    expect(table.names).toEqual(["row", "id", "prediction"]);
    expect([...table.numbers("prediction")]).toEqual(numbers(25).map((value) => 2 * value));
    expect(table.texts("id")[24]).toBe("c24");
    expect(JSON.parse(await readFile(join(out, "date=2026-03-01", "manifest.json"), "utf8"))).toEqual(
      manifest,
    );
    expect(await readdir(out)).toEqual(["date=2026-03-01"]);
  });

  it("goes on where it was ended, and begins anew for other rows", async () => {
    const { input, model, job, out, published } = await world(numbers(40));
    const ending = new AbortController();
    const ended = predictBatch(
      await job({
        signal: ending.signal,
        progress: (done) => done === 20 && ending.abort(new Error("killed")),
      }),
    );
    await expect(ended).rejects.toThrow("killed");
    expect(model.asked).toBe(20);
    expect(existsSync(join(out, "date=2026-03-01"))).toBe(false);
    await predictBatch(await job());
    expect(model.asked).toBe(40);
    expect((await published()).rows).toBe(40);

    await writeParquet(input, Table.from({ id: ["z"], x: [7] }));
    await predictBatch(await job());
    expect([...(await published()).numbers("prediction")]).toEqual([14]);
  });

  it("puts rows aside that the model refuses, each with its reason, and publishes the others", async () => {
    const values = numbers(200).map((value) => (value === 13 ? 5000 : value));
    const { out, job, published } = await world(values);
    expect(await predictBatch(await job({ chunkRows: 50 }))).toMatchObject({ rows: 199, bad: 1 });
    expect([...(await published()).numbers("row")]).not.toContain(13);
    const aside = await readParquet(join(out, "_quarantine", "date=2026-03-01", "rows.parquet"));
    expect([aside.value("row", 0), aside.value("id", 0), aside.value("reason", 0)]).toEqual([
      13,
      "c13",
      "x: 5000 is too much",
    ]);
  });

  it("publishes nothing when too many rows are bad, and leaves the partition of before", async () => {
    const { input, job, published } = await world(numbers(20));
    await predictBatch(await job());
    await writeParquet(input, Table.from({ id: ["a", "b", "c"], x: [1, 5000, Number.POSITIVE_INFINITY] }));
    await expect(predictBatch(await job())).rejects.toThrow(
      "expected at most 0 of 3 rows that the model cannot be asked about",
    );
    expect((await published()).rows).toBe(20);
  });

  it("tells missing, wrong-typed and infinite values of a CSV by row, and passes over further columns", async () => {
    const { folder, out, job, published } = await world([1]);
    const csv = join(folder, "in.csv");
    await writeFile(csv, "id,x,extra\na,1,u\nb,two,v\nc,inf,w\nd,4,x\n");
    const manifest = await predictBatch(await job({ source: await openRows(csv), maxBadShare: 0.5 }));
    expect(manifest).toMatchObject({ rows: 2, bad: 2 });
    expect([...(await published()).numbers("prediction")]).toEqual([2, 8]);
    const aside = await readParquet(join(out, "_quarantine", "date=2026-03-01", "rows.parquet"));
    expect(aside.texts("reason")).toEqual([
      'x: expected a finite number, got "two"',
      'x: expected a finite number, got "inf"',
    ]);
    await writeFile(csv, "id,y\na,1\n");
    await expect(predictBatch(await job({ source: await openRows(csv) }))).rejects.toMatchObject({
      code: "TW_MODEL_INPUT",
      message: "expected the columns of the model's signature, got none for x; there are id, y",
    });
  });

  it("keeps an output that does not hold its suite out of the partition, with a report", async () => {
    const after = {
      name: "scores",
      expectations: [
        {
          type: "expect_column_values_to_be_between",
          kwargs: { column: "prediction", min_value: 0, max_value: 10 },
        },
      ],
    };
    const { out, job } = await world(numbers(20));
    await expect(predictBatch(await job({ after }))).rejects.toThrow("is in");
    expect(existsSync(join(out, "date=2026-03-01", "data.parquet"))).toBe(false);
    const place = join(out, "_quarantine", "date=2026-03-01");
    expect((await readParquet(join(place, "output.parquet"))).rows).toBe(20);
    const report = JSON.parse(await readFile(join(place, "report.json"), "utf8")) as { problems: string[] };
    expect(report.problems[0]).toContain("14 of 20 do not fit");
  });

  it("sees that predictions are not what they were in the partitions before", async () => {
    const { job, input } = await world(numbers(20));
    await predictBatch(await job({ maxShift: 0.5 }));
    await writeParquet(
      input,
      Table.from({ id: numbers(20).map(String), x: numbers(20).map((x) => x + 100) }),
    );
    await expect(predictBatch(await job({ partition: "date=2026-03-02", maxShift: 0.5 }))).rejects.toThrow(
      /the mean is 219\.0, 17\.34 deviations from 19\.00 before/,
    );
  });

  it("holds the input to its suite before anything is published", async () => {
    const before = {
      name: "input",
      expectations: [{ type: "expect_column_values_to_be_between", kwargs: { column: "x", max_value: 5 } }],
    };
    const { job, model } = await world(numbers(20));
    await expect(predictBatch(await job({ before }))).rejects.toThrow(
      'rows 0 to 9 do not hold suite "input"',
    );
    expect(model.asked).toBe(0);
  });

  it.each([
    ["", "expected a partition's name"],
    ["../up", "expected a partition's name"],
    ["_hidden", "expected a partition's name"],
  ])("refuses the partition %j", async (partition, message) => {
    const { job } = await world([1]);
    await expect(predictBatch(await job({ partition }))).rejects.toThrow(message);
  });

  it("refuses a file without rows", async () => {
    const { job, folder } = await world([1]);
    const csv = join(folder, "empty.csv");
    await writeFile(csv, "x\n");
    await expect(predictBatch(await job({ source: await openRows(csv) }))).rejects.toThrow(
      "expected rows to predict for, got none",
    );
  });
});
