/** What `dag.task(…)` returns: called once with the task's inputs, it places the task and gives its reference. */
import { TradewindError } from "../errors.ts";
import { type ArgList, argumentNames } from "./arg-list.ts";
import { callSite, laterCallSite } from "./call-site.ts";
import type { Placement, TaskNode } from "./dag-state.ts";
import { isPlainObject, show } from "./options.ts";
import { TaskHandle } from "./task-handle.ts";
import { checkInput, checkName, checkSameDag, inputError, inputsByName, notJson } from "./task-inputs.ts";
import type { ExpandInputs, JsonCompatible, TaskInputs, TaskRef, XComArg } from "./value-ref.ts";
import { isXComArg } from "./xcom-arg.ts";

/** One value of a listed call; which argument it supplies is its position. */
export type ListedInput<Args> = XComArg | { [K in keyof Args]: JsonCompatible<Args[K]> }[keyof Args];

/**
 * Places a task. Inputs are named as the handler's argument names them; each is a reference to another task or
 * the value itself.
 *
 * @example
 * const extract = dag.task("extract", async () => [1, 2, 3]);
 * const sum = dag.task("sum", async ({ rows, region }: { rows: number[]; region: string }) => rows.length);
 * sum({ rows: extract(), region: "eu" });
 */
export type TaskFactory<Args extends object | void = void, Result = unknown> = [Args] extends [void]
  ? NullaryTaskFactory<Result>
  : ArgumentTaskFactory<Exclude<Args, void>, Result>;

export interface NullaryTaskFactory<Result> {
  (): TaskRef<Result>;
  readonly taskId: string;
}

export interface ArgumentTaskFactory<Args extends object, Result> extends MappableTask<Args, Result> {
  (...inputs: {} extends Args ? [inputs?: TaskInputs<Args>] : [inputs: TaskInputs<Args>]): TaskRef<Result>;
  (inputs: ArgList<readonly ListedInput<Args>[]>): TaskRef<Result>;
  readonly taskId: string;
}

export interface MappableTask<Args extends object, Result> {
  /** Constant inputs; `expand` then gives the others. */
  partial<const Given extends Partial<TaskInputs<Args>>>(
    inputs: Given & { [K in Exclude<keyof Given, keyof Args>]: never },
  ): MappableTask<Omit<Args, keyof Given>, Result>;
  /**
   * One instance of the task for each combination of the lists' elements (their cross product). The result
   * is the list of what the instances return.
   *
   * @example
   * const sizes = size.expand({ path: listFiles() });
   */
  expand(inputs: ExpandInputs<Args>): TaskRef<Result[]>;
  /** One instance for each object of the list, whose properties are the inputs. */
  expandKwargs(inputs: XComArg<readonly Args[]> | readonly JsonCompatible<Args>[]): TaskRef<Result[]>;
}

/** The factory of a task whose handler is a function. */
export function functionFactory(node: TaskNode): unknown {
  const owner = `task "${node.taskId}"`;
  const factory = (inputs?: unknown): TaskHandle =>
    place(node, { at: laterCallSite(), inputs: inputsByName(inputs, handlerOf(node), owner, node.dag) });
  return Object.assign(factory, { taskId: node.taskId, ...mappable(node, {}) });
}

/** The factory of a task that is an operator: everything it needs stands in its options. */
export function operatorFactory(node: TaskNode, placement: Omit<Placement, "at">): unknown {
  const factory = (...inputs: unknown[]): TaskHandle => {
    if (inputs.length > 0) {
      throw inputError(
        `task "${node.taskId}" is an operator and is called without inputs`,
        "give references among its options",
      );
    }
    return place(node, { at: laterCallSite(), ...placement });
  };
  return Object.assign(factory, { taskId: node.taskId });
}

