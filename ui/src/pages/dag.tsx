/** One Dag: its head with what can be done, and a tab for each way to look at it. */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { setPaused } from "../api/actions.ts";
import { useAct, useDag } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { DagHeader } from "../api/types.ts";
import { Button, Switch } from "../components/button.tsx";
import { Icon } from "../components/icons.tsx";
import { paths } from "../components/link.tsx";
import { Failure, Loading, Page, type Tab, Tabs } from "../components/page.tsx";
import { StateBadge } from "../components/state.tsx";
import { Time } from "../components/time.tsx";
import { FavoriteButton } from "./favorite-button.tsx";
import { TriggerDialog } from "./trigger-dialog.tsx";

const views = {
  grid: lazy(() => import("./dag-grid.tsx").then(({ DagGrid }) => ({ default: DagGrid }))),
  graph: lazy(() => import("./dag-graph.tsx").then(({ DagGraph }) => ({ default: DagGraph }))),
  runs: lazy(() => import("./dag-runs.tsx").then(({ DagRuns }) => ({ default: DagRuns }))),
  tasks: lazy(() => import("./dag-tasks.tsx").then(({ DagTasks }) => ({ default: DagTasks }))),
  calendar: lazy(() => import("./dag-calendar.tsx").then(({ DagCalendar }) => ({ default: DagCalendar }))),
  durations: lazy(() =>
    import("./dag-durations.tsx").then(({ DagDurations }) => ({ default: DagDurations })),
  ),
  backfills: lazy(() =>
    import("./dag-backfills.tsx").then(({ DagBackfills }) => ({ default: DagBackfills })),
  ),
  partitions: lazy(() =>
    import("./dag-partitions.tsx").then(({ DagPartitions }) => ({ default: DagPartitions })),
  ),
  code: lazy(() => import("./dag-code.tsx").then(({ DagCode }) => ({ default: DagCode }))),
  events: lazy(() => import("./dag-events.tsx").then(({ DagEvents }) => ({ default: DagEvents }))),
  details: lazy(() => import("./dag-details.tsx").then(({ DagDetails }) => ({ default: DagDetails }))),
} as const;

type TabId = keyof typeof views;
/** Views that take the whole height and scroll inside. */
const filling: ReadonlySet<TabId> = new Set(["grid", "graph", "code"]);

export function View() {
  const { t } = useTranslation();
  const { dagId = "", tab = "grid" } = useParams({ strict: false }) as { dagId?: string; tab?: string };
  const dag = useDag(dagId);
  const id = (tab in views ? tab : "grid") as TabId;
  if (dag.data === undefined)
    return (
      <Page title={dagId} crumbs={[{ label: t("Dags"), to: paths.dags }]}>
        {dag.error ? <Failure error={dag.error} retry={() => void dag.refetch()} /> : <Loading />}
      </Page>
    );
  const Shown = views[id];
  return (
    <Page
      title={dag.data.displayName}
      crumbs={[{ label: t("Dags"), to: paths.dags }]}
      lead={<Lead dag={dag.data} />}
      actions={<Actions dag={dag.data} />}
      tabs={<DagTabs dag={dag.data} active={id} />}
      fill={filling.has(id)}
    >
      <Suspense fallback={<Loading />}>
        <Shown dag={dag.data} />
      </Suspense>
    </Page>
  );
}

function Lead({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const last = dag.recentRuns.at(-1);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
      {last === undefined ? null : <StateBadge state={last.state} small />}
      {dag.schedule === null || dag.schedule === "None" ? null : (
        <span className="inline-flex items-center gap-1.5" title={dag.scheduleWords ?? ""}>
          <Icon name="clock" size={14} />
          <span className="font-mono">{dag.schedule}</span>
        </span>
      )}
      {dag.nextRun === null ? null : (
        <span>
          {t("next")} <Time at={dag.nextRun} relative />
        </span>
      )}
      {dag.hasImportErrors ? (
        <span className="inline-flex items-center gap-1 font-medium text-danger-text">
          <Icon name="alert" size={14} />
          {t("Its file does not import; the last good version runs")}
        </span>
      ) : null}
    </div>
  );
}

function Actions({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const may = useMay();
  const [triggering, setTriggering] = useState(false);
  const pause = useAct(
    (isPaused: boolean) => setPaused(dag.dagId, isPaused),
    (isPaused) =>
      isPaused ? t("{{dag}} is paused", { dag: dag.dagId }) : t("{{dag}} is active", { dag: dag.dagId }),
  );
  return (
    <>
      <span className="flex items-center gap-2 text-xs text-soft">
        {dag.isPaused ? t("Paused") : t("Active")}
        <Switch
          checked={!dag.isPaused}
          disabled={!may("edit", "DAGs")}
          onChange={(active) => pause.mutate(!active)}
          label={
            dag.isPaused ? t("Unpause {{dag}}", { dag: dag.dagId }) : t("Pause {{dag}}", { dag: dag.dagId })
          }
        />
      </span>
      <FavoriteButton dagId={dag.dagId} isFavorite={dag.isFavorite} />
      {may("create", "DAG Runs") ? (
        <Button kind="primary" icon="play" onClick={() => setTriggering(true)}>
          {t("Trigger")}
        </Button>
      ) : null}
      {triggering ? <TriggerDialog dagId={dag.dagId} onClose={() => setTriggering(false)} /> : null}
    </>
  );
}

function DagTabs({ dag: { dagId, isPartitioned }, active }: { dag: DagHeader; active: TabId }) {
  const { t } = useTranslation();
  const names: [TabId, string, Tab["icon"]][] = [
    ["grid", t("Grid"), "grid"],
    ["graph", t("Graph"), "graph"],
    ["runs", t("Runs"), "runs"],
    ["tasks", t("Tasks"), "list"],
    ["calendar", t("Calendar"), "calendar"],
    ["durations", t("Durations"), "chart"],
    ["backfills", t("Backfills"), "history"],
    ...(isPartitioned
      ? [["partitions", t("Partitions"), "assets"] satisfies [TabId, string, Tab["icon"]]]
      : []),
    ["code", t("Code"), "code"],
    ["events", t("Audit log"), "note"],
    ["details", t("Details"), "info"],
  ];
  const tabs = names.map(([id, label, icon]) => ({
    id,
    label,
    ...(icon === undefined ? {} : { icon }),
    to: paths.dag(dagId, id === "grid" ? "" : id),
  }));
  return <Tabs tabs={tabs} active={active} label={t("Views of the Dag")} />;
}
