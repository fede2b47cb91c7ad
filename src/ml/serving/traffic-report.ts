/** What the variants of an endpoint did, side by side, and whether the difference of a metric is more than chance. */
import type { MinuteOfTraffic, OutcomeSummary } from "../../store/endpoint-traffic.ts";
import { normalCdf } from "../studies/normal.ts";
import { LatencyHistogram } from "./latency-histogram.ts";

export interface VariantReport {
  readonly variant: string;
  readonly modelVersion: string;
  readonly requests: number;
  readonly errors: number;
  /** From 0 to 1. */
  readonly errorRate: number;
  /** Milliseconds; right to within 20 %. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** Sums the minutes for each variant and model version. */
export function reportTraffic(minutes: readonly MinuteOfTraffic[]): VariantReport[] {
  const groups = Map.groupBy(minutes, ({ variant, modelVersion }) => `${variant}\n${modelVersion}`);
  return [...groups.values()].map((group) => {
    const [{ variant, modelVersion }] = group as [MinuteOfTraffic];
    const requests = group.reduce((sum, minute) => sum + minute.requests, 0);
    const errors = group.reduce((sum, minute) => sum + minute.errors, 0);
    const length = Math.max(...group.map(({ latency }) => latency.length));
    const counts = Array.from({ length }, (_, bucket) =>
      group.reduce((sum, { latency }) => sum + (latency[bucket] ?? 0), 0),
    );
    const latency = new LatencyHistogram(counts);
    return {
      variant,
      modelVersion,
      requests,
      errors,
      errorRate: requests === 0 ? 0 : errors / requests,
      p50: latency.quantile(0.5),
      p95: latency.quantile(0.95),
      p99: latency.quantile(0.99),
    };
  });
}

export interface MetricComparison {
  readonly metric: string;
  readonly baseline: string;
  readonly variant: string;
  readonly baselineMean: number;
  readonly mean: number;
  readonly difference: number;
  /** Of the difference, 95 %; null when a side has fewer than two values. */
  readonly interval: readonly [number, number] | null;
  /** Two-sided, by Welch's statistic with a normal reference, which the usual thousands of answers allow. */
  readonly pValue: number | null;
}

/** Each variant's metrics beside those of the baseline. */
export function compareOutcomes(outcomes: readonly OutcomeSummary[], baseline: string): MetricComparison[] {
  const bases = new Map(
    outcomes.filter(({ variant }) => variant === baseline).map((outcome) => [outcome.metric, outcome]),
  );
  return outcomes.flatMap((outcome) => {
    const base = bases.get(outcome.metric);
    return base === undefined || outcome.variant === baseline ? [] : [compare(base, outcome)];
  });
}

function compare(base: OutcomeSummary, other: OutcomeSummary): MetricComparison {
  const difference = other.mean - base.mean;
  const common = {
    metric: other.metric,
    baseline: base.variant,
    variant: other.variant,
    baselineMean: base.mean,
    mean: other.mean,
    difference,
  };
  if (base.variance === null || other.variance === null) return { ...common, interval: null, pValue: null };
  const error = Math.sqrt(base.variance / base.count + other.variance / other.count);
  const margin = 1.959963984540054 * error;
  const pValue = error === 0 ? (difference === 0 ? 1 : 0) : 2 * (1 - normalCdf(Math.abs(difference) / error));
  return { ...common, interval: [difference - margin, difference + margin], pValue };
}
