/**
 * The step cache: when a task's result of before stands for the one of now.
 *
 * A result is kept under a key of everything that it is made of: the code, the values that the task gets, and the params.
 * What a handler looked at besides (its logical date, the id of its run) is not known before it runs: the attempt
 * notes it, it is kept with the result, and the result stands only for attempts to which the same would be shown.
 */
import type { Json } from "./dag-model.ts";

/** How a task is cached, in its spec. */
export interface CacheSpec {
  /** Whose change makes an earlier result useless: that of any file that the Dag file reaches, or of the handler's text. */
  readonly code: "files" | "handler";
  /** Of the text of the handler; where `code` says so. */
  readonly handler?: string;
  /** Stands for inputs and params: a text, or the result of a function, which the task's process calls. */
  readonly key?: { readonly text: string } | "function";
  /** Seconds for which a result counts; for ever when absent. */
  readonly ttl?: number;
}

/** Digests of the parts of a key, kept beside it to say what changed. */
export interface CacheParts {
  readonly code: { readonly [file: string]: string };
  /** Inputs and options, or the one part `key`. */
  readonly inputs: { readonly [name: string]: string };
  readonly params: { readonly [name: string]: string };
}

/** What of its surroundings an attempt looked at: name → value. */
export type Surroundings = { readonly [name: string]: string | null };

/** How a run treats the cache. */
export type CacheMode = "use" | "refresh" | "off";

/** Where a run's configuration says so. */
export const cacheModeKey = "tradewind_cache";

/** `"refresh"`, or by task: `{"train": "refresh", "*": "off"}`. What cannot be understood is "use". */
export function cacheModeOf(conf: Json, taskId: string): CacheMode {
  const given = asObject(conf)[cacheModeKey];
  const word =
    typeof given === "string" ? given : (asObject(given ?? null)[taskId] ?? asObject(given ?? null)["*"]);
  return word === "refresh" || word === "off" ? word : "use";
}

function asObject(value: Json): { readonly [name: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

/** The same text for equal values, whatever the order of their keys. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(Object.is(value, -0) ? 0 : value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`).join(",")}}`;
}

/** Raised when what a key is made of changes: no earlier result counts then. */
const keyFormat = 1;

/** @param hash SHA-256 as hexadecimal digits. */
export function cacheKey(
  task: { readonly dagId: string; readonly taskId: string },
  parts: CacheParts,
  hash: (text: string) => string,
): string {
  const { code, inputs, params } = parts;
  return hash(canonicalJson([keyFormat, task.dagId, task.taskId, code, inputs, params]));
}

export interface KeptResult {
  readonly parts: CacheParts;
  readonly surroundings: Surroundings;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** Whether what the earlier attempt looked at is the same now. */
export function sameSurroundings(kept: Surroundings, now: Surroundings): boolean {
  return Object.entries(kept).every(([name, value]) => (now[name] ?? null) === value);
}

/** Why the newest earlier result of the task does not stand for the one of now, in words. */
export function explainMiss(
  now: { readonly parts: CacheParts; readonly surroundings: Surroundings; readonly at: number },
  newest: KeptResult | null,
): string {
  if (newest === null) return "there is no earlier result of this task";
  const changes = [
    ...changed("code: ", now.parts.code, newest.parts.code),
    ...changed("input ", now.parts.inputs, newest.parts.inputs),
    ...changed("param ", now.parts.params, newest.parts.params),
  ];
  if (changes.length > 0) return `${listed(changes)} since the last result`;
  const looked = Object.keys(newest.surroundings).filter(
    (name) => (now.surroundings[name] ?? null) !== newest.surroundings[name],
  );
  if (looked.length > 0)
    return `the last result looked at ${looked.join(", ")}, which ${looked.length > 1 ? "are" : "is"} another now`;
  if (newest.expiresAt !== null && newest.expiresAt <= now.at)
    return `the last result expired ${Math.round((now.at - newest.expiresAt) / 1000)} s ago`;
  return "no earlier result fits";
}

function changed(
  what: string,
  now: { readonly [name: string]: string },
  before: { readonly [name: string]: string },
): string[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])].sort();
  return names.flatMap((name) => {
    if (now[name] === before[name]) return [];
    const how = before[name] === undefined ? "is new" : now[name] === undefined ? "is gone" : "changed";
    return [`${what}${name} ${how}`];
  });
}

const mostNamed = 5;

function listed(changes: readonly string[]): string {
  const more = changes.length - mostNamed;
  return more > 0 ? `${changes.slice(0, mostNamed).join(", ")} and ${more} more` : changes.join(", ");
}
