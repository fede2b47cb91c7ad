/** Charts that are no lines over time: points, boxes, bars, surfaces, parallel axes. Apache ECharts, drawn as SVG. */

import type { EChartsOption } from "echarts";
import { BarChart, BoxplotChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { numberText } from "./numbers.ts";
import { useIsDark } from "./preferences.ts";

echarts.use([
  AriaComponent,
  BarChart,
  BoxplotChart,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  ParallelChart,
  ParallelComponent,
  ScatterChart,
  SVGRenderer,
  TooltipComponent,
  VisualMapComponent,
]);

/** The library mixes colours itself and knows no `oklch`: they are read back from a canvas. */
function rgbOf(name: string): string {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (context === null) return "#888";
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

export interface ChartLook {
  /** Of a variable: "--accent". */
  color: (name: string) => string;
  /** For every axis. */
  axis: object;
  tooltip: object;
  /** From low to high. */
  ramp: string[];
}

/** Numbers as everywhere else in the page; names of categories as they are. */
const labelText = (value: string | number): string =>
  typeof value === "number" ? numberText(value) : value.length > 22 ? `${value.slice(0, 21)}…` : value;

function lookOf(): ChartLook {
  const color = rgbOf;
  const ink = color("--ink-soft");
  const text = { color: ink, fontSize: 11 };
  return {
    color,
    axis: {
      nameTextStyle: text,
      axisLabel: { ...text, formatter: labelText },
      axisLine: { lineStyle: { color: color("--line-strong") } },
      splitLine: { lineStyle: { color: color("--line") } },
      nameLocation: "middle" as const,
      nameGap: 28,
    },
    tooltip: {
      backgroundColor: color("--raised"),
      borderColor: color("--line"),
      textStyle: { color: color("--ink"), fontSize: 12 },
      confine: true,
      // Names of people's runs and params are texts, never markup.
      renderMode: "richText" as const,
    },
    ramp: ["--ramp-0", "--ramp-1", "--ramp-2", "--ramp-3", "--ramp-4"].map(color),
  };
}

export function EChart({
  label,
  height = 320,
  option,
  onPick,
  onSelected,
}: {
  label: string;
  height?: number;
  /** Stable as long as it draws the same. */
  option: (look: ChartLook) => EChartsOption;
  /** Index of the chosen item of the first series. */
  onPick?: (index: number) => void;
  /** With parallel axes: indices of the lines that pass all chosen ranges. */
  onSelected?: (indices: number[]) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const hearers = useRef({ onPick, onSelected });
  hearers.current = { onPick, onSelected };
  const dark = useIsDark();
  useEffect(() => {
    if (place.current === null) return;
    const parent = place.current;
    const made = echarts.init(parent, null, { renderer: "svg" });
    chart.current = made;
    made.on("click", ({ dataIndex }) => hearers.current.onPick?.(dataIndex));
    made.on("axisareaselected", () => hearers.current.onSelected?.(activeLines(made)));
    const resized = new ResizeObserver(() => made.resize());
    resized.observe(parent);
    return () => {
      resized.disconnect();
      chart.current = null;
      made.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(
      { animation: false, textStyle: { fontFamily: "inherit" }, ...option(lookOf()) },
      true,
    );
    // The colours are another theme's.
  }, [option, dark]);
  return <div ref={place} role="img" aria-label={label} className="w-full" style={{ height }} />;
}

interface ParallelSeries {
  getRawIndicesByActiveState(state: "active"): number[];
}

function activeLines(chart: echarts.ECharts): number[] {
  const model = (chart as unknown as { getModel(): { getSeries(): ParallelSeries[] } }).getModel();
  return model.getSeries()[0]?.getRawIndicesByActiveState("active") ?? [];
}
