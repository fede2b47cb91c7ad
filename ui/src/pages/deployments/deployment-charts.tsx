/** Requests over time by variant, and how long answers took. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "../../api/types.ts";
import { Chart } from "../../components/chart.tsx";
import { latencyText, rateText } from "../../components/figures.ts";
import { Empty } from "../../components/page.tsx";
import { useFormat } from "../../components/time.tsx";
import { colorOf, Dot } from "./deployment-parts.tsx";

export function RequestChart({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { times, stepMs, traffic, variants } = deployment;
  const names = useMemo(
    () => times.map((at) => format(at, stepMs < 600_000 ? "minute" : "short")),
    // The format changes with language and time zone only, which draw the page anew.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [times.join(), stepMs],
  );
  const series = useMemo(
    () =>
      traffic.map(({ variant, perStep }) => ({
        label: variant,
        color: colorOf(variants, variant),
        values: perStep.requests.map((count) => count / (stepMs / 1000)),
      })),
    [traffic, variants, stepMs],
  );
  const isQuiet = traffic.every(({ requests }) => requests === 0);
  return (
    <section className="card p-4" aria-label={t("Requests over time")}>
      <h3 className="mb-2 font-medium">{t("Requests over time")}</h3>
      {isQuiet ? (
        <Empty icon="chart" title={t("No request came in this time")} />
      ) : (
        <Chart
          label={t("Requests a second by variant")}
          names={names}
          series={series}
          format={rateText}
          legend={t("Time")}
        />
      )}
    </section>
  );
}

interface Bucket {
  readonly upTo: number;
  readonly from: number;
  readonly shares: readonly number[];
}

/** Buckets of all variants that hold something, and those between them. Shares are of each variant's own requests. */
function bucketsOf({ traffic, latencyBorders }: Deployment): Bucket[] {
  const totals = traffic.map(({ latency }) => latency.reduce((sum, count) => sum + count, 0));
  const filled = latencyBorders.map((_, at) => traffic.some(({ latency }) => (latency[at] ?? 0) > 0));
  const [first, last] = [filled.indexOf(true), filled.lastIndexOf(true)];
  if (first < 0) return [];
  // Two neighbours are one bar: a bucket alone is a fifth wide, more than an eye tells apart here.
  const buckets: Bucket[] = [];
  for (let at = first; at <= last; at += 2)
    buckets.push({
      from: latencyBorders[at - 1] ?? 0,
      upTo: latencyBorders[at + 1] ?? latencyBorders[at] ?? 0,
      shares: traffic.map(({ latency }, place) => {
        const total = totals[place] ?? 0;
        return total === 0 ? 0 : ((latency[at] ?? 0) + (latency[at + 1] ?? 0)) / total;
      }),
    });
  return buckets;
}

const chartHeight = 150;

export function LatencyChart({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const buckets = bucketsOf(deployment);
  const most = Math.max(...buckets.flatMap(({ shares }) => shares), 0.01);
  const { traffic, variants } = deployment;
  const words = traffic
    .map(({ variant, p50, p99 }) => `${variant}: p50 ${latencyText(p50)}, p99 ${latencyText(p99)}`)
    .join("; ");
  return (
    <section className="card p-4" aria-label={t("Latency")}>
      <h3 className="mb-2 font-medium">{t("Latency")}</h3>
      {buckets.length === 0 ? (
        <Empty icon="clock" title={t("No request came in this time")} />
      ) : (
        <>
          <div
            role="img"
            aria-label={words}
            className="flex items-end gap-px border-b"
            style={{ height: chartHeight }}
          >
            {buckets.map(({ from, upTo, shares }) => (
              <span
                key={upTo}
                title={`${latencyText(from)} – ${latencyText(upTo)}\n${traffic.map(({ variant }, at) => `${variant}: ${((shares[at] ?? 0) * 100).toFixed(1)} %`).join("\n")}`}
                className="flex h-full flex-1 items-end gap-px"
              >
                {shares.map((share, place) => (
                  <span
                    key={traffic[place]?.variant}
                    className="flex-1 rounded-t-sm"
                    style={{
                      height: `${Math.max(share > 0 ? 1 : 0, (share / most) * 100)}%`,
                      background: `var(${colorOf(variants, traffic[place]?.variant ?? "")})`,
                    }}
                  />
                ))}
              </span>
            ))}
          </div>
          <div className="mt-1 flex justify-between text-2xs text-faint tabular-nums" aria-hidden="true">
            <span>{latencyText(buckets[0]?.from)}</span>
            <span>{latencyText(buckets[Math.floor(buckets.length / 2)]?.from)}</span>
            <span>{latencyText(buckets.at(-1)?.upTo)}</span>
          </div>
          <p className="mt-1.5 flex flex-wrap gap-x-4 text-xs text-soft">
            {traffic.map(({ variant, p50, p95, p99 }) => (
              <span key={variant} className="inline-flex items-center gap-1.5">
                <Dot color={colorOf(variants, variant)} />
                {variant}: p50 {latencyText(p50)} · p95 {latencyText(p95)} · p99 {latencyText(p99)}
              </span>
            ))}
          </p>
        </>
      )}
    </section>
  );
}
