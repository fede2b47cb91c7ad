/** One tracked run: what was set and measured, where it came from, what it made. */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { useMay } from "../../api/session.ts";
import { renameRun, runAction, useTrackedRun } from "../../api/tracking.ts";
import type { RunPage } from "../../api/tracking-types.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Icon } from "../../components/icons.tsx";
import { paths, useGo } from "../../components/link.tsx";
import { Menu, MenuItem } from "../../components/menu.tsx";
import { Failure, Loading, Page, Tabs } from "../../components/page.tsx";
import { Duration, Time } from "../../components/time.tsx";
import { LineageLink } from "../lineage/lineage-link.tsx";
import { NameDialog } from "./name-dialog.tsx";
import { RegisterDialog } from "./register-dialog.tsx";
import { RunOverview } from "./run-overview.tsx";
import { StatusBadge } from "./run-status.tsx";

const RunMetrics = lazy(() =>
  import("./run-metrics.tsx").then(({ RunMetrics }) => ({ default: RunMetrics })),
);
const Artifacts = lazy(() => import("./artifacts.tsx").then(({ Artifacts }) => ({ default: Artifacts })));
const Traces = lazy(() => import("./traces.tsx").then(({ Traces }) => ({ default: Traces })));

export function View() {
  const { t } = useTranslation();
  const { runId = "", tab = "overview" } = useParams({ strict: false }) as { runId?: string; tab?: string };
  const query = useTrackedRun(runId);
  const crumbs = [{ label: t("Experiments"), to: paths.experiments }];
  if (query.data === undefined)
    return (
      <Page title={runId} crumbs={crumbs}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading />}
      </Page>
    );
  const run = query.data;
  const to = (id: string): string => paths.trackedRun(run.experimentId, run.runId, id);
  return (
    <Page
      title={run.name}
      crumbs={[
        ...crumbs,
        { label: run.experimentName, to: paths.experiment(run.experimentId) },
        ...(run.parent === null
          ? []
          : [{ label: run.parent.name, to: paths.trackedRun(run.experimentId, run.parent.runId) }]),
      ]}
      lead={<Lead run={run} />}
      actions={
        <>
          <LineageLink kind="run" id={run.runId} />
          <Actions run={run} />
        </>
      }
      tabs={
        <Tabs
          label={t("Views of the run")}
          active={tab}
          tabs={[
            { id: "overview", label: t("Overview"), icon: "info", to: to("") },
            {
              id: "metrics",
              label: t("Metrics"),
              icon: "chart",
              to: to("metrics"),
              count: run.metrics.length,
            },
            { id: "artifacts", label: t("Artifacts"), icon: "assets", to: to("artifacts") },
            { id: "traces", label: t("Traces"), icon: "graph", to: to("traces") },
          ]}
        />
      }
      fill={tab === "artifacts"}
    >
      <Suspense fallback={<Loading />}>
        {tab === "metrics" ? (
          <RunMetrics run={run} />
        ) : tab === "traces" ? (
          <Traces experimentId={run.experimentId} runId={run.runId} />
        ) : tab === "artifacts" ? (
          <Artifacts uri={run.artifactUri} subject={`run:${run.runId}`} models={run.models} />
        ) : (
          <RunOverview run={run} />
        )}
      </Suspense>
    </Page>
  );
}

function Lead({ run }: { run: RunPage }) {
  const { t } = useTranslation();
  const started = run.startTime === 0 ? null : run.startTime;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
      <StatusBadge status={run.status} />
      {run.lifecycleStage === "deleted" ? (
        <span className="rounded bg-danger-soft px-1.5 py-0.5 font-medium text-danger-text">
          {t("deleted")}
        </span>
      ) : null}
      <span className="inline-flex items-center gap-1.5">
        <Icon name="clock" size={14} />
        <Time at={started} />
      </span>
      <Duration from={started} to={run.status === "RUNNING" ? run.endTime : (run.endTime ?? started)} />
      {run.userId === "" ? null : (
        <span className="inline-flex items-center gap-1.5">
          <Icon name="user" size={14} />
          {run.userId}
        </span>
      )}
    </div>
  );
}

function Actions({ run }: { run: RunPage }) {
  const { t } = useTranslation();
  const may = useMay();
  const go = useGo();
  const [asking, setAsking] = useState<"register" | "rename" | "delete" | null>(null);
  const act = useAct(
    async (what: "delete" | "restore") => {
      await runAction(run.runId, what);
      if (what === "delete") go(paths.experiment(run.experimentId));
    },
    (what) => (what === "delete" ? t("The run was deleted") : t("The run was restored")),
  );
  const rename = useAct((name: string) => renameRun(run.runId, name), t("The run was renamed"));
  const close = (): void => setAsking(null);
  const isActive = run.lifecycleStage === "active";
  return (
    <>
      {isActive && may("create", "Registered Models") ? (
        <Button icon="cube" onClick={() => setAsking("register")}>
          {t("Register a model")}
        </Button>
      ) : null}
      {may("edit", "Experiments") ? (
        isActive ? (
          <Menu trigger={<IconButton icon="more" label={t("Actions")} />}>
            <MenuItem icon="edit" onSelect={() => setAsking("rename")}>
              {t("Rename")}
            </MenuItem>
            <MenuItem icon="trash" danger onSelect={() => setAsking("delete")}>
              {t("Delete")}
            </MenuItem>
          </Menu>
        ) : (
          <Button icon="history" onClick={() => act.mutate("restore")}>
            {t("Restore")}
          </Button>
        )
      ) : null}
      {asking === "register" ? <RegisterDialog run={run} onClose={close} /> : null}
      {asking === "rename" ? (
        <NameDialog
          title={t("Rename")}
          act={t("Save")}
          name={run.name}
          onClose={close}
          onSave={(name) => rename.mutateAsync(name)}
        />
      ) : null}
      {asking === "delete" ? (
        <Confirm
          title={t("Delete {{name}}?", { name: run.name })}
          act={t("Delete")}
          onClose={close}
          onConfirm={() => act.mutate("delete")}
        >
          {t("It can be restored.")}
        </Confirm>
      ) : null}
    </>
  );
}
