/** From nodes, groups and edges to places, sizes and paths, by Graphviz's `dot`. Lengths are pixels. */
import type { Viz } from "@viz-js/viz";

export type Direction = "LR" | "TB" | "RL" | "BT";

export interface LayoutNode {
  id: string;
  width: number;
  height: number;
  /** Id of the open group that it stands in. */
  parent: string | null;
}

export interface LayoutRequest {
  direction: Direction;
  nodes: readonly LayoutNode[];
  /** Open groups, parents first. */
  groups: readonly { id: string; parent: string | null }[];
  edges: readonly { from: string; to: string; label?: string }[];
}

export interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  nodes: { [id: string]: Placed };
  groups: { [id: string]: Placed };
  edges: { from: string; to: string; path: string; label: { x: number; y: number } | null }[];
}

const pointsPerInch = 72;

/** Names of a user's own never reach Graphviz: nodes and groups are numbered. */
export function layoutWith(viz: Viz, request: LayoutRequest): Layout {
  const { nodes, groups, edges, direction } = request;
  const nodeName = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const groupName = new Map(groups.map(({ id }, index) => [id, `cluster_${index}`]));
  const inside = (parent: string | null): string =>
    [
      ...nodes
        .filter((node) => node.parent === parent)
        .map(
          ({ id, width, height }) =>
            `${nodeName.get(id)} [width=${width / pointsPerInch}, height=${height / pointsPerInch}];`,
        ),
      ...groups
        .filter((group) => group.parent === parent)
        .map(
          ({ id }) => `subgraph ${groupName.get(id)} { margin=18; label=" "; fontsize=20; ${inside(id)} }`,
        ),
    ].join("\n");
  const lines = edges.map(
    ({ from, to, label }) =>
      `${nodeName.get(from)} -> ${nodeName.get(to)}${label === undefined ? "" : ` [label=${JSON.stringify("m".repeat(Math.min(24, label.length)))}, fontsize=9]`};`,
  );
  const source = `digraph { rankdir=${direction}; nodesep=0.22; ranksep=0.55; splines=true;
    node [shape=box, fixedsize=true, label=""]; edge [arrowsize=0.6]; ${inside(null)} ${lines.join("\n")} }`;
  const drawn = viz.renderJSON(source) as Drawn;
  return readDrawn(drawn, request, nodeName, groupName);
}

interface Drawn {
  bb: string;
  objects?: { name: string; pos?: string; width?: string; height?: string; bb?: string }[];
  edges?: { tail: number; head: number; pos?: string; lp?: string }[];
}

function readDrawn(
  drawn: Drawn,
  { nodes, groups }: LayoutRequest,
  nodeName: ReadonlyMap<string, string>,
  groupName: ReadonlyMap<string, string>,
): Layout {
  const [, , width = 0, height = 0] = drawn.bb.split(",").map(Number);
  const objects = new Map(drawn.objects?.map((object) => [object.name, object]));
  // Graphviz counts from the bottom, a page from the top.
  const flip = (y: number): number => height - y;
  const layout: Layout = { width, height, nodes: {}, groups: {}, edges: [] };
  for (const node of nodes) {
    const [x = 0, y = 0] =
      objects
        .get(nodeName.get(node.id) ?? "")
        ?.pos?.split(",")
        .map(Number) ?? [];
    layout.nodes[node.id] = {
      x: x - node.width / 2,
      y: flip(y) - node.height / 2,
      width: node.width,
      height: node.height,
    };
  }
  for (const group of groups) {
    const box = objects
      .get(groupName.get(group.id) ?? "")
      ?.bb?.split(",")
      .map(Number);
    const [left = 0, bottom = 0, right = 0, top = 0] = box ?? [];
    layout.groups[group.id] = { x: left, y: flip(top), width: right - left, height: top - bottom };
  }
  const named = new Map([...nodeName].map(([id, name]) => [name, id]));
  for (const edge of drawn.edges ?? []) {
    const from = named.get(drawn.objects?.[edge.tail]?.name ?? "");
    const to = named.get(drawn.objects?.[edge.head]?.name ?? "");
    if (from === undefined || to === undefined || edge.pos === undefined) continue;
    const [lx, ly] = edge.lp?.split(",").map(Number) ?? [];
    const label = lx === undefined || ly === undefined ? null : { x: lx, y: flip(ly) };
    layout.edges.push({ from, to, path: pathOf(edge.pos, flip), label });
  }
  return layout;
}

/** "e,x,y x,y x,y …": the end of the arrow, then a Bézier curve of 3 n + 1 points. */
function pathOf(pos: string, flip: (y: number) => number): string {
  let end = "";
  const points: string[] = [];
  for (const word of pos.split(" ")) {
    const [first = "", second = "", third = ""] = word.split(",");
    if (first === "e") end = `${second} ${flip(Number(third))}`;
    else if (first !== "s") points.push(`${first} ${flip(Number(second))}`);
  }
  const [start, ...rest] = points;
  return `M${start} C${rest.join(" ")}${end === "" ? "" : ` L${end}`}`;
}
