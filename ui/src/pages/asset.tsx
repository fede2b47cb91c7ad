/** One asset: what happened to it, who makes it, whom it starts. */
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { materialize } from "../api/actions.ts";
import { change } from "../api/client.ts";
import { useAct, useAssets, useRest } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { AssetItem } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Link, paths } from "../components/link.tsx";
import { Empty, Failure, Loaded, Loading, Page } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { DagLinks } from "./assets.tsx";
import { Facts } from "./grid-side.tsx";
import { LineageLink } from "./lineage/lineage-link.tsx";

interface AssetEvent {
  id: number;
  timestamp: string;
  source_dag_id: string | null;
  source_task_id: string | null;
  source_run_id: string | null;
  source_map_index: number;
  extra: Record<string, unknown> | null;
  created_dagruns: { dag_id: string; run_id: string }[];
}

export function View() {
  const { t } = useTranslation();
  const { assetId = "" } = useParams({ strict: false }) as { assetId?: string };
  const assets = useAssets();
  const asset = assets.data?.find(({ id }) => String(id) === assetId);
  if (asset === undefined)
    return (
      <Page title={t("Asset")} crumbs={[{ label: t("Assets"), to: paths.assets }]}>
        {assets.data === undefined && !assets.error ? (
          <Loading />
        ) : (
          <Failure error={assets.error ?? new Error(assetId)} />
        )}
      </Page>
    );
  return (
    <Page
      title={asset.name}
      crumbs={[{ label: t("Assets"), to: paths.assets }]}
      actions={
        <>
          <LineageLink kind="asset" id={String(asset.id)} />
          <Actions asset={asset} />
        </>
      }
    >
      <div className="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
        <Events asset={asset} />
        <section className="card p-4">
          <Facts
            facts={[
              [
                "URI",
                <span key="u" className="font-mono text-xs break-all">
                  {asset.uri}
                </span>,
              ],
              [t("Group"), asset.group],
              [
                t("Made by"),
                <span key="m" className="flex flex-col">
                  {asset.producers.length === 0 ? "–" : null}
                  {asset.producers.map(({ dagId, taskId }) => (
                    <Link key={`${dagId} ${taskId}`} to={paths.dag(dagId)} className="link break-all">
                      {dagId} · {taskId}
                    </Link>
                  ))}
                </span>,
              ],
              [t("Starts"), <DagLinks key="s" ids={asset.consumers} />],
            ]}
          />
        </section>
      </div>
    </Page>
  );
}

function Actions({ asset }: { asset: AssetItem }) {
  const { t } = useTranslation();
  const may = useMay();
  const make = useAct(() => materialize(asset.id), t("A run that makes it was started"));
  const tell = useAct(
    () => change("POST", "/api/v2/assets/events", { asset_id: asset.id, extra: {} }),
    t("An event was written"),
  );
  if (!may("create", "Assets")) return null;
  return (
    <>
      <Button icon="plus" onClick={() => tell.mutate(undefined)}>
        {t("Write an event")}
      </Button>
      {asset.producers.length === 0 ? null : (
        <Button kind="primary" icon="play" onClick={() => make.mutate(undefined)}>
          {t("Materialise")}
        </Button>
      )}
    </>
  );
}

function Events({ asset }: { asset: AssetItem }) {
  const { t } = useTranslation();
  const query = useRest<{ asset_events: AssetEvent[] }>(["assets", "events", asset.id], "/assets/events", {
    asset_id: asset.id,
    order_by: "-timestamp",
    limit: 100,
  });
  const columns: Column<AssetEvent>[] = [
    { id: "when", label: t("When"), cell: (one) => <Time at={Date.parse(one.timestamp)} style="full" /> },
    {
      id: "from",
      label: t("Written by"),
      cell: (one) =>
        one.source_dag_id === null || one.source_run_id === null || one.source_task_id === null ? (
          t("somebody outside")
        ) : (
          <Link
            to={paths.task(one.source_dag_id, one.source_run_id, one.source_task_id, one.source_map_index)}
            className="link break-all"
          >
            {one.source_dag_id} · {one.source_task_id}
          </Link>
        ),
    },
    {
      id: "to",
      label: t("Started"),
      wide: true,
      cell: (one) => (
        <span className="flex flex-wrap gap-x-2">
          {one.created_dagruns?.map((run) => (
            <Link key={run.run_id} to={paths.run(run.dag_id, run.run_id)} className="link">
              {run.dag_id}
            </Link>
          ))}
        </span>
      ),
    },
    {
      id: "extra",
      label: t("Extra"),
      wide: true,
      cell: (one) => (
        <span className="font-mono text-xs break-all text-soft">{JSON.stringify(one.extra ?? {})}</span>
      ),
    },
  ];
  return (
    <Loaded query={query}>
      {({ asset_events }) =>
        asset_events.length === 0 ? (
          <Empty icon="assets" title={t("Nothing happened to it yet")} />
        ) : (
          <Table label={t("Events")} columns={columns} rows={asset_events} keyOf={(one) => String(one.id)} />
        )
      }
    </Loaded>
  );
}
