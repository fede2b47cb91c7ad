/**
 * Tables in buckets: S3 as moto's server speaks it, Google Cloud Storage as a stand-in does. The former is skipped by name
 * where there is no moto.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { readParquet, readPartitions, Table, writeParquet, writePartitions } from "../../src/ml/index.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { googleStorage } from "../support/google-storage.ts";
import { moto, startMoto } from "../support/moto.ts";

afterEach(() => vi.unstubAllEnvs());

async function onS3(): Promise<string> {
  const { endpoint, process: server } = await startMoto();
  onTestFinished(() => void server.kill());
  vi.stubEnv("AWS_ACCESS_KEY_ID", "a");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "b");
  vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
  return "s3://bucket/lake";
}

async function onGoogle(): Promise<string> {
  const { url, serviceAccount } = await googleStorage();
  const key = join(await temporaryFolder(), "key.json");
  await writeFile(key, JSON.stringify(serviceAccount));
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", key);
  vi.stubEnv("STORAGE_EMULATOR_HOST", url);
  return "gs://bucket/lake";
}

const buckets: readonly (readonly [string, boolean, () => Promise<string>])[] = [
  [moto === null ? "S3 (skipped: the Python of tests has no moto)" : "S3", moto === null, onS3],
  ["Google Cloud Storage", false, onGoogle],
];

const day = (name: string, value: number, rows = 2): Table =>
  Table.from({ day: Array<string>(rows).fill(name), value: Array<number>(rows).fill(value) });

describe.each(buckets)("tables on %s", (_, skipped, open) => {
  it.skipIf(skipped)("are written by partitions, each replaced as a whole, and read again", async () => {
    const folder = `${await open()}/sales`;
    const table = Table.from({ day: ["2026-01-02", "2026-01-01", "2026-01-02"], value: [1, 2, 3] });
    expect(await writePartitions(folder, table, "day")).toEqual(["day=2026-01-01", "day=2026-01-02"]);
    await writePartitions(folder, day("2026-01-02", 9, 1), "day");
    const [first, second] = await readPartitions(folder, "day");
    expect([first?.numbers("value"), second?.numbers("value")]).toEqual(
      [[2], [9]].map((one) => Float64Array.from(one)),
    );
    const [only] = await readPartitions(`${folder}/`, "day", (value) => value > "2026-01-01");
    expect(only?.texts("day")).toEqual(["2026-01-02"]);
    expect((await readParquet(`${folder}/day=2026-01-01/data.parquet`)).names).toEqual(["value"]);
  });

  it.skipIf(skipped)("are seen by readers as before or as after, and never half", async () => {
    const folder = `${await open()}/live`;
    const rows = 20_000;
    await writePartitions(folder, day("now", 0, rows), "day");
    const write = async (): Promise<"written"> => {
      for (let version = 1; version <= 8; version++)
        await writePartitions(folder, day("now", version, rows), "day");
      return "written";
    };
    const writing = write();
    let looks = 0;
    for (let seen: Table[] | "written" = []; seen !== "written"; looks++) {
      for (const table of seen) expect([table.rows, new Set(table.numbers("value")).size]).toEqual([rows, 1]);
      seen = await Promise.race([writing, readPartitions(folder, "day")]);
    }
    expect(looks).toBeGreaterThan(1);
  });

  it.skipIf(skipped)("say what is not there", async () => {
    const folder = await open();
    await expect(readParquet(`${folder}/none.parquet`)).rejects.toThrow(
      `expected an object at ${folder}/none.parquet, got none`,
    );
    expect(await readPartitions(`${folder}/nothing`, "day")).toEqual([]);
    await expect(writeParquet(`${folder}/../x.parquet`, day("a", 1))).rejects.toThrow('without ".."');
  });
});
