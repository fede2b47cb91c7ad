/**
 * What a call was given, read as MLflow's own server reads it: whatever of query, body and path; numbers also as
 * texts; unknown fields ignored; errors in the words that its clients and their tests know.
 */
import { TradewindError } from "../../errors.ts";

const seeDocs = "See the API docs for more information about request parameters.";

function invalid(message: string): TradewindError {
  return new TradewindError("TW_TRACKING_VALUE", message);
}

export function missing(name: string): TradewindError {
  return invalid(`Missing value for required parameter '${name}'. ${seeDocs}`);
}

/** Python's name of a JSON value's type: what clients have seen so far. */
function pythonType(value: unknown): string {
  if (value === null) return "NoneType";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "str";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    default:
      return "dict";
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const specialNumbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

const numberText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

export class Params {
  readonly #fields: Fields;
  /** "metrics[3]." for a message inside of a list. */
  readonly #place: string;

  constructor(fields: Fields, place = "") {
    this.#fields = fields;
    this.#place = place;
  }

  /** Null and empty are as good as not given, as protobuf has it. */
  #given(name: string): unknown {
    const value = this.#fields[name];
    return value === undefined || value === null ? undefined : value;
  }

  has(name: string): boolean {
    return this.#given(name) !== undefined;
  }

  #wrong(name: string, value: unknown): TradewindError {
    return invalid(
      `Invalid value ${shown(value)} for parameter '${this.#place}${name}' supplied:  ` +
        `Hint: Value was of type '${pythonType(value)}'. ${seeDocs}`,
    );
  }

  text(name: string): string | null {
    const value = this.#given(name);
    if (value === undefined) return null;
    // A query that repeats a single value: the last one counts.
    const one = Array.isArray(value) ? value.at(-1) : value;
    if (typeof one !== "string") throw this.#wrong(name, value);
    if (one.includes("\0"))
      throw invalid(
        `Invalid value for parameter '${this.#place}${name}' supplied: expected text without NUL`,
      );
    return one;
  }

  /** Not empty either. */
  requiredText(name: string): string {
    const value = this.text(name);
    if (value === null || value === "") throw missing(this.#place + name);
    return value;
  }

  /** May be empty. */
  presentText(name: string): string {
    const value = this.text(name);
    if (value === null) throw missing(this.#place + name);
    return value;
  }

  int(name: string): number | null {
    const value = this.#given(name);
    if (value === undefined) return null;
    const number =
      typeof value === "string" && /^[+-]?\d+(\.0*)?$/.test(value.trim()) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) throw this.#wrong(name, value);
    if (!Number.isSafeInteger(number))
      throw invalid(
        `Invalid value ${shown(value)} for parameter '${this.#place}${name}' supplied: expected an integer below 2^53`,
      );
    return number;
  }

  requiredInt(name: string): number {
    const value = this.int(name);
    if (value === null) throw missing(this.#place + name);
    return value;
  }

  /** NaN and infinities as numbers of their own. */
  requiredDouble(name: string): number {
    const value = this.#given(name);
    if (value === undefined) throw missing(this.#place + name);
    if (typeof value === "number") return value;
    if (typeof value === "boolean") return Number(value);
    if (typeof value === "string") {
      const special = specialNumbers[value];
      if (special !== undefined) return special;
      if (numberText.test(value)) return Number(value);
    }
    throw this.#wrong(name, value);
  }

  /** Null when it is not given. */
  boolean(name: string): boolean | null {
    const value = this.#given(name);
    if (value === undefined) return null;
    if (typeof value === "boolean") return value;
    if (value === "true" || value === "True") return true;
    if (value === "false" || value === "False") return false;
    throw this.#wrong(name, value);
  }

  /** A word or its number in the protocol; one that is not known counts as not given. */
  word<const Word extends string>(name: string, words: Readonly<Record<Word, number>>): Word | null {
    const value = this.#given(name);
    if (value === undefined) return null;
    for (const [word, number] of Object.entries(words) as [Word, number][])
      if (value === word || value === number || value === String(number)) return word;
    return null;
  }

  texts(name: string): string[] {
    const value = this.#given(name);
    if (value === undefined) return [];
    const list = Array.isArray(value) ? value : [value];
    for (const item of list) if (typeof item !== "string") throw this.#wrong(name, value);
    return list as string[];
  }

  /** Messages of a list. */
  list(name: string): Params[] {
    const value = this.#given(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.#wrong(name, value);
    return value.map((item, index) => {
      if (!isObject(item)) throw this.#wrong(name, value);
      return new Params(item, `${this.#place}${name}[${index}].`);
    });
  }

  /** A message; null when it is not given. */
  message(name: string): Params | null {
    const value = this.#given(name);
    if (value === undefined) return null;
    if (!isObject(value)) throw this.#wrong(name, value);
    return new Params(value, `${this.#place}${name}.`);
  }

  /** As it came. */
  raw(name: string): unknown {
    return this.#given(name);
  }

  /** Of `[{key, value}]`. A value that is not there is an empty text. */
  keyValues(name: string): { key: string; value: string }[] {
    return this.list(name).map((item) => ({
      key: item.requiredText("key"),
      value: item.text("value") ?? "",
    }));
  }

  /** `max_results`: from 1 to `most`. */
  maxResults(standard: number, most: number): number {
    const value = this.int("max_results") ?? standard;
    if (value < 1)
      throw invalid(
        `Invalid value ${value} for parameter 'max_results' supplied. It must be a positive integer`,
      );
    if (value > most)
      throw invalid(
        `Invalid value ${value} for parameter 'max_results' supplied. It must be at most ${most}`,
      );
    return value;
  }

  /** Clients send the new name, the old name, or both. */
  runId(): string {
    const id = this.text("run_id") || this.text("run_uuid");
    if (!id) throw missing("run_id");
    return id;
  }
}

/** Fields of path, query and body in one; those of the path are the strongest. */
export function readParams(request: { params: unknown; query: unknown; body: unknown }): Params {
  const { params, query, body } = request;
  return new Params({
    ...(isObject(query) ? query : {}),
    ...(isObject(body) ? body : {}),
    ...(isObject(params) ? params : {}),
  });
}
