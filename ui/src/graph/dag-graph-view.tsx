/** A Dag's graph, in the colours of a run where there is one. */
import { Panel } from "@xyflow/react";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { mattersMost } from "../api/state-letters.ts";
import type { AnyState, DagStructure } from "../api/types.ts";
import { FilterMenu, Select } from "../components/field.tsx";
import { Icon } from "../components/icons.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { StateBar, StateIcon, stateColor, useStateName } from "../components/state.tsx";
import { type GraphNode, GraphView } from "./graph-view.tsx";
import type { Direction } from "./layout.ts";
import { type Focus, type VisibleNode, visibleGraph } from "./visible-graph.ts";

export interface TaskStates {
  /** Task id → how many of its instances are in each state. */
  [taskId: string]: { [state: string]: number };
}

/** More nodes than this are not shown all at once: the groups are closed at first. */
const openUpTo = 120;

export function DagGraphView({
  structure,
  states,
  runId,
}: {
  structure: DagStructure;
  states: TaskStates | null;
  runId: string | null;
}) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const groups = useMemo(() => structure.nodes.filter(({ kind }) => kind === "group"), [structure]);
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(structure.nodes.length > openUpTo ? [] : groups.map(({ id }) => id)),
  );
  const direction = (address["direction"] ?? "LR") as Direction;
  const which = (address["focus"] ?? "all") as Focus;
  const taskId = address["task"] ?? null;
  const withAssets = address["assets"] !== "off";
  const graph = useMemo(
    () =>
      visibleGraph(structure, {
        direction,
        open,
        focus: taskId === null ? null : { taskId, which },
        withAssets,
      }),
    [structure, direction, open, taskId, which, withAssets],
  );
  const openGroup = useCallback((id: string) => setOpen((old) => new Set(old).add(id)), []);
  const closeGroup = useCallback(
    (id: string) => setOpen((old) => new Set([...old].filter((one) => one !== id))),
    [],
  );
  const nodes = useMemo(
    () =>
      graph.nodes.map((node): GraphNode => {
        const state = states === null ? null : stateOf(node, states);
        return {
          id: node.id,
          label: node.label,
          color: node.kind === "asset" ? "var(--accent)" : stateColor(state ?? "none"),
          content: (
            <NodeBox
              node={node}
              state={state}
              counts={countsOf(node, states)}
              to={hrefOfNode(structure.dagId, runId, node)}
              isChosen={node.id === taskId}
              onOpen={openGroup}
            />
          ),
        };
      }),
    [graph.nodes, states, structure.dagId, runId, taskId, openGroup],
  );
  const groupLabel = useCallback(
    (id: string) => groups.find((group) => group.id === id)?.label ?? id,
    [groups],
  );
  const tasks = structure.nodes.filter(({ kind }) => kind === "task");
  return (
    <GraphView
      label={t("Graph of the Dag")}
      request={graph.request}
      nodes={nodes}
      groupLabel={groupLabel}
      onCloseGroup={closeGroup}
      lookAt={taskId}
    >
      <Panel position="top-left" className="flex max-w-[calc(100vw-2rem)] flex-wrap gap-2">
        <Select
          label={t("Task to look at")}
          value={taskId ?? ""}
          onChange={(task) => change({ task, focus: task === "" ? undefined : address["focus"] })}
          options={[
            { value: "", label: t("All tasks") },
            ...tasks.map(({ id }) => ({ value: id, label: id })),
          ]}
        />
        {taskId === null ? null : (
          <Select<Focus>
            label={t("What is shown of it")}
            value={which}
            onChange={(focus) => change({ focus: focus === "all" ? undefined : focus })}
            options={[
              { value: "all", label: t("with everything") },
              { value: "upstream", label: t("with what is before it") },
              { value: "downstream", label: t("with what is after it") },
              { value: "both", label: t("with both") },
            ]}
          />
        )}
        <Select<Direction>
          label={t("Direction")}
          value={direction}
          onChange={(next) => change({ direction: next === "LR" ? undefined : next })}
          options={[
            { value: "LR", label: "→" },
            { value: "TB", label: "↓" },
            { value: "RL", label: "←" },
            { value: "BT", label: "↑" },
          ]}
        />
        {structure.assets.length === 0 ? null : (
          <FilterMenu
            title={t("Assets")}
            value={withAssets ? "" : "off"}
            onChange={(value) => change({ assets: value })}
            options={[{ value: "off", label: t("not shown") }]}
          />
        )}
      </Panel>
    </GraphView>
  );
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

const box =
  "flex size-full items-center gap-2 rounded-[7px] border-2 bg-surface px-2.5 text-left text-xs shadow-sm";

function NodeBox({
  node,
  state,
  counts,
  to,
  isChosen,
  onOpen,
}: {
  node: VisibleNode;
  state: AnyState | null;
  counts: { [state: string]: number };
  to: string | null;
  isChosen: boolean;
  onOpen: (id: string) => void;
}) {
  const { t } = useTranslation();
  const name = useStateName();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const isMapped = node.node?.isMapped === true;
  const style = {
    borderColor: state === null ? "var(--line-strong)" : stateColor(state),
    ...(isChosen ? { boxShadow: "0 0 0 3px var(--accent-soft)" } : {}),
  };
  if (node.kind === "asset")
    return (
      <span className="flex size-full items-center gap-1.5 rounded-full border border-accent/60 bg-accent-soft px-2.5 text-2xs text-accent-text">
        <Icon name="assets" size={12} />
        <span className="truncate">{node.label}</span>
      </span>
    );
  const inner = (
    <>
      <StateIcon state={state} size={15} />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">
          {node.label}
          {isMapped ? (
            <span className="font-normal text-faint"> [{total > 1 || state !== null ? total : ""}]</span>
          ) : null}
        </span>
        {node.kind === "group" || (isMapped && total > 0) ? (
          <StateBar counts={total > 0 ? counts : { none: node.taskIds.length }} height={4} />
        ) : (
          <span className="block truncate text-2xs text-faint">{node.node?.operator}</span>
        )}
      </span>
    </>
  );
  const title = `${node.id}${state === null ? "" : `\n${name(state)}`}`;
  if (node.kind === "group")
    return (
      <button
        type="button"
        title={`${title}\n${t("Unfold the group")}`}
        onClick={() => onOpen(node.id)}
        className={`nopan ${box} bg-sunken`}
        style={style}
      >
        {inner}
        <Icon name="expand" size={12} />
      </button>
    );
  return (
    <Link
      to={to ?? "#"}
      title={title}
      data-state={state ?? "none"}
      className={`nopan ${box} hover:brightness-105`}
      style={style}
    >
      {inner}
    </Link>
  );
}
