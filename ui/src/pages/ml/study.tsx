/** One study: how the best value came about, what matters, and each trial; live while it searches. */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { useMay } from "../../api/session.ts";
import { deleteStudy, useStudy, useTrials } from "../../api/tracking.ts";
import type { Study, Trial } from "../../api/tracking-types.ts";
import { IconButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Select } from "../../components/field.tsx";
import { paths, useAddress, useGo } from "../../components/link.tsx";
import { Failure, Loaded, Loading, Page, Tabs } from "../../components/page.tsx";
import { StudyTrials } from "./study-trials.tsx";
import { TrialCounts } from "./trial-counts.tsx";
import { bestTrial } from "./trial-values.ts";

const StudyOverview = lazy(() =>
  import("./study-overview.tsx").then(({ StudyOverview }) => ({ default: StudyOverview })),
);
const StudyParallel = lazy(() =>
  import("./study-parallel.tsx").then(({ StudyParallel }) => ({ default: StudyParallel })),
);
const StudySlices = lazy(() =>
  import("./study-slices.tsx").then(({ StudySlices }) => ({ default: StudySlices })),
);
const StudyContour = lazy(() =>
  import("./study-contour.tsx").then(({ StudyContour }) => ({ default: StudyContour })),
);

export interface StudyViewProps {
  study: Study;
  trials: readonly Trial[];
  /** Which of several values. */
  target: number;
}

export function View() {
  const { t } = useTranslation();
  const { name = "", tab = "overview" } = useParams({ strict: false }) as { name?: string; tab?: string };
  const study = useStudy(name);
  const trials = useTrials(name);
  const crumbs = [{ label: t("Studies"), to: paths.studies }];
  if (study.data === undefined)
    return (
      <Page title={name} crumbs={crumbs}>
        {study.error ? <Failure error={study.error} retry={() => void study.refetch()} /> : <Loading />}
      </Page>
    );
  const tabs = [
    { id: "overview", label: t("Overview"), icon: "chart" as const },
    { id: "parallel", label: t("Parallel coordinates"), icon: "menu" as const },
    { id: "slices", label: t("Slices"), icon: "grid" as const },
    { id: "contour", label: t("Contour"), icon: "globe" as const },
    { id: "trials", label: t("Trials"), icon: "list" as const, count: trials.data?.total_entries },
  ].map((one) => ({ ...one, to: paths.study(name, one.id === "overview" ? "" : one.id) }));
  return (
    <Page
      title={name}
      crumbs={crumbs}
      lead={<Lead trials={trials.data?.trials ?? []} study={study.data} />}
      actions={<Actions study={study.data} />}
      tabs={<Tabs label={t("Views of the study")} active={tab} tabs={tabs} />}
    >
      <Loaded query={trials}>{({ trials }) => <Shown tab={tab} study={study.data} trials={trials} />}</Loaded>
    </Page>
  );
}

function Lead({ study, trials }: { study: Study; trials: readonly Trial[] }) {
  const counts = useMemo(() => {
    const counted: { [state in Trial["state"]]?: number } = {};
    for (const { state } of trials) counted[state] = (counted[state] ?? 0) + 1;
    return counted;
  }, [trials]);
  return (
    <span className="flex flex-wrap items-center gap-4 text-xs">
      <TrialCounts counts={counts} />
      {study.n_trials === null ? null : (
        <span className="text-faint tabular-nums">
          {trials.length} / {study.n_trials}
        </span>
      )}
    </span>
  );
}

function Actions({ study }: { study: Study }) {
  const { t } = useTranslation();
  const may = useMay();
  const go = useGo();
  const [deleting, setDeleting] = useState(false);
  const remove = useAct(
    async () => {
      await deleteStudy(study.name);
      go(paths.studies);
    },
    t("{{name}} was deleted", { name: study.name }),
  );
  if (!may("delete", "Experiments")) return null;
  return (
    <>
      <IconButton icon="trash" label={t("Delete the study")} onClick={() => setDeleting(true)} />
      {deleting ? (
        <Confirm
          title={t("Delete {{name}}?", { name: study.name })}
          act={t("Delete")}
          onClose={() => setDeleting(false)}
          onConfirm={() => remove.mutate(undefined)}
        >
          {t("Its trials go with it; this cannot be undone.")}
        </Confirm>
      ) : null}
    </>
  );
}

function Shown({ tab, study, trials }: { tab: string; study: Study; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const target = Math.min(study.directions.length - 1, Math.max(0, Number(address["target"] ?? 0) || 0));
  const props = { study, trials, target };
  const best = bestTrial(study, trials, target);
  const Tab = {
    overview: StudyOverview,
    parallel: StudyParallel,
    slices: StudySlices,
    contour: StudyContour,
  }[tab];
  return (
    <div className="flex flex-col gap-4">
      {study.directions.length === 1 ? null : (
        <div>
          <Select
            label={t("Which value")}
            value={String(target)}
            options={study.directions.map((direction, index) => ({
              value: String(index),
              label: `${t("Value {{number}}", { number: index })} · ${direction === "minimize" ? t("minimise") : t("maximise")}`,
            }))}
            onChange={(next) => change({ target: next === "0" ? undefined : next })}
          />
        </div>
      )}
      <Suspense fallback={<Loading />}>
        {Tab === undefined ? <StudyTrials {...props} best={best} /> : <Tab {...props} />}
      </Suspense>
    </div>
  );
}
