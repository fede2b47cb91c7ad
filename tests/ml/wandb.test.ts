/** Files of offline runs, as W&B's own reader takes them apart. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { expect, it, vi } from "vitest";
import { WandbForwarding } from "../../src/ml/tracking/wandb/forwarding.ts";
import { OfflineRun } from "../../src/ml/tracking/wandb/offline-run.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";

/** Records of the file, with every checksum and block border checked. */
function recordsOf(bytes: Buffer): Buffer[] {
  expect([...bytes.subarray(0, 7)]).toEqual([...Buffer.from(":W&B"), 0xe1, 0xbe, 0]);
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  let at = 7;
  while (at < bytes.length) {
    const room = 32_768 - (at % 32_768);
    if (room < 7) {
      at += room;
      continue;
    }
    const length = bytes.readUInt16LE(at + 4);
    const type = bytes.readUInt8(at + 6);
    const content = bytes.subarray(at + 7, at + 7 + length);
    expect(length).toBeLessThanOrEqual(room - 7);
    expect(bytes.readUInt32LE(at)).toBe(crc32(content, crc32(Uint8Array.of(type))));
    expect(type === 1 || type === 2).toBe(parts.length === 0);
    parts.push(content);
    if (type === 1 || type === 4) {
      records.push(Buffer.concat(parts));
      parts = [];
    }
    at += 7 + length;
  }
  return records;
}

interface Field {
  readonly field: number;
  readonly value: number | Buffer;
}

function fieldsOf(bytes: Buffer): Field[] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const fields: Field[] = [];
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) fields.push({ field: tag >> 3, value: varint() });
    else {
      const length = varint();
      fields.push({ field: tag >> 3, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

const inner = (fields: readonly Field[], field: number): Field[][] =>
  fields.filter((one) => one.field === field).map(({ value }) => fieldsOf(value as Buffer));
const text = (fields: readonly Field[], ...wanted: number[]): string =>
  String(fields.find(({ field }) => wanted.includes(field))?.value ?? "");
/** Items of a config, a summary or a row of history. */
const items = (fields: readonly Field[]): Record<string, string> =>
  Object.fromEntries(inner(fields, 1).map((item) => [text(item, 1, 2), text(item, 16)]));

function read(folder: string) {
  const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".wandb"));
  const records = recordsOf(readFileSync(join(folder, file))).map(fieldsOf);
  const all = (kind: number) => records.flatMap((record) => inner(record, kind));
  return {
    numbers: records.map((record) => record.find(({ field }) => field === 1)?.value),
    run: all(17)[0] ?? [],
    config: all(5).map(items),
    history: all(2).map(items),
    summary: all(3).map(items),
    exit: all(18)[0]?.map(({ field, value }) => [field, value]),
  };
}

it("writes config, history, summary and the exit, over many blocks", async () => {
  const run = new OfflineRun({
    folder: await temporaryFolder(),
    id: "abc123",
    project: "churn",
    entity: "team",
    name: "fit",
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  });
  expect(run.folder).toMatch(/wandb\/offline-run-20260102_030405-abc123$/);
  run.config({ trees: 100, kind: "forest", big: "x".repeat(100_000) });
  for (let step = 0; step < 2000; step++) run.metrics({ loss: 1 / (step + 1) }, { step, at: step });
  run.metrics({ accuracy: Number.NaN }, { step: 1999, at: 5 });
  run.metrics({ loss: 7 }, { step: 3, at: 6 });
  run.end(0, Date.UTC(2026, 0, 2, 3, 4, 15));
  const found = read(run.folder);
  expect(found.numbers).toEqual(found.numbers.map((_, at) => at + 1));
  expect([1, 2, 3, 8].map((field) => text(found.run, field))).toEqual(["abc123", "team", "churn", "fit"]);
  expect(found.config[0]).toMatchObject({ trees: "100", kind: '"forest"' });
  expect(found.config[0]?.["big"]).toHaveLength(100_002);
  expect(found.history).toHaveLength(2001);
  expect(found.history[1999]).toMatchObject({ loss: "0.0005", accuracy: "NaN", _step: "1999" });
  expect(found.history[2000]).toMatchObject({ loss: "7", _step: "2000" });
  expect(found.summary).toEqual([{ loss: "7", accuracy: "NaN", _runtime: "9" }]);
  expect(found.exit).toEqual([
    [1, 0],
    [2, 9],
  ]);
});

it("never fails the task, and keeps the key out of what it says", async () => {
  const said: string[] = [];
  const warn = (message: string): void => void said.push(message);
  const run = { name: "fit", experiment: "churn" };
  expect(WandbForwarding.open({ folder: "/dev/null/nowhere" }, run, warn)).toBeNull();
  expect(said).toEqual([expect.stringContaining("is not forwarded to Weights & Biases")]);
  expect(WandbForwarding.open({ mode: "disabled" }, run, warn)).toBeNull();
  vi.stubEnv("WANDB_API_KEY", "a key that nobody may see");
  vi.stubEnv("PATH", await temporaryFolder());
  const forwarding = WandbForwarding.open({ folder: await temporaryFolder() }, run, warn);
  forwarding?.params({ a: 1 });
  await forwarding?.end(1);
  vi.unstubAllEnvs();
  expect(said[1]).toContain("the command wandb is not installed");
  expect(said[1]).toContain(forwarding?.folder);
  expect(said.join("")).not.toContain("nobody may see");
  expect(read(forwarding?.folder ?? "").exit).toContainEqual([1, 1]);
});
