/**
 * Tables of options: which names an object may have and what each must be. TypeScript checks the same at
 * compile time; the tables answer for JavaScript users, for `as` casts, and with "did you mean".
 */
import { nearest } from "../did-you-mean.ts";
import { type ErrorCode, TradewindError } from "../errors.ts";
import { type CallSite, callSite } from "./call-site.ts";
import { isDuration } from "./duration.ts";

export interface OptionRule {
  /** Completes "must be …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  readonly required?: boolean;
}

/** One rule for each option; the compiler sees to it that none is forgotten. */
export type OptionTable<Options> = { readonly [Name in keyof Required<Options>]: OptionRule };

interface RuleSettings {
  readonly required?: boolean;
}

function rule(
  expected: string,
  accepts: (value: unknown) => boolean,
  settings: RuleSettings = {},
): OptionRule {
  return { expected, accepts, ...(settings.required === true ? { required: true } : {}) };
}

export interface NumberSettings extends RuleSettings {
  readonly min?: number;
  readonly max?: number;
}

function inRange(value: number, settings: NumberSettings): boolean {
  return value >= (settings.min ?? -Infinity) && value <= (settings.max ?? Infinity);
}

function rangeText(what: string, { min, max }: NumberSettings): string {
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  if (min !== undefined) return `${what}, ${min} or more`;
  return max === undefined ? what : `${what}, ${max} or less`;
}

/** Rules for `defineOperator({ options: { … } })` and for our own tables. */
export const option = {
  any: (settings?: RuleSettings) => rule("any value", () => true, settings),
  string: (settings?: RuleSettings) => rule("a string", (value) => typeof value === "string", settings),
  nonEmpty: (settings?: RuleSettings) =>
    rule("a string that is not empty", (value) => typeof value === "string" && value !== "", settings),
  boolean: (settings?: RuleSettings) =>
    rule("true or false", (value) => typeof value === "boolean", settings),
  number: (settings: NumberSettings = {}) =>
    rule(
      rangeText("a number", settings),
      (value) => typeof value === "number" && Number.isFinite(value) && inRange(value, settings),
      settings,
    ),
  integer: (settings: NumberSettings = {}) =>
    rule(
      rangeText("an integer", settings),
      (value) => typeof value === "number" && Number.isInteger(value) && inRange(value, settings),
      settings,
    ),
  oneOf: (values: readonly string[], settings?: RuleSettings) =>
    rule(
      `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`,
      (value) => typeof value === "string" && values.includes(value),
      settings,
    ),
  duration: (settings?: RuleSettings) =>
    rule('a duration: seconds, { minutes: 5 } or "PT5M"', (value) => isDuration(value), settings),
  date: (settings?: RuleSettings) =>
    rule(
      "a Date or an ISO 8601 string",
      (value) =>
        (value instanceof Date && !Number.isNaN(value.getTime())) ||
        (typeof value === "string" && !Number.isNaN(Date.parse(value))),
      settings,
    ),
  function: (settings?: RuleSettings) => rule("a function", (value) => typeof value === "function", settings),
  strings: (settings?: RuleSettings) =>
    rule(
      "an array of strings",
      (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
      settings,
    ),
  array: (settings?: RuleSettings) => rule("an array", (value) => Array.isArray(value), settings),
  object: (settings?: RuleSettings) => rule("an object", isPlainObject, settings),
  stringMap: (settings?: RuleSettings) =>
    rule(
      "an object of strings",
      (value) => isPlainObject(value) && Object.values(value).every((item) => typeof item === "string"),
      settings,
    ),
  /** What `accepts` says, described by `expected` ("must be …"). */
  that: (expected: string, accepts: (value: unknown) => boolean, settings?: RuleSettings) =>
    rule(expected, accepts, settings),
};

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export interface OptionCheck {
  /** Whose options: `task "train"`. */
  readonly owner: string;
  readonly at?: CallSite | undefined;
  /** Values that are not checked now, since they are known only when the task runs. */
  isLater?(name: string, value: unknown): boolean;
}

/** Refuses unknown names, wrong values and missing ones. `undefined` counts as not given. */
export function checkOptions(
  given: unknown,
  table: Readonly<Record<string, OptionRule>>,
  check: OptionCheck,
): void {
  if (!isPlainObject(given)) {
    throw optionError(
      "TW_OPTION_INVALID",
      `the options of ${check.owner} must be an object, not ${show(given)}`,
      check,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    const known = Object.hasOwn(table, name) ? table[name] : undefined;
    if (known === undefined) throw unknownOption(name, Object.keys(table), check);
    if (value === undefined || check.isLater?.(name, value) === true || known.accepts(value)) continue;
    throw optionError(
      "TW_OPTION_INVALID",
      `\`${name}\` of ${check.owner} must be ${known.expected}, not ${show(value)}`,
      check,
    );
  }
  for (const [name, known] of Object.entries(table)) {
    if (known.required === true && given[name] === undefined) {
      throw optionError(
        "TW_OPTION_MISSING",
        `${check.owner} needs the option \`${name}\`, ${known.expected}`,
        check,
      );
    }
  }
}

function unknownOption(name: string, names: readonly string[], check: OptionCheck): TradewindError {
  const snake = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const near = nearest(snake, names);
  const hint = near === null ? "" : `: did you mean \`${near}\`?`;
  return optionError("TW_OPTION_UNKNOWN", `\`${name}\` is not an option of ${check.owner}${hint}`, check);
}

function optionError(code: ErrorCode, message: string, check: OptionCheck): TradewindError {
  return new TradewindError(code, message, { at: check.at ?? callSite() });
}

/** A value as a message shows it: short, and never throwing. */
export function show(value: unknown): string {
  if (typeof value === "function" && "taskId" in value) return `the uncalled task "${String(value.taskId)}"`;
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (typeof value === "bigint" || typeof value === "symbol" || value === undefined) return String(value);
  if (typeof value === "number") return String(value);
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !isPlainObject(value)) {
    return `a ${(value as { constructor?: { name?: string } }).constructor?.name ?? "object"}`;
  }
  let text: string;
  try {
    text = JSON.stringify(value) ?? "undefined";
  } catch {
    return "an object that refers to itself";
  }
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