/** Puts a task into its Dag; a second time is an error. */
export function place(node: TaskNode, placement: Placement): TaskHandle {
  const first = node.placement;
  if (first !== null) {
    const line = first.at()?.line;
    const where = line === undefined ? "" : `, first in line ${line}`;
    throw new TradewindError("TW_TASK_CALLED_TWICE", `task "${node.taskId}" is called twice${where}`, {
      at: callSite(),
      hint: "a factory places one task; declare another one with an id of its own",
    });
  }
  if (node.dag.finished) {
    throw new TradewindError(
      "TW_DAG_OPTIONS",
      `Dag "${node.dag.dagId}" was read already; call its tasks while its file is imported`,
      {
        at: callSite(),
      },
    );
  }
  node.placement = placement;
  return new TaskHandle(node);
}

function handlerOf(node: TaskNode): (args: never) => unknown {
  return node.body.kind === "function" ? node.body.handler : () => undefined;
}

function mappable(node: TaskNode, given: Readonly<Record<string, unknown>>): object {
  const owner = `task "${node.taskId}"`;
  return {
    partial: (inputs: unknown) => {
      const more = inputsByName(inputs, handlerOf(node), `${owner}.partial()`, node.dag);
      refuseBoth(owner, given, more, "partial() twice");
      return mappable(node, { ...given, ...more });
    },
    expand: (inputs: unknown) => {
      const expand = checkExpand(inputs, node, owner);
      refuseBoth(owner, given, expand, "partial() and to expand()");
      return place(node, { at: laterCallSite(), inputs: given, mapped: { expand } });
    },
    expandKwargs: (inputs: unknown) =>
      place(node, {
        at: laterCallSite(),
        inputs: given,
        mapped: { expandKwargs: checkExpandKwargs(inputs, owner, node) },
      }),
  };
}

function refuseBoth(owner: string, one: object, other: object, where: string): void {
  const twice = Object.keys(other).find((name) => Object.hasOwn(one, name));
  if (twice !== undefined) throw mappingError(`${owner}: \`${twice}\` is given to ${where}`);
}

function checkExpand(inputs: unknown, node: TaskNode, owner: string): Readonly<Record<string, unknown>> {
  const names = argumentNames(handlerOf(node) as (...args: never[]) => unknown);
  const expand = expandInputs(inputs, owner);
  for (const name of Object.keys(expand)) checkName(name, names, owner);
  for (const [name, value] of Object.entries(expand)) checkExpandValue(name, value, owner, node);
  return expand;
}

/** The named lists of an `expand()` of a task or a group. */
export function expandInputs(inputs: unknown, owner: string): Readonly<Record<string, unknown>> {
  if (!isPlainObject(inputs))
    throw mappingError(`${owner}: expand() takes an object of lists, not ${show(inputs)}`);
  if (Object.keys(inputs).length === 0) throw mappingError(`${owner}: expand() needs at least one list`);
  return inputs;
}

export function checkExpandValue(
  name: string,
  value: unknown,
  owner: string,
  node: Pick<TaskNode, "dag">,
): void {
  if (isXComArg(value)) {
    if (value.source.kind === "group-argument") {
      throw mappingError(`${owner}: mapping over the argument of a mapped group is not possible`);
    }
    checkSameDag(name, value, owner, node.dag);
  } else if (Array.isArray(value)) {
    for (const item of value) checkInput(name, item, owner, node.dag);
  } else if (!isPlainObject(value)) {
    throw mappingError(
      `${owner}: \`${name}\` must be a list, an object or a reference to expand over, not ${show(value)}`,
    );
  } else checkInput(name, value, owner, node.dag);
}

/** What `expandKwargs` was given, checked. */
export function checkExpandKwargs(inputs: unknown, owner: string, node: Pick<TaskNode, "dag">): unknown {
  if (isXComArg(inputs)) {
    checkSameDag("expandKwargs", inputs, owner, node.dag);
    return inputs;
  }
  if (!Array.isArray(inputs) || !inputs.every((item) => isPlainObject(item) && notJson(item) === undefined)) {
    throw mappingError(
      `${owner}: expandKwargs() takes a list of objects or a reference to one, not ${show(inputs)}`,
    );
  }
  return inputs;
}

export function mappingError(message: string): TradewindError {
  return new TradewindError("TW_DAG_MAPPING", message, { at: callSite() });
}
