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

/** Pixels between two names below the chart, so that they do not touch. */
const roomFor = (names: readonly string[]): number =>
  names.reduce((longest, name) => Math.max(longest, name.length), 0) * 6.8 + 12;

/** With room above the greatest value; a line of one value has room on both sides. */
function rangeOf(least: number, most: number, from: number | null): [number, number] {
  if (from === null) {
    const room = (most - least) * 0.08 || Math.abs(most) * 0.1 || 1;
    return [least - room, most + room];
  }
  return [from, Math.max(from + Number.EPSILON, most === from ? from + 1 : most * 1.08)];
}

export function Chart({
  label,
  names,
  series,
  height = 220,
  onPick,
  format = durationText,
  legend,
  from = 0,
}: {
  label: string;
  /** Beside each value, for the legend. */
  names: readonly string[];
  series: readonly Series[];
  height?: number;
  onPick?: (index: number) => void;
  /** Of values; durations when it is not given. */
  format?: (value: number | null | undefined) => string;
  /** What `names` are; a run's ids when it is not given. */
  legend?: string;
  /** Where the axis of the values begins; null: with the least of them. */
  from?: number | null;
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
      font: `12px ${style.getPropertyValue("--font-sans").trim() || "sans-serif"}`,
      stroke: color("--ink-faint"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
    };
    const half = series.some(({ bars }) => bars === true) ? 0.5 : 0;
    const chart = new uPlot(
      {
        width: parent.clientWidth,
        height,
        cursor: { y: false },
        legend: { live: true },
        padding: [8, 52, 0, 0],
        // Bars at the ends are as wide as the others.
        scales: {
          x: { time: false, range: (_, first, last) => [first - half, last + half] },
          y: { range: (_, least, most) => rangeOf(least, most, from) },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: roomFor(names),
            values: (_, ticks) => ticks.map((tick) => names[tick] ?? ""),
          },
          { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => format(tick)) },
        ],
        series: [
          { label: legend ?? t("Run"), value: (_, index) => names[index] ?? "–" },
          ...series.map((one) => ({
            label: one.label,
            stroke: color(one.color),
            width: 1.5,
            value: (_: uPlot, value: number | null) => format(value),
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
  }, [names, series, height, dark, t, format, legend, from]);
  return <div ref={place} role="img" aria-label={label} className="w-full overflow-hidden" />;
}
