/**
 * What a study searches: parameters by name, each with its range or its choices, and optionally a condition on other
 * parameters (`when`). A space is plain data, so that it can stand in the database and travel over HTTP.
 */
import { TradewindError } from "../../errors.ts";

export type Choice = string | number | boolean | null;

/** Choices of other parameters under which a parameter exists: `{ kernel: ["rbf", "poly"] }`; all must hold. */
export type Condition = Readonly<Record<string, readonly Choice[]>>;

export interface FloatParam {
  readonly type: "float";
  readonly low: number;
  readonly high: number;
  /** Drawn on a logarithmic scale; not together with `step`. */
  readonly log?: boolean;
  readonly step?: number;
  readonly when?: Condition;
}

export interface IntParam {
  readonly type: "int";
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
  /** Default 1. */
  readonly step?: number;
  readonly when?: Condition;
}

export interface CategoricalParam {
  readonly type: "categorical";
  readonly choices: readonly Choice[];
  readonly when?: Condition;
}

export type Param = FloatParam | IntParam | CategoricalParam;
export type NumericParam = FloatParam | IntParam;
export type Space = Readonly<Record<string, Param>>;
export type ParamValues = Readonly<Record<string, Choice>>;

type NumericOptions = { log?: boolean; step?: number; when?: Condition };

/** A number from `low` to `high`, both included. */
export function float(low: number, high: number, options: NumericOptions = {}): FloatParam {
  return { type: "float", low, high, ...options };
}

/** A whole number from `low` to `high`, both included. */
export function int(low: number, high: number, options: NumericOptions = {}): IntParam {
  return { type: "int", low, high, ...options };
}

/** One of the given values. */
export function categorical(
  choices: readonly Choice[],
  options: { when?: Condition } = {},
): CategoricalParam {
  return { type: "categorical", choices, ...options };
}

function refuse(name: string, expected: string, got: unknown): never {
  throw new TradewindError(
    "TW_STUDY_SPACE",
    `parameter ${JSON.stringify(name)}: expected ${expected}, got ${JSON.stringify(got) ?? String(got)}`,
  );
}

/**
 * The same space with its parameters in an order in which conditions come after what they depend on, and with `high`
 * lowered to the last value that a step reaches. Refuses an empty space and what cannot be drawn from
 * (`TW_STUDY_SPACE`).
 */
export function checkSpace(space: unknown): Space {
  if (
    typeof space !== "object" ||
    space === null ||
    Array.isArray(space) ||
    Object.keys(space).length === 0
  ) {
    throw new TradewindError(
      "TW_STUDY_SPACE",
      `expected a space of at least one parameter, got ${JSON.stringify(space) ?? "none"}`,
      { hint: 'for example { rate: { "type": "float", "low": 0.001, "high": 1, "log": true } }' },
    );
  }
  const checked: Record<string, Param> = {};
  for (const [name, param] of Object.entries(space)) checked[name] = checkParam(name, param);
  return inOrderOfConditions(checked);
}

/** One parameter, checked as `checkSpace` does. */
export function checkParam(name: string, param: unknown): Param {
  if (typeof param !== "object" || param === null) refuse(name, "an object with a type", param);
  const { type } = param as Param;
  if (type === "categorical") return checkCategorical(name, param as CategoricalParam);
  if (type === "float" || type === "int") return checkNumeric(name, param as NumericParam);
  return refuse(name, 'type "float", "int" or "categorical"', type);
}

function checkCategorical(name: string, param: CategoricalParam): CategoricalParam {
  const { choices } = param;
  if (!Array.isArray(choices) || choices.length === 0) refuse(name, "at least one choice", choices);
  const scalar = (value: unknown): boolean => value === null || /string|number|boolean/.test(typeof value);
  if (!choices.every(scalar)) refuse(name, "choices that are texts, numbers, booleans or null", choices);
  if (new Set(choices).size < choices.length) refuse(name, "choices that differ", choices);
  return param;
}

