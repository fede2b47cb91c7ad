/** Endpoints: what the pages ask about them, and what people do to them. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answerOf, change, get, seg } from "./client.ts";
import { useAsk } from "./queries.ts";
import type { Deployment, DeploymentItem, EndpointVariant, Guardrails, Json } from "./types.ts";

const path = (name: string): string => `/api/endpoints/${seg(name)}`;

/** Traffic is no event of the stream: it is looked at again while somebody looks. */
const listEveryMs = 5000;
const lookEveryMs = 2000;
/** A long window has little to say every two seconds, and much to send. */
const longWindowEveryMs = 15_000;

export const useDeployments = () =>
  useQuery({
    queryKey: ["deployments", "list"],
    queryFn: ({ signal }) => get<DeploymentItem[]>("/ui/deployments", {}, signal),
    refetchInterval: listEveryMs,
  });

export const useDeployment = (name: string, hours: number) =>
  useQuery({
    queryKey: ["deployments", "one", name, hours],
    queryFn: ({ signal }) => get<Deployment>(`/ui/deployments/${seg(name)}`, { hours }, signal),
    refetchInterval: hours > 1 ? longWindowEveryMs : lookEveryMs,
    placeholderData: keepPreviousData,
  });

export interface ChangeItem {
  generation: number;
  changed_at: string;
  kind: string;
  actor: string | null;
  reason: string | null;
  variants: EndpointVariant[];
}
export const useChanges = (name: string, generation: number) =>
  useAsk<{ changes: ChangeItem[] }>(["deployments", "changes", name, generation], `${path(name)}/changes`);

export interface ModelInput {
  name: string;
  /** Of the Open Inference Protocol: FP64, INT64, BOOL, BYTES. */
  datatype: string;
  shape: number[];
}
export const useModelInputs = (name: string, generation: number) =>
  useAsk<{ platform: string; versions: string[]; inputs: ModelInput[] }>(
    ["deployments", "inputs", name, generation],
    `/v2/models/${seg(name)}`,
  );

export interface NewEndpoint {
  name: string;
  description: string;
  variants: EndpointVariant[];
}
export const createEndpoint = (body: NewEndpoint) => change("POST", "/api/endpoints", body);
export const deleteEndpoint = (name: string) => change("DELETE", path(name));

export interface TrafficBody {
  variants: readonly EndpointVariant[];
  generation: number;
  reason?: string;
}
export const moveTraffic = (name: string, body: TrafficBody) => change("PUT", `${path(name)}/traffic`, body);

/** To the traffic of a generation; without one to the last that differs. */
export const rollBack = (name: string, body: { generation?: number; reason?: string }) =>
  change("POST", `${path(name)}/rollback`, body);

export const setGuardrails = (name: string, body: Guardrails | null) =>
  change("PUT", `${path(name)}/guardrails`, body);

export interface Asked {
  predictions: Json;
  requestId: string;
  variant: string;
  modelVersion: string | null;
  /** From the request to its answer, as the browser saw it. */
  tookMs: number;
}

/** @param key Requests of one key are answered by one variant. */
export async function ask(name: string, body: unknown, key: string): Promise<Asked> {
  const begun = performance.now();
  const { headers, body: answer } = await answerOf<{ predictions: Json }>(
    "POST",
    `/endpoints/${seg(name)}/invocations`,
    body,
    key === "" ? {} : { "x-routing-key": key },
  );
  return {
    predictions: answer.predictions,
    requestId: headers.get("x-tradewind-request-id") ?? "",
    variant: headers.get("x-tradewind-variant") ?? "",
    modelVersion: headers.get("x-tradewind-model-version"),
    tookMs: performance.now() - begun,
  };
}

export const tellOutcome = (name: string, outcome: { request_id: string; metric: string; value: number }) =>
  change<{ added: number }>("POST", `${path(name)}/outcomes`, { outcomes: [outcome] });
