/**
 * Buckets that tables are read from and written to: `s3://` with the usual AWS_* variables, `gs://` as Google's own tools
 * sign in. An object is there whole or not at all, and a put replaces it as a whole.
 */
import { Readable } from "node:stream";
import { openS3Store } from "../../artifacts/from-settings.ts";
import { GoogleBucket } from "../../artifacts/google-bucket.ts";
import { googleEndpoint, googleScopes, googleTokens } from "../../artifacts/google-environment.ts";
import { TradewindError } from "../../errors.ts";
import { systemClock } from "../../time.ts";
import { storeEnvironment } from "../tracking/environment.ts";

export interface TableBucket {
  /** Null when there is no such object. */
  read(key: string): Promise<Readable | null>;
  write(key: string, bytes: Uint8Array): Promise<void>;
  /** All whose key begins so, in order. @param folder Without a slash at its end; "" is the bucket. */
  keysBelow(folder: string): Promise<string[]>;
}

export interface ObjectPlace {
  readonly bucket: TableBucket;
  /** Without slashes at its ends. */
  readonly key: string;
}

export const isInBucket = (path: string): boolean => /^(s3|gs):\/\//.test(path);

/** @throws TradewindError TW_ML_FORMAT for a path that names no object, TW_CONFIG_VALUE or TW_GOOGLE_CREDENTIALS without keys. */
export async function placeOf(path: string): Promise<ObjectPlace> {
  const match = /^(s3|gs):\/\/([^/]+)\/(.+)$/.exec(path);
  if (match === null)
    throw new TradewindError(
      "TW_ML_FORMAT",
      `expected s3://bucket/key or gs://bucket/key, got ${JSON.stringify(path)}`,
    );
  const [, scheme = "", bucket = "", rest = ""] = match;
  const key = rest.replaceAll(/^\/+|\/+$/g, "");
  if (key.split("/").includes(".."))
    throw new TradewindError("TW_ML_FORMAT", `expected a key without "..", got ${JSON.stringify(path)}`);
  return { bucket: scheme === "s3" ? onS3(bucket) : await onGoogle(bucket), key };
}

function onS3(bucket: string): TableBucket {
  const open = (prefix: string) =>
    openS3Store(`s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`, storeEnvironment());
  const store = open("");
  return {
    read: async (key) => (await store.read(key))?.stream ?? null,
    write: (key, bytes) => store.write(key, Readable.from([bytes]), bytes.length),
    keysBelow: async (folder) => below(folder, await open(folder).objects()),
  };
}

async function onGoogle(bucket: string): Promise<TableBucket> {
  const environment = storeEnvironment();
  const tokens = await googleTokens(environment, googleScopes.write, systemClock.now);
  const open = (prefix: string) =>
    new GoogleBucket({ bucket, prefix, endpoint: googleEndpoint(environment), tokens });
  const whole = open("");
  return {
    read: (key) => whole.read(key),
    write: (key, bytes) => whole.write(key, bytes),
    keysBelow: async (folder) => below(folder, await open(folder).objects()),
  };
}

const below = (folder: string, objects: readonly { key: string }[]): string[] =>
  objects.map(({ key }) => (folder === "" ? key : `${folder}/${key}`)).sort();
