/** A Dag made ready for decisions: indexes instead of names, and everything that its shape alone decides. */
import { TradewindError } from "../errors.ts";
import type { DagSpec, MapSpec, TaskGroupSpec, TaskSpec } from "./dag-model.ts";
import { type Adjacency, reachableFrom, topologicalOrder } from "./graph-order.ts";
import { priorityWeights } from "./priority-weight.ts";
import { type SetupScope, setupScopes } from "./setup-scope.ts";

export interface CompiledTask {
  readonly index: number;
  /** Place in `CompiledDag.order`. */
  readonly rank: number;
  readonly spec: TaskSpec;
  readonly upstream: readonly number[];
  readonly downstream: readonly number[];
  /** Priority after its weight rule, clamped to a 32-bit integer as Airflow does. */
  readonly weight: number;
  /**
   * Setups that the task needs without standing directly after them: it is in their scope, so it waits for
   * them whatever its trigger rule says. Always empty for a teardown.
   */
  readonly indirectSetups: readonly number[];
  /** Setups whose scope this task is in, direct or not; clearing the task clears them and their teardowns. */
  readonly setups: readonly number[];
  /**
   * For a teardown: the tasks between its setups and itself that are not directly before it. It runs only after
   * all of them are finished. Empty for every other task.
   */
  readonly teardownScope: readonly number[];
  /** Innermost mapped group around the task, by group id; null outside of any. */
  readonly mappedGroup: string | null;
  /** What the instances are expanded over: the task's own `mapped`, or that of the group around it. */
  readonly mapped: MapSpec | null;
  /** Tasks whose returned values decide the number of instances. */
  readonly mapSources: readonly number[];
  /** Whether what the task returns decides the number of instances of another. */
  readonly isMapSource: boolean;
  /** Tasks that are looked at again when this one changes: downstream, scopes, and what its value expands. */
  readonly dependents: readonly number[];
}

