/** The history of the best value, what each parameter matters, and what trials reported on their way. */
import type { EChartsOption } from "echarts";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useImportance } from "../../api/tracking.ts";
import type { Study, Trial } from "../../api/tracking-types.ts";
import { Curves } from "../../components/curves.tsx";
import { type ChartLook, EChart } from "../../components/echart.tsx";
import { isDashed, numberOf, numberText, seriesColor } from "../../components/numbers.ts";
import { Empty } from "../../components/page.tsx";
import { Facts } from "../grid-side.tsx";
import type { StudyViewProps } from "./study.tsx";
import { bestTrial, completeTrials, isBetter, valueOf } from "./trial-values.ts";

export function StudyOverview({ study, trials, target }: StudyViewProps) {
  const { t } = useTranslation();
  const complete = useMemo(() => completeTrials(trials, target), [trials, target]);
  const best = bestTrial(study, trials, target);
  if (complete.length === 0) return <Empty icon="target" title={t("No trial is complete yet")} />;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <section className="card p-4">
          <h2 className="mb-1 font-semibold">{t("How the best value came about")}</h2>
          <History study={study} complete={complete} target={target} />
        </section>
        <Reported trials={trials} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        {best === null ? null : (
          <section className="card p-4" aria-label={t("Best trial")}>
            <h2 className="mb-2 font-semibold">
              {t("Best trial")} · {t("number {{number}}", { number: best.number })}
            </h2>
            <p className="mb-3 text-xl font-semibold tabular-nums" data-best={best.number}>
              {numberText(best.values?.[target])}
            </p>
            <Facts facts={Object.entries(best.params).map(([name, value]) => [name, paramText(value)])} />
          </section>
        )}
        <Importance study={study} target={target} count={complete.length} />
        <section className="card p-4">
          <h2 className="mb-2 font-semibold">{t("Details")}</h2>
          <Facts
            facts={[
              [t("Sampler"), kindOf(study.sampler)],
              [t("Pruner"), kindOf(study.pruner)],
              [t("Seed"), String(study.seed)],
              [t("Trials at most"), study.n_trials === null ? "–" : String(study.n_trials)],
            ]}
          />
        </section>
      </div>
    </div>
  );
}

export const paramText = (value: unknown): string =>
  typeof value === "number" ? numberText(value) : String(value);

/** "tpe", or an object with its kind. */
function kindOf(value: Study["sampler"]): string {
  if (typeof value === "string") return value;
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    return String(value["kind"] ?? "–");
  return "–";
}

function History({ study, complete, target }: { study: Study; complete: readonly Trial[]; target: number }) {
  const { t } = useTranslation();
  const direction = study.directions[target] ?? "minimize";
  const option = useCallback(
    (look: ChartLook): EChartsOption => {
      let best = Number.NaN;
      const line = complete.map((trial) => {
        const value = valueOf(trial, target);
        if (Number.isNaN(best) || isBetter(value, best, direction)) best = value;
        return [trial.number, best];
      });
      return {
        grid: { left: 60, right: 20, top: 34, bottom: 44 },
        legend: { top: 0, textStyle: { color: look.color("--ink-soft") } },
        tooltip: look.tooltip,
        xAxis: { ...look.axis, type: "value", name: t("Trial"), minInterval: 1 },
        yAxis: { ...look.axis, type: "value", scale: true },
        series: [
          {
            type: "scatter",
            name: t("Value"),
            symbolSize: 6,
            itemStyle: { color: look.color("--s-queued"), opacity: 0.75 },
            data: complete.map((trial) => [trial.number, valueOf(trial, target)]),
          },
          {
            type: "line",
            name: t("Best so far"),
            step: "end",
            showSymbol: false,
            lineStyle: { color: look.color("--accent"), width: 2 },
            itemStyle: { color: look.color("--accent") },
            data: line,
          },
        ],
      } as EChartsOption;
    },
    [complete, target, direction, t],
  );
  return <EChart label={t("How the best value came about")} height={300} option={option} />;
}

const neededForImportance = 2;

function Importance({ study, target, count }: { study: Study; target: number; count: number }) {
  const { t } = useTranslation();
  const { data } = useImportance(study.name, target, count >= neededForImportance);
  const entries = Object.entries(data?.importance ?? {});
  if (entries.length === 0) return null;
  return (
    <section className="card p-4" aria-label={t("Importance of parameters")}>
      <h2 className="mb-2 font-semibold">{t("Importance of parameters")}</h2>
      <ul className="flex flex-col gap-1.5">
        {entries.map(([name, share]) => (
          <li key={name} className="grid grid-cols-[minmax(0,7rem)_1fr_2.5rem] items-center gap-2 text-xs">
            <span className="truncate" title={name}>
              {name}
            </span>
            <span className="h-3 rounded-sm bg-sunken">
              <span
                className="block h-full rounded-sm bg-accent"
                style={{ width: `${Math.max(0.5, share * 100)}%` }}
              />
            </span>
            <span className="text-right tabular-nums">{Math.round(share * 100)} %</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const mostLines = 100;
const options = { axis: "step", logX: false, logY: false, smoothing: 0 } as const;

/** The newest trials that reported values before they ended. */
function Reported({ trials }: { trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const curves = useMemo(
    () =>
      trials
        .filter(({ reports }) => reports.length > 1)
        .slice(-mostLines)
        .map((trial) => ({
          id: String(trial.number),
          label: `${trial.number}`,
          color: trial.state === "pruned" ? "--s-removed" : seriesColor(trial.number),
          dashed: isDashed(trial.number),
          xs: trial.reports.map(({ step }) => step),
          ys: trial.reports.map(({ value }) => numberOf(value)),
        })),
    [trials],
  );
  if (curves.length === 0) return null;
  return (
    <section className="card p-4">
      <h2 className="mb-1 font-semibold">{t("Reported on the way")}</h2>
      <Curves label={t("Reported on the way")} curves={curves} options={options} height={240} />
    </section>
  );
}
