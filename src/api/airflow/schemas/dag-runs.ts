import { z } from "zod";
import { DagVersionResponse } from "./dags.ts";
import { DagRunMutableStates, DagRunState, DagRunTriggeredByType, DagRunType } from "./states.ts";
import { AnyJson, DateTime, Instant } from "./values.ts";

export const DAGRunResponse = z
  .object({
    dag_run_id: z.string(),
    dag_id: z.string(),
    logical_date: DateTime.nullable(),
    queued_at: DateTime.nullable(),
    start_date: DateTime.nullable(),
    end_date: DateTime.nullable(),
    duration: z.number().nullable(),
    data_interval_start: DateTime.nullable(),
    data_interval_end: DateTime.nullable(),
    run_after: DateTime,
    last_scheduling_decision: DateTime.nullable(),
    run_type: DagRunType,
    state: DagRunState,
    triggered_by: DagRunTriggeredByType.nullable(),
    triggering_user_name: z.string().nullable(),
    conf: z.record(z.string(), AnyJson).nullable(),
    note: z.string().nullable(),
    dag_versions: z.array(DagVersionResponse),
    bundle_version: z.string().nullable(),
    dag_display_name: z.string(),
    partition_key: z.string().nullable(),
    partition_date: DateTime.nullable(),
  })
  .meta({ id: "DAGRunResponse" });

export const DAGRunCollectionResponse = z
  .object({
    dag_runs: z.array(DAGRunResponse),
    total_entries: z.int().nullable(),
    total_entries_limit: z.int().nullable(),
    next_cursor: z.string().nullable(),
    previous_cursor: z.string().nullable(),
  })
  .meta({ id: "DAGRunCollectionResponse" });

export const DAGRunPatchBody = z
  .strictObject({
    state: DagRunMutableStates.nullable().optional(),
    note: z.string().max(1000).nullable().optional(),
  })
  .meta({ id: "DAGRunPatchBody" });

const isOneChoice = (body: { only_new: boolean; only_failed: boolean }): boolean =>
  !(body.only_new && body.only_failed);

export const DAGRunClearBody = z
  .strictObject({
    dry_run: z.boolean().default(true),
    only_failed: z.boolean().default(false),
    only_new: z.boolean().default(false),
    run_on_latest_version: z.boolean().nullable().optional(),
    note: z.string().max(1000).nullable().optional(),
  })
  .refine(isOneChoice, "only_new and only_failed are mutually exclusive")
  .meta({ id: "DAGRunClearBody" });

export const DAGRunsBatchBody = z
  .strictObject({
    order_by: z.string().nullable().optional(),
    page_offset: z.int().min(0).default(0),
    page_limit: z.int().min(0).default(100),
    dag_ids: z.array(z.string()).nullable().optional(),
    states: z.array(DagRunState.nullable()).nullable().optional(),
    run_after_gte: Instant.nullable().optional(),
    run_after_gt: Instant.nullable().optional(),
    run_after_lte: Instant.nullable().optional(),
    run_after_lt: Instant.nullable().optional(),
    logical_date_gte: Instant.nullable().optional(),
    logical_date_gt: Instant.nullable().optional(),
    logical_date_lte: Instant.nullable().optional(),
    logical_date_lt: Instant.nullable().optional(),
    start_date_gte: Instant.nullable().optional(),
    start_date_gt: Instant.nullable().optional(),
    start_date_lte: Instant.nullable().optional(),
    start_date_lt: Instant.nullable().optional(),
    end_date_gte: Instant.nullable().optional(),
    end_date_gt: Instant.nullable().optional(),
    end_date_lte: Instant.nullable().optional(),
    end_date_lt: Instant.nullable().optional(),
    duration_gte: z.number().nullable().optional(),
    duration_gt: z.number().nullable().optional(),
    duration_lte: z.number().nullable().optional(),
    duration_lt: z.number().nullable().optional(),
    conf_contains: z.string().nullable().optional(),
  })
  .meta({ id: "DAGRunsBatchBody" });

