/** Each parameter against the result. */
import type { EChartsOption } from "echarts";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Trial } from "../../api/tracking-types.ts";
import { type ChartLook, EChart } from "../../components/echart.tsx";
import { Empty } from "../../components/page.tsx";
import type { StudyViewProps } from "./study.tsx";
import { choicesOf, completeTrials, isCategorical, isLog, paramNames, valueOf } from "./trial-values.ts";

export function StudySlices(props: StudyViewProps) {
  const { t } = useTranslation();
  const { study, trials, target } = props;
  const complete = useMemo(() => completeTrials(trials, target), [trials, target]);
  if (complete.length === 0) return <Empty icon="target" title={t("No trial is complete yet")} />;
  return (
    <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
      {paramNames(study, trials).map((name) => (
        <section key={name} className="card min-w-0 p-3">
          <h2 className="truncate font-mono text-xs font-medium">{name}</h2>
          <Slice {...props} complete={complete} name={name} />
        </section>
      ))}
    </div>
  );
}

function Slice({
  study,
  target,
  complete,
  name,
}: StudyViewProps & { complete: readonly Trial[]; name: string }) {
  const { t } = useTranslation();
  const option = useCallback(
    (look: ChartLook): EChartsOption => {
      const categorical = isCategorical(study, complete, name);
      const own = complete.filter(({ params }) => name in params);
      const newest = own.at(-1)?.number ?? 1;
      return {
        grid: { left: 54, right: 14, top: 14, bottom: 30 },
        tooltip: {
          ...look.tooltip,
          formatter: (point: { dataIndex: number }) => {
            const trial = own[point.dataIndex];
            return trial === undefined
              ? ""
              : `${t("Trial {{number}}", { number: trial.number })}\n${name}: ${String(trial.params[name])}\n${valueOf(trial, target)}`;
          },
        },
        // The later a trial, the stronger its colour: one sees where the search went.
        visualMap: { show: false, dimension: 2, min: 0, max: newest, inRange: { color: look.ramp } },
        xAxis: categorical
          ? { ...look.axis, type: "category", data: choicesOf(study, complete, name) }
          : { ...look.axis, type: isLog(study, name) ? "log" : "value", scale: true },
        yAxis: { ...look.axis, type: "value", scale: true },
        series: [
          {
            type: "scatter",
            symbolSize: 7,
            data: own.map((trial) => [
              categorical ? String(trial.params[name]) : trial.params[name],
              valueOf(trial, target),
              trial.number,
            ]),
          },
        ],
      } as EChartsOption;
    },
    [study, complete, name, target, t],
  );
  return <EChart label={t("{{name}} against the value", { name })} height={230} option={option} />;
}
