/** `cache` of a task, as an author writes it, and as data. */
import { sha1 } from "../core/sha1.ts";
import type { CacheSpec } from "../core/step-cache.ts";
import type { TaskContext } from "./context.ts";
import { type Duration, isDuration, toSeconds } from "./duration.ts";
import { given } from "./given.ts";
import { isPlainObject } from "./options.ts";

export interface CacheOptions {
  /**
   * What the result depends on, in place of inputs and params: a text (a version that you raise), or a function of the
   * inputs whose result is JSON. The function runs in the task's process, so that a hit takes a slot for a moment.
   */
  readonly key?:
    | string
    | ((inputs: { readonly [name: string]: never }, context: TaskContext) => unknown | Promise<unknown>);
  /** How long a result counts; for ever when absent. */
  readonly ttl?: Duration;
  /**
   * Whose change makes results useless. "files" (the default): any file that the Dag file reaches. "handler": the text of
   * the handler, and the files that the Dag file imports; functions beside the handler in the Dag file are not looked at.
   */
  readonly code?: "files" | "handler";
}

export type CacheOption = boolean | CacheOptions;

const names = new Set(["key", "ttl", "code"]);

export function isCacheOption(value: unknown): boolean {
  if (typeof value === "boolean") return true;
  if (!isPlainObject(value) || Object.keys(value).some((name) => !names.has(name))) return false;
  const { key, ttl, code } = value as CacheOptions;
  return (
    (key === undefined || typeof key === "function" || (typeof key === "string" && key !== "")) &&
    (ttl === undefined || isDuration(ttl)) &&
    (code === undefined || code === "files" || code === "handler")
  );
}

/** Undefined for a task that is not cached. */
export function cacheSpec(option: CacheOption | undefined, handlerText: string): CacheSpec | undefined {
  if (option === undefined || option === false) return undefined;
  const { key, ttl, code = "files" } = option === true ? {} : option;
  return {
    code,
    ...(code === "handler" ? { handler: sha1(handlerText).toString(16) } : {}),
    ...given(
      "key",
      typeof key === "function" ? ("function" as const) : key === undefined ? undefined : { text: key },
    ),
    ...given("ttl", ttl === undefined ? undefined : toSeconds(ttl)),
  };
}
