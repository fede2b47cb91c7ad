/**
 * What JSON has no word for, as Python tasks write it: `{"__type__": …, "value": …}` (`python/tradewind/xcom.py`).
 * Handlers in TypeScript get what comes nearest: a Date, a bigint, bytes, a Set, the fields of an object.
 */
import type { Json } from "../core/dag-model.ts";

const typeKey = "__type__";

type Typed = { readonly [key: string]: Json };
/** Reads a file that stands in the middle of a value. */
export type ReadReference = (ref: { uri: string; mediaType: string }) => Promise<unknown>;

/** The value with its types; the same object where it has none. */
export async function decodeTyped(value: Json, read: ReadReference): Promise<unknown> {
  return hasTypes(value) ? await decode(value, read) : value;
}

function hasTypes(value: Json): boolean {
  if (value === null || typeof value !== "object") return false;
  if (Array.isArray(value)) return value.some(hasTypes);
  return typeKey in value || Object.values(value).some(hasTypes);
}

async function decode(value: Json, read: ReadReference): Promise<unknown> {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => decode(item, read)));
  if (typeKey in value) return decodeOne(value, read);
  return decodeFields(value, read);
}

async function decodeFields(value: Typed, read: ReadReference): Promise<{ [key: string]: unknown }> {
  const entries = Object.entries(value).map(async ([key, item]) => [key, await decode(item, read)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function decodeOne(typed: Typed, read: ReadReference): Promise<unknown> {
  const inner = typed["value"] ?? null;
  switch (typed[typeKey]) {
    case "datetime":
      return new Date(inner as string);
    case "int":
      return BigInt(inner as string);
    case "float":
      return { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY }[
        inner as string
      ];
    case "bytes":
      return new Uint8Array(Buffer.from(inner as string, "base64"));
    case "set":
    case "frozenset":
      return new Set((await decode(inner, read)) as unknown[]);
    case "dict":
      return decodeFields(inner as Typed, read);
    case "artifact":
      return read({ uri: typed["uri"] as string, mediaType: typed["mediaType"] as string });
    // Dates and times without an instant, durations in seconds, decimals, paths, tuples, enums, fields of objects.
    default:
      return "value" in typed ? decode(inner, read) : typed;
  }
}
