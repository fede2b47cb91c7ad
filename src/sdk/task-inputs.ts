/** What a factory was called with: checked, and by argument name. */
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { type ArgumentNames, argListValues, argumentNames } from "./arg-list.ts";
import { callSite } from "./call-site.ts";
import { type DagState, type Handler } from "./dag-state.ts";
import { isPlainObject, show } from "./options.ts";
import { isXComArg, nestedReference, sourcesOf } from "./xcom-arg.ts";

export type NamedInputs = Readonly<Record<string, unknown>>;

/** Inputs of a function by name. `owner` is `task "train"`. */
export function inputsByName(given: unknown, handler: Handler, owner: string, dag: DagState): NamedInputs {
  const names = argumentNames(handler as (...args: never[]) => unknown);
  const listed = argListValues(given);
  const inputs = listed === undefined ? given : zipNames(listed, names, owner);
  if (inputs === undefined) return {};
  if (!isPlainObject(inputs)) {
    const hint = isXComArg(inputs) ? "name it: train({ rows: extracted })" : undefined;
    throw inputError(
      `${owner} takes its inputs as one object of named values, not ${describe(inputs)}`,
      hint,
    );
  }
  for (const [name, value] of Object.entries(inputs)) {
    checkName(name, names, owner);
    checkInput(name, value, owner, dag);
  }
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
}

function zipNames(values: readonly unknown[], names: ArgumentNames | undefined, owner: string): NamedInputs {
  if (names === undefined || names.open) {
    throw inputError(
      `withArgList() cannot read the argument names of ${owner} off its source`,
      "write the argument as a plain pattern, ({ rows, region }) => …, or name the inputs",
    );
  }
  if (values.length > names.names.length) {
    throw inputError(
      `${owner} takes ${names.names.length} arguments (${names.names.join(", ")}), not ${values.length}`,
    );
  }
  return Object.fromEntries(values.map((value, i) => [names.names[i] ?? "", value]));
}

/** TypeScript says the same; this answers JavaScript users. A handler that takes its argument whole has no list. */
export function checkName(name: string, names: ArgumentNames | undefined, owner: string): void {
  if (names === undefined || names.open || names.names.includes(name)) return;
  const near = nearest(name, names.names);
  const known = names.names.length === 0 ? "it takes none" : `it takes ${names.names.join(", ")}`;
  throw inputError(
    `${owner} has no argument \`${name}\`: ${near === null ? known : `did you mean \`${near}\`?`}`,
  );
}

/** One input must be a reference of the same Dag or a JSON value without references inside. */
export function checkInput(name: string, value: unknown, owner: string, dag: DagState): void {
  if (isXComArg(value)) {
    checkSameDag(name, value, owner, dag);
    return;
  }
  if (nestedReference(value) !== undefined) {
    throw inputError(
      `input \`${name}\` of ${owner} holds a reference inside of an array or object`,
      "give each reference as an input of its own",
    );
  }
  const wrong = notJson(value);
  if (wrong === undefined) return;
  const hint =
    typeof value === "function" ? "call the task first: its factory returns the reference" : undefined;
  throw inputError(
    `input \`${name}\` of ${owner} must be JSON or a reference to a task, not ${describe(wrong.value)}`,
    hint,
  );
}

export function checkSameDag(
  name: string,
  ref: Parameters<typeof sourcesOf>[0],
  owner: string,
  dag: DagState,
): void {
  for (const source of sourcesOf(ref)) {
    if (source.kind === "literal") continue;
    const other = source.kind === "task" ? source.node.dag : source.group.dag;
    if (other === dag) continue;
    throw inputError(
      `input \`${name}\` of ${owner} comes from Dag "${other.dagId}", not from "${dag.dagId}"`,
    );
  }
}

/** The first part of a value that JSON cannot carry, wrapped since it may be undefined. */
export function notJson(value: unknown, seen = new Set<object>()): { value: unknown } | undefined {
  if (value === null || value === undefined || typeof value === "string" || typeof value === "boolean")
    return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : { value };
  if (typeof value !== "object") return { value };
  if (seen.has(value)) return { value };
  seen.add(value);
  if (!Array.isArray(value) && !isPlainObject(value)) return { value };
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const wrong = notJson(item, seen);
    if (wrong !== undefined) return wrong;
  }
  seen.delete(value);
  return undefined;
}

function describe(value: unknown): string {
  return isXComArg(value) ? "a reference" : show(value);
}

export function inputError(message: string, hint?: string): TradewindError {
  return new TradewindError("TW_INPUT_INVALID", message, { at: callSite(), hint });
}
