import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunFacts } from "../../api/tracking-types.ts";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { Empty } from "../../components/page.tsx";
import { ParallelChart } from "../../components/parallel-chart.tsx";
import { AxisChoice } from "./axis-choice.tsx";
import { axesOf, namesIn, varies } from "./run-values.ts";

const mostAtFirst = 6;

/** One line for each run; a drag along an axis keeps the runs that pass there. */
export function CompareParallel({ runs }: { runs: readonly RunFacts[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const [kept, setKept] = useState<readonly string[] | null>(null);
  const all = useMemo(() => axesOf(runs), [runs]);
  const chosen = useMemo(() => {
    const wanted = namesIn(address["axes"]);
    if (wanted !== null) return all.filter(({ id }) => wanted.includes(id));
    const params = all.filter((axis) => axis.id.startsWith("params.") && varies(axis)).slice(0, mostAtFirst);
    const metrics = all.filter((axis) => axis.id.startsWith("metrics.") && varies(axis)).slice(0, 2);
    return [...params, ...metrics];
  }, [all, address]);
  const axes = useMemo(
    () =>
      chosen.map((axis) => ({
        name: axis.name,
        categories: axis.isNumeric
          ? null
          : [...new Set(axis.values.filter((value) => value !== null).map(String))].sort(),
      })),
    [chosen],
  );
  const lines = useMemo(
    () =>
      runs.map((run, index) => ({
        id: run.runId,
        name: run.name,
        values: chosen.map(({ values }) => values[index] ?? null),
      })),
    [runs, chosen],
  );
  return (
    <div className="flex flex-col gap-3">
      <AxisChoice
        label={t("Axes")}
        all={all}
        chosen={chosen.map(({ id }) => id)}
        onChange={(ids) => change({ axes: ids === null ? undefined : JSON.stringify(ids) })}
      />
      {axes.length < 2 ? (
        <Empty icon="chart" title={t("Choose at least two axes")} />
      ) : (
        <section className="card p-3">
          <ParallelChart label={t("Parallel coordinates")} axes={axes} lines={lines} onSelected={setKept} />
          <p className="mt-1 text-xs text-faint">
            {t("The colour is that of the last axis. Drag along an axis to keep the lines that pass there.")}
          </p>
        </section>
      )}
      {kept === null || kept.length === 0 || kept.length === runs.length ? null : (
        <p className="flex flex-wrap gap-x-3 text-sm">
          <span className="text-soft">{t("Kept:")}</span>
          {runs
            .filter(({ runId }) => kept.includes(runId))
            .map((run) => (
              <Link key={run.runId} to={paths.trackedRun(run.experimentId, run.runId)} className="link">
                {run.name}
              </Link>
            ))}
        </p>
      )}
    </div>
  );
}
