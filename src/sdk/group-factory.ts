/** Task groups that are written as a function: called once with inputs, or expanded as a whole. */
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import { type GroupNode, mappedGroupOf } from "./dag-state.ts";
import { isPlainObject, show } from "./options.ts";
import { checkExpandKwargs, checkExpandValue, expandInputs, mappingError } from "./task-factory.ts";
import { checkInput } from "./task-inputs.ts";
import type {
  ExpandInputs,
  GroupNodeRef,
  JsonCompatible,
  TaskInputs,
  TaskRef,
  XComArg,
} from "./value-ref.ts";
import { isXComArg, ValueRef } from "./xcom-arg.ts";

/** What a group's function gets: a reference for each input. */
export type GroupInputs<Args> = { readonly [K in keyof Args]-?: XComArg<Args[K]> };

/** What a group's function returned, seen from outside of an expanded group: a list of it. */
export type MappedResult<Result> = Result extends TaskRef<infer T> ? TaskRef<T[]> : GroupNodeRef;

export type PlacedResult<Result> = Result extends undefined | void ? GroupNodeRef : Result;

export interface GroupFactory<Args extends object, Result> extends MappableGroup<Args, Result> {
  (inputs: TaskInputs<Args>): PlacedResult<Result>;
}

export interface MappableGroup<Args extends object, Result> {
  partial<const Given extends Partial<TaskInputs<Args>>>(
    inputs: Given & { [K in Exclude<keyof Given, keyof Args>]: never },
  ): MappableGroup<Omit<Args, keyof Given>, Result>;
  expand(inputs: ExpandInputs<Args>): MappedResult<Result>;
  expandKwargs(inputs: XComArg<readonly Args[]> | readonly JsonCompatible<Args>[]): MappedResult<Result>;
}

type Values = Readonly<Record<string, unknown>>;

export function groupFactory(node: GroupNode, body: (inputs: object) => unknown): unknown {
  const owner = `task group "${node.groupId}"`;
  const factory = (inputs: unknown = {}): unknown => {
    placeGroup(node);
    return body(constants(inputs, node, owner));
  };
  return Object.assign(factory, mappableGroup(node, body, {}));
}

function mappableGroup(node: GroupNode, body: (inputs: object) => unknown, given: Values): object {
  const owner = `task group "${node.groupId}"`;
  const expanded = (
    mapped: NonNullable<GroupNode["mapped"]>,
    names: readonly string[] | undefined,
  ): unknown => {
    placeGroup(node);
    const outer = node.parent === null ? null : mappedGroupOf(node.parent);
    if (outer !== null)
      throw mappingError(
        `${owner} is inside of the mapped group "${outer.groupId}" and cannot be mapped too`,
      );
    node.mapped = mapped;
    const argument = (name: string): ValueRef => new ValueRef({ kind: "group-argument", group: node, name });
    const known = Object.fromEntries((names ?? []).map((name) => [name, argument(name)]));
    // Which names `expandKwargs` brings is known only at run time, so any that the function reads is one.
    const inputs = { ...constants(given, node, owner), ...known };
    return body(names === undefined ? anyName(inputs, argument) : inputs);
  };
  return {
    partial: (inputs: unknown) => mappableGroup(node, body, { ...given, ...named(inputs, owner) }),
    expand: (inputs: unknown) => {
      const expand = expandInputs(inputs, owner);
      for (const [name, value] of Object.entries(expand)) checkExpandValue(name, value, owner, node);
      return expanded({ expand }, Object.keys(expand));
    },
    expandKwargs: (inputs: unknown) =>
      expanded({ expandKwargs: checkExpandKwargs(inputs, owner, node) }, undefined),
  };
}

function anyName(known: Record<string, ValueRef>, argument: (name: string) => ValueRef): object {
  return new Proxy(known, {
    get: (target, name) => (typeof name === "string" ? (target[name] ?? argument(name)) : undefined),
    has: (_, name) => typeof name === "string",
  });
}

function named(inputs: unknown, owner: string): Values {
  if (isPlainObject(inputs)) return inputs;
  throw new TradewindError(
    "TW_INPUT_INVALID",
    `${owner} takes an object of named inputs, not ${show(inputs)}`,
    {
      at: callSite(),
    },
  );
}

function constants(inputs: unknown, node: GroupNode, owner: string): Record<string, ValueRef> {
  return Object.fromEntries(
    Object.entries(named(inputs, owner)).map(([name, value]) => {
      checkInput(name, value, owner, node.dag);
      return [name, isXComArg(value) ? value : new ValueRef({ kind: "literal", value })];
    }),
  );
}

function placeGroup(node: GroupNode): void {
  if (node.isPlaced) {
    throw new TradewindError("TW_TASK_CALLED_TWICE", `task group "${node.groupId}" is called twice`, {
      at: callSite(),
      hint: "a group's factory places one group; declare another one with an id of its own",
    });
  }
  node.isPlaced = true;
}
