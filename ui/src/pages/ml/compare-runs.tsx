/** Runs beside each other: curves, parallel axes, points, boxes, surfaces, and what differs. */
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useComparison } from "../../api/tracking.ts";
import type { RunFacts } from "../../api/tracking-types.ts";
import { paths, useAddress } from "../../components/link.tsx";
import { Empty, Failure, Loading, Page, Tabs } from "../../components/page.tsx";
import { MetricCharts } from "./metric-charts.tsx";

const CompareParallel = lazy(() =>
  import("./compare-parallel.tsx").then(({ CompareParallel }) => ({ default: CompareParallel })),
);
const CompareScatter = lazy(() =>
  import("./compare-scatter.tsx").then(({ CompareScatter }) => ({ default: CompareScatter })),
);
const CompareBox = lazy(() =>
  import("./compare-box.tsx").then(({ CompareBox }) => ({ default: CompareBox })),
);
const CompareDiff = lazy(() =>
  import("./compare-diff.tsx").then(({ CompareDiff }) => ({ default: CompareDiff })),
);

/** MLflow's own links have JSON lists; ours have commas. */
export function idsIn(text: string | undefined): string[] {
  if (text === undefined || text === "") return [];
  if (!text.startsWith("[")) return text.split(",").filter((id) => id !== "");
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [];
  }
}

export function View() {
  const { t } = useTranslation();
  const [address] = useAddress();
  const ids = useMemo(() => idsIn(address["runs"]), [address]);
  const query = useComparison(ids);
  const tab = address["tab"] ?? "curves";
  const tabs = [
    { id: "curves", label: t("Curves"), icon: "chart" as const },
    { id: "parallel", label: t("Parallel coordinates"), icon: "menu" as const },
    { id: "scatter", label: t("Scatter"), icon: "grid" as const },
    { id: "box", label: t("Box plot"), icon: "chart" as const },
    { id: "diff", label: t("What differs"), icon: "diff" as const },
  ].map((one) => ({ ...one, to: tabAddress(address, one.id) }));
  const experiments = idsIn(address["experiments"]);
  return (
    <Page
      title={t("Compare {{count}} runs", { count: ids.length })}
      crumbs={[
        { label: t("Experiments"), to: paths.experiments },
        ...(experiments.length === 0
          ? []
          : [{ label: t("Runs"), to: paths.experiment(experiments.join(",")) }]),
      ]}
      tabs={<Tabs label={t("Ways to compare")} active={tab} tabs={tabs} />}
    >
      {ids.length < 2 ? (
        <Empty icon="diff" title={t("Choose two runs or more in an experiment")} />
      ) : query.data === undefined ? (
        query.error ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <Suspense fallback={<Loading />}>
          <Shown tab={tab} runs={query.data} />
        </Suspense>
      )}
    </Page>
  );
}

function tabAddress(address: { readonly [name: string]: string | undefined }, tab: string): string {
  const next = new URLSearchParams(
    Object.entries(address).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  next.set("tab", tab);
  return `${paths.compare}?${next}`;
}

function Shown({ tab, runs }: { tab: string; runs: readonly RunFacts[] }) {
  switch (tab) {
    case "parallel":
      return <CompareParallel runs={runs} />;
    case "scatter":
      return <CompareScatter runs={runs} />;
    case "box":
      return <CompareBox runs={runs} />;
    case "diff":
      return <CompareDiff runs={runs} />;
    default:
      return <MetricCharts runs={runs} metrics={metricsOf(runs)} />;
  }
}

export function metricsOf(runs: readonly RunFacts[]): string[] {
  return [...new Set(runs.flatMap(({ metrics }) => metrics.map(({ key }) => key)))].sort();
}
