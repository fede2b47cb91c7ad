/** Assets: who makes them, who waits for them, and how Dags hang together. */
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useAssets, useDependencies } from "../api/queries.ts";
import type { AssetItem, Dependencies } from "../api/types.ts";
import { SearchField, Segments } from "../components/field.tsx";
import { Icon } from "../components/icons.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Empty, Loaded, Page } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import type { GraphNode } from "../graph/graph-props.ts";
import { GraphView } from "../graph/graph-view.tsx";

type As = "list" | "graph";

export function View() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const as = (address["as"] ?? "list") as As;
  return (
    <Page
      title={t("Assets")}
      fill={as === "graph"}
      actions={
        <Segments<As>
          label={t("How")}
          value={as}
          onChange={(value) => change({ as: value === "list" ? undefined : value })}
          options={[
            { value: "list", label: t("List") },
            { value: "graph", label: t("Graph") },
          ]}
        />
      }
    >
      {as === "list" ? <AssetList /> : <DependencyGraph />}
    </Page>
  );
}

function AssetList() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const words = (address["q"] ?? "").toLowerCase();
  const search = useCallback((q: string) => change({ q }), [change]);
  const columns: Column<AssetItem>[] = [
    {
      id: "name",
      label: t("Asset"),
      cell: (asset) => (
        <div className="min-w-0">
          <Link to={paths.asset(asset.id)} className="font-medium break-all hover:underline">
            {asset.name}
          </Link>
          {asset.uri === asset.name ? null : (
            <p className="font-mono text-2xs break-all text-faint">{asset.uri}</p>
          )}
        </div>
      ),
    },
    {
      id: "group",
      label: t("Group"),
      wide: true,
      cell: (asset) => <span className="text-soft">{asset.group}</span>,
    },
    { id: "last", label: t("Last change"), cell: (asset) => <Time at={asset.latestEvent} relative /> },
    { id: "events", label: t("Events"), align: "right", wide: true, cell: (asset) => asset.events },
    {
      id: "makers",
      label: t("Made by"),
      wide: true,
      cell: (asset) => <DagLinks ids={[...new Set(asset.producers.map(({ dagId }) => dagId))]} />,
    },
    { id: "takers", label: t("Starts"), wide: true, cell: (asset) => <DagLinks ids={asset.consumers} /> },
  ];
  return (
    <>
      <SearchField
        value={address["q"] ?? ""}
        onChange={search}
        label={t("Search assets")}
        className="mb-3 w-full sm:w-64"
      />
      <Loaded query={useAssets()}>
        {(assets) => {
          const rows = assets.filter(
            ({ name, uri }) => name.toLowerCase().includes(words) || uri.toLowerCase().includes(words),
          );
          return rows.length === 0 ? (
            <Empty icon="assets" title={words === "" ? t("There is no asset yet") : t("No asset fits")} />
          ) : (
            <Table label={t("Assets")} columns={columns} rows={rows} keyOf={(asset) => String(asset.id)} />
          );
        }}
      </Loaded>
    </>
  );
}

export function DagLinks({ ids }: { ids: readonly string[] }) {
  if (ids.length === 0) return <span className="text-faint">–</span>;
  return (
    <span className="flex flex-wrap gap-x-2">
      {ids.map((id) => (
        <Link key={id} to={paths.dag(id)} className="link break-all">
          {id}
        </Link>
      ))}
    </span>
  );
}

function DependencyGraph() {
  const { t } = useTranslation();
  return (
    <Loaded query={useDependencies()}>
      {(dependencies) =>
        dependencies.nodes.length === 0 ? (
          <Empty icon="graph" title={t("No Dag depends on another")} />
        ) : (
          <Drawn dependencies={dependencies} />
        )
      }
    </Loaded>
  );
}

function Drawn({ dependencies }: { dependencies: Dependencies }) {
  const { t } = useTranslation();
  const request = useMemo(
    () => ({
      direction: "LR" as const,
      groups: [],
      nodes: dependencies.nodes.map(({ id, label }) => ({
        id,
        parent: null,
        width: Math.min(280, Math.max(110, label.length * 7.2 + 44)),
        height: 34,
      })),
      edges: dependencies.edges.map(({ from, to, kind }) =>
        kind === "asset" ? { from, to } : { from, to, label: kind },
      ),
    }),
    [dependencies],
  );
  const nodes = useMemo(
    () =>
      dependencies.nodes.map(
        ({ id, kind, label }): GraphNode => ({
          id,
          label,
          color: kind === "dag" ? "var(--line-strong)" : "var(--accent)",
          content:
            kind === "dag" ? (
              <Link
                to={paths.dag(id.slice("dag:".length))}
                className="nopan flex size-full items-center gap-2 rounded-md border border-line-strong bg-surface px-2.5 text-xs font-medium hover:bg-sunken"
              >
                <Icon name="dags" size={13} />
                <span className="truncate">{label}</span>
              </Link>
            ) : (
              <span className="flex size-full items-center gap-2 rounded-full border border-accent/60 bg-accent-soft px-3 text-xs text-accent-text">
                <Icon name="assets" size={13} />
                <span className="truncate">{label}</span>
              </span>
            ),
        }),
      ),
    [dependencies],
  );
  return <GraphView label={t("Graph of Dags and assets")} request={request} nodes={nodes} />;
}
