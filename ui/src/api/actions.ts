/** What a person can do, over Airflow's REST API: the same calls that scripts make. */
import { change, seg } from "./client.ts";

const dag = (dagId: string): string => `/api/v2/dags/${seg(dagId)}`;
const run = (dagId: string, runId: string): string => `${dag(dagId)}/dagRuns/${seg(runId)}`;

export const setPaused = (dagId: string, isPaused: boolean) =>
  change("PATCH", dag(dagId), { is_paused: isPaused });

export const setFavorite = (dagId: string, isFavorite: boolean) =>
  change("POST", `${dag(dagId)}/${isFavorite ? "favorite" : "unfavorite"}`);

export interface TriggerBody {
  logical_date: string | null;
  dag_run_id?: string;
  conf?: unknown;
  note?: string;
}
export const trigger = (dagId: string, body: TriggerBody) =>
  change<{ dag_run_id: string }>("POST", `${dag(dagId)}/dagRuns`, body);

export const markRun = (dagId: string, runId: string, state: "queued" | "success" | "failed") =>
  change("PATCH", run(dagId, runId), { state });

export const noteRun = (dagId: string, runId: string, note: string | null) =>
  change("PATCH", run(dagId, runId), { note });

export const deleteRun = (dagId: string, runId: string) => change("DELETE", run(dagId, runId));

export interface ClearRunBody {
  dry_run: boolean;
  only_failed?: boolean;
  run_on_latest_version?: boolean;
}
export interface ClearedInstances {
  task_instances: { task_id: string; map_index: number; dag_run_id: string; state: string | null }[];
  total_entries: number;
}
export const clearRun = (dagId: string, runId: string, body: ClearRunBody) =>
  change<ClearedInstances>("POST", `${run(dagId, runId)}/clear`, body);

export interface ClearBody {
  dry_run: boolean;
  dag_run_id: string;
  task_ids: (string | [string, number])[];
  include_upstream: boolean;
  include_downstream: boolean;
  include_past: boolean;
  include_future: boolean;
  only_failed: boolean;
  run_on_latest_version: boolean;
}
export const clearTasks = (dagId: string, body: ClearBody) =>
  change<ClearedInstances>("POST", `${dag(dagId)}/clearTaskInstances`, { reset_dag_runs: true, ...body });

export interface MarkBody {
  new_state: "success" | "failed" | "skipped";
  include_upstream: boolean;
  include_downstream: boolean;
  include_past: boolean;
  include_future: boolean;
}
export const markTask = (
  at: { dagId: string; runId: string; taskId: string; mapIndex: number },
  body: MarkBody,
  dryRun = false,
) =>
  change<ClearedInstances>(
    "PATCH",
    `${run(at.dagId, at.runId)}/taskInstances/${seg(at.taskId)}${at.mapIndex < 0 ? "" : `/${at.mapIndex}`}${dryRun ? "/dry_run" : ""}`,
    body,
  );

export interface BackfillBody {
  dag_id: string;
  from_date: string;
  to_date: string;
  run_backwards: boolean;
  reprocess_behavior: "none" | "failed" | "completed";
  max_active_runs: number;
  dag_run_conf?: unknown;
}
export const backfillPreview = (body: BackfillBody) =>
  change<{ backfills: { logical_date: string | null }[]; total_entries: number }>(
    "POST",
    "/api/v2/backfills/dry_run",
    body,
  );
export const backfill = (body: BackfillBody) => change("POST", "/api/v2/backfills", body);
export const backfillAction = (id: number, what: "pause" | "unpause" | "cancel") =>
  change("PUT", `/api/v2/backfills/${id}/${what}`);
export const materialize = (assetId: number) => change("POST", `/api/v2/assets/${assetId}/materialize`, {});
