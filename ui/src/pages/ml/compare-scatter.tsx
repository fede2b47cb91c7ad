/** Each run as a point, or as a point of a surface where a third value gives the colour. */
import type { EChartsOption } from "echarts";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { RunFacts } from "../../api/tracking-types.ts";
import { type ChartLook, EChart } from "../../components/echart.tsx";
import { Select } from "../../components/field.tsx";
import { paths, useAddress, useGo } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Empty } from "../../components/page.tsx";
import { axesOf, type RunAxis, varies } from "./run-values.ts";

export function CompareScatter({ runs }: { runs: readonly RunFacts[] }) {
  const { t } = useTranslation();
  const go = useGo();
  const [address, change] = useAddress();
  const all = useMemo(() => axesOf(runs), [runs]);
  const usual = usualPair(all);
  const find = (id: string | undefined): RunAxis | undefined => all.find((axis) => axis.id === id);
  const x = find(address["sx"]) ?? usual[0];
  const y = find(address["sy"]) ?? usual[1];
  const z = find(address["sz"]);
  const option = useCallback(
    (look: ChartLook): EChartsOption =>
      x === undefined || y === undefined ? {} : scatterOption(runs, x, y, z, look),
    [runs, x, y, z],
  );
  if (x === undefined || y === undefined)
    return <Empty icon="chart" title={t("There are not two values to set against each other")} />;
  const options = all.map(({ id }) => ({ value: id, label: id }));
  return (
    <section className="card p-3">
      <div className="mb-2 flex flex-wrap gap-2">
        <Select
          label={t("Horizontal axis")}
          value={x.id}
          options={options}
          onChange={(sx) => change({ sx })}
        />
        <Select label={t("Vertical axis")} value={y.id} options={options} onChange={(sy) => change({ sy })} />
        <Select
          label={t("Colour")}
          value={z?.id ?? ""}
          options={[
            { value: "", label: t("one colour") },
            ...all.filter(({ isNumeric }) => isNumeric).map(({ id }) => ({ value: id, label: id })),
          ]}
          onChange={(sz) => change({ sz })}
        />
      </div>
      <EChart
        label={`${x.name}, ${y.name}`}
        height={420}
        option={option}
        onPick={(index) => {
          const run = runs[index];
          if (run !== undefined) go(paths.trackedRun(run.experimentId, run.runId));
        }}
      />
    </section>
  );
}

function usualPair(all: readonly RunAxis[]): [RunAxis | undefined, RunAxis | undefined] {
  const param = all.find((axis) => axis.id.startsWith("params.") && varies(axis));
  const metrics = all.filter((axis) => axis.id.startsWith("metrics."));
  return param === undefined ? [metrics[0], metrics[1] ?? metrics[0]] : [param, metrics[0]];
}

function axisOf(axis: RunAxis, look: ChartLook): object {
  return axis.isNumeric
    ? { ...look.axis, type: "value", name: axis.name, scale: true }
    : {
        ...look.axis,
        type: "category",
        name: axis.name,
        data: [...new Set(axis.values.filter((value) => value !== null).map(String))].sort(),
      };
}

function scatterOption(
  runs: readonly RunFacts[],
  x: RunAxis,
  y: RunAxis,
  z: RunAxis | undefined,
  look: ChartLook,
): EChartsOption {
  const colors = (z?.values ?? []).filter((value): value is number => typeof value === "number");
  return {
    grid: { left: 64, right: z === undefined ? 24 : 90, top: 20, bottom: 48 },
    tooltip: {
      ...look.tooltip,
      formatter: (point: { dataIndex: number }) => {
        const run = runs[point.dataIndex];
        const lines = [x, y, ...(z === undefined ? [] : [z])].map(
          ({ name, values }) => `${name}: ${shown(values[point.dataIndex])}`,
        );
        return [run?.name ?? "", ...lines].join("\n");
      },
    },
    xAxis: axisOf(x, look),
    yAxis: { ...axisOf(y, look), nameGap: 46 },
    ...(z === undefined || colors.length === 0
      ? {}
      : {
          visualMap: {
            dimension: 2,
            min: Math.min(...colors),
            max: Math.max(...colors),
            calculable: true,
            right: 0,
            top: "middle",
            text: [z.name.slice(0, 14), ""],
            textStyle: { color: look.color("--ink-soft"), fontSize: 11 },
            inRange: { color: look.ramp },
          },
        }),
    series: [
      {
        type: "scatter",
        symbolSize: 11,
        itemStyle: { color: look.color("--accent"), opacity: 0.85 },
        data: runs.map((run, index) => ({
          name: run.name,
          value: [x.values[index] ?? "-", y.values[index] ?? "-", z?.values[index] ?? "-"],
        })),
      },
    ],
  } as EChartsOption;
}

const shown = (value: string | number | null | undefined): string =>
  typeof value === "number" ? numberText(value) : (value ?? "–");
