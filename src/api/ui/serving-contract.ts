/** What the pages of deployments ask for, under the rules of `contract.ts`. Weights are percent, rates a second. */
import type { EndpointVariant, Guardrails } from "../../store/endpoints.ts";

export interface DeploymentChange {
  generation: number;
  kind: string;
  actor: string | null;
  reason: string | null;
  changedAt: number;
}

export interface DeploymentItem {
  name: string;
  description: string;
  generation: number;
  variants: EndpointVariant[];
  hasGuardrails: boolean;
  lastChange: DeploymentChange | null;
  /** Of the last minute, shadows left out. */
  requestsPerSecond: number;
  /** Of the last hour, shadows left out. */
  requests: number;
  errorRate: number | null;
  p95: number | null;
}

/** What a variant did in the window that is looked at. */
export interface VariantTraffic {
  variant: string;
  /** Versions of the model that answered, the newest last. */
  modelVersions: string[];
  requestsPerSecond: number;
  requests: number;
  errors: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  /** Counts by bucket; `latencyBorders` has what each bucket ends with. */
  latency: number[];
  /** One for each of `times`. */
  perStep: { requests: number[]; errors: number[]; p95: (number | null)[] };
}

export interface MetricOfVariant {
  variant: string;
  count: number;
  mean: number;
  /** Of the mean, 95 %; null of a single value. */
  interval: readonly [number, number] | null;
  /** Beside the baseline; null for the baseline itself and where the baseline has no value. */
  comparison: {
    difference: number;
    interval: readonly [number, number] | null;
    pValue: number | null;
  } | null;
}

/** A guardrail and what it says of a variant since the last change of the traffic. */
export interface GuardrailSaying {
  variant: string;
  rule: "max_error_rate" | "max_p99_ms";
  limit: number;
  value: number | null;
  requests: number;
  /** Requests before a variant is judged. */
  minimum: number;
  verdict: "kept" | "broken" | "waiting";
}

export interface Deployment {
  name: string;
  description: string;
  generation: number;
  variants: EndpointVariant[];
  guardrails: Guardrails | null;
  createdAt: number;
  updatedAt: number;
  /** The variant with the most traffic, which the others are compared with. */
  baseline: string;
  stepMs: number;
  /** Begin of each step. */
  times: number[];
  /** Upper ends of the latency buckets, milliseconds. */
  latencyBorders: number[];
  traffic: VariantTraffic[];
  metrics: { metric: string; variants: MetricOfVariant[] }[];
  sayings: GuardrailSaying[];
  lastChange: DeploymentChange | null;
}
