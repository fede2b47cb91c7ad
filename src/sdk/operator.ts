/** Operators and sensors: kinds of task that are configured by options instead of written as a function. */
import type { TaskSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { type CallSite, callSite } from "./call-site.ts";
import type { TaskContext } from "./context.ts";
import type { Duration } from "./duration.ts";
import { toSeconds } from "./duration.ts";
import { checkOptions, type OptionRule, option } from "./options.ts";
import { runSensor, type SensorSettings } from "./sensor-loop.ts";
import type { OperatorDefinition, SensorDefinition } from "./task.ts";
import { type TaskOptions, taskOptionRules } from "./task-options.ts";
import type { Expandable, XComArg } from "./value-ref.ts";
import { isXComArg } from "./xcom-arg.ts";

declare const resultType: unique symbol;

/** An operator with its options, to be added to a Dag. */
export interface OperatorInstance<Result = unknown> {
  readonly [resultType]?: Result;
  readonly operatorName: string;
}

/** Like `OperatorInstance`, expanded: its result is the list of the instances' results. */
export interface MappedOperatorInstance<Result = unknown> extends OperatorInstance<Result[]> {
  readonly isMapped: true;
}

/** Options as they are written: each a value, or a reference to what another task returns. */
export type OperatorOptions<Options> = { readonly [K in keyof Options]: Options[K] | XComArg<Options[K]> };

/** An operator whose constant options are given; `expand` gives the others. */
export interface PartialOperator<Options extends object, Result, Given extends string> {
  /** One instance for each combination of the lists' elements. */
  expand(
    inputs: {
      readonly [K in keyof Options as K extends Given ? never : K]?: Expandable<NonNullable<Options[K]>>;
    },
  ): MappedOperatorInstance<Result>;
  /** One instance for each object of the list. */
  expandKwargs(
    inputs: XComArg<readonly Partial<Options>[]> | readonly Partial<Options>[],
  ): MappedOperatorInstance<Result>;
}

type OwnAndTask<Options> = OperatorOptions<Options> & Omit<TaskOptions, keyof Options>;

/** A kind of operator: call it or construct it with `new`, or start a mapped one with `partial`. */
export interface OperatorKind<Options extends object, Result> {
  new (options: OwnAndTask<Options>): OperatorInstance<Result>;
  (options: OwnAndTask<Options>): OperatorInstance<Result>;
  /**
   * @example
   * dag.add(BashOperator.partial({ taskId: "list", cwd: "/data" }).expand({ bashCommand: ["ls a", "ls b"] }));
   */
  partial<const Given extends Partial<OwnAndTask<Options>>>(
    options: Given,
  ): PartialOperator<Options, Result, keyof Given & string>;
  readonly operatorName: string;
}

/** What the Dag reads of an instance. */
export interface OperatorContent {
  readonly definition: OperatorDefinition<object, unknown>;
  /** Rules of its own options, to check values that only a run brings. */
  readonly rules: Readonly<Record<string, OptionRule>>;
  readonly own: Readonly<Record<string, unknown>>;
  readonly task: TaskOptions;
  readonly sensor: TaskSpec["sensor"] | undefined;
  readonly mapped: { expand: Readonly<Record<string, unknown>> } | { expandKwargs: unknown } | undefined;
  readonly at: CallSite | undefined;
}

const contentKey = Symbol.for("tradewind.operator-content");

/** What is in an operator instance; undefined when the value is not one. */
export function operatorContent(value: unknown): OperatorContent | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { [contentKey]?: OperatorContent })[contentKey];
}

/**
 * Defines a kind of operator.
 *
 * @example
 * const Greet = defineOperator<{ name: string }, string>({
 *   name: "Greet",
 *   options: { name: option.string({ required: true }) },
 *   templateFields: ["name"],
 *   execute: ({ name }) => `hello ${name}`,
 * });
 */
export function defineOperator<Options extends object, Result>(
  definition: OperatorDefinition<Options, Result>,
): OperatorKind<Options, Result> {
  return makeKind<Options, Result>(definition as unknown as OperatorDefinition<object, unknown>, {});
}

/** Options that every sensor has beside its own, with Airflow's names and defaults. */
export interface SensorOptions {
  /** Time between two pokes. Default 60 s. */
  readonly pokeInterval?: Duration;
  /** How long to wait in all, from the first poke. Default 7 days. */
  readonly timeout?: Duration;
  /** Skip instead of failing when the timeout is reached or a poke throws. Default false. */
  readonly softFail?: boolean;
  /** Never fail by an error of `poke`; it counts as "not yet". Default false. */
  readonly silentFail?: boolean;
  /** Skip on any failure at all. Default false. */
  readonly neverFail?: boolean;
  /** "reschedule" gives the slot back between pokes. Default "poke". */
  readonly mode?: "poke" | "reschedule";
  /** Doubles the time between pokes. Default false. */
  readonly exponentialBackoff?: boolean;
  /** Upper bound of the time between pokes with backoff. */
  readonly maxWait?: Duration;
}

export const sensorOptionRules: { readonly [K in keyof Required<SensorOptions>]: OptionRule } = {
  pokeInterval: option.duration(),
  timeout: option.duration(),
  softFail: option.boolean(),
  silentFail: option.boolean(),
  neverFail: option.boolean(),
  mode: option.oneOf(["poke", "reschedule"]),
  exponentialBackoff: option.boolean(),
  maxWait: option.duration(),
};

