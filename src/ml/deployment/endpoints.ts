/** Endpoints, rollouts and promotions as a task asks the server for them. */
import { TradewindError } from "../../errors.ts";
import type { TrackingClient } from "../tracking/client.ts";
import type { ModelVersionRef } from "./registry.ts";

export interface VariantState {
  readonly name: string;
  readonly model: string;
  readonly weight: number;
  readonly shadow: boolean;
}

export interface EndpointState {
  readonly name: string;
  readonly generation: number;
  readonly variants: readonly VariantState[];
  readonly request_log: { readonly sample: number } | null;
}

/** A step of a rollout; what is left out has the server's default. */
export interface CanaryStep {
  /** Percent of the requests. */
  readonly weight: number;
  readonly bakeSeconds?: number;
  readonly minRequests?: number;
}

export interface CanaryMetric {
  readonly metric: string;
  readonly greaterIsBetter?: boolean;
  readonly maxLoss?: number;
  readonly significance?: number;
  readonly minSamples?: number;
  readonly required?: boolean;
}

export interface CanaryGuardrails {
  readonly maxErrorRate?: number;
  readonly maxP99Ms?: number;
  readonly maxP99Ratio?: number;
  readonly minRequests?: number;
  readonly metrics?: readonly CanaryMetric[];
}

export interface RolloutStatus {
  readonly id: number;
  readonly variant: string;
  readonly model: string;
  readonly state: "running" | "paused" | "succeeded" | "rolled_back" | "aborted" | "superseded";
  readonly reason: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
}

export interface MetricSummary {
  readonly variant: string;
  readonly metric: string;
  readonly count: number;
  readonly mean: number;
  readonly variance: number | null;
}

export interface Promoted {
  readonly name: string;
  readonly alias: string;
  readonly version: string;
  readonly previous_version: string | null;
  readonly endpoint: EndpointState | null;
}

export class Endpoints {
  readonly #client: TrackingClient;

  constructor(client: TrackingClient) {
    this.#client = client;
  }

  /** Null when there is none of that name. */
  async find(name: string): Promise<EndpointState | null> {
    try {
      return await this.#client.ask<EndpointState>("GET", path(name));
    } catch (error) {
      if (
        error instanceof TradewindError &&
        error.code === "TW_TRACKING_REFUSED" &&
        error.message.includes("404")
      )
        return null;
      throw error;
    }
  }

  async get(name: string): Promise<EndpointState> {
    return this.#client.ask<EndpointState>("GET", path(name));
  }

  create(endpoint: {
    name: string;
    variants: readonly VariantState[];
    request_log?: { sample: number } | null;
  }) {
    return this.#client.ask<EndpointState>("POST", "/api/endpoints", endpoint);
  }

  /** @throws TradewindError TW_TRACKING_REFUSED when the traffic is no longer that of `generation`. */
  setTraffic(
    name: string,
    change: { variants: readonly VariantState[]; generation: number; reason: string },
  ): Promise<EndpointState> {
    return this.#client.ask("PUT", `${path(name)}/traffic`, change);
  }

  setRequestLog(name: string, log: { sample: number } | null): Promise<EndpointState> {
    return this.#client.ask("PUT", `${path(name)}/request-log`, log);
  }

  rollBack(name: string, reason: string): Promise<EndpointState> {
    return this.#client.ask("POST", `${path(name)}/rollback`, { reason });
  }

  async rollouts(name: string): Promise<readonly RolloutStatus[]> {
    const { rollouts } = await this.#client.ask<{ rollouts: RolloutStatus[] }>(
      "GET",
      `${path(name)}/rollouts`,
    );
    return rollouts;
  }

  rollout(name: string, id: number): Promise<RolloutStatus> {
    return this.#client.ask("GET", `${path(name)}/rollouts/${id}`);
  }

  startRollout(
    name: string,
    rollout: {
      variant: { name: string; model: string };
      steps?: readonly CanaryStep[] | undefined;
      guardrails?: CanaryGuardrails | undefined;
      reason: string;
    },
  ): Promise<RolloutStatus> {
    const { steps, guardrails, ...rest } = rollout;
    return this.#client.ask("POST", `${path(name)}/rollouts`, {
      ...rest,
      ...(steps === undefined ? {} : { steps: steps.map(wireStep) }),
      ...(guardrails === undefined ? {} : { guardrails: wireGuardrails(guardrails) }),
    });
  }

  /** What came of the answers since then, by variant. */
  async metrics(name: string, since: string): Promise<readonly MetricSummary[]> {
    const query = new URLSearchParams({ since }).toString();
    const { metrics } = await this.#client.ask<{ metrics: MetricSummary[] }>(
      "GET",
      `${path(name)}/report?${query}`,
    );
    return metrics;
  }

  promote(model: ModelVersionRef, how: PromoteRequest): Promise<Promoted> {
    const { alias, expectedVersion, endpoint, reason } = how;
    return this.#client.ask("POST", `/api/models/${encodeURIComponent(model.name)}/promote`, {
      version: Number(model.version),
      alias,
      ...(expectedVersion === undefined
        ? {}
        : { expected_version: expectedVersion === null ? null : Number(expectedVersion) }),
      ...(endpoint === undefined ? {} : { endpoint }),
      reason,
    });
  }

  /** The alias, and the endpoint's traffic with it, go back to the version that stood there before. */
  rollBackModel(
    name: string,
    how: { alias: string; endpoint?: string | undefined; reason: string },
  ): Promise<Promoted> {
    return this.#client.ask("POST", `/api/models/${encodeURIComponent(name)}/rollback`, how);
  }
}

export interface PromoteRequest {
  readonly alias: string;
  /** Where the alias has to stand still; null: nowhere. Left out: wherever it stands. */
  readonly expectedVersion?: string | null | undefined;
  readonly endpoint?: string | undefined;
  readonly reason: string;
}

const path = (name: string): string => `/api/endpoints/${encodeURIComponent(name)}`;

function wireStep({ weight, bakeSeconds, minRequests }: CanaryStep) {
  return {
    weight,
    ...(bakeSeconds === undefined ? {} : { bake_seconds: bakeSeconds }),
    ...(minRequests === undefined ? {} : { min_requests: minRequests }),
  };
}

function wireGuardrails({ maxErrorRate, maxP99Ms, maxP99Ratio, minRequests, metrics }: CanaryGuardrails) {
  return {
    ...(maxErrorRate === undefined ? {} : { max_error_rate: maxErrorRate }),
    ...(maxP99Ms === undefined ? {} : { max_p99_ms: maxP99Ms }),
    ...(maxP99Ratio === undefined ? {} : { max_p99_ratio: maxP99Ratio }),
    ...(minRequests === undefined ? {} : { min_requests: minRequests }),
    ...(metrics === undefined ? {} : { metrics: metrics.map(wireMetric) }),
  };
}

function wireMetric({ metric, greaterIsBetter, maxLoss, significance, minSamples, required }: CanaryMetric) {
  return {
    metric,
    ...(greaterIsBetter === undefined ? {} : { greater_is_better: greaterIsBetter }),
    ...(maxLoss === undefined ? {} : { max_loss: maxLoss }),
    ...(significance === undefined ? {} : { significance }),
    ...(minSamples === undefined ? {} : { min_samples: minSamples }),
    ...(required === undefined ? {} : { required }),
  };
}
