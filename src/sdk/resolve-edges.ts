/** From edges between tasks and groups to edges between tasks: a group stands for its first or last tasks. */
import { TradewindError } from "../errors.ts";
import type { CallSite } from "./call-site.ts";
import {
  type DagState,
  type EdgeState,
  type GroupNode,
  isInside,
  type NodeState,
  nodeName,
  type TaskNode,
} from "./dag-state.ts";
import { dataUpstream, groupUpstream } from "./resolve-values.ts";

export interface Links {
  readonly upstream: ReadonlyMap<TaskNode, ReadonlySet<TaskNode>>;
  readonly downstream: ReadonlyMap<TaskNode, ReadonlySet<TaskNode>>;
}

export interface ResolvedEdges extends Links {
  readonly labels: readonly { from: string; to: string; label: string }[];
  /** The first tasks of a group, or the task itself. */
  entries(node: NodeState): readonly TaskNode[];
}

/** Edges inside of a group are resolved before those that name the group, since they decide its first and last tasks. */
export function resolveEdges(dag: DagState): ResolvedEdges {
  const links = new LinkTable(dag);
  const labels: { from: string; to: string; label: string }[] = [];
  for (const task of dag.tasks.values()) {
    for (const upstream of dataUpstream(task)) links.join(upstream, task);
  }
  const groupEdges = [...dag.groups.values()].flatMap((group) =>
    groupUpstream(group).map((from): EdgeState => ({ from, to: group, at: () => group.at })),
  );
  const edges = [...dag.edges, ...groupEdges].map((edge) => ({ edge, depth: commonDepth(edge) }));
  for (const { edge } of edges.sort((a, b) => b.depth - a.depth)) {
    for (const from of links.exits(edge.from)) {
      for (const to of links.entries(edge.to)) links.join(from, to);
    }
    if (edge.label !== undefined)
      labels.push({ from: idOf(edge.from), to: idOf(edge.to), label: edge.label });
  }
  return { ...links.tables, labels, entries: (node) => links.entries(node) };
}

class LinkTable {
  readonly #upstream = new Map<TaskNode, Set<TaskNode>>();
  readonly #downstream = new Map<TaskNode, Set<TaskNode>>();
  readonly #members = new Map<GroupNode, TaskNode[]>();

  constructor(dag: DagState) {
    for (const task of dag.tasks.values()) {
      this.#upstream.set(task, new Set());
      this.#downstream.set(task, new Set());
      for (let group = task.group; group !== null; group = group.parent) {
        const members = this.#members.get(group) ?? [];
        members.push(task);
        this.#members.set(group, members);
      }
    }
  }

  get tables(): Links {
    return { upstream: this.#upstream, downstream: this.#downstream };
  }

  join(from: TaskNode, to: TaskNode): void {
    this.#upstream.get(to)?.add(from);
    this.#downstream.get(from)?.add(to);
  }

  #of(table: Map<TaskNode, Set<TaskNode>>, task: TaskNode): TaskNode[] {
    return [...(table.get(task) ?? [])];
  }

  entries(node: NodeState): TaskNode[] {
    if (node.kind === "task") return [node];
    const members = this.#members.get(node) ?? [];
    return members.filter((task) => !this.#of(this.#upstream, task).some((other) => isInside(other, node)));
  }

  /** Last tasks; a teardown is passed over for the last tasks before it (Airflow's `get_leaves`). */
  exits(node: NodeState): TaskNode[] {
    if (node.kind === "task") return [node];
    const members = this.#members.get(node) ?? [];
    const last = members.filter(
      (task) => !this.#of(this.#downstream, task).some((other) => isInside(other, node)),
    );
    return [
      ...new Set(last.flatMap((task) => (task.isTeardown ? this.#beforeTeardown(task, node) : [task]))),
    ];
  }

  #beforeTeardown(teardown: TaskNode, group: GroupNode): TaskNode[] {
    return this.#of(this.#upstream, teardown).flatMap((task) => {
      if (!isInside(task, group)) return [];
      if (task.isTeardown) return this.#beforeTeardown(task, group);
      if (task.isSetup) return [];
      const others = this.#of(this.#downstream, task).some(
        (other) => other !== teardown && isInside(other, group) && !other.isTeardown,
      );
      return others ? [] : [task];
    });
  }
}

/** How many groups hold both ends of an edge; throws when one end is a group around the other. */
function commonDepth(edge: EdgeState): number {
  for (const [outer, inner] of [
    [edge.from, edge.to],
    [edge.to, edge.from],
  ] as const) {
    if (outer.kind !== "group" || !isInside(inner, outer)) continue;
    throw new TradewindError(
      "TW_EDGE_INVALID",
      `${nodeName(outer)} holds ${nodeName(inner)} and cannot be joined to it`,
      {
        at: edge.at(),
      },
    );
  }
  const around = new Set(groupsAround(edge.from));
  return groupsAround(edge.to).filter((group) => around.has(group)).length;
}

function groupsAround(node: NodeState): GroupNode[] {
  const groups: GroupNode[] = [];
  for (let at = node.kind === "task" ? node.group : node.parent; at !== null; at = at.parent) groups.push(at);
  return groups;
}

function idOf(node: NodeState): string {
  return node.kind === "task" ? node.taskId : node.groupId;
}

/** Throws TW_DAG_CYCLE with a path, when tasks wait for each other. */
export function refuseCycles(dag: DagState, links: Links): void {
  const done = new Set<TaskNode>();
  for (const start of dag.tasks.values()) {
    const cycle = done.has(start) ? undefined : findCycle(start, links, done);
    if (cycle === undefined) continue;
    const path = [...cycle, cycle[0]].map((task) => task?.taskId).join(" → ");
    throw new TradewindError(
      "TW_DAG_CYCLE",
      `the tasks of Dag "${dag.dagId}" depend on each other in a circle: ${path}`,
      {
        at: edgeSite(dag, cycle) ?? dag.at,
      },
    );
  }
}

/** Depth first without recursion, since a chain may have tens of thousands of tasks. */
function findCycle(start: TaskNode, links: Links, done: Set<TaskNode>): TaskNode[] | undefined {
  const path = [start];
  const onPath = new Set(path);
  const waiting = [[...(links.downstream.get(start) ?? [])]];
  while (path.length > 0) {
    const next = waiting.at(-1)?.pop();
    if (next === undefined) {
      waiting.pop();
      const finished = path.pop() as TaskNode;
      onPath.delete(finished);
      done.add(finished);
    } else if (onPath.has(next)) return path.slice(path.indexOf(next));
    else if (!done.has(next)) {
      path.push(next);
      onPath.add(next);
      waiting.push([...(links.downstream.get(next) ?? [])]);
    }
  }
  return undefined;
}

/** Where the last edge of the circle was drawn, as far as it was drawn by before() or after(). */
function edgeSite(dag: DagState, cycle: readonly TaskNode[]): CallSite | undefined {
  const inCycle = (node: NodeState): boolean =>
    cycle.some((task) => (node.kind === "task" ? task === node : isInside(task, node)));
  return dag.edges.findLast((edge) => inCycle(edge.from) && inCycle(edge.to))?.at();
}
