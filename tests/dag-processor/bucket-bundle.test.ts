/** Dag files from a bucket: only what changed is read, and what is gone goes. S3 itself is tried with moto's server. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { openArtifactStore } from "../../src/artifacts/from-settings.ts";
import { openBucket } from "../../src/cli/open-bucket.ts";
import { type Bucket, BucketBundle } from "../../src/dag-processor/bucket-bundle.ts";
import { TradewindError } from "../../src/errors.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describeMoto, startMoto } from "../support/moto.ts";

const spec = {
  kind: "bucket",
  maker: "s3",
  name: "far",
  connId: "aws_default",
  bucket: "bucket",
  prefix: "team",
  refreshSeconds: 300,
} as const;

/** Objects by key, each with its text as its etag. */
class MemoryBucket implements Bucket {
  objectsByKey: Record<string, string> = {};
  readonly reads: string[] = [];

  async objects() {
    return Object.entries(this.objectsByKey).map(([key, etag]) => ({ key, etag }));
  }

  async read(key: string) {
    this.reads.push(key);
    const text = this.objectsByKey[key];
    return text === undefined ? null : Readable.from([text]);
  }
}

describe("a bucket's bundle", () => {
  it("reads what changed, forgets what is gone, and its version says what it holds", async () => {
    const bundlesFolder = await temporaryFolder();
    const bucket = new MemoryBucket();
    const bundle = new BucketBundle(spec, { bundlesFolder, open: async () => bucket });
    bucket.objectsByKey = { "a.py": "one", "deep/b.py": "two", "deep/": "" };
    const first = await bundle.refresh();
    expect(readFileSync(join(bundle.folder, "deep/b.py"), "utf8")).toBe("two");
    expect(await bundle.refresh()).toBe(first);
    expect(bucket.reads).toEqual(["a.py", "deep/b.py"]);
    bucket.objectsByKey = { "a.py": "three" };
    expect(await bundle.refresh()).not.toBe(first);
    expect([bucket.reads.at(-1), readFileSync(join(bundle.folder, "a.py"), "utf8")]).toEqual([
      "a.py",
      "three",
    ]);
    expect(existsSync(join(bundle.folder, "deep/b.py"))).toBe(false);
    const again = new BucketBundle({ ...spec, name: "copy" }, { bundlesFolder, open: async () => bucket });
    expect(await again.refresh()).toBe(await bundle.refresh());
  });

  it("keeps what it had when the bucket does not answer, and writes nothing outside of its folder", async () => {
    const bundlesFolder = await temporaryFolder();
    const bucket = new MemoryBucket();
    const bundle = new BucketBundle(spec, { bundlesFolder, open: async () => bucket });
    bucket.objectsByKey = { "a.py": "one" };
    await bundle.refresh();
    bucket.objects = () => Promise.reject(new Error("HTTP 403 AccessDenied: no"));
    await expect(bundle.refresh()).rejects.toMatchObject({
      code: "TW_BUNDLE_BUCKET",
      message: 'bundle "far": bucket bucket/team: HTTP 403 AccessDenied: no',
      hint: expect.stringContaining("access key"),
    });
    expect(readdirSync(bundle.folder)).toEqual(["a.py"]);
    bucket.objects = async () => [{ key: "../out.py", etag: "x" }];
    await expect(bundle.refresh()).rejects.toThrow("has no place in a folder");
    expect(existsSync(join(bundlesFolder, "far", "out.py"))).toBe(false);
  });

  it("says whose keys are missing", () => {
    expect(() => openBucket(spec, null, {})).toThrow(TradewindError);
    expect(() => openBucket(spec, null, {})).toThrow('the connection "aws_default"');
  });
});

describeMoto("S3", () => {
  it("is read below the prefix, however deep", { timeout: 90_000 }, async () => {
    const { endpoint, process: server } = await startMoto();
    onTestFinished(() => void server.kill());
    const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_ENDPOINT_URL: endpoint };
    const store = openArtifactStore("s3://bucket", keys);
    const put = (path: string, body: string) => store.write(path, Readable.from([body]), body.length);
    await put("team/a.py", "one");
    await put("team/deep/er/b & c.py", "two");
    await put("teammate/c.py", "not ours");
    const bundlesFolder = await temporaryFolder();
    const open = async () => openBucket(spec, null, keys);
    const bundle = new BucketBundle(spec, { bundlesFolder, open });
    const first = await bundle.refresh();
    expect(readdirSync(bundle.folder).sort()).toEqual(["a.py", "deep"]);
    expect(readFileSync(join(bundle.folder, "deep/er/b & c.py"), "utf8")).toBe("two");
    await put("team/a.py", "three");
    expect(await bundle.refresh()).not.toBe(first);
    expect(readFileSync(join(bundle.folder, "a.py"), "utf8")).toBe("three");
    const wrong = new BucketBundle(
      { ...spec, name: "wrong", bucket: "nowhere" },
      { bundlesFolder, open: async () => openBucket({ ...spec, bucket: "nowhere" }, null, keys) },
    );
    await expect(wrong.refresh()).rejects.toMatchObject({ hint: expect.stringContaining("bucket_name") });
  });
});
