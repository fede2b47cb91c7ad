/** A Dag's graph, in the colours of a run where there is one, or in those of what changed between two versions. */
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { mattersMost } from "../api/state-letters.ts";
import type { AnyState, DagStructure } from "../api/types.ts";
import { paths } from "../components/link.tsx";
import type { GraphNode } from "./graph-props.ts";
import { GraphTools, useGraphChoices } from "./graph-tools.tsx";
import { GraphView } from "./graph-view.tsx";
import { colorOf, colorOfChange, NodeBox, type NodeLook } from "./node-box.tsx";
import { edgeKey, type StructureDiff } from "./structure-diff.ts";
import { type VisibleNode, visibleGraph } from "./visible-graph.ts";

export interface TaskStates {
  /** Task id → how many of its instances are in each state. */
  [taskId: string]: { [state: string]: number };
}

interface DagGraphViewProps {
  structure: DagStructure;
  states: TaskStates | null;
  runId: string | null;
  /** What is different about the structure, where it is that of two versions. */
  diff?: StructureDiff;
}

export function DagGraphView({ structure, states, runId, diff }: DagGraphViewProps) {
  const { t } = useTranslation();
  const { direction, focus, taskId, withAssets } = useGraphChoices();
  const groups = useOpenGroups(structure);
  const { open, openGroup } = groups;
  const graph = useMemo(
    () =>
      visibleGraph(structure, {
        direction,
        open,
        focus: taskId === null ? null : { taskId, which: focus },
        withAssets,
      }),
    [structure, direction, open, taskId, focus, withAssets],
  );
  const nodes = useMemo(
    () =>
      graph.nodes.map((node): GraphNode => {
        const look: NodeLook = {
          node,
          state: states === null ? null : stateOf(node, states),
          counts: countsOf(node, states),
          isChosen: node.id === taskId,
          change: diff?.nodes.get(node.id),
        };
        const to = hrefOfNode(structure.dagId, runId, node);
        return {
          id: node.id,
          label: node.label,
          color: colorOf(look),
          content: <NodeBox look={look} to={to} onOpen={openGroup} />,
        };
      }),
    [graph.nodes, states, structure.dagId, runId, taskId, openGroup, diff],
  );
  const edgeColor = useCallback(
    (from: string, to: string) => colorOfChange(diff?.edges.get(edgeKey(from, to))),
    [diff],
  );
  return (
    <GraphView
      label={t("Graph of the Dag")}
      request={graph.request}
      nodes={nodes}
      groupLabel={groups.labelOf}
      onCloseGroup={groups.closeGroup}
      edgeColor={edgeColor}
      lookAt={taskId}
    >
      <GraphTools structure={structure} />
    </GraphView>
  );
}

/** More nodes than this are not shown all at once: the groups are closed at first. */
const openUpTo = 120;

function useOpenGroups({ nodes }: DagStructure) {
  const groups = useMemo(() => nodes.filter(({ kind }) => kind === "group"), [nodes]);
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(nodes.length > openUpTo ? [] : groups.map(({ id }) => id)),
  );
  return {
    open,
    openGroup: useCallback((id: string) => setOpen((old) => new Set(old).add(id)), []),
    closeGroup: useCallback(
      (id: string) => setOpen((old) => new Set([...old].filter((one) => one !== id))),
      [],
    ),
    labelOf: useCallback((id: string) => groups.find((group) => group.id === id)?.label ?? id, [groups]),
  };
}

function countsOf(node: VisibleNode, states: TaskStates | null): { [state: string]: number } {
  const counts: { [state: string]: number } = {};
  for (const taskId of node.taskIds)
    for (const [state, count] of Object.entries(states?.[taskId] ?? {}))
      counts[state] = (counts[state] ?? 0) + count;
  return counts;
}

function stateOf(node: VisibleNode, states: TaskStates): AnyState | null {
  const found = Object.keys(countsOf(node, states));
  return found.length === 0 ? null : (mattersMost(found) as AnyState);
}

function hrefOfNode(dagId: string, runId: string | null, { kind, id }: VisibleNode): string | null {
  if (kind !== "task") return null;
  return runId === null
    ? `${paths.dag(dagId)}/tasks/${encodeURIComponent(id)}`
    : paths.task(dagId, runId, id);
}
