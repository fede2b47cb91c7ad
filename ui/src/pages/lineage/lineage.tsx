/** What led to something, and what came of it: as a graph, or as a list that reads the same. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import {
  type Lineage,
  type LineageDirection,
  type LineageKind,
  type LineageNode,
  lineageKinds,
  useLineage,
} from "../../api/lineage.ts";
import { IconButton } from "../../components/button.tsx";
import { Segments, Select } from "../../components/field.tsx";
import { Icon } from "../../components/icons.tsx";
import { Link, paths, useAddress, useGo } from "../../components/link.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import type { GraphNode } from "../../graph/graph-props.ts";
import { GraphView } from "../../graph/graph-view.tsx";
import { iconOf, NodeLink, pageOf, useLineageKindName } from "./lineage-node.tsx";
import { LineageSearch } from "./lineage-search.tsx";

const depths = ["1", "2", "3", "4", "6", "10"] as const;
type Depth = (typeof depths)[number];
type As = "graph" | "list";

export function View() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const kindName = useLineageKindName();
  const kind = lineageKinds.find((one) => one === address["kind"]);
  const id = address["id"] ?? "";
  const as: As = address["as"] === "list" ? "list" : "graph";
  const depth = depths.find((one) => one === address["depth"]) ?? "6";
  const direction = (address["direction"] ?? "both") as LineageDirection;
  const asked = kind !== undefined && id !== "";
  return (
    <Page
      title={t("Lineage")}
      fill={asked && as === "graph"}
      lead={
        asked ? (
          <span className="min-w-0 text-sm break-all text-soft">{`${kindName(kind)} ${id}`}</span>
        ) : null
      }
      actions={
        asked ? (
          <>
            <Select<LineageDirection>
              label={t("Direction")}
              value={direction}
              onChange={(next) => change({ direction: next === "both" ? undefined : next })}
              options={[
                { value: "both", label: t("before and after") },
                { value: "upstream", label: t("what led to it") },
                { value: "downstream", label: t("what came of it") },
              ]}
            />
            <Select<Depth>
              label={t("Depth")}
              value={depth}
              onChange={(next) => change({ depth: next === "6" ? undefined : next })}
              options={depths.map((value) => ({
                value,
                label: t("{{count}} steps", { count: Number(value) }),
              }))}
            />
            <Segments<As>
              label={t("How")}
              value={as}
              onChange={(value) => change({ as: value === "graph" ? undefined : value })}
              options={[
                { value: "graph", label: t("Graph") },
                { value: "list", label: t("List") },
              ]}
            />
          </>
        ) : null
      }
    >
      {asked ? (
        <Shown kind={kind} id={id} depth={Number(depth)} direction={direction} as={as} />
      ) : (
        <LineageSearch />
      )}
    </Page>
  );
}

function Shown({
  as,
  ...query
}: {
  kind: LineageKind;
  id: string;
  depth: number;
  direction: LineageDirection;
  as: As;
}) {
  const { t } = useTranslation();
  return (
    <Loaded query={useLineage(query)}>
      {(lineage) => (
        <>
          {lineage.truncated ? (
            <p role="status" className="m-3 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn-text">
              {t("There is more than is shown: choose more steps, or look at a node of it.")}
            </p>
          ) : null}
          {as === "graph" ? <Graph lineage={lineage} /> : <List lineage={lineage} />}
        </>
      )}
    </Loaded>
  );
}

/** The same view around another node. */
function useFocus(): (node: LineageNode) => string {
  const [address] = useAddress();
  return ({ kind, id }) => {
    const kept = Object.entries(address).flatMap(([name, value]) =>
      value === undefined || name === "kind" || name === "id" ? [] : [[name, value] as [string, string]],
    );
    const rest = new URLSearchParams(kept).toString();
    return `${paths.lineage(kind, id)}${rest === "" ? "" : `&${rest}`}`;
  };
}

const height = 44;
const widthOf = ({ label }: LineageNode): number => Math.min(280, Math.max(150, label.length * 7.1 + 76));

