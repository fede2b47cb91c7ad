/** All Dags: how their last runs went, when the next comes, and what can be done with each. */
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { setFavorite, setPaused } from "../api/actions.ts";
import { useAct, useDagFacets, useDags } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { DagListItem } from "../api/types.ts";
import { IconButton, Switch } from "../components/button.tsx";
import { FilterMenu, SearchField, Segments } from "../components/field.tsx";
import { Icon } from "../components/icons.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Empty, Loaded, Page } from "../components/page.tsx";
import { RunBars } from "../components/run-bars.tsx";
import { StateIcon } from "../components/state.tsx";
import { type Column, Pager, Table, useOffset } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { ImportErrorsNotice } from "./import-errors-notice.tsx";
import { TriggerDialog } from "./trigger-dialog.tsx";

const pageSize = 50;

type Show = "all" | "active" | "paused" | "failed" | "running" | "favorite";

export function View() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const show = (address["show"] ?? "all") as Show;
  const offset = useOffset();
  const dags = useDags({
    search: address["q"],
    tags: address["tag"],
    owners: address["owner"],
    show: show === "all" ? undefined : show,
    order_by: address["sort"] ?? "name",
    limit: pageSize,
    offset,
  });
  const { data: facets } = useDagFacets();
  const search = useCallback((q: string) => change({ q, offset: undefined }), [change]);
  const shows: [Show, string][] = [
    ["all", t("All")],
    ["active", t("Active")],
    ["paused", t("Paused")],
    ["running", t("Running")],
    ["failed", t("Failed")],
    ["favorite", t("Favourites")],
  ];
  const named = (list: { name: string; count: number }[] | undefined) =>
    (list ?? []).map(({ name, count }) => ({ value: name, label: `${name} (${count})` }));
  return (
    <Page title={t("Dags")} lead={<span className="text-faint tabular-nums">{dags.data?.total}</span>}>
      <ImportErrorsNotice />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField
          value={address["q"] ?? ""}
          onChange={search}
          label={t("Search Dags")}
          className="w-full sm:w-64"
        />
        <Segments<Show>
          label={t("Which Dags")}
          value={show}
          onChange={(value) => change({ show: value === "all" ? undefined : value, offset: undefined })}
          options={shows.map(([value, label]) => ({ value, label, count: facets?.counts[value] }))}
        />
        <FilterMenu
          title={t("Tag")}
          value={address["tag"] ?? ""}
          options={named(facets?.tags)}
          onChange={(tag) => change({ tag, offset: undefined })}
        />
        <FilterMenu
          title={t("Owner")}
          value={address["owner"] ?? ""}
          options={named(facets?.owners)}
          onChange={(owner) => change({ owner, offset: undefined })}
        />
      </div>
      <Loaded query={dags} rows={12}>
        {({ dags: rows, total }) =>
          rows.length === 0 ? (
            <NoDags filtered={Object.keys(address).length > 0} />
          ) : (
            <>
              <DagTable rows={rows} sort={address["sort"] ?? "name"} onSort={(sort) => change({ sort })} />
              <Pager limit={pageSize} total={total} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoDags({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  if (filtered) return <Empty icon="filter" title={t("No Dag fits")} />;
  return (
    <Empty icon="dags" title={t("There is no Dag yet")}>
      {t("Save a file that defines one in the Dags folder: it shows up here in under a second.")}
    </Empty>
  );
}

function DagTable({
  rows,
  sort,
  onSort,
}: {
  rows: readonly DagListItem[];
  sort: string;
  onSort: (sort: string) => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const [triggering, setTriggering] = useState<string | null>(null);
  const pause = useAct(
    (dag: DagListItem) => setPaused(dag.dagId, !dag.isPaused),
    (dag) =>
      dag.isPaused ? t("{{dag}} is active", { dag: dag.dagId }) : t("{{dag}} is paused", { dag: dag.dagId }),
  );
  const favorite = useAct((dag: DagListItem) => setFavorite(dag.dagId, !dag.isFavorite));
  const columns: Column<DagListItem>[] = [
    {
      id: "active",
      label: t("Active"),
      quiet: true,
      className: "w-10 pr-0",
      cell: (dag) => (
        <Switch
          checked={!dag.isPaused}
          disabled={!may("edit", "DAGs")}
          onChange={() => pause.mutate(dag)}
          label={
            dag.isPaused ? t("Unpause {{dag}}", { dag: dag.dagId }) : t("Pause {{dag}}", { dag: dag.dagId })
          }
        />
      ),
    },
    { id: "name", label: t("Dag"), sort: ["name", "-name"], cell: (dag) => <DagName dag={dag} /> },
    {
      id: "runs",
      label: t("Recent runs"),
      cell: (dag) => <RunBars dagId={dag.dagId} runs={dag.recentRuns} />,
    },
    {
      id: "last",
      label: t("Last run"),
      sort: ["-last", "last"],
      wide: true,
      cell: (dag) => {
        const last = dag.recentRuns.at(-1);
        if (last === undefined) return <span className="text-faint">–</span>;
        return (
          <Link
            to={paths.run(dag.dagId, last.runId)}
            className="inline-flex items-center gap-1.5 hover:underline"
          >
            <StateIcon state={last.state} size={14} />
            <Time at={last.startDate ?? last.runAfter} relative />
          </Link>
        );
      },
    },
    {
      id: "schedule",
      label: t("Schedule"),
      wide: true,
      cell: (dag) =>
        dag.schedule === null || dag.schedule === "None" ? (
          <span className="text-faint">–</span>
        ) : (
          <span title={dag.scheduleWords ?? ""} className="font-mono text-xs text-soft">
            {dag.schedule}
          </span>
        ),
    },
    {
      id: "next",
      label: t("Next run"),
      sort: ["next", "next"],
      wide: true,
      cell: (dag) => <Time at={dag.nextRun} relative />,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      className: "w-20 whitespace-nowrap",
      cell: (dag) => (
        <>
          <IconButton
            icon="star"
            filled={dag.isFavorite}
            aria-pressed={dag.isFavorite}
            className={dag.isFavorite ? "text-[var(--s-up_for_retry)]" : ""}
            label={dag.isFavorite ? t("No favourite any more") : t("Make it a favourite")}
            onClick={() => favorite.mutate(dag)}
          />
          {may("create", "DAG Runs") ? (
            <IconButton
              icon="play"
              label={t("Trigger {{dag}}", { dag: dag.dagId })}
              onClick={() => setTriggering(dag.dagId)}
            />
          ) : null}
        </>
      ),
    },
  ];
  return (
    <>
      <Table
        label={t("Dags")}
        columns={columns}
        rows={rows}
        keyOf={(dag) => dag.dagId}
        sort={sort}
        onSort={onSort}
      />
      {triggering === null ? null : <TriggerDialog dagId={triggering} onClose={() => setTriggering(null)} />}
    </>
  );
}

function DagName({ dag }: { dag: DagListItem }) {
  const { t } = useTranslation();
  return (
    <div className="min-w-0">
      <div className="flex items-center gap-1.5">
        <Link to={paths.dag(dag.dagId)} className="font-medium break-all hover:underline">
          {dag.displayName}
        </Link>
        {dag.hasImportErrors ? (
          <span
            title={t("Its file does not import; the last good version runs")}
            className="text-danger-text"
          >
            <Icon name="alert" size={14} />
          </span>
        ) : null}
        {dag.language === "python" ? (
          <span title="Python" className="text-faint">
            <Icon name="python" size={14} />
          </span>
        ) : null}
      </div>
      <div className="mt-0.5 flex flex-wrap items-center gap-1">
        {dag.tags.map((tag) => (
          <Link
            key={tag}
            to={`/dags?tag=${encodeURIComponent(tag)}`}
            className="rounded bg-sunken px-1.5 text-2xs text-soft hover:text-ink"
          >
            {tag}
          </Link>
        ))}
        {dag.description ? (
          <span className="hidden max-w-md truncate text-xs text-faint lg:inline">{dag.description}</span>
        ) : null}
      </div>
    </div>
  );
}
