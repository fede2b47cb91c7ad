/** A chart over time: uPlot, in the page's colours, as wide as its place. */
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useIsDark } from "./preferences.ts";
import { durationText } from "./time.tsx";

export interface Series {
  label: string;
  /** A variable's name: "--s-queued". */
  color: string;
  values: readonly (number | null)[];
  bars?: boolean;
}

export function Chart({
  label,
  names,
  series,
  height = 220,
  onPick,
}: {
  label: string;
  /** Beside each value, for the legend. */
  names: readonly string[];
  series: readonly Series[];
  height?: number;
  onPick?: (index: number) => void;
}) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const dark = useIsDark();
  const pick = useRef(onPick);
  pick.current = onPick;
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color("--ink-faint"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
    };
    const chart = new uPlot(
      {
        width: parent.clientWidth,
        height,
        cursor: { y: false },
        legend: { live: true },
        padding: [8, 40, 0, 0],
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] } },
        axes: [
          { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map((tick) => names[tick] ?? "") },
          { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => durationText(tick)) },
        ],
        series: [
          { label: t("Run"), value: (_, index) => names[index] ?? "–" },
          ...series.map((one) => ({
            label: one.label,
            stroke: color(one.color),
            width: 1.5,
            value: (_: uPlot, value: number | null) => durationText(value),
            points: { size: 5, fill: color(one.color) },
            ...(one.bars === true
              ? {
                  fill: color(one.color),
                  paths: uPlot.paths.bars?.({ size: [0.7, 22] }) as uPlot.Series.PathBuilder,
                  points: { show: false },
                }
              : {}),
          })),
        ],
      },
      [names.map((_, index) => index), ...series.map(({ values }) => [...values])] as uPlot.AlignedData,
      parent,
    );
    const resized = new ResizeObserver(() => chart.setSize({ width: parent.clientWidth, height }));
    resized.observe(parent);
    const click = (): void => {
      const { idx } = chart.cursor;
      if (idx !== null && idx !== undefined) pick.current?.(idx);
    };
    chart.over.addEventListener("click", click);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
  }, [names, series, height, dark, t]);
  return <div ref={place} role="img" aria-label={label} className="w-full overflow-hidden" />;
}
