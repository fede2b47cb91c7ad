/**
 * The one error class. A message says what was expected, what came, and where; a hint is given when the cause is
 * usually one thing. What a code means stands in `error-catalogue.ts`.
 */
import { type ErrorKind, errorCatalogue } from "./error-catalogue.ts";

export type ErrorCode = keyof typeof errorCatalogue;

export interface ErrorDetails {
  /** What to do about it, when the cause is usually one thing. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Where: a file, with 1-based line and column where they are known. */
  readonly at?: { file: string; line?: number; column?: number } | undefined;
}

export class TradewindError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly at: ErrorDetails["at"];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "TradewindError";
    this.code = code;
    this.hint = details.hint;
    this.at = details.at;
  }

  get kind(): ErrorKind {
    return errorCatalogue[this.code];
  }
}

/** Ends an exhaustive `switch`: the compiler complains where a case is missing. */
export function assertNever(value: never, what: string): never {
  throw new TradewindError("TW_INTERNAL", `unexpected ${what}: ${JSON.stringify(value)}`);
}
