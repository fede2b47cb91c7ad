/** What came of what: predictions, models, runs, attempts, data and code. */
import { type LineageKind, lineageKinds } from "../../../src/core/lineage-kinds.ts";
import { useAsk } from "./queries.ts";

export { type LineageKind, lineageKinds };

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
