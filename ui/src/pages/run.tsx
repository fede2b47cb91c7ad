/** One run: what failed, every task instance, the tries over time, and its facts. */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useRun } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { RunDetail } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { Link, paths } from "../components/link.tsx";
import { Failure, Loading, Page, type Tab, Tabs } from "../components/page.tsx";
import { StateBadge, StateBar } from "../components/state.tsx";
import { Duration, Time } from "../components/time.tsx";
import { FailureList } from "./failure-list.tsx";
import { RunActions } from "./run-actions.tsx";

const views = {
  tasks: lazy(() => import("./run-tasks.tsx").then(({ RunTasks }) => ({ default: RunTasks }))),
  graph: lazy(() => import("./run-graph.tsx").then(({ RunGraph }) => ({ default: RunGraph }))),
  gantt: lazy(() => import("./run-gantt.tsx").then(({ RunGantt }) => ({ default: RunGantt }))),
  tracked: lazy(() => import("./run-tracked.tsx").then(({ RunTracked }) => ({ default: RunTracked }))),
  events: lazy(() => import("./run-events.tsx").then(({ RunEvents }) => ({ default: RunEvents }))),
  details: lazy(() => import("./run-details.tsx").then(({ RunDetails }) => ({ default: RunDetails }))),
} as const;
type TabId = keyof typeof views;

export function View() {
  const { t } = useTranslation();
  const params = useParams({ strict: false }) as { dagId?: string; runId?: string; tab?: string };
  const { dagId = "", runId = "", tab = "tasks" } = params;
  const id = (tab in views ? tab : "tasks") as TabId;
  const run = useRun(dagId, runId);
  const crumbs = [
    { label: t("Dags"), to: paths.dags },
    { label: dagId, to: paths.dag(dagId) },
  ];
  if (run.data === undefined)
    return (
      <Page title={runId} crumbs={crumbs}>
        {run.error ? <Failure error={run.error} retry={() => void run.refetch()} /> : <Loading />}
      </Page>
    );
  const Shown = views[id];
  return (
    <Page
      title={runId}
      crumbs={crumbs}
      lead={<Lead run={run.data} />}
      actions={<RunActions run={run.data} />}
      tabs={<RunTabs dagId={dagId} runId={runId} active={id} />}
      fill={id === "graph"}
    >
      {id === "graph" ? null : (
        <div className="mb-4 flex flex-col gap-3">
          <StateBar counts={run.data.counts} height={8} />
          <FailureList run={run.data} />
          {run.data.note === null ? null : (
            <p className="rounded-md border-l-2 border-accent bg-sunken px-3 py-2 whitespace-pre-wrap">
              {run.data.note}
            </p>
          )}
        </div>
      )}
      <Suspense fallback={<Loading />}>
        <Shown run={run.data} />
      </Suspense>
    </Page>
  );
}

function Lead({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
      <StateBadge state={run.state} small />
      <span className="inline-flex items-center gap-1.5">
        <Icon name="clock" size={14} />
        <Time at={run.startDate ?? run.runAfter} />
      </span>
      <Duration from={run.startDate} to={run.endDate} />
      <span>{run.runType}</span>
      <span className="flex items-center gap-1">
        <Neighbour
          dagId={run.dagId}
          runId={run.previousRunId}
          label={t("The run before")}
          icon="chevronLeft"
        />
        <Neighbour dagId={run.dagId} runId={run.nextRunId} label={t("The run after")} icon="chevronRight" />
      </span>
    </div>
  );
}

function Neighbour({
  dagId,
  runId,
  label,
  icon,
}: {
  dagId: string;
  runId: string | null;
  label: string;
  icon: "chevronLeft" | "chevronRight";
}) {
  if (runId === null) return null;
  return (
    <Link
      to={paths.run(dagId, runId)}
      aria-label={label}
      title={`${label}: ${runId}`}
      className="rounded p-1 hover:bg-sunken hover:text-ink"
    >
      <Icon name={icon} size={14} />
    </Link>
  );
}

function RunTabs({ dagId, runId, active }: { dagId: string; runId: string; active: TabId }) {
  const { t } = useTranslation();
  const may = useMay();
  const names: [TabId, string, NonNullable<Tab["icon"]>][] = [
    ["tasks", t("Task instances"), "list"],
    ["graph", t("Graph"), "graph"],
    ["gantt", t("Gantt"), "chart"],
    ...(may("read", "Experiments")
      ? ([["tracked", t("Tracked runs"), "flask"]] satisfies [TabId, string, NonNullable<Tab["icon"]>][])
      : []),
    ["events", t("Audit log"), "note"],
    ["details", t("Details"), "info"],
  ];
  const tabs = names.map(([id, label, icon]) => ({
    id,
    label,
    icon,
    to: paths.run(dagId, runId, id === "tasks" ? "" : id),
  }));
  return <Tabs tabs={tabs} active={active} label={t("Views of the run")} />;
}
