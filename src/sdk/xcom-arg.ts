/** The object behind `XComArg`: where a value comes from, and the steps that change it. */
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import type { GroupNode, TaskNode } from "./dag-state.ts";
import { isPlainObject, show } from "./options.ts";
import type { XComArg } from "./value-ref.ts";

export type ValueSource =
  | { readonly kind: "task"; readonly node: TaskNode; readonly key: string }
  | { readonly kind: "group-argument"; readonly group: GroupNode; readonly name: string }
  /** A constant that a task group was called with. */
  | { readonly kind: "literal"; readonly value: unknown };

export type ValueStep =
  | { readonly kind: "map"; readonly fn: (item: unknown) => unknown }
  | { readonly kind: "zip"; readonly others: readonly unknown[]; readonly fillvalue?: unknown }
  | { readonly kind: "concat"; readonly others: readonly unknown[] };

const brand = Symbol.for("tradewind.xcom-arg");

export class ValueRef {
  readonly [brand] = true;
  readonly source: ValueSource;
  readonly steps: readonly ValueStep[];

  constructor(source: ValueSource, steps: readonly ValueStep[] = []) {
    this.source = source;
    this.steps = steps;
    // Not listed, so that printing a reference shows what it is and not the whole Dag behind it.
    Object.defineProperty(this, "source", { enumerable: false });
  }

  map(fn: (item: never) => unknown): ValueRef {
    if (typeof fn !== "function") throw inputError(`map() takes a function, not ${show(fn)}`);
    return this.withStep({ kind: "map", fn: fn as (item: unknown) => unknown });
  }

  zip(...args: unknown[]): ValueRef {
    const last = args.at(-1);
    const settings =
      isPlainObject(last) && Object.keys(last).every((key) => key === "fillvalue") ? last : undefined;
    const others = settings === undefined ? args : args.slice(0, -1);
    const step: ValueStep = { kind: "zip", others: others.map((other) => checkOther(other, "zip")) };
    return this.withStep(
      settings !== undefined && "fillvalue" in settings
        ? { ...step, fillvalue: settings["fillvalue"] }
        : step,
    );
  }

  concat(...others: unknown[]): ValueRef {
    return this.withStep({ kind: "concat", others: others.map((other) => checkOther(other, "concat")) });
  }

  /** `${ref}` and `ref + 1` cannot mean anything while the Dag file is imported. */
  [Symbol.toPrimitive](): never {
    const what =
      this.source.kind === "task"
        ? `what task "${this.source.node.taskId}" returns`
        : "an argument of a task group";
    throw inputError(
      `${what} was used as text or as a number, and is known only when the Dag runs`,
      "give the reference as an input, or read it in a template: {{ ti.xcom_pull('task') }}",
    );
  }

  private withStep(step: ValueStep): ValueRef {
    if (this.source.kind !== "task") {
      throw inputError(
        "the argument of a task group cannot be mapped",
        "change the value before it is given to the group",
      );
    }
    return new ValueRef(this.source, [...this.steps, step]);
  }
}

function checkOther(other: unknown, verb: string): unknown {
  if (isXComArg(other) || Array.isArray(other)) return other;
  throw inputError(`${verb}() takes references and arrays, not ${show(other)}`);
}

function inputError(message: string, hint?: string): TradewindError {
  return new TradewindError("TW_INPUT_INVALID", message, { at: callSite(), hint });
}

/** Whether the value is a reference, made by any copy of this package. */
export function isXComArg(value: unknown): value is XComArg & ValueRef {
  return typeof value === "object" && value !== null && brand in value;
}

/** Every task and group whose value a reference needs. */
export function sourcesOf(ref: ValueRef): ValueSource[] {
  const others = ref.steps.flatMap((step) => (step.kind === "map" ? [] : step.others));
  return [ref.source, ...others.flatMap((other) => (isXComArg(other) ? sourcesOf(other) : []))];
}

/** The first reference inside of an array or object, where none may be; undefined when there is none. */
export function nestedReference(value: unknown, seen = new Set<object>()): ValueRef | undefined {
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  if (isXComArg(value)) return value;
  seen.add(value);
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const found = nestedReference(item, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