/** Poke settings with Airflow's defaults. */
export function sensorSettings(options: SensorOptions): SensorSettings {
  return {
    mode: options.mode ?? "poke",
    pokeInterval: toSeconds(options.pokeInterval ?? 60),
    timeout: toSeconds(options.timeout ?? 604_800),
    softFail: options.softFail ?? false,
    silentFail: options.silentFail ?? false,
    neverFail: options.neverFail ?? false,
    exponentialBackoff: options.exponentialBackoff ?? false,
    maxWait: options.maxWait === undefined ? null : toSeconds(options.maxWait),
  };
}

/** Defines a kind of sensor: `poke` is asked until it says yes. */
export function defineSensor<Options extends object, Value = unknown>(
  definition: SensorDefinition<Options, Value>,
): OperatorKind<Options & SensorOptions, Value> {
  const { poke, start, ...rest } = definition;
  const withLoop = {
    ...rest,
    async execute(options: Options & SensorOptions, context: TaskContext): Promise<unknown> {
      await start?.(options, context);
      return runSensor(() => poke(options, context), sensorSettings(options), context);
    },
  };
  return makeKind<Options & SensorOptions, Value>(
    withLoop as unknown as OperatorDefinition<object, unknown>,
    sensorOptionRules,
  );
}

function makeKind<Options extends object, Result>(
  definition: OperatorDefinition<object, unknown>,
  extraRules: Readonly<Record<string, OptionRule>>,
): OperatorKind<Options, Result> {
  const own: Readonly<Record<string, OptionRule>> = { ...extraRules, ...definition.options };
  const isSensor = Object.keys(extraRules).length > 0;
  const make = (
    given: Record<string, unknown>,
    mapped: OperatorContent["mapped"],
    at: CallSite | undefined,
  ) => instanceOf(definition, own, isSensor, given, mapped, at);
  const construct = function (given: Record<string, unknown>) {
    return make(given, undefined, callSite());
  };
  const partial = (given: Record<string, unknown>) => ({
    expand: (expand: Record<string, unknown>) => make(given, { expand }, callSite()),
    expandKwargs: (expandKwargs: unknown) => make(given, { expandKwargs }, callSite()),
  });
  Object.defineProperty(construct, "name", { value: definition.name });
  return Object.assign(construct, { partial, operatorName: definition.name }) as unknown as OperatorKind<
    Options,
    Result
  >;
}

function instanceOf(
  definition: OperatorDefinition<object, unknown>,
  ownRules: Readonly<Record<string, OptionRule>>,
  isSensor: boolean,
  given: Record<string, unknown>,
  mapped: OperatorContent["mapped"],
  at: CallSite | undefined,
): OperatorInstance {
  const taskId = given["taskId"];
  const owner = typeof taskId === "string" ? `${definition.name} "${taskId}"` : definition.name;
  const rules = mapped === undefined ? ownRules : withoutRequired(ownRules);
  const templated = new Set<string>(definition.templateFields ?? []);
  checkOptions(
    given,
    { ...taskOptionRules, ...rules },
    {
      owner,
      at,
      isLater: (name, value) => isXComArg(value) || (templated.has(name) && isTemplate(value)),
    },
  );
  const own = pick(given, (name) => Object.hasOwn(ownRules, name));
  checkMapped(owner, ownRules, own, mapped, at);
  const complaint = mapped === undefined ? definition.validate?.(own) : undefined;
  if (complaint !== undefined)
    throw new TradewindError("TW_OPTION_INVALID", `${owner}: ${complaint}`, { at });
  const settings = isSensor ? sensorSettings(own as SensorOptions) : undefined;
  const content: OperatorContent = {
    definition,
    rules: ownRules,
    own,
    task: pick(given, (name) => !Object.hasOwn(ownRules, name)) as TaskOptions,
    sensor: settings && {
      mode: settings.mode,
      pokeInterval: settings.pokeInterval,
      timeout: settings.timeout,
      softFail: settings.softFail,
    },
    mapped,
    at,
  };
  return Object.freeze({
    operatorName: definition.name,
    isMapped: mapped !== undefined,
    [contentKey]: content,
  });
}

function checkMapped(
  owner: string,
  rules: Readonly<Record<string, OptionRule>>,
  own: Readonly<Record<string, unknown>>,
  mapped: OperatorContent["mapped"],
  at: CallSite | undefined,
): void {
  if (mapped === undefined || "expandKwargs" in mapped) return;
  checkOptions(mapped.expand, withoutRequired(rules), {
    owner: `${owner}.expand()`,
    at,
    isLater: () => true,
  });
  for (const name of Object.keys(mapped.expand)) {
    if (own[name] === undefined) continue;
    throw new TradewindError(
      "TW_DAG_MAPPING",
      `${owner}: \`${name}\` is given to partial() and to expand()`,
      { at },
    );
  }
  for (const [name, rule] of Object.entries(rules)) {
    if (rule.required !== true || own[name] !== undefined || mapped.expand[name] !== undefined) continue;
    throw new TradewindError(
      "TW_OPTION_MISSING",
      `${owner} needs the option \`${name}\`, ${rule.expected}, in partial() or in expand()`,
      { at },
    );
  }
}

function withoutRequired(rules: Readonly<Record<string, OptionRule>>): Record<string, OptionRule> {
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [name, { ...rule, required: false }]),
  );
}

function isTemplate(value: unknown): boolean {
  return typeof value === "string" && (value.includes("{{") || value.includes("{%"));
}

function pick(
  from: Readonly<Record<string, unknown>>,
  keep: (name: string) => boolean,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(from).filter(([name, value]) => value !== undefined && keep(name)),
  );
}
