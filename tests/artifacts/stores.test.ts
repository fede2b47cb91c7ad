/**
 * What every artifact store does, tried with each: a folder, and S3 as moto's server speaks it. The latter is skipped by
 * name where there is no moto.
 */
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ArtifactStore } from "../../src/artifacts/artifact-store.ts";
import { openArtifactStore } from "../../src/artifacts/from-settings.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { type Moto, moto, startMoto } from "../support/moto.ts";

let s3: Moto | null = null;

beforeAll(async () => {
  if (moto !== null) s3 = await startMoto();
});
afterAll(() => s3?.process.kill());

const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
let numbered = 0;

const stores: readonly (readonly [string, boolean, () => Promise<ArtifactStore>])[] = [
  ["a folder", false, async () => openArtifactStore(join(await temporaryFolder(), "artifacts"), {})],
  [
    moto === null ? "S3 (skipped: the Python of tests has no moto)" : "S3",
    moto === null,
    async () =>
      openArtifactStore(`s3://bucket/prefix-${++numbered}`, {
        ...keys,
        MLFLOW_S3_ENDPOINT_URL: s3?.endpoint,
      }),
  ],
];

async function content(store: ArtifactStore, path: string): Promise<string | null> {
  const found = await store.read(path);
  return found === null ? null : text(found.stream);
}

const write = (
  store: ArtifactStore,
  path: string,
  body: string,
  size: number | null = Buffer.byteLength(body),
) => store.write(path, Readable.from([Buffer.from(body)]), size);

describe.each(stores)("%s", (_, skipped, open) => {
  test.skipIf(skipped)("keeps files, lists folders, and takes both away", async () => {
    const store = await open();
    await write(store, "0/r/artifacts/a b+ü.txt", "hello");
    await write(store, "0/r/artifacts/sub/empty", "");
    await write(store, "0/r/artifacts/sub/unsized", "x".repeat(100_000), null);
    expect(await content(store, "0/r/artifacts/a b+ü.txt")).toBe("hello");
    const unsized = await store.read("0/r/artifacts/sub/unsized");
    expect(unsized?.size).toBe(100_000);
    unsized?.stream.destroy();
    expect(await store.list("0/r/artifacts")).toEqual([
      { name: "a b+ü.txt", isFolder: false, size: 5 },
      { name: "sub", isFolder: true, size: null },
    ]);
    expect(await store.list("nowhere")).toEqual([]);
    expect(await content(store, "0/r/artifacts/sub")).toBeNull();
    await write(store, "0/r/artifacts/a b+ü.txt", "again");
    expect(await content(store, "0/r/artifacts/a b+ü.txt")).toBe("again");
    await store.remove("0/r");
    expect(await store.list("0")).toEqual([]);
    await store.remove("0/r");
  });

  test.skipIf(skipped)("keeps nothing of an upload that is shorter than it said", async () => {
    const store = await open();
    await expect(write(store, "half", "abc", 10)).rejects.toMatchObject({ code: "TW_ARTIFACT_BROKEN_OFF" });
    expect(await content(store, "half")).toBeNull();
    expect(await store.list("")).toEqual([]);
  });

  test.skipIf(skipped)("joins parts in their order, whatever the order in which they came", async () => {
    const store = await open();
    const id = await store.startUpload("big");
    const bodies = ["a".repeat(5 * 1024 * 1024), "end"];
    const parts = [];
    for (const number of [2, 1]) {
      const body = bodies[number - 1] as string;
      const etag = await store.writePart("big", id, number, Readable.from([Buffer.from(body)]), body.length);
      parts.push({ number, etag });
    }
    expect(await content(store, "big")).toBeNull();
    await store.completeUpload("big", id, parts);
    expect(await content(store, "big")).toBe(bodies.join(""));
  });

  test.skipIf(skipped)("lets clients in directly where it can", async () => {
    const store = await open();
    const access = await store.directAccess("f", "write", 60);
    if (access === null) return;
    expect((await fetch(access.url, { method: "PUT", body: "direct", headers: access.headers })).status).toBe(
      200,
    );
    const read = await store.directAccess("f", "read", 60);
    expect(await (await fetch(read?.url ?? "")).text()).toBe("direct");
  });
});

test("a store that is down says so, as something that need not be tried again", async () => {
  const store = openArtifactStore("s3://bucket/p", { ...keys, MLFLOW_S3_ENDPOINT_URL: "http://127.0.0.1:1" });
  await expect(write(store, "f", "x")).rejects.toMatchObject({
    code: "TW_ARTIFACT_STORE",
    kind: { httpStatus: 424 },
  });
});
