/**
 * A copy of a bucket's Dag files, brought up to it object by object: what has another etag is read again, what is gone
 * goes. The version is a digest of all names and etags, so that the same objects are the same version anywhere.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TradewindError } from "../errors.ts";
import type { BucketBundleSpec } from "./bundle-config.ts";

export interface BucketObject {
  /** Relative to the prefix of the bundle. */
  readonly key: string;
  readonly etag: string;
}

/** Whatever holds the objects. */
export interface Bucket {
  objects(): Promise<readonly BucketObject[]>;
  /** Null when it is gone by now. */
  read(key: string): Promise<Readable | null>;
}

export interface BucketBundleHost {
  /** Folder for the copies of all bundles. */
  readonly bundlesFolder: string;
  /** @throws TradewindError where its access is not complete. */
  open(spec: BucketBundleSpec): Promise<Bucket>;
}

const accessHints = {
  s3: "the connection's login and password (an access key and its secret), or AWS_ACCESS_KEY_ID, do not fit",
  google:
    "whoever asks may not read the bucket: keyfile_dict or key_path of the connection, or GOOGLE_APPLICATION_CREDENTIALS, says who",
} as const;

/** Objects that are read at once. */
const atOnce = 8;

export class BucketBundle {
  readonly spec: BucketBundleSpec;
  readonly #host: BucketBundleHost;
  readonly #root: string;

  constructor(spec: BucketBundleSpec, host: BucketBundleHost) {
    this.spec = spec;
    this.#host = host;
    this.#root = join(host.bundlesFolder, spec.name);
  }

  /** The Dags folder; it is there after the first `refresh`. */
  get folder(): string {
    return join(this.#root, "objects");
  }

  /**
   * Reads what changed.
   *
   * @returns the version.
   * @throws TradewindError TW_BUNDLE_BUCKET; what was read before stays.
   */
  async refresh(): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    try {
      const bucket = await this.#host.open(this.spec);
      const objects = (await bucket.objects()).filter(({ key }) => isFile(key));
      const known = await this.#known();
      const changed = objects.filter(({ key, etag }) => known[key] !== etag);
      for (let at = 0; at < changed.length; at += atOnce)
        await Promise.all(changed.slice(at, at + atOnce).map(({ key }) => this.#read(bucket, key)));
      const kept = new Set(objects.map(({ key }) => key));
      for (const key of Object.keys(known)) if (!kept.has(key)) await rm(this.#path(key), { force: true });
      const now = Object.fromEntries(objects.map(({ key, etag }) => [key, etag]));
      await writeFile(this.#listFile, JSON.stringify(now));
      return versionOf(objects);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  get #listFile(): string {
    return join(this.#root, "objects.json");
  }

  async #known(): Promise<{ [key: string]: string }> {
    try {
      return JSON.parse(await readFile(this.#listFile, "utf8")) as { [key: string]: string };
    } catch {
      // Nothing was read yet, or the list was cut off: everything is read again.
      return {};
    }
  }

  /** Whole, or not at all: an importer may read at any moment. */
  async #read(bucket: Bucket, key: string): Promise<void> {
    const path = this.#path(key);
    const content = await bucket.read(key);
    if (content === null) return;
    const part = join(this.#root, `${createHash("sha256").update(key).digest("hex")}.part`);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(content, createWriteStream(part));
    await rename(part, path);
  }

  /** @throws TradewindError for a key that leads out of the folder. */
  #path(key: string): string {
    const path = normalize(join(this.folder, key));
    if (path.startsWith(this.folder + sep)) return path;
    throw new TradewindError(
      "TW_BUNDLE_BUCKET",
      `the object ${JSON.stringify(key)} has no place in a folder`,
    );
  }

  #failed(error: unknown): TradewindError {
    const { message } = error as Error;
    const { bucket, prefix, name, maker } = this.spec;
    const where = `${bucket}${prefix === "" ? "" : `/${prefix}`}`;
    const hint = /40[13]|AccessDenied|SignatureDoesNotMatch|InvalidAccessKeyId/.test(message)
      ? accessHints[maker]
      : /NoSuchBucket|404/.test(message)
        ? "bucket_name is the name alone, without s3:// or gs://"
        : undefined;
    return new TradewindError("TW_BUNDLE_BUCKET", `bundle "${name}": bucket ${where}: ${message}`, {
      cause: error,
      hint: (error as { hint?: string }).hint ?? hint,
    });
  }
}

/** Names that end in "/" stand for folders. */
function isFile(key: string): boolean {
  return key !== "" && !key.endsWith("/");
}

function versionOf(objects: readonly BucketObject[]): string {
  const digest = createHash("sha256");
  for (const { key, etag } of objects.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
    digest.update(`${key}\0${etag}\n`);
  return digest.digest("hex").slice(0, 40);
}
