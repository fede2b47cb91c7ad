/** One element of what a task is mapped over. */
import type { Json } from "./dag-model.ts";

/** The item-th element of a list, or `[key, value]` of an object's item-th entry; undefined where there is none. */
export function elementOf(value: Json, item: number): Json | undefined {
  if (Array.isArray(value)) return value[item];
  if (value === null || typeof value !== "object") return undefined;
  const entry = Object.entries(value)[item];
  return entry === undefined ? undefined : [entry[0], entry[1]];
}

/** True for a value with a type of Python around it (a tuple, a set): its elements are known once it is decoded. */
export function isTyped(value: Json): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value) && "__type__" in value;
}
