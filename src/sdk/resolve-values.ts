/** Inputs and expansions of tasks as data: references become `ValueSpec`s, their functions get an index. */
import type { Json, MapSpec, ValueSpec, XComRef, XComStep } from "../core/dag-model.ts";
import type { GroupNode, MappedInputs, TaskNode } from "./dag-state.ts";
import { isXComArg, sourcesOf, type ValueRef, type ValueStep } from "./xcom-arg.ts";

/** Functions of `.map()` in the order in which they are met; a serialized step names one by its index. */
export class FunctionRegistry {
  readonly functions: ((item: unknown) => unknown)[] = [];

  indexOf(fn: (item: unknown) => unknown): number {
    const known = this.functions.indexOf(fn);
    return known >= 0 ? known : this.functions.push(fn) - 1;
  }
}

export function valueSpec(value: unknown, registry: FunctionRegistry): ValueSpec {
  if (!isXComArg(value)) return { literal: plain(value) };
  const { source, steps } = value as ValueRef;
  if (source.kind === "literal") return { literal: plain(source.value) };
  if (source.kind === "group-argument") {
    return { groupArgument: { groupId: source.group.groupId, name: source.name } };
  }
  const xcom: XComRef = { taskId: source.node.taskId, key: source.key };
  if (steps.length > 0) xcom.steps = steps.map((step) => stepSpec(step, registry));
  return { xcom };
}

function stepSpec(step: ValueStep, registry: FunctionRegistry): XComStep {
  if (step.kind === "map") return { map: { fn: registry.indexOf(step.fn) } };
  const others = step.others.map((other) => valueSpec(other, registry));
  if (step.kind === "concat") return { concat: { others } };
  return { zip: "fillvalue" in step ? { others, fillvalue: plain(step.fillvalue) } : { others } };
}

/** A copy without `undefined`, so that what is serialized is what is hashed. */
function plain(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}

export function inputSpecs(
  inputs: Readonly<Record<string, unknown>>,
  registry: FunctionRegistry,
): { [name: string]: ValueSpec } {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, valueSpec(value, registry)]),
  );
}

export function mapSpec(mapped: MappedInputs, registry: FunctionRegistry): MapSpec {
  return "expand" in mapped
    ? { expand: inputSpecs(mapped.expand, registry) }
    : { expandKwargs: valueSpec(mapped.expandKwargs, registry) };
}

/** Whether the number of instances is known only when upstream tasks have returned. */
export function needsUpstream(mapped: MappedInputs): boolean {
  return mappedValues(mapped).some((value) => isXComArg(value));
}

export function mappedValues(mapped: MappedInputs): readonly unknown[] {
  return "expand" in mapped ? Object.values(mapped.expand) : [mapped.expandKwargs];
}

/** Tasks whose values the given values need. */
export function tasksRead(values: readonly unknown[]): TaskNode[] {
  return values
    .filter((value) => isXComArg(value))
    .flatMap((value) => sourcesOf(value as ValueRef))
    .flatMap((source) => (source.kind === "task" ? [source.node] : []));
}

/** Tasks that a placed task reads from, directly or through the arguments of its groups. */
export function dataUpstream(node: TaskNode): TaskNode[] {
  const { placement } = node;
  if (placement === null) return [];
  const values = [
    ...Object.values(placement.inputs),
    ...(placement.mapped ? mappedValues(placement.mapped) : []),
  ];
  return tasksRead(values);
}

export function groupUpstream(group: GroupNode): TaskNode[] {
  return group.mapped === null ? [] : tasksRead(mappedValues(group.mapped));
}
