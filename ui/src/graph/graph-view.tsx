/** A laid-out graph that can be moved, zoomed and saved. */
import { MiniMap, Panel, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../components/button.tsx";
import { Failure, Loading } from "../components/page.tsx";
import { colorOfNode, edgeTypes, flowElements, nodeTypes } from "./flow-elements.tsx";
import type { GraphViewProps } from "./graph-props.ts";
import type { Layout } from "./layout.ts";
import { saveDrawing } from "./save-drawing.ts";
import { useLayout } from "./use-layout.ts";

export function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow(props: GraphViewProps) {
  const { label, request, nodes, groupLabel, onCloseGroup, edgeColor, lookAt, children } = props;
  const { t } = useTranslation();
  const layout = useLayout(request);
  const drawn = useMemo(
    () =>
      layout.data === undefined
        ? null
        : flowElements(layout.data, {
            request,
            nodes,
            ...(groupLabel === undefined ? {} : { groupLabel }),
            ...(onCloseGroup === undefined ? {} : { onCloseGroup }),
            ...(edgeColor === undefined ? {} : { edgeColor }),
          }),
    [layout.data, nodes, request, groupLabel, onCloseGroup, edgeColor],
  );
  useLookAt(layout.data, lookAt);
  if (layout.error) return <Failure error={layout.error} />;
  if (drawn === null || layout.data === undefined) return <Loading />;
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
        <Controls layout={layout.data} graph={props} />
        <MiniMap
          pannable
          zoomable
          ariaLabel={t("Overview of the graph")}
          bgColor="var(--surface)"
          maskColor="color-mix(in oklch, var(--canvas) 70%, transparent)"
          nodeColor={colorOfNode}
          className="!hidden rounded-md border sm:!block"
        />
        {children}
      </ReactFlow>
    </section>
  );
}

/** All of it when it was laid out again, and the one node that somebody asked for. */
function useLookAt(layout: Layout | undefined, lookAt: string | null | undefined): void {
  const flow = useReactFlow();
  useEffect(() => {
    if (layout === undefined) return;
    const timer = setTimeout(() => void flow.fitView({ padding: 0.08, maxZoom: 1.1 }), 30);
    return () => clearTimeout(timer);
  }, [flow, layout]);
  useEffect(() => {
    const place = lookAt ? layout?.nodes[lookAt] : undefined;
    if (place !== undefined)
      void flow.setCenter(place.x + place.width / 2, place.y + place.height / 2, { zoom: 1, duration: 250 });
  }, [flow, lookAt, layout]);
}

function Controls({ layout, graph }: { layout: Layout; graph: GraphViewProps }) {
  const { t } = useTranslation();
  const flow = useReactFlow();
  return (
    <Panel position="bottom-left" className="card flex flex-col !p-0.5">
      <IconButton icon="plus" label={t("Closer")} onClick={() => void flow.zoomIn()} />
      <IconButton icon="minus" label={t("Farther")} onClick={() => void flow.zoomOut()} />
      <IconButton icon="expand" label={t("All of it")} onClick={() => void flow.fitView({ padding: 0.08 })} />
      <IconButton
        icon="download"
        label={t("Save as PNG")}
        onClick={() => saveDrawing("png", layout, graph)}
      />
      <IconButton icon="code" label={t("Save as SVG")} onClick={() => saveDrawing("svg", layout, graph)} />
    </Panel>
  );
}
