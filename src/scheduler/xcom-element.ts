import type { Json } from "../core/dag-model.ts";

/** The item-th element of a list, or `[key, value]` of an object's item-th entry; undefined where there is none. */
export function elementOf(value: Json, item: number): Json | undefined {
  if (Array.isArray(value)) return value[item];
  if (value === null || typeof value !== "object") return undefined;
  const entry = Object.entries(value)[item];
  return entry === undefined ? undefined : [entry[0], entry[1]];
}
