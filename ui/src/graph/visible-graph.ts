/** What of a Dag is drawn: closed groups as one node, and only what a chosen task depends on where that is asked. */
import type { DagStructure, StructureNode } from "../api/types.ts";
import type { LayoutNode, LayoutRequest } from "./layout.ts";

export type Focus = "all" | "upstream" | "downstream" | "both";

export interface GraphOptions {
  direction: LayoutRequest["direction"];
  /** Ids of the groups that are open. */
  open: ReadonlySet<string>;
  focus: { taskId: string; which: Focus } | null;
  withAssets: boolean;
}

export interface VisibleNode {
  id: string;
  label: string;
  kind: "task" | "group" | "asset";
  node: StructureNode | null;
  /** Tasks that a closed group stands for. */
  taskIds: readonly string[];
}

export interface VisibleGraph {
  nodes: VisibleNode[];
  request: LayoutRequest;
}

export const nodeHeight = 40;
const assetPrefix = "asset\n";

export function visibleGraph(structure: DagStructure, options: GraphOptions): VisibleGraph {
  const byId = new Map(structure.nodes.map((node) => [node.id, node]));
  const kept = focused(structure, options.focus);
  const shown = structure.nodes.filter((node) => node.kind === "task" && kept.has(node.id));
  /** The outermost closed group around a task, or the task itself. */
  const standIn = (id: string): string => {
    let found = id;
    for (let group = byId.get(id)?.parent ?? null; group !== null; group = byId.get(group)?.parent ?? null)
      if (!options.open.has(group)) found = group;
    return found;
  };
  const members = Map.groupBy(shown, ({ id }) => standIn(id));
  const nodes = [...members].map(([id, tasks]): VisibleNode => {
    const node = byId.get(id) ?? null;
    return {
      id,
      label: node?.label ?? id,
      kind: node?.kind ?? "task",
      node,
      taskIds: tasks.map((task) => task.id),
    };
  });
  const edges = new Map<string, { from: string; to: string; label?: string }>();
  for (const { from, to, label } of structure.edges) {
    if (!kept.has(from) || !kept.has(to)) continue;
    const ends = { from: standIn(from), to: standIn(to) };
    if (ends.from === ends.to) continue;
    const key = `${ends.from}\n${ends.to}`;
    if (!edges.has(key)) edges.set(key, label === undefined ? ends : { ...ends, label });
  }
  const assets = options.withAssets ? assetsOf(structure, nodes, standIn, edges, kept) : [];
  const all = [...nodes, ...assets];
  const groups = openGroups(byId, nodes);
  return {
    nodes: all,
    request: {
      direction: options.direction,
      nodes: all.map((one): LayoutNode => ({ id: one.id, ...sizeOf(one), parent: one.node?.parent ?? null })),
      groups,
      edges: [...edges.values()],
    },
  };
}

/** Groups that hold something that is drawn, parents first. */
function openGroups(
  byId: ReadonlyMap<string, StructureNode>,
  nodes: readonly VisibleNode[],
): { id: string; parent: string | null }[] {
  const found = new Map<string, { id: string; parent: string | null }>();
  const add = (id: string | null): void => {
    if (id === null || found.has(id)) return;
    const parent = byId.get(id)?.parent ?? null;
    add(parent);
    found.set(id, { id, parent });
  };
  for (const { node } of nodes) add(node?.parent ?? null);
  return [...found.values()];
}

function sizeOf({ label, kind, node }: VisibleNode): { width: number; height: number } {
  const width = Math.min(
    260,
    Math.max(112, Math.round(label.length * 7.1) + (kind === "asset" ? 44 : node?.isMapped ? 88 : 62)),
  );
  return { width, height: kind === "asset" ? 30 : nodeHeight };
}

function focused(structure: DagStructure, focus: GraphOptions["focus"]): ReadonlySet<string> {
  const all = new Set(structure.nodes.filter(({ kind }) => kind === "task").map(({ id }) => id));
  if (focus === null || focus.which === "all" || !all.has(focus.taskId)) return all;
  const kept = new Set<string>([focus.taskId]);
  const walk = (from: "from" | "to", to: "from" | "to"): void => {
    const next = Map.groupBy(structure.edges, (edge) => edge[from]);
    const queue = [focus.taskId];
    const seen = new Set(queue);
    for (let id = queue.pop(); id !== undefined; id = queue.pop())
      for (const edge of next.get(id) ?? []) {
        if (seen.has(edge[to])) continue;
        seen.add(edge[to]);
        kept.add(edge[to]);
        queue.push(edge[to]);
      }
  };
  if (focus.which !== "downstream") walk("to", "from");
  if (focus.which !== "upstream") walk("from", "to");
  return kept;
}

function assetsOf(
  structure: DagStructure,
  nodes: readonly VisibleNode[],
  standIn: (id: string) => string,
  edges: Map<string, { from: string; to: string; label?: string }>,
  kept: ReadonlySet<string>,
): VisibleNode[] {
  const found = new Map<string, VisibleNode>();
  const hasBefore = new Set([...edges.values()].map(({ to }) => to));
  const roots = nodes.filter(({ id }) => !hasBefore.has(id)).map(({ id }) => id);
  for (const { name, role, taskId } of structure.assets) {
    if (taskId !== null && !kept.has(taskId)) continue;
    const id = assetPrefix + name;
    found.set(id, { id, label: name, kind: "asset", node: null, taskIds: [] });
    const ends =
      role === "outlet"
        ? [[standIn(taskId ?? ""), id]]
        : (taskId === null ? roots : [standIn(taskId)]).map((to) => [id, to]);
    for (const [from = "", to = ""] of ends) edges.set(`${from}\n${to}`, { from, to });
  }
  return [...found.values()];
}
