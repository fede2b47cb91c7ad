/** Feature views and the values that are online. */
import { change, seg } from "./client.ts";
import { useAsk } from "./queries.ts";

export type FeatureType = "number" | "text" | "boolean";

export interface FeatureViewItem {
  name: string;
  version: number;
  entity: string;
  join_keys: string[];
  features: { [name: string]: FeatureType };
  event_time: string;
  created_time: string | null;
  ttl: number;
  source: string | null;
  description: string;
  owner: string;
  materialized_until: string | null;
  created_at: string;
}

export interface FeatureViewState extends FeatureViewItem {
  online_rows: number;
  newest_event: string | null;
  oldest_event: string | null;
}

export const useFeatureViews = () =>
  useAsk<{ feature_views: FeatureViewItem[] }>(["features", "list"], "/api/features/views");
export const useFeatureView = (name: string) =>
  useAsk<{ versions: FeatureViewState[] }>(["features", "one", name], `/api/features/views/${seg(name)}`);

export type Cell = string | number | boolean | null;
export type FeatureStatus = "PRESENT" | "NULL_VALUE" | "NOT_FOUND" | "OUTSIDE_MAX_AGE";

export interface OnlineAnswer {
  metadata: { feature_names: string[] };
  results: { values: Cell[]; statuses: FeatureStatus[]; event_timestamps: (string | null)[] }[];
}

export const lookUp = (view: string, version: number, entities: { [key: string]: Cell[] }) =>
  change<OnlineAnswer>("POST", "/api/features/online-features", {
    features: [`${view}@v${version}`],
    entities,
  });