function Graph({ lineage }: { lineage: Lineage }) {
  const { t } = useTranslation();
  const go = useGo();
  const focus = useFocus();
  const request = useMemo(
    () => ({
      // A long way reads downwards where there is no width for it.
      direction: window.innerWidth < 640 ? ("TB" as const) : ("LR" as const),
      groups: [],
      nodes: lineage.nodes.map((node) => ({ id: node.key, parent: null, width: widthOf(node), height })),
      edges: lineage.edges.map(({ from, to, relation }) => ({ from, to, label: relation })),
    }),
    [lineage],
  );
  const nodes = useMemo(
    () =>
      lineage.nodes.map(
        (node): GraphNode => ({
          id: node.key,
          label: node.label,
          color: node.key === lineage.root ? "var(--accent)" : "var(--line-strong)",
          content: <Box node={node} isRoot={node.key === lineage.root} onFocus={() => go(focus(node))} />,
        }),
      ),
    [lineage, go, focus],
  );
  return (
    <GraphView
      label={t("Graph of the lineage")}
      request={request}
      nodes={nodes}
      lookAt={lineage.nodes.length > 25 ? lineage.root : null}
    />
  );
}

function Box({ node, isRoot, onFocus }: { node: LineageNode; isRoot: boolean; onFocus: () => void }) {
  const { t } = useTranslation();
  const kindName = useLineageKindName();
  const to = node.exists ? pageOf(node) : null;
  const inner = (
    <>
      <Icon name={iconOf(node.kind)} size={15} />
      <span className="min-w-0 flex-1">
        <span className={`block truncate font-medium ${node.exists ? "" : "line-through"}`}>
          {node.label}
        </span>
        <span className="block truncate text-2xs text-faint">{kindName(node.kind)}</span>
      </span>
    </>
  );
  const frame = `flex size-full items-center rounded-[7px] border-2 bg-surface text-left text-xs shadow-sm ${isRoot ? "border-accent" : "border-line-strong"} ${node.exists ? "" : "border-dashed"}`;
  return (
    <span className={frame} title={`${kindName(node.kind)}\n${node.id}`}>
      {to === null ? (
        <span className="flex min-w-0 flex-1 items-center gap-2 px-2.5">{inner}</span>
      ) : (
        <Link
          to={to}
          className="nopan flex min-w-0 flex-1 items-center gap-2 self-stretch rounded px-2.5 hover:bg-sunken"
        >
          {inner}
        </Link>
      )}
      {isRoot ? null : (
        <IconButton
          icon="graph"
          label={t("Lineage of {{name}}", { name: node.label })}
          className="nopan !size-7"
          onClick={onFocus}
        />
      )}
    </span>
  );
}

function List({ lineage }: { lineage: Lineage }) {
  const { t } = useTranslation();
  const focus = useFocus();
  const byKey = new Map(lineage.nodes.map((node) => [node.key, node]));
  const rows = [...lineage.nodes].sort((a, b) => a.distance - b.distance);
  const ends = (edges: Lineage["edges"], end: "from" | "to") =>
    edges.length === 0 ? (
      <span className="text-faint">–</span>
    ) : (
      <ul className="flex flex-col gap-0.5">
        {edges.map((edge) => (
          <li key={edge[end]} className="text-xs">
            <span className="text-faint">{edge.relation}</span> {byKey.get(edge[end])?.label ?? edge[end]}
          </li>
        ))}
      </ul>
    );
  const columns: Column<LineageNode>[] = [
    {
      id: "place",
      label: t("Steps away"),
      align: "right",
      cell: ({ distance }) => (distance > 0 ? `+${distance}` : distance),
    },
    {
      id: "what",
      label: t("What"),
      cell: (node) => (
        <span className={node.key === lineage.root ? "font-semibold" : ""}>
          <NodeLink node={node} />
        </span>
      ),
    },
    {
      id: "before",
      label: t("Before it"),
      wide: true,
      cell: ({ key }) =>
        ends(
          lineage.edges.filter(({ to }) => to === key),
          "from",
        ),
    },
    {
      id: "after",
      label: t("After it"),
      wide: true,
      cell: ({ key }) =>
        ends(
          lineage.edges.filter(({ from }) => from === key),
          "to",
        ),
    },
    {
      id: "focus",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (node) =>
        node.key === lineage.root ? null : (
          <Link
            to={focus(node)}
            className="link text-xs"
            aria-label={t("Lineage of {{name}}", { name: node.label })}
          >
            {t("Lineage")}
          </Link>
        ),
    },
  ];
  return <Table label={t("Lineage")} columns={columns} rows={rows} keyOf={({ key }) => key} />;
}