export interface CompiledDag {
  readonly spec: DagSpec;
  readonly tasks: readonly CompiledTask[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Every task after all of its upstream. */
  readonly order: readonly number[];
  /** Tasks whose end decides the run's state (teardowns count only with `onFailureFailDagrun`). */
  readonly leaves: readonly number[];
}

/**
 * Compiles a Dag. Cost: O(tasks × edges / 32) for the sums of the weight rules, else linear.
 * Throws TW_DAG_TASK_TWICE, TW_DAG_UNKNOWN_TASK, TW_DAG_CYCLE, TW_DAG_MAPPING.
 */
export function compileDag(spec: DagSpec): CompiledDag {
  const indexOf = indexTasks(spec);
  const upstream = upstreamLists(spec, indexOf);
  const downstream = invert(upstream);
  const order = topologicalOrder({ upstream, downstream });
  if ("cycle" in order) throw cycleError(spec, order.cycle);
  const edges: Adjacency = { upstream, downstream };
  const weights = priorityWeights(spec.tasks, edges, order.order);
  const scopes = setupScopes(spec.tasks, edges);
  const maps = mappings(spec, indexOf);
  const dependents = dependentLists(edges, scopes, maps);
  const sources = new Set(maps.flatMap((map) => map.mapSources));
  const ranks = new Map(order.order.map((index, rank) => [index, rank]));
  const tasks = spec.tasks.map((task, index): CompiledTask => {
    const scope = scopes[index] as SetupScope;
    const map = maps[index] as Mapping;
    return {
      index,
      rank: ranks.get(index) as number,
      spec: task,
      upstream: upstream[index] as number[],
      downstream: downstream[index] as number[],
      weight: weights[index] as number,
      ...scope,
      ...map,
      isMapSource: sources.has(index),
      dependents: dependents[index] as number[],
    };
  });
  return { spec, tasks, indexOf, order: order.order, leaves: leavesOf(spec.tasks, downstream) };
}

/** All tasks after (or before) the given one, directly or not, in ascending index. */
export function relatives(dag: CompiledDag, task: number, direction: "upstream" | "downstream"): number[] {
  return reachableFrom(task, (index) => dag.tasks[index]?.[direction] ?? []);
}

function indexTasks(spec: DagSpec): Map<string, number> {
  const indexOf = new Map<string, number>();
  for (const [index, task] of spec.tasks.entries()) {
    if (indexOf.has(task.taskId)) {
      throw new TradewindError(
        "TW_DAG_TASK_TWICE",
        `expected each task id once in Dag ${spec.dagId}, but "${task.taskId}" is defined twice`,
        { at: where(spec, task) },
      );
    }
    indexOf.set(task.taskId, index);
  }
  return indexOf;
}

function upstreamLists(spec: DagSpec, indexOf: ReadonlyMap<string, number>): number[][] {
  return spec.tasks.map((task) => {
    const list = new Set<number>();
    for (const id of task.upstream) list.add(taskNamed(spec, task, indexOf, id));
    return [...list].sort((a, b) => a - b);
  });
}

function taskNamed(spec: DagSpec, task: TaskSpec, indexOf: ReadonlyMap<string, number>, id: string): number {
  const index = indexOf.get(id);
  if (index !== undefined) return index;
  throw new TradewindError(
    "TW_DAG_UNKNOWN_TASK",
    `expected a task of Dag ${spec.dagId} as upstream of "${task.taskId}", but it has no task "${id}"`,
    { at: where(spec, task) },
  );
}

function where(spec: DagSpec, task?: TaskSpec): { file: string; line?: number } {
  return { file: spec.relativeFile, ...(task?.line === undefined ? {} : { line: task.line }) };
}

function invert(lists: readonly (readonly number[])[]): number[][] {
  const result: number[][] = lists.map(() => []);
  for (const [to, froms] of lists.entries()) for (const from of froms) result[from]?.push(to);
  return result;
}

function cycleError(spec: DagSpec, cycle: readonly number[]): TradewindError {
  const names = [...cycle, cycle[0] as number].map((index) => spec.tasks[index]?.taskId);
  return new TradewindError(
    "TW_DAG_CYCLE",
    `expected no cycle in Dag ${spec.dagId}, but found ${names.join(" → ")}`,
    { hint: "remove one of these dependencies", at: where(spec, spec.tasks[cycle[0] as number]) },
  );
}

function ignorable(task: TaskSpec | undefined): boolean {
  return task !== undefined && task.isTeardown && !task.onFailureFailDagrun;
}

/** A task counts for the run's state when all that follows it, if anything, may fail unnoticed. */
function leavesOf(tasks: readonly TaskSpec[], downstream: readonly (readonly number[])[]): number[] {
  const all = tasks.map((_, index) => index);
  const leaves = all.filter(
    (index) => !ignorable(tasks[index]) && downstream[index]?.every((down) => ignorable(tasks[down])),
  );
  // A Dag of nothing but teardowns.
  return leaves.length > 0 ? leaves : all.filter((index) => downstream[index]?.length === 0);
}

interface Mapping {
  readonly mappedGroup: string | null;
  readonly mapped: MapSpec | null;
  readonly mapSources: readonly number[];
}

function mappings(spec: DagSpec, indexOf: ReadonlyMap<string, number>): Mapping[] {
  const groups = new Map(spec.taskGroups.map((group) => [group.groupId, group]));
  return spec.tasks.map((task) => {
    const mappedGroups = groupsAround(groups, task.groupId).filter((group) => group.mapped !== undefined);
    const group = mappedGroups[0];
    if (mappedGroups.length > 1 || (group && task.mapped)) throw nestedMapping(spec, task, mappedGroups);
    const mapped = task.mapped ?? group?.mapped ?? null;
    return {
      mappedGroup: group?.groupId ?? null,
      mapped,
      mapSources: mapped === null ? [] : sourcesOf(spec, task, mapped, indexOf),
    };
  });
}

function groupsAround(groups: ReadonlyMap<string, TaskGroupSpec>, innermost: string | null): TaskGroupSpec[] {
  const found: TaskGroupSpec[] = [];
  let group = innermost === null ? undefined : groups.get(innermost);
  while (group && !found.includes(group)) {
    found.push(group);
    group = group.parentGroupId === null ? undefined : groups.get(group.parentGroupId);
  }
  return found;
}

function nestedMapping(spec: DagSpec, task: TaskSpec, groups: readonly TaskGroupSpec[]): TradewindError {
  return new TradewindError(
    "TW_DAG_MAPPING",
    `expected at most one expansion around task "${task.taskId}" of Dag ${spec.dagId}, but it is expanded ` +
      `${task.mapped ? "itself and " : ""}by ${groups.map((group) => `group "${group.groupId}"`).join(" and ")}`,
    { hint: "Airflow does not nest mapping either; expand over the product instead", at: where(spec, task) },
  );
}

/** Tasks named anywhere in the spec's values: arguments, and what they are zipped or joined with. */
function sourcesOf(
  spec: DagSpec,
  task: TaskSpec,
  mapped: MapSpec,
  indexOf: ReadonlyMap<string, number>,
): number[] {
  const sources = new Set<number>();
  const waiting = "expand" in mapped ? Object.values(mapped.expand) : [mapped.expandKwargs];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if ("groupArgument" in value) throw groupArgumentInMapping(spec, task);
    if (!("xcom" in value)) continue;
    if (value.xcom.key !== "return_value") throw keyInMapping(spec, task, value.xcom.key);
    sources.add(taskNamed(spec, task, indexOf, value.xcom.taskId));
    for (const step of value.xcom.steps ?? []) {
      if ("zip" in step) waiting.push(...step.zip.others);
      if ("concat" in step) waiting.push(...step.concat.others);
    }
  }
  return [...sources].sort((a, b) => a - b);
}

function groupArgumentInMapping(spec: DagSpec, task: TaskSpec): TradewindError {
  return new TradewindError(
    "TW_DAG_MAPPING",
    `expected literals or results of tasks to expand "${task.taskId}" of Dag ${spec.dagId}, but got an argument of a mapped group`,
    { at: where(spec, task) },
  );
}

function keyInMapping(spec: DagSpec, task: TaskSpec, key: string): TradewindError {
  return new TradewindError(
    "TW_DAG_MAPPING",
    `expected the returned value of a task to expand "${task.taskId}" of Dag ${spec.dagId}, but got its XCom "${key}"`,
    { hint: "return the list from the task instead of pushing it under a key", at: where(spec, task) },
  );
}

function dependentLists(
  edges: Adjacency,
  scopes: readonly SetupScope[],
  maps: readonly Mapping[],
): number[][] {
  const dependents = edges.downstream.map((list) => new Set(list));
  for (const [index, scope] of scopes.entries()) {
    for (const setup of scope.indirectSetups) dependents[setup]?.add(index);
    for (const task of scope.teardownScope) dependents[task]?.add(index);
    for (const source of maps[index]?.mapSources ?? []) dependents[source]?.add(index);
  }
  return dependents.map((set) => [...set].sort((a, b) => a - b));
}
