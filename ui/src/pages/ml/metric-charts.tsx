/** One chart for each metric, of one run or of many: curves where there are several points, bars where there is one. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { curveQuery } from "../../api/tracking.ts";
import type { WirePoint } from "../../api/tracking-types.ts";
import { IconButton } from "../../components/button.tsx";
import { type Curve, type CurveOptions, Curves } from "../../components/curves.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Segments } from "../../components/field.tsx";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { isDashed, numberOf, numberText, seriesColor } from "../../components/numbers.ts";
import { Empty, Loading } from "../../components/page.tsx";

export interface ChartedRun {
  runId: string;
  experimentId: string;
  name: string;
  startTime: number;
}

/** What the server answers at once. */
export const mostRuns = 100;

export function MetricCharts({ runs, metrics }: { runs: readonly ChartedRun[]; metrics: readonly string[] }) {
  const { t } = useTranslation();
  const [address] = useAddress();
  const options = useChartOptions();
  const shown = useMemo(() => matching(metrics, address["m"] ?? ""), [metrics, address]);
  // A list made anew with the same runs draws the same.
  const key = runs.map(({ runId, name }) => `${runId} ${name}`).join("\n");
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the key says what counts of the runs
  const drawn = useMemo(() => runs.slice(0, mostRuns), [key]);
  if (metrics.length === 0) return <Empty icon="chart" title={t("No metric was logged")} />;
  return (
    <div className="flex flex-col gap-3">
      <ChartControls />
      {runs.length > 1 ? <RunLegend runs={drawn} /> : null}
      {shown.length === 0 ? <Empty icon="filter" title={t("No metric fits")} /> : null}
      <div className="grid gap-3 lg:grid-cols-2 2xl:grid-cols-3">
        {shown.map((metric) => (
          <MetricCard key={metric} metric={metric} runs={drawn} options={options} />
        ))}
      </div>
    </div>
  );
}

/** A regular expression, or a text where it is none. */
function matching(metrics: readonly string[], pattern: string): string[] {
  if (pattern === "") return [...metrics];
  try {
    const expression = new RegExp(pattern, "i");
    return metrics.filter((metric) => expression.test(metric));
  } catch {
    return metrics.filter((metric) => metric.includes(pattern));
  }
}

export function useChartOptions(): CurveOptions {
  const [address] = useAddress();
  const { x, logx, logy, smooth } = address;
  return useMemo(
    () => ({
      axis: x === "time" || x === "relative" ? x : "step",
      logX: logx === "1",
      logY: logy === "1",
      smoothing: Math.min(0.99, Math.max(0, Number(smooth ?? 0) || 0)),
    }),
    [x, logx, logy, smooth],
  );
}

export function ChartControls() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const { axis, logX, logY, smoothing } = useChartOptions();
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-xs text-soft">
      <input
        type="search"
        aria-label={t("Metrics that match")}
        placeholder={t("Metrics that match")}
        defaultValue={address["m"] ?? ""}
        onChange={(event) => change({ m: event.target.value })}
        className="field w-full sm:w-52"
      />
      <Segments
        label={t("Horizontal axis")}
        value={axis}
        onChange={(value) => change({ x: value === "step" ? undefined : value })}
        options={[
          { value: "step", label: t("Step") },
          { value: "time", label: t("Time") },
          { value: "relative", label: t("Since the start") },
        ]}
      />
      <label className="inline-flex items-center gap-2">
        {t("Smoothing")}
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={smoothing}
          onChange={(event) =>
            change({ smooth: event.target.value === "0" ? undefined : event.target.value })
          }
          className="w-28 accent-[var(--accent)]"
        />
        <span className="w-8 tabular-nums">{smoothing.toFixed(2)}</span>
      </label>
      <label className="inline-flex items-center gap-1.5">
        <input
          type="checkbox"
          checked={logY}
          onChange={(event) => change({ logy: event.target.checked ? "1" : undefined })}
        />
        {t("Logarithmic")}
      </label>
      {axis === "time" ? null : (
        <label className="inline-flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={logX}
            onChange={(event) => change({ logx: event.target.checked ? "1" : undefined })}
          />
          {t("Logarithmic across")}
        </label>
      )}
    </div>
  );
}

const namedInLegend = 30;

function RunLegend({ runs }: { runs: readonly ChartedRun[] }) {
  const { t } = useTranslation();
  return (
    <ul aria-label={t("Runs")} className="flex max-h-20 flex-wrap gap-x-3 gap-y-1 overflow-y-auto text-xs">
      {runs.slice(0, namedInLegend).map((run, index) => (
        <li key={run.runId} className="inline-flex min-w-0 items-center gap-1.5">
          <span
            className="h-0.5 w-3.5 shrink-0"
            style={{
              background: isDashed(index)
                ? `repeating-linear-gradient(90deg, var(${seriesColor(index)}) 0 4px, transparent 4px 6px)`
                : `var(${seriesColor(index)})`,
            }}
          />
          <Link
            to={paths.trackedRun(run.experimentId, run.runId)}
            className="max-w-40 truncate hover:underline"
          >
            {run.name}
          </Link>
        </li>
      ))}
      {runs.length > namedInLegend ? (
        <li className="text-faint">{t("and {{count}} more", { count: runs.length - namedInLegend })}</li>
      ) : null}
    </ul>
  );
}

