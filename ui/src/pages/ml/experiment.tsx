/** One experiment, or several beside each other: their runs as a table and as curves, and what is said of them. */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session.ts";
import { tagExperiment, useExperiment } from "../../api/tracking.ts";
import type { ExperimentItem } from "../../api/tracking-types.ts";
import { paths } from "../../components/link.tsx";
import { Failure, Loading, Page, Tabs } from "../../components/page.tsx";
import { Time } from "../../components/time.tsx";
import { Facts } from "../grid-side.tsx";
import { Description } from "./description.tsx";
import { ExperimentMenu } from "./experiments.tsx";
import { RunsView } from "./runs-view.tsx";
import { TagChips, TagsEditor } from "./tags.tsx";

const LoggedModels = lazy(() =>
  import("./logged-models.tsx").then(({ LoggedModels }) => ({ default: LoggedModels })),
);
const Traces = lazy(() => import("./traces.tsx").then(({ Traces }) => ({ default: Traces })));

const noteTag = "mlflow.note.content";

export function View() {
  const { t } = useTranslation();
  const { experimentId = "", tab = "runs" } = useParams({ strict: false }) as {
    experimentId?: string;
    tab?: string;
  };
  const ids = experimentId.split(",").filter((id) => id !== "");
  const first = useExperiment(ids[0] ?? "");
  const crumbs = [{ label: t("Experiments"), to: paths.experiments }];
  if (first.data === undefined)
    return (
      <Page title={t("Experiment")} crumbs={crumbs}>
        {first.error ? <Failure error={first.error} retry={() => void first.refetch()} /> : <Loading />}
      </Page>
    );
  const experiment = first.data;
  const isOne = ids.length === 1;
  const tabs = [
    { id: "runs", label: t("Runs"), icon: "list" as const },
    { id: "charts", label: t("Charts"), icon: "chart" as const },
    { id: "logged-models", label: t("Logged models"), icon: "cube" as const },
    { id: "traces", label: t("Traces"), icon: "graph" as const },
    { id: "details", label: t("Details"), icon: "info" as const },
  ].map((one) => ({ ...one, to: paths.experiment(experimentId, one.id === "runs" ? "" : one.id) }));
  const fill = tab === "runs" || tab === "charts";
  return (
    <Page
      title={isOne ? experiment.name : t("{{count}} experiments", { count: ids.length })}
      crumbs={crumbs}
      lead={isOne ? <Lead experiment={experiment} /> : null}
      actions={isOne ? <ExperimentMenu experiment={experiment} /> : null}
      tabs={
        <Tabs
          label={t("Views of the experiment")}
          active={tab}
          tabs={isOne ? tabs : tabs.filter(({ id }) => id === "runs" || id === "charts")}
        />
      }
      fill={fill}
    >
      {fill ? (
        <RunsView key={experimentId} ids={ids} as={tab === "charts" ? "charts" : "table"} />
      ) : tab === "logged-models" ? (
        <Suspense fallback={<Loading />}>
          <LoggedModels experimentId={experiment.experimentId} />
        </Suspense>
      ) : tab === "traces" ? (
        <Suspense fallback={<Loading />}>
          <Traces experimentId={experiment.experimentId} />
        </Suspense>
      ) : (
        <Details experiment={experiment} />
      )}
    </Page>
  );
}

function Lead({ experiment }: { experiment: ExperimentItem }) {
  const { t } = useTranslation();
  return (
    <span className="flex flex-wrap items-center gap-3 text-xs text-soft">
      {experiment.lifecycleStage === "deleted" ? (
        <span className="rounded bg-danger-soft px-1.5 py-0.5 font-medium text-danger-text">
          {t("deleted")}
        </span>
      ) : null}
      <span className="tabular-nums">ID {experiment.experimentId}</span>
      <TagChips tags={experiment.tags} />
    </span>
  );
}

function Details({ experiment }: { experiment: ExperimentItem }) {
  const { t } = useTranslation();
  const may = useMay();
  const { experimentId, tags, lifecycleStage } = experiment;
  const mayEdit = may("edit", "Experiments") && lifecycleStage === "active";
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
      <Description
        text={tags.find(({ key }) => key === noteTag)?.value ?? ""}
        save={mayEdit ? (text) => tagExperiment(experimentId, noteTag, text) : null}
      />
      <section className="card flex flex-col gap-4 p-4">
        <Facts
          facts={[
            ["ID", experimentId],
            [t("Created"), <Time key="c" at={experiment.creationTime} style="full" />],
            [t("Changed"), <Time key="u" at={experiment.lastUpdateTime} style="full" />],
            [
              t("Artifacts"),
              <span key="a" className="font-mono text-xs break-all">
                {experiment.artifactLocation}
              </span>,
            ],
          ]}
        />
        <div>
          <h2 className="mb-2 font-semibold">{t("Tags")}</h2>
          <TagsEditor
            tags={tags}
            save={mayEdit ? (key, value) => tagExperiment(experimentId, key, value) : null}
          />
        </div>
      </section>
    </div>
  );
}
