/** Dynamic mapping: how many instances an expansion has, and which values each of them gets. */
import type { Json, MapSpec, ValueSpec, XComStep } from "./dag-model.ts";
import type { ReturnedValues, RunFacts } from "./facts.ts";
import { isFinished } from "./states.ts";

export type MapLength =
  | { readonly known: number }
  /** An upstream value is still to come. */
  | "unknown"
  /** Upstream is done, and there is nothing to expand over; says which value and why. */
  | { readonly invalid: string };

/** Default of `[core] max_map_length`: the longest value that may be expanded over. */
export const defaultMaxMapLength = 1024;

/** More instances than this of one task are refused, whatever the lengths of the values. */
export const mostInstances = 1_000_000;

/** Length of an expansion, from the values that its upstream returned in this run. Costs nothing per instance. */
export function mapLength(facts: Pick<RunFacts, "dag" | "instances" | "values">, task: number): MapLength {
  const { mapped } = facts.dag.tasks[task] ?? {};
  if (!mapped) return { invalid: "the task is not mapped" };
  return lengthOfMap(mapped, (value) => valueLength(facts, value));
}

/** Length of an expansion whose values are all written in the Dag; null when it waits for upstream. */
export function literalLength(mapped: MapSpec): number | null {
  const length = lengthOfMap(mapped, (value) => stepsLength(value, () => "unknown"));
  return typeof length === "object" && "known" in length ? length.known : null;
}

function lengthOfMap(mapped: MapSpec, lengthOf: (value: ValueSpec) => MapLength): MapLength {
  const values = "expand" in mapped ? Object.values(mapped.expand) : [mapped.expandKwargs];
  let product = 1;
  let unknown = false;
  for (const value of values) {
    const length = lengthOf(value);
    if (length === "unknown") unknown = true;
    else if ("invalid" in length) return length;
    else product *= length.known;
  }
  if (unknown) return "unknown";
  if (product <= mostInstances) return { known: product };
  return {
    invalid: `expected at most ${mostInstances} instances, but the product of the lengths is ${product}`,
  };
}

function valueLength(facts: Pick<RunFacts, "dag" | "instances" | "values">, value: ValueSpec): MapLength {
  return stepsLength(value, (taskId) => {
    const source = facts.dag.indexOf.get(taskId);
    if (source === undefined) return { invalid: `there is no task "${taskId}"` };
    return returnedLength(facts, source, taskId);
  });
}

function returnedLength(
  facts: { instances: RunFacts["instances"]; values: ReturnedValues },
  source: number,
  taskId: string,
): MapLength {
  const { instances, values } = facts;
  if (instances.countFinished(source) < instances.size(source)) return "unknown";
  if (instances.isExpanded(source)) return { known: values.count(source) };
  const state = instances.of(source)[0]?.state ?? null;
  if (!isFinished(state)) return "unknown";
  const length = values.length(source);
  if (length !== null) return { known: length };
  return { invalid: `expected a list or an object from task "${taskId}" (${state}), but it returned none` };
}

/** Length of one value of an expansion, from the lengths of what tasks returned; null where one is not known. */
export function lengthOfValue(value: ValueSpec, returned: (taskId: string) => number | null): number | null {
  const length = stepsLength(value, (taskId) => {
    const known = returned(taskId);
    return known === null ? "unknown" : { known };
  });
  return typeof length === "object" && "known" in length ? length.known : null;
}

/** `map` keeps the length; `zip` is as long as its shortest part, or its longest with a fill value; `concat` adds. */
function stepsLength(value: ValueSpec, returned: (taskId: string) => MapLength): MapLength {
  if ("literal" in value) return literalValueLength(value.literal);
  if ("groupArgument" in value) return { invalid: "an argument of a mapped group cannot be expanded over" };
  let length = returned(value.xcom.taskId);
  for (const step of value.xcom.steps ?? []) length = stepLength(length, step, returned);
  return length;
}

function stepLength(base: MapLength, step: XComStep, returned: (taskId: string) => MapLength): MapLength {
  if ("map" in step) return base;
  const others = "zip" in step ? step.zip.others : step.concat.others;
  const lengths: number[] = [];
  let unknown = false;
  for (const length of [base, ...others.map((other) => stepsLength(other, returned))]) {
    if (length === "unknown") unknown = true;
    else if ("invalid" in length) return length;
    else lengths.push(length.known);
  }
  if (unknown) return "unknown";
  if ("concat" in step) return { known: lengths.reduce((sum, length) => sum + length, 0) };
  return { known: step.zip.fillvalue === undefined ? Math.min(...lengths) : Math.max(...lengths) };
}

function literalValueLength(value: Json): MapLength {
  if (Array.isArray(value)) return { known: value.length };
  if (value !== null && typeof value === "object") return { known: Object.keys(value).length };
  return { invalid: `expected a list or an object to expand over, got ${JSON.stringify(value)}` };
}

/**
 * Which element of each argument the instance gets: expansion is a cross product in the order of the keys, the
 * last key running fastest. `lengths` are those of the arguments, in the same order.
 */
export function argumentIndexes(lengths: readonly number[], mapIndex: number): number[] {
  const indexes = lengths.map(() => 0);
  let rest = mapIndex;
  for (let at = lengths.length - 1; at >= 0; at--) {
    const length = lengths[at] as number;
    indexes[at] = rest % length;
    rest = Math.floor(rest / length);
  }
  return indexes;
}

/** The element of a list, or of an object as the pair [key, value], as Airflow gives it. */
export function elementAt(value: Json, index: number): Json | undefined {
  if (Array.isArray(value)) return value[index];
  if (value === null || typeof value !== "object") return undefined;
  const key = Object.keys(value)[index];
  return key === undefined ? undefined : [key, value[key] ?? null];
}

/**
 * Arguments of one instance out of the whole values: for `expand` one element of each, for `expandKwargs` the
 * object at the index. Returns undefined when the values have no such instance, or the element is no object.
 */
export function expandedArguments(
  mapped: MapSpec,
  values: { readonly [name: string]: Json },
  mapIndex: number,
): { [name: string]: Json } | undefined {
  if ("expandKwargs" in mapped) {
    const element = elementAt(values["expandKwargs"] ?? null, mapIndex);
    return element !== null && typeof element === "object" && !Array.isArray(element) ? element : undefined;
  }
  const names = Object.keys(mapped.expand);
  const lengths = names.map((name) => {
    const length = literalValueLength(values[name] ?? null);
    return typeof length === "object" && "known" in length ? length.known : 0;
  });
  if (mapIndex >= lengths.reduce((product, length) => product * length, 1)) return undefined;
  const result: { [name: string]: Json } = {};
  for (const [at, index] of argumentIndexes(lengths, mapIndex).entries()) {
    const name = names[at] as string;
    result[name] = elementAt(values[name] ?? null, index) ?? null;
  }
  return result;
}
