/** Query parameters that come in fours (`_gte`, `_gt`, `_lte`, `_lt`) and in twos (`_pattern`, `_prefix_pattern`). */
import { z } from "zod";
import type { Range } from "../../store/list-query.ts";
import { Instant } from "./schemas/values.ts";

const bounds = ["gte", "gt", "lte", "lt"] as const;
type Bound = (typeof bounds)[number];

type Quad<Name extends string, Field> = { [K in `${Name}_${Bound}`]: Field };
const OptionalInstant = Instant.nullable().optional();
const OptionalNumber = z.number().nullable().optional();
const OptionalText = z.string().nullable().optional();

/** `instantRange("run_after")` is the four parameters of that name. */
export function instantRange<Name extends string>(name: Name): Quad<Name, typeof OptionalInstant> {
  return Object.fromEntries(bounds.map((bound) => [`${name}_${bound}`, OptionalInstant])) as never;
}

export function numberRange<Name extends string>(name: Name): Quad<Name, typeof OptionalNumber> {
  return Object.fromEntries(bounds.map((bound) => [`${name}_${bound}`, OptionalNumber])) as never;
}

/** The four values of one name; undefined where none was given. */
export function rangeOf<Name extends string>(
  asked: { readonly [K in `${Name}_${Bound}`]?: number | null | undefined },
  name: Name,
): Range | undefined {
  const [gte, gt, lte, lt] = bounds.map((bound) => asked[`${name}_${bound}`]);
  const isAsked = [gte, gt, lte, lt].some((value) => value !== null && value !== undefined);
  return isAsked ? { gte, gt, lte, lt } : undefined;
}

type Patterns<Name extends string> = {
  [K in `${Name}_pattern` | `${Name}_prefix_pattern`]: typeof OptionalText;
};

/** `patterns("dag_id")` is `dag_id_pattern` and `dag_id_prefix_pattern`. */
export function patterns<Name extends string>(name: Name): Patterns<Name> {
  return { [`${name}_pattern`]: OptionalText, [`${name}_prefix_pattern`]: OptionalText } as never;
}

export { OptionalInstant, OptionalText };