const hasBothOrNone = (body: { data_interval_start?: unknown; data_interval_end?: unknown }): boolean =>
  (body.data_interval_start == null) === (body.data_interval_end == null);
const bothOrNone =
  "Either both data_interval_start and data_interval_end must be provided or both must be None";

export const TriggerDAGRunPostBody = z
  .strictObject({
    dag_run_id: z.string().nullable().optional(),
    data_interval_start: Instant.nullable().optional(),
    data_interval_end: Instant.nullable().optional(),
    /** Airflow requires the key and takes null for it; here it may be left out as well. */
    logical_date: Instant.nullable().optional(),
    run_after: Instant.nullable().optional(),
    conf: z.record(z.string(), AnyJson).nullable().optional(),
    note: z.string().nullable().optional(),
    partition_key: z.string().nullable().optional(),
  })
  .refine(hasBothOrNone, bothOrNone)
  .meta({ id: "TriggerDAGRunPostBody" });

export const MaterializeAssetBody = z
  .strictObject({
    dag_run_id: z.string().nullable().optional(),
    data_interval_start: Instant.nullable().optional(),
    data_interval_end: Instant.nullable().optional(),
    logical_date: Instant.nullable().optional(),
    run_after: Instant.nullable().optional(),
    conf: z.record(z.string(), AnyJson).nullable().optional(),
    note: z.string().nullable().optional(),
    partition_key: z.string().nullable().optional(),
  })
  .refine(hasBothOrNone, bothOrNone)
  .meta({ id: "MaterializeAssetBody" });

export const BulkDAGRunBody = z
  .strictObject({
    dag_run_id: z.string(),
    dag_id: z.string().nullable().optional(),
    state: DagRunMutableStates.nullable().optional(),
    note: z.string().max(1000).nullable().optional(),
  })
  .meta({ id: "BulkDAGRunBody" });

const countSelectors = (values: readonly unknown[]): number => values.filter((value) => value != null).length;

export const BulkDAGRunClearBody = z
  .strictObject({
    partition_key: z.string().nullable().optional(),
    partition_date_start: Instant.nullable().optional(),
    partition_date_end: Instant.nullable().optional(),
    dry_run: z.boolean().default(true),
    only_failed: z.boolean().default(false),
    only_new: z.boolean().default(false),
    run_on_latest_version: z.boolean().nullable().optional(),
    note: z.string().max(1000).nullable().optional(),
    dag_runs: z.array(BulkDAGRunBody).default([]),
  })
  .refine(isOneChoice, "only_new and only_failed are mutually exclusive")
  .refine(
    (body) =>
      countSelectors([
        body.dag_runs.length > 0 || null,
        body.partition_key,
        body.partition_date_start ?? body.partition_date_end,
      ]) === 1,
    "Exactly one of dag_runs (non-empty), partition_key, or a partition date window (partition_date_start / partition_date_end) must be provided.",
  )
  .meta({ id: "BulkDAGRunClearBody" });

export const ClearPartitionsBody = z
  .strictObject({
    partition_key: z.string().nullable().optional(),
    partition_date_start: Instant.nullable().optional(),
    partition_date_end: Instant.nullable().optional(),
    run_id: z.string().nullable().optional(),
    clear_task_instances: z.boolean().default(false),
    dry_run: z.boolean().default(true),
  })
  .refine(
    (body) =>
      countSelectors([
        body.run_id,
        body.partition_key,
        body.partition_date_start ?? body.partition_date_end,
      ]) === 1,
    "Exactly one of run_id, partition_key, or a partition date window (partition_date_start / partition_date_end) must be provided.",
  )
  .meta({ id: "ClearPartitionsBody" });

export const ClearPartitionsResponse = z
  .object({
    dag_runs_cleared: z.int(),
    task_instances_cleared: z.int(),
    dry_run: z.boolean(),
  })
  .meta({ id: "ClearPartitionsResponse" });
