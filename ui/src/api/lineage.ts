/** What came of what: predictions, models, runs, attempts, data and code. */
import { useAsk } from "./queries.ts";

export const lineageKinds = [
  "prediction",
  "endpoint",
  "endpoint_variant",
  "registered_model",
  "model_version",
  "logged_model",
  "run",
  "task_attempt",
  "dag_run",
  "dag_version",
  "dataset",
  "feature_view",
  "asset",
  "asset_event",
] as const;
export type LineageKind = (typeof lineageKinds)[number];

export type LineageDirection = "both" | "upstream" | "downstream";

export interface LineageNode {
  /** `kind:id`. */
  key: string;
  kind: LineageKind;
  id: string;
  label: string;
  /** False: it is named, and is no longer there. */
  exists: boolean;
  /** Steps from the root: negative before it, positive after it. */
  distance: number;
  attributes: { [name: string]: string | number | boolean | object | null };
}

export interface Lineage {
  root: string;
  nodes: LineageNode[];
  edges: { from: string; to: string; relation: string }[];
  truncated: boolean;
}

export interface LineageQuery {
  kind: string;
  id: string;
  depth: number;
  direction: LineageDirection;
}

export const useLineage = (query: LineageQuery, enabled = true) =>
  useAsk<Lineage>(["lineage"], "/api/lineage", { ...query }, enabled);
