import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "../../components/page.tsx";
import { ParallelChart } from "../../components/parallel-chart.tsx";
import type { StudyViewProps } from "./study.tsx";
import { choicesOf, completeTrials, isCategorical, isLog, paramNames, valueOf } from "./trial-values.ts";

/** Beyond it lines are a surface; the newest say most. */
const mostLines = 1500;

export function StudyParallel({ study, trials, target }: StudyViewProps) {
  const { t } = useTranslation();
  const complete = useMemo(() => completeTrials(trials, target).slice(-mostLines), [trials, target]);
  const names = useMemo(() => paramNames(study, trials), [study, trials]);
  const axes = useMemo(
    () => [
      ...names.map((name) => ({
        name,
        log: isLog(study, name),
        categories: isCategorical(study, complete, name) ? choicesOf(study, complete, name) : null,
      })),
      { name: t("Value"), categories: null },
    ],
    [study, complete, names, t],
  );
  const lines = useMemo(
    () =>
      complete.map((trial) => ({
        id: String(trial.number),
        name: t("Trial {{number}}", { number: trial.number }),
        values: [
          ...names.map((name) => {
            const value = trial.params[name];
            if (value === undefined || value === null) return value === null ? "null" : null;
            return typeof value === "number" && !isCategorical(study, complete, name) ? value : String(value);
          }),
          valueOf(trial, target),
        ],
      })),
    [study, complete, names, target, t],
  );
  if (lines.length === 0) return <Empty icon="target" title={t("No trial is complete yet")} />;
  return (
    <section className="card p-3">
      <ParallelChart label={t("Parallel coordinates")} axes={axes} lines={lines} />
      <p className="mt-1 text-xs text-faint">
        {t("The colour is that of the last axis. Drag along an axis to keep the lines that pass there.")}
      </p>
    </section>
  );
}
