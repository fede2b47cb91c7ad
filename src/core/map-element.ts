/** One element of what a task is mapped over. */
import type { Json } from "./dag-model.ts";

export interface MapElement {
  readonly value: { readonly json: Json };
  /** It is `[key, value]` of an object, which Python knows as a tuple. */
  readonly entry?: true;
}

/** The item-th element of a list, or `[key, value]` of an object's item-th entry; undefined where there is none. */
export function elementOf(value: Json, item: number): MapElement | undefined {
  if (Array.isArray(value)) {
    const json = value[item];
    return json === undefined ? undefined : { value: { json } };
  }
  if (value === null || typeof value !== "object") return undefined;
  const entry = Object.entries(value)[item];
  return entry === undefined ? undefined : { value: { json: [entry[0], entry[1]] }, entry: true };
}

/** True for a value with a type of Python around it (a tuple, a set): its elements are known once it is decoded. */
export function isTyped(value: Json): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value) && "__type__" in value;
}
