/** Checks of data, drift and performance: their reports, and the series that they make. */
import type {
  ReportedDistribution as Distribution,
  ReportedColumn,
  ReportedDrift,
  ReportedPerformance,
} from "../../../src/ml/validation/check-report.ts";
import { change } from "./client.ts";
import { useAsk } from "./queries.ts";
import type { CheckKind, CheckOutcome, CheckSeries, Json } from "./types.ts";

export interface CheckItem {
  id: number;
  kind: CheckKind;
  name: string;
  dataset: string;
  dataset_digest: string | null;
  model_name: string | null;
  model_version: string | null;
  endpoint: string | null;
  created_at: string;
  outcome: CheckOutcome;
  score: number | null;
  threshold: number | null;
  checked: number;
  failed: number;
  actor: string;
  dag_id: string | null;
  dag_run_id: string | null;
  task_id: string | null;
  map_index: number | null;
  try_number: number | null;
}

export interface ReportedExpectation {
  type: string;
  kwargs: { [name: string]: Json };
  severity: "error" | "warning";
  success: boolean;
  exception: string | null;
  result: {
    observed_value?: Json;
    element_count?: number;
    unexpected_count?: number;
    unexpected_percent?: number;
    partial_unexpected_list?: Json[];
  };
}

export type { Distribution, ReportedColumn };

export type Reported =
  | { kind: "validation"; report: { results: ReportedExpectation[] } }
  | { kind: "drift"; report: ReportedDrift }
  | { kind: "performance"; report: ReportedPerformance };

export type CheckWithReport = CheckItem & Reported;

export interface CheckFilter {
  kind?: CheckKind;
  name?: string;
  dataset?: string;
  dag_id?: string;
  dag_run_id?: string;
  task_id?: string;
  map_index?: number;
  endpoint?: string;
  limit?: number;
}

export const useCheckSeries = () => useAsk<CheckSeries[]>(["checks", "series"], "/ui/checks");
export const useCheck = (id: string) => useAsk<CheckWithReport>(["checks", "one", id], `/api/checks/${id}`);
export const useChecks = (filter: CheckFilter, enabled = true) =>
  useAsk<{ checks: CheckItem[]; total_entries: number }>(
    ["checks", "list"],
    "/api/checks",
    { ...filter },
    enabled,
  );
export const deleteCheck = (id: number) => change("DELETE", `/api/checks/${id}`);
