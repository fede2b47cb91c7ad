/** A layout as the nodes and edges that React Flow draws, and how each of them looks. */
import {
  BaseEdge,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  Handle,
  type Node,
  type NodeTypes,
  Position,
} from "@xyflow/react";
import { useTranslation } from "react-i18next";
import type { GraphNode, GraphViewProps } from "./graph-props.ts";
import type { Layout, Placed } from "./layout.ts";

interface NodeData extends Record<string, unknown> {
  content: React.ReactNode;
  color: string;
}

interface EdgeData extends Record<string, unknown> {
  path: string;
  at: { x: number; y: number } | null;
  label: string | undefined;
  color: string;
}

export const colorOfNode = (node: Node): string => (node.data as NodeData).color;

const lineColor = "var(--line-strong)";

type Drawn = Pick<GraphViewProps, "nodes" | "request" | "groupLabel" | "onCloseGroup" | "edgeColor">;

/** What is given no place is not drawn. */
export function flowElements(layout: Layout, graph: Drawn): { nodes: Node[]; edges: Edge<EdgeData>[] } {
  const groups = graph.request.groups.flatMap(({ id }) => {
    const place = layout.groups[id];
    return place === undefined ? [] : [groupNode(id, place, graph)];
  });
  const tasks = graph.nodes.flatMap((node) => {
    const place = layout.nodes[node.id];
    return place === undefined ? [] : [taskNode(node, place)];
  });
  const labels = new Map(graph.request.edges.map(({ from, to, label }) => [`${from}\n${to}`, label]));
  const edges = layout.edges.map((edge) => {
    const id = `${edge.from}\n${edge.to}`;
    return drawnEdge(edge, labels.get(id), graph.edgeColor?.(edge.from, edge.to) ?? lineColor);
  });
  return { nodes: [...groups, ...tasks], edges };
}

function groupNode(id: string, { x, y, width, height }: Placed, graph: Drawn): Node<NodeData> {
  const name = graph.groupLabel?.(id) ?? id;
  return {
    id: `group\n${id}`,
    type: "cluster",
    position: { x, y },
    width,
    height,
    zIndex: -1,
    selectable: false,
    draggable: false,
    data: {
      color: "var(--line)",
      content: <GroupName name={name} onClose={() => graph.onCloseGroup?.(id)} />,
    },
  };
}

function GroupName({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      onClick={onClose}
      title={t("Fold the group")}
      className="nopan pointer-events-auto absolute top-0.5 left-2 max-w-[95%] truncate text-2xs font-medium text-soft hover:text-ink"
    >
      {name}
    </button>
  );
}

function taskNode({ id, content, color }: GraphNode, { x, y, width, height }: Placed): Node<NodeData> {
  return {
    id,
    type: "task",
    position: { x, y },
    width,
    height,
    draggable: false,
    focusable: false,
    data: { content, color },
  };
}

function drawnEdge(
  { from, to, path, label: at }: Layout["edges"][number],
  label: string | undefined,
  color: string,
): Edge<EdgeData> {
  return {
    id: `${from}\n${to}`,
    source: from,
    target: to,
    type: "drawn",
    focusable: false,
    data: { path, at, label, color },
    markerEnd: { type: "arrowclosed" as never, color, width: 14, height: 14 },
  };
}

function TaskNode({ data }: { data: NodeData }) {
  return (
    <>
      <Handle type="target" position={Position.Left} className="invisible" isConnectable={false} />
      {data.content}
      <Handle type="source" position={Position.Right} className="invisible" isConnectable={false} />
    </>
  );
}

function GroupNode({ data }: { data: NodeData }) {
  return (
    <div className="size-full rounded-lg border border-dashed border-line-strong bg-sunken/70">
      {data.content}
    </div>
  );
}

function DrawnEdge({ data, markerEnd }: EdgeProps<Edge<EdgeData>>) {
  if (data === undefined) return null;
  return (
    <>
      <BaseEdge
        path={data.path}
        {...(markerEnd === undefined ? {} : { markerEnd })}
        style={{ stroke: data.color, strokeWidth: data.color === lineColor ? 1.4 : 2 }}
      />
      {data.label === undefined || data.at === null ? null : (
        <EdgeLabelRenderer>
          <span
            className="pointer-events-none absolute rounded bg-canvas px-1 text-2xs text-soft"
            style={{ transform: `translate(-50%, -50%) translate(${data.at.x}px, ${data.at.y}px)` }}
          >
            {data.label}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

export const nodeTypes: NodeTypes = { task: TaskNode, cluster: GroupNode };
export const edgeTypes = { drawn: DrawnEdge };
