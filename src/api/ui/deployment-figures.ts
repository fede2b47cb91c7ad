/** From counted minutes and told outcomes to the figures that the pages of deployments draw. */

import { defaultMinimum, isCanary } from "../../ml/serving/guardrails.ts";
import { LatencyHistogram, latencyBorders } from "../../ml/serving/latency-histogram.ts";
import { compareOutcomes } from "../../ml/serving/traffic-report.ts";
import type { MinuteOfTraffic, OutcomeSummary } from "../../store/endpoint-traffic.ts";
import type { EndpointRow } from "../../store/endpoints.ts";
import type * as page from "./serving-contract.ts";

const minuteMs = 60_000;

/** The variant that one goes back to, and that the others are compared with. */
export function baselineOf(variants: EndpointRow["variants"]): string {
  return variants.reduce((most, one) => (one.weight > most.weight ? one : most)).name;
}

interface Summed {
  readonly requests: number;
  readonly errors: number;
  readonly latency: LatencyHistogram;
}

function sumOf(minutes: readonly MinuteOfTraffic[]): Summed {
  const counts: number[] = [];
  let [requests, errors] = [0, 0];
  for (const minute of minutes) {
    requests += minute.requests;
    errors += minute.errors;
    for (const [bucket, count] of minute.latency.entries()) counts[bucket] = (counts[bucket] ?? 0) + count;
  }
  return { requests, errors, latency: new LatencyHistogram(counts) };
}

/** Of the last sixty seconds: this minute, and the part of the one before that is not older. */
function perSecond(minutes: readonly MinuteOfTraffic[], now: number): number {
  const begin = now - (now % minuteMs);
  const part = (now - begin) / minuteMs;
  const counted = (minute: number): number =>
    minutes.filter((one) => one.minute === minute).reduce((sum, { requests }) => sum + requests, 0);
  return (counted(begin) + counted(begin - minuteMs) * (1 - part)) / 60;
}

export function deploymentItem(
  endpoint: EndpointRow,
  facts: { minutes: readonly MinuteOfTraffic[]; change: page.DeploymentChange | null; now: number },
): page.DeploymentItem {
  const { name, description, generation, variants, guardrails } = endpoint;
  const shadows = new Set(variants.filter(({ shadow }) => shadow).map(({ name }) => name));
  const answered = facts.minutes.filter(({ variant }) => !shadows.has(variant));
  const { requests, errors, latency } = sumOf(answered);
  return {
    name,
    description,
    generation,
    variants,
    hasGuardrails: guardrails !== null,
    lastChange: facts.change,
    requestsPerSecond: perSecond(answered, facts.now),
    requests,
    errorRate: requests === 0 ? null : errors / requests,
    p95: latency.quantile(0.95),
  };
}

/** Variants that are there, then those that were and did something in the window. */
export function trafficOf(
  { variants }: EndpointRow,
  minutes: readonly MinuteOfTraffic[],
  { times, stepMs, now }: { times: readonly number[]; stepMs: number; now: number },
): Pick<page.Deployment, "traffic" | "latencyBorders"> {
  const from = times[0] ?? now;
  const shown = minutes.filter(({ minute }) => minute >= from);
  const byVariant = Map.groupBy(shown, ({ variant }) => variant);
  const names = new Set([...variants.map(({ name }) => name), ...byVariant.keys()]);
  const traffic = [...names].map((variant): page.VariantTraffic => {
    const own = byVariant.get(variant) ?? [];
    const { requests, errors, latency } = sumOf(own);
    const steps = Map.groupBy(own, ({ minute }) => Math.floor((minute - from) / stepMs));
    const sums = times.map((_, step) => sumOf(steps.get(step) ?? []));
    return {
      variant,
      modelVersions: versionsOf(own),
      requestsPerSecond: perSecond(own, now),
      requests,
      errors,
      p50: latency.quantile(0.5),
      p95: latency.quantile(0.95),
      p99: latency.quantile(0.99),
      latency: latency.counts,
      perStep: {
        requests: sums.map((sum) => sum.requests),
        errors: sums.map((sum) => sum.errors),
        p95: sums.map((sum) => sum.latency.quantile(0.95)),
      },
    };
  });
  return { traffic, latencyBorders: [...latencyBorders] };
}

/** In the order in which they began to answer. */
function versionsOf(minutes: readonly MinuteOfTraffic[]): string[] {
  return [...new Set(minutes.map(({ modelVersion }) => modelVersion).filter((version) => version !== ""))];
}

/** Half the width of the 95 % interval of a mean, in standard errors. */
const z95 = 1.959963984540054;

export function metricsOf(outcomes: readonly OutcomeSummary[], baseline: string): page.Deployment["metrics"] {
  const comparisons = compareOutcomes(outcomes, baseline);
  return [...Map.groupBy(outcomes, ({ metric }) => metric)].map(([metric, list]) => ({
    metric,
    variants: list.map(({ variant, count, mean, variance }) => {
      const beside = comparisons.find((one) => one.metric === metric && one.variant === variant);
      const margin = variance === null ? null : z95 * Math.sqrt(variance / count);
      return {
        variant,
        count,
        mean,
        interval: margin === null ? null : ([mean - margin, mean + margin] as const),
        comparison:
          beside === undefined
            ? null
            : { difference: beside.difference, interval: beside.interval, pValue: beside.pValue },
      };
    }),
  }));
}

/** Canaries are judged; who has the most traffic has nothing to go back to. */
export function sayingsOf(
  { guardrails, variants }: EndpointRow,
  minutes: readonly MinuteOfTraffic[],
): page.GuardrailSaying[] {
  if (guardrails === null) return [];
  const {
    max_error_rate: maxErrors,
    max_p99_ms: maxP99,
    min_requests: minimum = defaultMinimum,
  } = guardrails;
  return variants
    .filter(({ name }) => isCanary(variants, name))
    .flatMap(({ name: variant }) => {
      const { requests, errors, latency } = sumOf(minutes.filter((one) => one.variant === variant));
      const say = (rule: page.GuardrailSaying["rule"], limit: number, value: number | null) => ({
        variant,
        rule,
        limit,
        value,
        requests,
        minimum,
        verdict: verdictOf(requests >= minimum, value, limit),
      });
      return [
        ...(maxErrors === undefined
          ? []
          : [say("max_error_rate", maxErrors, requests === 0 ? null : errors / requests)]),
        ...(maxP99 === undefined ? [] : [say("max_p99_ms", maxP99, latency.quantile(0.99))]),
      ];
    });
}

function verdictOf(enough: boolean, value: number | null, limit: number): page.GuardrailSaying["verdict"] {
  if (!enough || value === null) return "waiting";
  return value > limit ? "broken" : "kept";
}
