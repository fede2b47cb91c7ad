/** Parallel axes: one line for each run or trial through all that it is made of, coloured by the result. */

import type { EChartsOption } from "echarts";
import { useCallback } from "react";
import { type ChartLook, EChart } from "./echart.tsx";

export interface ParallelAxis {
  name: string;
  log?: boolean;
  /** Texts in the order in which they stand; none for numbers. */
  categories: readonly string[] | null;
}

export interface ParallelLine {
  id: string;
  name: string;
  /** One for each axis; null where it has none. */
  values: readonly (number | string | null)[];
}

const few = 60;

/** Coloured by the last axis. */
export function ParallelChart({
  label,
  axes,
  lines,
  onSelected,
}: {
  label: string;
  axes: readonly ParallelAxis[];
  lines: readonly ParallelLine[];
  onSelected?: (ids: string[]) => void;
}) {
  const option = useCallback((look: ChartLook) => optionOf(axes, lines, look), [axes, lines]);
  const width = Math.max(axes.length * 110, 300);
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <div style={{ minWidth: width }}>
        <EChart
          label={label}
          height={380}
          option={option}
          onSelected={(indices) => onSelected?.(indices.map((index) => lines[index]?.id ?? ""))}
        />
      </div>
    </div>
  );
}

function optionOf(
  axes: readonly ParallelAxis[],
  lines: readonly ParallelLine[],
  { color, axis, tooltip, ramp }: ChartLook,
): EChartsOption {
  const last = axes.length - 1;
  const results = lines.map(({ values }) => Number(values[last])).filter(Number.isFinite);
  const isNumeric = axes[last]?.categories === null && results.length > 0;
  return {
    tooltip,
    ...(isNumeric
      ? {
          visualMap: {
            show: false,
            dimension: last,
            min: Math.min(...results),
            max: Math.max(...results),
            inRange: { color: ramp },
            outOfRange: { color: [color("--line-strong")] },
          },
        }
      : {}),
    parallel: { left: 56, right: 72, top: 46, bottom: 24 },
    parallelAxis: axes.map((one, dim) => ({
      ...axis,
      dim,
      name: one.name.length > 18 ? `${one.name.slice(0, 17)}…` : one.name,
      nameLocation: "end" as const,
      nameGap: 14,
      nameTextStyle: { color: color("--ink"), fontSize: 11, fontWeight: 500 },
      ...(one.categories === null
        ? { type: one.log ? ("log" as const) : ("value" as const), scale: true }
        : { type: "category" as const, data: [...one.categories] }),
      areaSelectStyle: { width: 18, color: color("--accent"), borderColor: color("--accent"), opacity: 0.25 },
    })),
    series: [
      {
        type: "parallel",
        smooth: 0.15,
        lineStyle: { width: lines.length > few ? 1 : 1.6, opacity: lines.length > few ? 0.45 : 0.75 },
        inactiveOpacity: 0.06,
        activeOpacity: 0.9,
        emphasis: { lineStyle: { width: 3, opacity: 1 } },
        data: lines.map(({ name, values }) => ({
          name,
          value: values.map((value) => value ?? "-") as (number | string)[],
        })),
      },
    ],
  } as EChartsOption;
}
