/** Two parameters and the result as a surface between the trials. */
import type { EChartsOption } from "echarts";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type ChartLook, EChart } from "../../components/echart.tsx";
import { Select } from "../../components/field.tsx";
import { useAddress } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Empty } from "../../components/page.tsx";
import type { StudyViewProps } from "./study.tsx";
import { type Surface, surfaceOf } from "./surface.ts";
import { completeTrials, isCategorical, isLog, paramNames, valueOf } from "./trial-values.ts";

export function StudyContour({ study, trials, target }: StudyViewProps) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const complete = useMemo(() => completeTrials(trials, target), [trials, target]);
  const numeric = useMemo(
    () => paramNames(study, trials).filter((name) => !isCategorical(study, trials, name)),
    [study, trials],
  );
  const x = numeric.find((name) => name === address["cx"]) ?? numeric[0];
  const y =
    numeric.find((name) => name === address["cy"] && name !== x) ?? numeric.find((name) => name !== x);
  const surface = useMemo(() => {
    if (x === undefined || y === undefined) return null;
    const points = complete.flatMap(({ params, ...trial }) => {
      const [px, py] = [params[x], params[y]];
      if (typeof px !== "number" || typeof py !== "number") return [];
      return [{ x: px, y: py, value: valueOf({ params, ...trial }, target) }];
    });
    return surfaceOf(points, isLog(study, x), isLog(study, y));
  }, [study, complete, target, x, y]);
  const option = useCallback(
    (look: ChartLook): EChartsOption =>
      surface === null ? {} : contourOption(surface, x ?? "", y ?? "", look),
    [surface, x, y],
  );
  if (x === undefined || y === undefined)
    return <Empty icon="chart" title={t("There are not two numeric parameters")} />;
  if (surface === null) return <Empty icon="target" title={t("No trial is complete yet")} />;
  const options = numeric.map((name) => ({ value: name, label: name }));
  return (
    <section className="card p-3">
      <div className="mb-2 flex flex-wrap gap-2">
        <Select label={t("Horizontal axis")} value={x} options={options} onChange={(cx) => change({ cx })} />
        <Select label={t("Vertical axis")} value={y} options={options} onChange={(cy) => change({ cy })} />
      </div>
      <EChart label={t("{{x}} and {{y}} against the value", { x, y })} height={440} option={option} />
      <p className="mt-1 text-xs text-faint">
        {t("Points are trials; between them the surface is guessed from the nearest ones.")}
      </p>
    </section>
  );
}

function contourOption(surface: Surface, x: string, y: string, look: ChartLook): EChartsOption {
  const cells = { type: "category" as const, show: false };
  const numeric = (name: string, isLog: boolean, [min, max]: readonly [number, number]) => ({
    ...look.axis,
    type: isLog ? ("log" as const) : ("value" as const),
    name,
    min,
    max,
    splitLine: { show: false },
  });
  return {
    grid: { left: 70, right: 84, top: 20, bottom: 50 },
    tooltip: look.tooltip,
    // The cells lie on axes of their own, the trials on those that one sees.
    xAxis: [
      { ...cells, data: surface.columns },
      { ...numeric(x, surface.logX, surface.rangeX), position: "bottom" },
    ],
    yAxis: [
      { ...cells, data: surface.rows },
      { ...numeric(y, surface.logY, surface.rangeY), position: "left", nameGap: 50 },
    ],
    visualMap: {
      type: "continuous",
      seriesIndex: 0,
      calculable: true,
      itemHeight: 260,
      formatter: (value: number) => numberText(value),
      min: surface.low,
      max: surface.high,
      dimension: 2,
      right: 0,
      top: "middle",
      textStyle: { color: look.color("--ink-soft"), fontSize: 11 },
      inRange: { color: look.ramp },
    },
    series: [
      { type: "heatmap", xAxisIndex: 0, yAxisIndex: 0, data: surface.cells, emphasis: { disabled: true } },
      {
        type: "scatter",
        xAxisIndex: 1,
        yAxisIndex: 1,
        symbolSize: 6,
        itemStyle: { color: look.color("--ink"), borderColor: look.color("--surface"), borderWidth: 1 },
        data: surface.points.map((point) => [point.x, point.y, point.value]),
      },
    ],
  } as EChartsOption;
}
