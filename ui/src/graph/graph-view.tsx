/** A laid-out graph that can be moved, zoomed and saved. */
import {
  BaseEdge,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  Handle,
  MiniMap,
  type Node,
  type NodeTypes,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type ReactNode, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../components/button.tsx";
import { Failure, Loading } from "../components/page.tsx";
import type { LayoutRequest } from "./layout.ts";
import { saveDrawing } from "./save-drawing.ts";
import { useLayout } from "./use-layout.ts";

export interface GraphNode {
  id: string;
  label: string;
  /** Of its border. */
  color: string;
  content: ReactNode;
  onOpen?: () => void;
}

interface GraphViewProps {
  label: string;
  request: LayoutRequest;
  nodes: readonly GraphNode[];
  groupLabel?: (id: string) => string;
  onCloseGroup?: (id: string) => void;
  /** Is brought into view when it changes. */
  lookAt?: string | null;
  children?: ReactNode;
}

export function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

type Data = { content: ReactNode; color: string };

function TaskNode({ data }: { data: Data }) {
  return (
    <>
      <Handle type="target" position={Position.Left} className="invisible" isConnectable={false} />
      {data.content}
      <Handle type="source" position={Position.Right} className="invisible" isConnectable={false} />
    </>
  );
}

function GroupNode({ data }: { data: Data }) {
  return (
    <div className="size-full rounded-lg border border-dashed border-line-strong bg-sunken/70">
      {data.content}
    </div>
  );
}

const nodeTypes: NodeTypes = { task: TaskNode, cluster: GroupNode };
const edgeTypes = { drawn: DrawnEdge };

function DrawnEdge({
  data,
  markerEnd,
}: EdgeProps<Edge<{ path: string; label?: string; at?: { x: number; y: number } | null }>>) {
  return (
    <>
      <BaseEdge
        path={data?.path ?? ""}
        {...(markerEnd === undefined ? {} : { markerEnd })}
        style={{ stroke: "var(--line-strong)", strokeWidth: 1.4 }}
      />
      {data?.label === undefined || !data.at ? null : (
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

function Flow({ label, request, nodes, groupLabel, onCloseGroup, lookAt, children }: GraphViewProps) {
  const { t } = useTranslation();
  const flow = useReactFlow();
  const layout = useLayout(request);
  const drawn = useMemo(() => {
    if (layout.data === undefined) return null;
    const places = layout.data;
    const groupNodes = request.groups.flatMap(({ id }): Node[] => {
      const place = places.groups[id];
      if (place === undefined) return [];
      return [
        {
          id: `group\n${id}`,
          type: "cluster",
          position: { x: place.x, y: place.y },
          width: place.width,
          height: place.height,
          zIndex: -1,
          selectable: false,
          draggable: false,
          data: {
            color: "var(--line)",
            content: (
              <button
                type="button"
                onClick={() => onCloseGroup?.(id)}
                title={t("Fold the group")}
                className="nopan absolute top-0.5 left-2 max-w-[95%] truncate text-2xs font-medium text-soft hover:text-ink"
              >
                {groupLabel?.(id) ?? id}
              </button>
            ),
          },
        },
      ];
    });
    const taskNodes = nodes.flatMap((node): Node[] => {
      const place = places.nodes[node.id];
      if (place === undefined) return [];
      return [
        {
          id: node.id,
          type: "task",
          position: { x: place.x, y: place.y },
          width: place.width,
          height: place.height,
          draggable: false,
          focusable: false,
          data: { content: node.content, color: node.color },
        },
      ];
    });
    const edges = places.edges.map(
      (edge): Edge => ({
        id: `${edge.from}\n${edge.to}`,
        source: edge.from,
        target: edge.to,
        type: "drawn",
        focusable: false,
        data: {
          path: edge.path,
          at: edge.label,
          label: request.edges.find(({ from, to }) => from === edge.from && to === edge.to)?.label,
        },
        markerEnd: { type: "arrowclosed" as never, color: "var(--line-strong)", width: 14, height: 14 },
      }),
    );
    return { nodes: [...groupNodes, ...taskNodes], edges };
  }, [layout.data, nodes, request, groupLabel, onCloseGroup, t]);
  useEffect(() => {
    if (layout.data === undefined) return;
    const timer = setTimeout(() => void flow.fitView({ padding: 0.08, maxZoom: 1.1 }), 30);
    return () => clearTimeout(timer);
  }, [flow, layout.data]);
  useEffect(() => {
    const place = lookAt ? layout.data?.nodes[lookAt] : undefined;
    if (place !== undefined)
      void flow.setCenter(place.x + place.width / 2, place.y + place.height / 2, { zoom: 1, duration: 250 });
  }, [flow, lookAt, layout.data]);
  if (layout.error) return <Failure error={layout.error} />;
  if (drawn === null) return <Loading />;
  return (
    <section aria-label={label} data-testid="graph" className="relative size-full min-h-72 bg-canvas">
      <ReactFlow
        nodes={drawn.nodes}
        edges={drawn.edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes as never}
        nodesDraggable={false}
        nodesConnectable={false}
        onlyRenderVisibleElements={drawn.nodes.length > 150}
        minZoom={0.05}
        maxZoom={2}
        fitView
        proOptions={{ hideAttribution: true }}
      >
        <Panel position="bottom-left" className="card flex flex-col !p-0.5">
          <IconButton icon="plus" label={t("Closer")} onClick={() => void flow.zoomIn()} />
          <IconButton icon="minus" label={t("Farther")} onClick={() => void flow.zoomOut()} />
          <IconButton
            icon="expand"
            label={t("All of it")}
            onClick={() => void flow.fitView({ padding: 0.08 })}
          />
          <IconButton
            icon="download"
            label={t("Save as PNG")}
            onClick={() => layout.data && saveDrawing("png", layout.data, nodes, request)}
          />
          <IconButton
            icon="code"
            label={t("Save as SVG")}
            onClick={() => layout.data && saveDrawing("svg", layout.data, nodes, request)}
          />
        </Panel>
        <MiniMap
          pannable
          zoomable
          ariaLabel={t("Overview of the graph")}
          bgColor="var(--surface)"
          maskColor="color-mix(in oklch, var(--canvas) 70%, transparent)"
          nodeColor={(node) => (node.data as Data).color}
          className="!hidden rounded-md border sm:!block"
        />
        {children}
      </ReactFlow>
    </section>
  );
}
