/** What Zod found wrong with a request, in the words and form of FastAPI's 422 answers, which Airflow's clients read. */
import type { z } from "zod";
import { schemaAt } from "./query-values.ts";

export type RequestPart = "body" | "query" | "path" | "header";

export interface Complaint {
  readonly type: string;
  /** Where: the part of the request, then keys and indexes. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

export class InvalidRequest extends Error {
  readonly complaints: readonly Complaint[];

  constructor(complaints: readonly Complaint[]) {
    super(complaints.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; "));
    this.name = "InvalidRequest";
    this.complaints = complaints;
  }
}

export function complaintsOf(
  part: RequestPart,
  schema: z.ZodType,
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
): Complaint[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
    const value = valueAt(input, path);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        type: "extra_forbidden",
        loc: [part, ...path, key],
        msg: "Extra inputs are not permitted",
        input: valueAt(value, [key]),
      }));
    return [
      {
        loc: [part, ...path],
        input: value === undefined ? null : value,
        ...wording(issue, value, isInteger(schema, path)),
      },
    ];
  });
}

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  let value = input;
  for (const key of path) {
    if (value === null || typeof value !== "object") return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

type Wording = Pick<Complaint, "type" | "msg" | "ctx">;

/** Zod says "number" of whatever is none, also where it wants a whole one. */
function isInteger(schema: z.ZodType, path: readonly (string | number)[]): boolean {
  const def = schemaAt(schema, path)?._zod.def as { type?: string; format?: string } | undefined;
  return def?.type === "number" && def.format?.endsWith("int") === true;
}

function wording(issue: z.core.$ZodIssue, value: unknown, integer: boolean): Wording {
  if (value === undefined) return { type: "missing", msg: "Field required" };
  switch (issue.code) {
    case "invalid_type":
      return wrongType(integer ? "int" : issue.expected, value);
    case "invalid_value":
      return oneOf(issue.values);
    case "too_small":
    case "too_big":
      return outOfBounds(issue);
    case "invalid_format":
      return malformed(issue);
    default:
      return { type: "value_error", msg: `Value error, ${issue.message}` };
  }
}

const typeWords: Readonly<Record<string, [type: string, noun: string]>> = {
  string: ["string_type", "string"],
  int: ["int_type", "integer"],
  number: ["float_type", "number"],
  boolean: ["bool_type", "boolean"],
  array: ["list_type", "list"],
  object: ["dict_type", "dictionary"],
  record: ["dict_type", "dictionary"],
};

function wrongType(expected: string, value: unknown): Wording {
  const [type, noun] = typeWords[expected] ?? ["value_error", expected];
  if (typeof value === "string" && ["int", "number", "boolean"].includes(expected))
    return {
      type: type.replace("_type", "_parsing"),
      msg:
        expected === "boolean"
          ? "Input should be a valid boolean, unable to interpret input"
          : `Input should be a valid ${noun}, unable to parse string as ${expected === "int" ? "an integer" : "a number"}`,
    };
  return { type, msg: `Input should be a valid ${noun}` };
}

function oneOf(values: readonly unknown[]): Wording {
  const words = values.map((value) => (typeof value === "string" ? `'${value}'` : String(value)));
  const list = words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return values.length === 1
    ? { type: "literal_error", msg: `Input should be ${list}`, ctx: { expected: list } }
    : { type: "enum", msg: `Input should be ${list}`, ctx: { expected: list } };
}

function outOfBounds(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): Wording {
  const small = issue.code === "too_small";
  const limit = Number(small ? issue.minimum : issue.maximum);
  if (issue.origin === "string") {
    const bound = small ? "at least" : "at most";
    return {
      type: small ? "string_too_short" : "string_too_long",
      msg: `String should have ${bound} ${limit} character${limit === 1 ? "" : "s"}`,
      ctx: { [small ? "min_length" : "max_length"]: limit },
    };
  }
  if (issue.origin === "array" || issue.origin === "set" || issue.origin === "map")
    return {
      type: small ? "too_short" : "too_long",
      msg: `List should have ${small ? "at least" : "at most"} ${limit} item${limit === 1 ? "" : "s"}`,
      ctx: { [small ? "min_length" : "max_length"]: limit },
    };
  const word = small ? "greater than" : "less than";
  const inclusive = issue.inclusive !== false;
  return {
    type: `${word.replace(" ", "_")}${inclusive ? "_equal" : ""}`,
    msg: `Input should be ${word}${inclusive ? " or equal to" : ""} ${limit}`,
    ctx: { [`${small ? "g" : "l"}${inclusive ? "e" : "t"}`]: limit },
  };
}

function malformed(issue: z.core.$ZodIssueInvalidStringFormat): Wording {
  if (issue.format === "datetime")
    return { type: "datetime_from_date_parsing", msg: "Input should be a valid datetime or date" };
  if (issue.format === "regex")
    return {
      type: "string_pattern_mismatch",
      msg: `String should match pattern '${issue.pattern ?? ""}'`,
      ctx: { pattern: issue.pattern ?? "" },
    };
  return { type: "value_error", msg: `Value error, ${issue.message}` };
}
