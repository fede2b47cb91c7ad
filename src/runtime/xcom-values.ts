/**
 * Values between tasks on their way: JSON in the message up to the limit, and beyond it a file under the
 * artifact root, written under another name and renamed, so that a reader never sees half of it. Bytes and
 * typed arrays always go by file, with their type.
 */
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { decodeFrame, encodeTable, isTableLike } from "./frame-values.ts";
import type { TaskCoordinates, XComValue } from "./protocol.ts";
import { decodeTyped } from "./typed-values.ts";
import { checkJson } from "./xcom-json.ts";

export interface ValueStore {
  readonly artifactRoot: string;
  readonly inlineLimit: number;
  readonly task: TaskCoordinates;
}

const jsonType = "application/json";
const bytesType = "application/octet-stream";
const arrayType = "application/vnd.tradewind.typed-array";

const endings: Readonly<Record<string, string>> = {
  [jsonType]: ".json",
  "application/vnd.apache.parquet": ".parquet",
};

const arrayKinds = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

type ArrayKind = keyof typeof arrayKinds;

/**
 * @param key the XCom's key; `what` names the value in errors ("the result of the handler")
 * @throws TW_XCOM_VALUE where the value is not JSON, or the file cannot be written
 */
export async function encodeValue(
  value: unknown,
  key: string,
  what: string,
  store: ValueStore,
): Promise<XComValue> {
  if (value === null || typeof value === "boolean") return { json: value };
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return encodeBytes(value, key, store);
  if (isTableLike(value)) {
    const { bytes, mediaType } = await encodeTable(value);
    return { ref: await writeArtifact(bytes, key, mediaType, store) };
  }
  checkJson(value, what);
  // A number or a short string needs no measuring: the hot path ends here.
  if (typeof value === "number") return { json: value };
  if (typeof value === "string" && value.length * 3 + 2 <= store.inlineLimit) return { json: value };
  const text = toText(value, what);
  if (text.length * 3 <= store.inlineLimit || Buffer.byteLength(text) <= store.inlineLimit) {
    return { json: JSON.parse(text) as Json };
  }
  return { ref: await writeArtifact(Buffer.from(text), key, jsonType, store) };
}

function toText(value: unknown, what: string): string {
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch (cause) {
    throw new TradewindError(
      "TW_XCOM_VALUE",
      `expected ${what} to be writable as JSON, got: ${(cause as Error).message}`,
      {
        cause,
        hint: "write large data to a file and return where it is",
      },
    );
  }
  throw new TradewindError(
    "TW_XCOM_VALUE",
    `expected ${what} to be a JSON value, got an object whose toJSON gives nothing`,
  );
}

function encodeBytes(
  value: ArrayBufferView | ArrayBuffer,
  key: string,
  store: ValueStore,
): Promise<XComValue> {
  const bytes =
    value instanceof ArrayBuffer
      ? Buffer.from(value)
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const kind = value.constructor.name;
  const type = kind in arrayKinds && kind !== "Uint8Array" ? `${arrayType}; kind=${kind}` : bytesType;
  return writeArtifact(bytes, key, type, store).then((ref) => ({ ref }));
}

async function writeArtifact(
  bytes: Buffer,
  key: string,
  mediaType: string,
  store: ValueStore,
): Promise<{ uri: string; bytes: number; mediaType: string }> {
  const { mkdir, open, rename, rm } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const { pathToFileURL } = await import("node:url");
  const { safeName, xcomFolder } = await import("./xcom-folder.ts");
  const { attemptId } = store.task;
  const folder = xcomFolder(store.artifactRoot, store.task);
  // The attempt's id keeps a late attempt from writing over the value of the one that counts.
  const path = join(folder, `${safeName(key)}-${attemptId}${endings[mediaType] ?? ".bin"}`);
  const partial = `${path}.partial`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(partial, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw new TradewindError(
      "TW_XCOM_VALUE",
      `expected to write the value "${key}" of ${bytes.length} bytes to ${folder}, got: ${(cause as Error).message}`,
      {
        cause,
        hint:
          (cause as { code?: string }).code === "ENOSPC"
            ? "the disk of the artifact root is full"
            : undefined,
      },
    );
  }
  return { uri: pathToFileURL(path).href, bytes: bytes.length, mediaType };
}

/** Values as they came, by what they were decoded to: a function of the other language gets them as they were written. */
const origins = new WeakMap<object, XComValue>();

/** What a value was before it was decoded; undefined for one that did not come from a task, or is its own text. */
export function originOf(value: unknown): XComValue | undefined {
  return typeof value === "object" && value !== null ? origins.get(value) : undefined;
}

/** The value that came from another task. */
export async function decodeValue(value: XComValue): Promise<unknown> {
  const decoded =
    "json" in value ? await decodeTyped(value.json, readReference) : await readReference(value.ref);
  if (typeof decoded === "object" && decoded !== null) origins.set(decoded, value);
  return decoded;
}

async function readReference({ uri, mediaType }: { uri: string; mediaType: string }): Promise<unknown> {
  const { readFile } = await import("node:fs/promises");
  let bytes: Buffer;
  try {
    bytes = await readFile(new URL(uri));
  } catch (cause) {
    throw new TradewindError(
      "TW_XCOM_VALUE",
      `expected to read a value from ${uri}, got: ${(cause as Error).message}`,
      {
        cause,
        hint: "the artifact root must be the same folder for all workers",
      },
    );
  }
  if (mediaType === jsonType) return decodeTyped(JSON.parse(bytes.toString("utf8")) as Json, readReference);
  const kind = /kind=(\w+)/.exec(mediaType)?.[1];
  if (mediaType.startsWith(arrayType) && kind !== undefined && kind in arrayKinds) {
    // A copy with an offset of 0, as the typed arrays ask of their buffer.
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return new arrayKinds[kind as ArrayKind](buffer);
  }
  const frame = await decodeFrame(bytes, mediaType, uri);
  return frame === undefined ? new Uint8Array(bytes) : frame;
}
