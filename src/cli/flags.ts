/** Reading the values of flags and arguments, with an error that names the flag, what was expected and what came. */
import { TradewindError } from "../errors.ts";

/** @throws TradewindError TW_USAGE. */
export function oneOf<Word extends string>(value: string, words: readonly Word[], flag: string): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new TradewindError(
    "TW_USAGE",
    `${flag}: expected one of ${words.join(", ")}, got ${JSON.stringify(value)}`,
  );
}

/** @throws TradewindError TW_USAGE unless it is a whole number of at least `min`. */
export function wholeNumber(value: string, flag: string, min = 0): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isInteger(number) && number >= min) return number;
  throw new TradewindError(
    "TW_USAGE",
    `${flag}: expected a whole number from ${min} on, got ${JSON.stringify(value)}`,
  );
}

/** JSON of a flag. @throws TradewindError TW_USAGE that says where the text stops being JSON. */
export function jsonFlag(text: string, flag: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TradewindError(
      "TW_USAGE",
      `${flag}: expected JSON, got ${JSON.stringify(text.slice(0, 80))}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** @throws TradewindError TW_USAGE unless it is a regular expression of JavaScript. */
export function regexFlag(text: string, flag: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw new TradewindError("TW_USAGE", `${flag}: ${(cause as Error).message}`, { cause });
  }
}

/** An instant in ISO 8601 as milliseconds since the epoch; one without a zone is in UTC. */
export function instantFlag(text: string, flag: string): number {
  const spaced = text.trim().replace(" ", "T");
  const dated = /^\d{4}-\d{2}-\d{2}$/.test(spaced) ? `${spaced}T00:00:00` : spaced;
  const ms = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(dated) ? dated : `${dated}Z`);
  if (!Number.isNaN(ms)) return ms;
  throw new TradewindError(
    "TW_USAGE",
    `${flag}: expected a date such as 2026-01-31 or 2026-01-31T06:00:00+01:00, got ${JSON.stringify(text)}`,
  );
}

/** As Airflow prints instants: ISO 8601 with "+00:00"; empty where there is none. */
export function isoInstant(ms: number | null): string {
  return ms === null
    ? ""
    : new Date(ms)
        .toISOString()
        .replace(/\.000Z$/, "Z")
        .replace("Z", "+00:00");
}
