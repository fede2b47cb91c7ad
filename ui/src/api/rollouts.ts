/** Canaries that go through steps by themselves. */
import { useQuery } from "@tanstack/react-query";
import { change, get, seg } from "./client.ts";

export interface RolloutStep {
  /** Percent. */
  weight: number;
  bake_seconds: number;
  min_requests: number;
}

export interface RolloutGuardrails {
  max_error_rate?: number;
  max_p99_ms?: number;
  max_p99_ratio?: number;
  min_requests?: number;
}

export interface Rollout {
  id: number;
  endpoint: string;
  variant: string;
  model: string;
  baseline: string;
  steps: RolloutStep[];
  guardrails: RolloutGuardrails;
  state: "running" | "paused" | "succeeded" | "rolled_back" | "aborted" | "superseded";
  /** Place in `steps`. */
  step: number;
  started_at: string;
  step_started_at: string;
  ended_at: string | null;
  reason: string | null;
}

export interface RolloutDetail extends Rollout {
  events: { happened_at: string; kind: string; actor: string | null; reason: string | null }[];
  guardrail_states: { guardrail: string; state: "holds" | "unclear" | "broken"; seen: string }[];
  next: { kind: string; reason: string } | null;
}

const path = (endpoint: string): string => `/api/endpoints/${seg(endpoint)}/rollouts`;

/** A rollout goes on by itself: it is looked at while somebody looks. */
const lookEveryMs = 2000;

export const useRollouts = (endpoint: string) =>
  useQuery({
    queryKey: ["deployments", "rollouts", endpoint],
    queryFn: ({ signal }) => get<{ rollouts: Rollout[] }>(path(endpoint), { limit: 20 }, signal),
    refetchInterval: lookEveryMs,
  });

export const useRollout = (endpoint: string, id: number) =>
  useQuery({
    queryKey: ["deployments", "rollout", endpoint, id],
    queryFn: ({ signal }) => get<RolloutDetail>(`${path(endpoint)}/${id}`, {}, signal),
    refetchInterval: lookEveryMs,
  });

export interface NewRollout {
  variant: { name: string; model: string };
  steps: RolloutStep[];
  guardrails: RolloutGuardrails;
}
export const startRollout = (endpoint: string, body: NewRollout) =>
  change<Rollout>("POST", path(endpoint), body);
export const actOnRollout = (endpoint: string, id: number, verb: "pause" | "resume" | "abort") =>
  change("POST", `${path(endpoint)}/${id}/${verb}`, {});
