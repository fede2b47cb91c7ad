/** A Dag's tasks and groups in the order in which pages list them, and what leads to what. */
import type { AssetExpression, DagSpec, TaskGroupSpec, TaskSpec } from "../../core/dag-model.ts";
import { assetsOfTimetable } from "../../core/timetable/next-run.ts";
import type { DagStructure, StructureNode } from "./contract.ts";

export function structureOf(spec: DagSpec, versionNumber: number): DagStructure {
  return {
    dagId: spec.dagId,
    versionNumber,
    nodes: nodesOf(spec),
    edges: edgesOf(spec),
    assets: assetsOf(spec),
  };
}

/** Depth first; among siblings what runs earlier stands first, as it does in the Dag. */
function nodesOf(spec: DagSpec): StructureNode[] {
  const rank = ranks(spec.tasks);
  const groups = new Map(spec.taskGroups.map((group) => [group.groupId, group]));
  const members = new Map<string | null, (TaskSpec | TaskGroupSpec)[]>();
  const put = (parent: string | null, member: TaskSpec | TaskGroupSpec): void => {
    const list = members.get(parent);
    if (list === undefined) members.set(parent, [member]);
    else list.push(member);
  };
  for (const task of spec.tasks) put(task.groupId, task);
  for (const group of spec.taskGroups) put(group.parentGroupId, group);
  const rankOf = new Map<string, number>();
  const placeOf = (member: TaskSpec | TaskGroupSpec): number => {
    if ("taskId" in member) return rank.get(member.taskId) ?? 0;
    const known = rankOf.get(member.groupId);
    if (known !== undefined) return known;
    const first = Math.min(...(members.get(member.groupId) ?? []).map(placeOf));
    rankOf.set(member.groupId, first);
    return first;
  };
  const nodes: StructureNode[] = [];
  const walk = (parent: string | null, depth: number): void => {
    const list = (members.get(parent) ?? []).map((member) => ({ member, place: placeOf(member) }));
    for (const { member } of list.sort((a, b) => a.place - b.place)) {
      if ("taskId" in member) nodes.push(taskNode(member, groups, parent, depth));
      else {
        nodes.push(groupNode(member, parent, depth));
        walk(member.groupId, depth + 1);
      }
    }
  };
  walk(null, 0);
  return nodes;
}

/** Place of each task in an order that follows the edges, and the Dag's own order among equals. */
function ranks(tasks: readonly TaskSpec[]): Map<string, number> {
  const downstream = new Map<string, string[]>(tasks.map(({ taskId }) => [taskId, []]));
  const waits = new Map<string, number>();
  for (const { taskId, upstream } of tasks) {
    waits.set(taskId, upstream.length);
    for (const before of upstream) downstream.get(before)?.push(taskId);
  }
  const ready = tasks.filter(({ upstream }) => upstream.length === 0).map(({ taskId }) => taskId);
  const order = new Map<string, number>();
  for (let next = 0; next < ready.length; next++) {
    const taskId = ready[next] as string;
    order.set(taskId, next);
    for (const after of downstream.get(taskId) ?? []) {
      const left = (waits.get(after) ?? 0) - 1;
      waits.set(after, left);
      if (left === 0) ready.push(after);
    }
  }
  return order;
}

function taskNode(
  task: TaskSpec,
  groups: ReadonlyMap<string, TaskGroupSpec>,
  parent: string | null,
  depth: number,
): StructureNode {
  return {
    id: task.taskId,
    label: task.label,
    kind: "task",
    parent,
    depth,
    operator: task.operator,
    triggerRule: task.triggerRule,
    retries: task.retries,
    pool: task.pool,
    owner: task.owner,
    ...(isMapped(task, groups) ? { isMapped: true } : {}),
    ...(task.isSetup ? { isSetup: true } : {}),
    ...(task.isTeardown ? { isTeardown: true } : {}),
    ...(task.branch ? { isBranch: true } : {}),
    ...(task.line === undefined ? {} : { line: task.line }),
    ...(task.docMd === undefined ? {} : { doc: task.docMd }),
    ...(task.uiColor === undefined ? {} : { color: task.uiColor }),
  };
}

/** By itself, or with one of the groups around it. */
export function isMapped(task: TaskSpec, groups: ReadonlyMap<string, TaskGroupSpec>): boolean {
  if (task.mapped !== undefined) return true;
  let group = task.groupId === null ? undefined : groups.get(task.groupId);
  while (group !== undefined) {
    if (group.mapped !== undefined) return true;
    group = group.parentGroupId === null ? undefined : groups.get(group.parentGroupId);
  }
  return false;
}

function groupNode(group: TaskGroupSpec, parent: string | null, depth: number): StructureNode {
  return {
    id: group.groupId,
    label: group.label,
    kind: "group",
    parent,
    depth,
    ...(group.mapped === undefined ? {} : { isMapped: true }),
    ...(group.tooltip === "" ? {} : { tooltip: group.tooltip }),
    ...(group.uiColor === undefined ? {} : { color: group.uiColor }),
  };
}

function edgesOf(spec: DagSpec): DagStructure["edges"] {
  const labels = new Map(spec.edgeLabels.map(({ from, to, label }) => [`${from}\n${to}`, label]));
  return spec.tasks.flatMap(({ taskId, upstream }) =>
    upstream.map((from) => {
      const label = labels.get(`${from}\n${taskId}`);
      return label === undefined ? { from, to: taskId } : { from, to: taskId, label };
    }),
  );
}

function assetsOf(spec: DagSpec): DagStructure["assets"] {
  const found = new Map<string, DagStructure["assets"][number]>();
  const add = (
    expression: AssetExpression,
    role: "schedule" | "inlet" | "outlet",
    taskId: string | null,
  ): void => {
    for (const asset of namesIn(expression))
      found.set(`${role} ${taskId} ${asset.name}`, { ...asset, role, taskId });
  };
  const schedule = assetsOfTimetable(spec.timetable);
  if (schedule !== null) add(schedule, "schedule", null);
  for (const task of spec.tasks) {
    for (const inlet of task.inlets) add(inlet, "inlet", task.taskId);
    for (const outlet of task.outlets) add(outlet, "outlet", task.taskId);
  }
  return [...found.values()];
}

/** Names (and URIs) of the assets and aliases that an expression speaks of. */
export function namesIn(expression: AssetExpression): { name: string; uri: string }[] {
  if ("asset" in expression) return [{ name: expression.asset.name, uri: expression.asset.uri }];
  if ("alias" in expression) return [{ name: expression.alias.name, uri: "" }];
  if ("ref" in expression) {
    const { name, uri } = expression.ref;
    return [{ name: name ?? uri ?? "", uri: uri ?? "" }];
  }
  return ("all" in expression ? expression.all : expression.any).flatMap(namesIn);
}
