/** Whether a variant may have more traffic: each guardrail holds, is broken, or cannot be told yet. */
import type { OutcomeSummary } from "../../store/endpoint-traffic.ts";
import type { MetricGuardrail, RolloutGuardrails } from "../../store/rollouts.ts";
import { sequentialLoss } from "./sequential-test.ts";
import type { VariantReport } from "./traffic-report.ts";

export type GuardrailState = "holds" | "unclear" | "broken";

export interface GuardrailVerdict {
  readonly guardrail: string;
  readonly state: GuardrailState;
  /** What was seen, in words with figures. */
  readonly seen: string;
}

export interface Judged {
  /** Of the step; null while it has answered nothing. */
  readonly variant: VariantReport | null;
  readonly baseline: VariantReport | null;
  /** Since the rollout began. */
  readonly outcomes: readonly OutcomeSummary[];
  readonly names: { readonly variant: string; readonly baseline: string };
}

export const defaultMinRequests = 50;

export function judgeGuardrails(guardrails: RolloutGuardrails, judged: Judged): GuardrailVerdict[] {
  const { max_error_rate: maxErrors, max_p99_ms: maxP99, max_p99_ratio: maxRatio, metrics = [] } = guardrails;
  const minimum = guardrails.min_requests ?? defaultMinRequests;
  const verdicts: GuardrailVerdict[] = [];
  if (maxErrors !== undefined) verdicts.push(errorRate(judged.variant, maxErrors, minimum));
  if (maxP99 !== undefined) verdicts.push(latency(judged.variant, maxP99, minimum));
  if (maxRatio !== undefined) verdicts.push(latencyRatio(judged, maxRatio, minimum));
  return [...verdicts, ...metrics.map((metric) => businessMetric(metric, judged))];
}

const tooFew = (guardrail: string, got: number, minimum: number): GuardrailVerdict => ({
  guardrail,
  state: "unclear",
  seen: `${got} of ${minimum} requests`,
});

/** Broken when the evidence says so: one failure of fifty is no proof of a rate above a hundredth, and no good sign. */
function errorRate(variant: VariantReport | null, most: number, minimum: number): GuardrailVerdict {
  const guardrail = "max_error_rate";
  const { requests = 0, errors = 0 } = variant ?? {};
  if (requests < minimum) return tooFew(guardrail, requests, minimum);
  const rate = errors / requests;
  const state = wilsonLower(errors, requests) > most ? "broken" : rate > most ? "unclear" : "holds";
  return { guardrail, state, seen: `error rate ${rate.toFixed(4)} of ${requests} requests, at most ${most}` };
}

/** Lower end of Wilson's 95 % interval of a share. */
function wilsonLower(hits: number, of: number): number {
  const z = 1.959963984540054;
  const share = hits / of;
  const centre = share + z ** 2 / (2 * of);
  const margin = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return (centre - margin) / (1 + z ** 2 / of);
}

function latency(variant: VariantReport | null, most: number, minimum: number): GuardrailVerdict {
  const guardrail = "max_p99_ms";
  const requests = variant?.requests ?? 0;
  const p99 = variant?.p99 ?? null;
  if (requests < minimum || p99 === null) return tooFew(guardrail, requests, minimum);
  const seen = `p99 ${p99.toFixed(1)} ms of ${requests} requests, at most ${most} ms`;
  return { guardrail, state: p99 > most ? "broken" : "holds", seen };
}

function latencyRatio({ variant, baseline }: Judged, most: number, minimum: number): GuardrailVerdict {
  const guardrail = "max_p99_ratio";
  const requests = Math.min(variant?.requests ?? 0, baseline?.requests ?? 0);
  const [p99, base] = [variant?.p99 ?? null, baseline?.p99 ?? null];
  // With all of the traffic on the variant there is nothing left to compare with.
  if (baseline === null) return { guardrail, state: "holds", seen: "the baseline answers nothing any more" };
  if (requests < minimum || p99 === null || base === null) return tooFew(guardrail, requests, minimum);
  const ratio = p99 / base;
  const seen = `p99 ${p99.toFixed(1)} ms, ${ratio.toFixed(2)} times the baseline's, at most ${most} times`;
  return { guardrail, state: ratio > most ? "broken" : "holds", seen };
}

function businessMetric(rule: MetricGuardrail, { outcomes, names }: Judged): GuardrailVerdict {
  const of = (name: string): OutcomeSummary | undefined =>
    outcomes.find(({ metric, variant }) => metric === rule.metric && variant === name);
  const guardrail = rule.metric;
  const [base, other] = [of(names.baseline), of(names.variant)];
  const fewest = Math.min(base?.count ?? 0, other?.count ?? 0);
  if (base === undefined || other === undefined || fewest < Math.max(2, rule.min_samples)) {
    const state = rule.required ? "unclear" : "holds";
    return { guardrail, state, seen: `${fewest} of ${rule.min_samples} outcomes of each side` };
  }
  const { loss, pValue } = sequentialLoss(base, other, {
    maxLoss: rule.max_loss,
    greaterIsBetter: rule.greater_is_better,
    minSamples: rule.min_samples,
  });
  const seen = `mean ${other.mean.toPrecision(4)} against ${base.mean.toPrecision(4)}, loss ${loss.toPrecision(3)} (p ${pValue.toPrecision(2)}), at most ${rule.max_loss}`;
  return { guardrail, state: pValue < rule.significance ? "broken" : "holds", seen };
}