function checkNumeric(name: string, param: NumericParam): NumericParam {
  const { low, high, log = false, step } = param;
  if (!Number.isFinite(low) || !Number.isFinite(high)) refuse(name, "finite low and high", { low, high });
  if (low > high) refuse(name, "low ≤ high", { low, high });
  if (step !== undefined && !(Number.isFinite(step) && step > 0)) refuse(name, "a step over 0", step);
  if (param.type === "int") {
    if (![low, high, step ?? 1].every(Number.isInteger)) refuse(name, "whole numbers", { low, high, step });
    if (log && low < 1) refuse(name, "low of at least 1 on a logarithmic scale", low);
    if (log && step !== undefined && step !== 1) refuse(name, "no step on a logarithmic scale", step);
  } else {
    if (log && low <= 0) refuse(name, "low over 0 on a logarithmic scale", low);
    if (log && step !== undefined) refuse(name, "no step on a logarithmic scale", step);
  }
  const width = param.type === "int" ? (step ?? 1) : step;
  if (width === undefined) return param;
  const steps = Math.floor((high - low) / width + 1e-9);
  return { ...param, high: low + steps * width };
}

function inOrderOfConditions(space: Record<string, Param>): Space {
  const ordered: Record<string, Param> = {};
  const visit = (name: string, path: readonly string[]): void => {
    if (Object.hasOwn(ordered, name)) return;
    if (path.includes(name)) refuse(name, "conditions without a circle", [...path, name]);
    const param = space[name] as Param;
    for (const [other, values] of Object.entries(param.when ?? {})) {
      if (!Object.hasOwn(space, other)) refuse(name, "a condition on a parameter of the space", other);
      if (!Array.isArray(values) || values.length === 0)
        refuse(name, `values of ${other} to hold for`, values);
      for (const value of values)
        if (!contains(space[other] as Param, value)) refuse(name, `a value that ${other} can have`, value);
      visit(other, [...path, name]);
    }
    ordered[name] = param;
  };
  for (const name of Object.keys(space)) visit(name, []);
  return ordered;
}

/** Whether a parameter exists when the others have these values. */
export function isActive(param: Param, values: ParamValues): boolean {
  return Object.entries(param.when ?? {}).every(
    ([other, allowed]) => Object.hasOwn(values, other) && allowed.includes(values[other] as Choice),
  );
}

/** Whether the parameter can have this value. */
export function contains(param: Param, value: unknown): boolean {
  if (param.type === "categorical") return param.choices.includes(value as Choice);
  if (typeof value !== "number" || !(value >= param.low && value <= param.high)) return false;
  return param.type === "float" || Number.isInteger(value);
}

/** Refuses values outside the space, missing ones and unknown ones (`TW_STUDY_PARAMS`). */
export function checkValues(space: Space, values: ParamValues, partial = false): void {
  const fail = (message: string): never => {
    throw new TradewindError("TW_STUDY_PARAMS", message, {
      hint: `The parameters are ${Object.keys(space).join(", ")}.`,
    });
  };
  for (const [name, value] of Object.entries(values)) {
    const param = Object.hasOwn(space, name) ? space[name] : undefined;
    if (param === undefined) return fail(`expected parameters of the space, got ${JSON.stringify(name)}`);
    if (!contains(param, value))
      fail(`expected a value of ${JSON.stringify(name)} in its range, got ${JSON.stringify(value)}`);
  }
  if (partial) return;
  for (const [name, param] of Object.entries(space))
    if (isActive(param, values) && !Object.hasOwn(values, name))
      fail(`expected a value of ${JSON.stringify(name)}, got none`);
}

/** The width of the grid that a numeric parameter lies on; null when it is continuous. */
export function stepOf(param: NumericParam): number | null {
  return param.type === "int" ? (param.step ?? 1) : (param.step ?? null);
}

/** The nearest value that the parameter can have. */
export function snap(param: NumericParam, value: number): number {
  const step = stepOf(param);
  const onGrid = step === null ? value : param.low + Math.round((value - param.low) / step) * step;
  return Math.min(param.high, Math.max(param.low, onGrid));
}

/** Parameters that exist under the same condition, in the order of the space: what can be drawn jointly. */
export function groupsOf(space: Space): { when: Condition; space: Space }[] {
  const groups = new Map<string, { when: Condition; space: Record<string, Param> }>();
  for (const [name, param] of Object.entries(space)) {
    const when = param.when ?? {};
    const key = JSON.stringify(Object.entries(when).sort(([a], [b]) => (a < b ? -1 : 1)));
    const group = groups.get(key) ?? { when, space: {} };
    group.space[name] = param;
    groups.set(key, group);
  }
  return [...groups.values()];
}
