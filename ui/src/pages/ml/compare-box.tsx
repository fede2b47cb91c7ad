/** How a metric is spread over the runs that share a parameter's value. */
import type { EChartsOption } from "echarts";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { RunFacts } from "../../api/tracking-types.ts";
import { type ChartLook, EChart } from "../../components/echart.tsx";
import { Select } from "../../components/field.tsx";
import { useAddress } from "../../components/link.tsx";
import { Empty } from "../../components/page.tsx";
import { boxOf } from "./box-numbers.ts";
import { axesOf, type RunAxis, varies } from "./run-values.ts";

export function CompareBox({ runs }: { runs: readonly RunFacts[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const { params, metrics } = useMemo(() => {
    const all = axesOf(runs);
    return {
      params: all.filter(({ id }) => id.startsWith("params.")),
      metrics: all.filter(({ id }) => id.startsWith("metrics.")),
    };
  }, [runs]);
  const by = params.find(({ id }) => id === address["by"]) ?? params.find(varies) ?? params[0];
  const of = metrics.find(({ id }) => id === address["of"]) ?? metrics[0];
  // Drawn anew with each answer, which is seldom.
  const option = (look: ChartLook): EChartsOption => (of === undefined ? {} : boxOption(by, of, look));
  if (of === undefined) return <Empty icon="chart" title={t("No metric was logged")} />;
  const named = (axes: readonly RunAxis[]) => axes.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <section className="card p-3">
      <div className="mb-2 flex flex-wrap gap-2">
        <Select
          label={t("Metric")}
          value={of.id}
          options={named(metrics)}
          onChange={(of) => change({ of })}
        />
        {by === undefined ? null : (
          <Select
            label={t("Grouped by")}
            value={by.id}
            options={named(params)}
            onChange={(by) => change({ by })}
          />
        )}
      </div>
      <EChart label={`${of.name} · ${by?.name ?? ""}`} height={400} option={option} />
    </section>
  );
}

function boxOption(by: RunAxis | undefined, of: RunAxis, look: ChartLook): EChartsOption {
  const groups = new Map<string, number[]>();
  for (const [index, value] of of.values.entries()) {
    if (typeof value !== "number") continue;
    const name = String(by?.values[index] ?? "–");
    groups.set(name, [...(groups.get(name) ?? []), value]);
  }
  const names = [...groups.keys()].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  const boxes = names.map((name) => boxOf(groups.get(name) ?? []));
  return {
    grid: { left: 64, right: 20, top: 20, bottom: 52 },
    tooltip: look.tooltip,
    xAxis: { ...look.axis, type: "category", data: names, name: by?.name ?? "" },
    yAxis: { ...look.axis, type: "value", scale: true, name: of.name, nameGap: 46 },
    series: [
      {
        type: "boxplot",
        name: of.name,
        itemStyle: { color: look.ramp[0], borderColor: look.color("--accent"), borderWidth: 1.5 },
        boxWidth: [8, 44],
        data: boxes.map(({ box }) => box),
      },
      {
        type: "scatter",
        name: of.name,
        symbolSize: 6,
        itemStyle: { color: look.color("--accent"), opacity: 0.7 },
        data: boxes.flatMap(({ outside }, index) => outside.map((value) => [index, value])),
      },
    ],
  } as EChartsOption;
}
