import { z } from "zod";
import { DagRunState, DagRunType } from "./states.ts";
import { AnyJson, DateTime, Duration } from "./values.ts";

export const DagTagResponse = z
  .object({
    name: z.string(),
    dag_id: z.string(),
    dag_display_name: z.string(),
  })
  .meta({ id: "DagTagResponse" });

export const DagVersionResponse = z
  .object({
    id: z.uuid(),
    version_number: z.int(),
    dag_id: z.string(),
    bundle_name: z.string().nullable(),
    bundle_version: z.string().nullable(),
    created_at: DateTime,
    dag_display_name: z.string(),
    bundle_url: z.string().nullable(),
  })
  .meta({ id: "DagVersionResponse" });

export const DAGResponse = z
  .object({
    dag_id: z.string(),
    dag_display_name: z.string(),
    is_paused: z.boolean(),
    is_stale: z.boolean(),
    last_parsed_time: DateTime.nullable(),
    last_parse_duration: z.number().nullable(),
    last_expired: DateTime.nullable(),
    bundle_name: z.string().nullable(),
    bundle_version: z.string().nullable(),
    relative_fileloc: z.string().nullable(),
    fileloc: z.string(),
    description: z.string().nullable(),
    timetable_summary: z.string().nullable(),
    timetable_description: z.string().nullable(),
    timetable_partitioned: z.boolean(),
    timetable_periodic: z.boolean(),
    tags: z.array(DagTagResponse),
    max_active_tasks: z.int(),
    max_active_runs: z.int().nullable(),
    max_consecutive_failed_dag_runs: z.int(),
    has_task_concurrency_limits: z.boolean(),
    has_import_errors: z.boolean(),
    next_dagrun_logical_date: DateTime.nullable(),
    next_dagrun_data_interval_start: DateTime.nullable(),
    next_dagrun_data_interval_end: DateTime.nullable(),
    next_dagrun_run_after: DateTime.nullable(),
    allowed_run_types: z.array(DagRunType).nullable(),
    owners: z.array(z.string()),
    is_backfillable: z.boolean(),
    file_token: z.string(),
  })
  .meta({ id: "DAGResponse" });

export const DAGCollectionResponse = z
  .object({
    dags: z.array(DAGResponse),
    total_entries: z.int(),
  })
  .meta({ id: "DAGCollectionResponse" });

export const DAGDetailsResponse = DAGResponse.extend({
  catchup: z.boolean(),
  dag_run_timeout: Duration.nullable(),
  asset_expression: z.record(z.string(), AnyJson).nullable(),
  doc_md: z.string().nullable(),
  start_date: DateTime.nullable(),
  end_date: DateTime.nullable(),
  is_paused_upon_creation: z.boolean().nullable(),
  params: z.record(z.string(), AnyJson).nullable(),
  render_template_as_native_obj: z.boolean(),
  template_search_path: z.array(z.string()).nullable(),
  timezone: z.string().nullable(),
  last_parsed: DateTime.nullable(),
  default_args: z.record(z.string(), AnyJson).nullable(),
  rerun_with_latest_version: z.boolean().nullable(),
  owner_links: z.record(z.string(), z.string()).nullable(),
  is_favorite: z.boolean(),
  active_runs_count: z.int(),
  concurrency: z.int(),
  latest_dag_version: DagVersionResponse.nullable(),
}).meta({ id: "DAGDetailsResponse" });

export const DAGPatchBody = z
  .strictObject({
    is_paused: z.boolean(),
  })
  .meta({ id: "DAGPatchBody" });

export const DAGTagCollectionResponse = z
  .object({
    tags: z.array(z.string()),
    total_entries: z.int(),
  })
  .meta({ id: "DAGTagCollectionResponse" });

export const DAGVersionCollectionResponse = z
  .object({
    dag_versions: z.array(DagVersionResponse),
    total_entries: z.int(),
  })
  .meta({ id: "DAGVersionCollectionResponse" });

export const DAGSourceResponse = z
  .object({
    content: z.string().nullable(),
    dag_id: z.string(),
    version_number: z.int().nullable(),
    dag_display_name: z.string(),
  })
  .meta({ id: "DAGSourceResponse" });

export const DagStatsStateResponse = z
  .object({
    state: DagRunState,
    count: z.int(),
  })
  .meta({ id: "DagStatsStateResponse" });

export const DagStatsResponse = z
  .object({
    dag_id: z.string(),
    dag_display_name: z.string(),
    stats: z.array(DagStatsStateResponse),
  })
  .meta({ id: "DagStatsResponse" });

export const DagStatsCollectionResponse = z
  .object({
    dags: z.array(DagStatsResponse),
    total_entries: z.int(),
  })
  .meta({ id: "DagStatsCollectionResponse" });

export const DagWarningType = z
  .enum(["asset conflict", "non-existent pool", "runtime varying value"])
  .meta({ id: "DagWarningType" });

export const DAGWarningResponse = z
  .object({
    dag_id: z.string(),
    warning_type: DagWarningType,
    message: z.string(),
    timestamp: DateTime,
    dag_display_name: z.string(),
  })
  .meta({ id: "DAGWarningResponse" });

export const DAGWarningCollectionResponse = z
  .object({
    dag_warnings: z.array(DAGWarningResponse),
    total_entries: z.int(),
  })
  .meta({ id: "DAGWarningCollectionResponse" });

export const TimeDelta = z
  .object({
    __type: z.string(),
    days: z.int(),
    seconds: z.int(),
    microseconds: z.int(),
  })
  .meta({ id: "TimeDelta" });

export const TaskResponse = z
  .object({
    task_id: z.string().nullable(),
    task_display_name: z.string().nullable(),
    owner: z.string().nullable(),
    start_date: DateTime.nullable(),
    end_date: DateTime.nullable(),
    trigger_rule: z.string().nullable(),
    depends_on_past: z.boolean(),
    wait_for_downstream: z.boolean(),
    retries: z.number().nullable(),
    queue: z.string().nullable(),
    pool: z.string().nullable(),
    pool_slots: z.number().nullable(),
    execution_timeout: TimeDelta.nullable(),
    retry_delay: TimeDelta.nullable(),
    retry_exponential_backoff: z.number(),
    priority_weight: z.number().nullable(),
    weight_rule: z.string().nullable(),
    ui_color: z.string().nullable(),
    ui_fgcolor: z.string().nullable(),
    template_fields: z.array(z.string()).nullable(),
    downstream_task_ids: z.array(z.string()).nullable(),
    doc_md: z.string().nullable(),
    operator_name: z.string().nullable(),
    params: z.record(z.string(), AnyJson).nullable(),
    class_ref: z.record(z.string(), AnyJson).nullable(),
    is_mapped: z.boolean().nullable(),
    extra_links: z.array(z.string()),
  })
  .meta({ id: "TaskResponse" });

export const TaskCollectionResponse = z
  .object({
    tasks: z.array(TaskResponse),
    total_entries: z.int(),
  })
  .meta({ id: "TaskCollectionResponse" });

export const ImportErrorResponse = z
  .object({
    import_error_id: z.int(),
    timestamp: DateTime,
    filename: z.string(),
    bundle_name: z.string().nullable(),
    stack_trace: z.string(),
  })
  .meta({ id: "ImportErrorResponse" });

export const ImportErrorCollectionResponse = z
  .object({
    import_errors: z.array(ImportErrorResponse),
    total_entries: z.int(),
  })
  .meta({ id: "ImportErrorCollectionResponse" });
