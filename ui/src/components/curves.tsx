/** Lines over steps or time, one for each run: uPlot, with smoothing, logarithmic axes and a zoom by dragging. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { numberText } from "./numbers.ts";
import { useIsDark, useTimezone } from "./preferences.ts";
import { durationText } from "./time.tsx";

export interface Curve {
  id: string;
  label: string;
  /** Name of a variable. */
  color: string;
  dashed: boolean;
  xs: readonly number[];
  ys: readonly number[];
}

export type CurveAxis = "step" | "time" | "relative";

export interface CurveOptions {
  axis: CurveAxis;
  logX: boolean;
  logY: boolean;
  /** From 0 (as it is) to below 1. */
  smoothing: number;
}

/** Exponential moving average that does not start from zero (as TensorBoard draws it). */
export function smoothed(values: readonly number[], weight: number): number[] {
  let sum = 0;
  let count = 0;
  return values.map((value) => {
    if (!Number.isFinite(value) || weight === 0) return value;
    sum = sum * weight + (1 - weight) * value;
    count++;
    return sum / (1 - weight ** count);
  });
}

const drawable = (value: number, log: boolean): number | null =>
  Number.isFinite(value) && (!log || value > 0) ? value : null;

function tableOf(curve: Curve, ys: readonly number[], { logX, logY }: CurveOptions): uPlot.AlignedData {
  const xs: number[] = [];
  const out: (number | null)[] = [];
  for (const [index, x] of curve.xs.entries()) {
    if (logX && x <= 0) continue;
    xs.push(x);
    out.push(drawable(ys[index] ?? Number.NaN, logY));
  }
  return [xs, out];
}

interface Hovered {
  x: string;
  rows: { label: string; color: string; value: number }[];
}

const mostHovered = 8;

export function Curves({
  label,
  curves,
  options,
  height = 220,
}: {
  label: string;
  curves: readonly Curve[];
  options: CurveOptions;
  height?: number;
}) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef(curves);
  latest.current = curves;
  const dark = useIsDark();
  const timezone = useTimezone();
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const { axis, logX, logY, smoothing } = options;
  const raw = smoothing > 0;
  const data = useMemo(() => {
    const how = { axis, logX, logY, smoothing };
    const tables = curves.flatMap((curve) => [
      tableOf(curve, smoothed(curve.ys, smoothing), how),
      ...(smoothing > 0 ? [tableOf(curve, curve.ys, how)] : []),
    ]);
    return tables.length === 0 ? ([[]] as unknown as uPlot.AlignedData) : uPlot.join(tables);
  }, [curves, axis, logX, logY, smoothing]);
  // New points of the same lines move the drawing; anything else makes a new one.
  const shape = curves.map(({ id, label, color }) => `${id} ${label} ${color}`).join("\n");
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const made = new uPlot(
      {
        width: parent.clientWidth,
        height,
        legend: { show: false },
        padding: [8, 14, 0, 0],
        cursor: { y: false, focus: { prox: 24 } },
        focus: { alpha: 0.35 },
        tzDate: (at) => uPlot.tzDate(new Date(at * 1000), timezone),
        scales: { x: { time: axis === "time", distr: logX ? 3 : 1 }, y: { distr: logY ? 3 : 1 } },
        axes: axesOf(axis, logY),
        series: [{}, ...seriesOf(latest.current, raw)],
        hooks: {
          setCursor: [(self) => setHovered(hoveredAt(self, latest.current, axis, raw))],
        },
      },
      data,
      parent,
    );
    chart.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height }));
    resized.observe(parent);
    return () => {
      resized.disconnect();
      chart.current = null;
      made.destroy();
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the data has an effect of its own
  }, [shape, axis, logX, logY, raw, height, dark, timezone]);
  useEffect(() => chart.current?.setData(data), [data]);
  const last = curves
    .slice(0, 10)
    .map((curve) => `${curve.label}: ${numberText(curve.ys.at(-1))}`)
    .join(", ");
  return (
    <div className="relative">
      <div
        ref={place}
        role="img"
        aria-label={`${label}. ${last}`}
        data-points={curves.reduce((sum, { xs }) => sum + xs.length, 0)}
        className="w-full overflow-hidden"
        title={t("Drag to look closer, double-click to see all")}
      />
      {hovered === null ? null : (
        <div className="pointer-events-none absolute top-1 right-1 z-10 max-w-[80%] rounded-md border bg-raised/95 px-2 py-1 text-2xs shadow-float">
          <p className="text-faint tabular-nums">{hovered.x}</p>
          {hovered.rows.map((row) => (
            <p key={row.label} className="flex items-center gap-1.5">
              <span className="size-2 shrink-0 rounded-full" style={{ background: `var(${row.color})` }} />
              <span className="truncate">{row.label}</span>
              <span className="ml-auto pl-2 font-medium tabular-nums">{numberText(row.value)}</span>
            </p>
          ))}
        </div>
      )}
    </div>
  );
}

const colorOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axesOf(axis: CurveAxis, logY: boolean): uPlot.Axis[] {
  const look = {
    stroke: colorOf("--ink-faint"),
    grid: { stroke: colorOf("--line"), width: 1 },
    ticks: { show: false },
    font: "11px Inter Variable, sans-serif",
  };
  const across: uPlot.Axis = { ...look, grid: { show: false }, size: 28 };
  if (axis === "relative") across.values = (_, ticks) => ticks.map((tick) => durationText(tick * 1000));
  if (axis === "step")
    across.values = (_, ticks) => ticks.map((tick) => (tick === null ? "" : numberText(tick)));
  return [
    across,
    {
      ...look,
      size: 58,
      values: (_, ticks) =>
        ticks.map((tick) => (tick === null || (logY && !isRound(tick)) ? "" : numberText(tick))),
    },
  ];
}

/** Powers of ten and a few between: a logarithmic axis has a tick for each digit. */
function isRound(tick: number): boolean {
  const digit = Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9));
  return digit === 1 || digit === 2 || digit === 5 || digit === 10;
}

function seriesOf(curves: readonly Curve[], raw: boolean): uPlot.Series[] {
  return curves.flatMap((curve) => {
    const stroke = colorOf(curve.color);
    const line: uPlot.Series = {
      label: curve.label,
      stroke,
      width: 1.75,
      spanGaps: true,
      ...(curve.dashed ? { dash: [6, 4] } : {}),
      points: { size: 5, fill: stroke },
    };
    const behind: uPlot.Series = { stroke, width: 1, alpha: 0.22, spanGaps: true, points: { show: false } };
    return raw ? [line, behind] : [line];
  });
}

/** What the lines are worth nearest to the pointer; a line that has no point there is looked for to the left. */
function hoveredAt(chart: uPlot, curves: readonly Curve[], axis: CurveAxis, raw: boolean): Hovered | null {
  const { idx } = chart.cursor;
  if (idx === null || idx === undefined) return null;
  const x = chart.data[0][idx];
  if (x === undefined) return null;
  const rows = curves.flatMap((curve, index) => {
    const values = chart.data[1 + index * (raw ? 2 : 1)];
    let at = idx;
    while (at > 0 && (values?.[at] === null || values?.[at] === undefined)) at--;
    const value = values?.[at];
    return value === null || value === undefined ? [] : [{ label: curve.label, color: curve.color, value }];
  });
  rows.sort((a, b) => b.value - a.value);
  const words =
    axis === "step"
      ? numberText(x)
      : axis === "relative"
        ? durationText(x * 1000)
        : new Date(x * 1000).toISOString();
  return { x: words, rows: rows.slice(0, mostHovered) };
}