function MetricCard({
  metric,
  runs,
  options,
}: {
  metric: string;
  runs: readonly ChartedRun[];
  options: CurveOptions;
}) {
  const { t } = useTranslation();
  const card = useRef<HTMLElement>(null);
  const seen = useSeen(card);
  const [large, setLarge] = useState(false);
  const { data } = useQuery({
    ...curveQuery(
      runs.map(({ runId }) => runId),
      metric,
    ),
    placeholderData: keepPreviousData,
    enabled: seen && runs.length > 0,
  });
  const curves = useMemo(() => curvesOf(runs, data?.metrics ?? [], options), [runs, data, options]);
  const single = curves.every(({ xs }) => xs.length <= 1);
  const chart = (height: number) =>
    single ? (
      <Bars curves={curves} />
    ) : (
      <Curves label={metric} curves={curves} options={options} height={height} />
    );
  return (
    <section ref={card} className="card min-w-0 p-3" aria-label={metric}>
      <div className="mb-1 flex items-center gap-2">
        <h2 className="min-w-0 flex-1 truncate font-mono text-xs font-medium" title={metric}>
          {metric}
        </h2>
        {runs.length === 1 ? (
          <span className="text-sm font-semibold tabular-nums">{numberText(curves[0]?.ys.at(-1))}</span>
        ) : null}
        {single ? null : (
          <IconButton
            icon="expand"
            label={t("{{name}} in large", { name: metric })}
            className="!size-6"
            onClick={() => setLarge(true)}
          />
        )}
      </div>
      {data === undefined ? <Loading rows={4} /> : chart(200)}
      {large ? (
        <Dialog open wide title={metric} onClose={() => setLarge(false)}>
          {chart(440)}
        </Dialog>
      ) : null}
    </section>
  );
}

/** Charts that nobody has scrolled to ask for nothing. */
function useSeen(place: React.RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null || seen) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: "300px" },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place, seen]);
  return seen;
}

export function curvesOf(
  runs: readonly ChartedRun[],
  points: readonly WirePoint[],
  { axis }: CurveOptions,
): Curve[] {
  const byRun = Map.groupBy(points, ({ run_id }) => run_id);
  return runs.flatMap((run, index) => {
    const own = [...(byRun.get(run.runId) ?? [])];
    if (own.length === 0) return [];
    own.sort((a, b) =>
      axis === "step" ? a.step - b.step || a.timestamp - b.timestamp : a.timestamp - b.timestamp,
    );
    const start = own[0]?.timestamp ?? 0;
    const xOf = (point: WirePoint): number => {
      if (axis === "step") return point.step;
      return (axis === "time" ? point.timestamp : point.timestamp - start) / 1000;
    };
    // One value at a place: the last that was logged there.
    const last = new Map(own.map((point) => [xOf(point), numberOf(point.value)]));
    return [
      {
        id: run.runId,
        label: run.name,
        color: seriesColor(index),
        dashed: isDashed(index),
        xs: [...last.keys()],
        ys: [...last.values()],
      },
    ];
  });
}

const mostBars = 20;

function Bars({ curves }: { curves: readonly Curve[] }) {
  const { t } = useTranslation();
  const rows = curves.map((curve) => ({ ...curve, value: curve.ys.at(-1) ?? Number.NaN }));
  const most = Math.max(...rows.map(({ value }) => (Number.isFinite(value) ? Math.abs(value) : 0)), 1e-300);
  return (
    <div className="flex max-h-52 flex-col gap-1 overflow-y-auto">
      {rows.slice(0, mostBars).map(({ id, label, color, value }) => (
        <div key={id} className="grid grid-cols-[minmax(0,7rem)_1fr_auto] items-center gap-2 text-xs">
          <span className="truncate text-soft" title={label}>
            {label}
          </span>
          <span className="h-3 rounded-sm bg-sunken">
            <span
              className="block h-full rounded-sm"
              style={{
                width: `${Number.isFinite(value) ? Math.max(0.5, (Math.abs(value) / most) * 100) : 0}%`,
                background: `var(${color})`,
              }}
            />
          </span>
          <span className="font-medium tabular-nums">{numberText(value)}</span>
        </div>
      ))}
      {rows.length > mostBars ? (
        <p className="text-xs text-faint">{t("and {{count}} more", { count: rows.length - mostBars })}</p>
      ) : null}
    </div>
  );
}
