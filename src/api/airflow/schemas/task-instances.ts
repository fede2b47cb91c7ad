import { z } from "zod";
import { DagVersionResponse } from "./dags.ts";
import { TaskInstanceState } from "./states.ts";
import { AnyJson, DateTime, Instant } from "./values.ts";

export const TriggerResponse = z
  .object({
    id: z.int(),
    classpath: z.string(),
    kwargs: z.string(),
    created_date: DateTime,
    queue: z.string().nullable(),
    triggerer_id: z.int().nullable(),
  })
  .meta({ id: "TriggerResponse" });

export const JobResponse = z
  .object({
    id: z.int(),
    dag_id: z.string().nullable(),
    state: z.string().nullable(),
    job_type: z.string().nullable(),
    start_date: DateTime.nullable(),
    end_date: DateTime.nullable(),
    latest_heartbeat: DateTime.nullable(),
    executor_class: z.string().nullable(),
    hostname: z.string().nullable(),
    unixname: z.string().nullable(),
    dag_display_name: z.string().nullable(),
  })
  .meta({ id: "JobResponse" });

export const JobCollectionResponse = z
  .object({
    jobs: z.array(JobResponse),
    total_entries: z.int(),
  })
  .meta({ id: "JobCollectionResponse" });

/** One try of an instance; that which is over, or the instance as it is now. */
const attemptFields = {
  task_id: z.string(),
  dag_id: z.string(),
  dag_run_id: z.string(),
  map_index: z.int(),
  start_date: DateTime.nullable(),
  end_date: DateTime.nullable(),
  duration: z.number().nullable(),
  state: TaskInstanceState.nullable(),
  try_number: z.int(),
  max_tries: z.int(),
  task_display_name: z.string(),
  dag_display_name: z.string(),
  hostname: z.string().nullable(),
  unixname: z.string().nullable(),
  pool: z.string(),
  pool_slots: z.int(),
  queue: z.string().nullable(),
  priority_weight: z.int().nullable(),
  operator: z.string().nullable(),
  operator_name: z.string().nullable(),
  queued_when: DateTime.nullable(),
  scheduled_when: DateTime.nullable(),
  pid: z.int().nullable(),
  executor: z.string().nullable(),
  executor_config: z.string(),
  dag_version: DagVersionResponse.nullable(),
};

export const TaskInstanceHistoryResponse = z
  .object(attemptFields)
  .meta({ id: "TaskInstanceHistoryResponse" });

export const TaskInstanceResponse = z
  .object({
    ...attemptFields,
    id: z.uuid(),
    logical_date: DateTime.nullable(),
    run_after: DateTime,
    note: z.string().nullable(),
    rendered_map_index: z.string().nullable(),
    rendered_fields: z.record(z.string(), AnyJson),
    trigger: TriggerResponse.nullable(),
    triggerer_job: JobResponse.nullable(),
  })
  .meta({ id: "TaskInstanceResponse" });

export const TaskInstanceCollectionResponse = z
  .object({
    task_instances: z.array(TaskInstanceResponse),
    total_entries: z.int().nullable(),
    total_entries_limit: z.int().nullable(),
    next_cursor: z.string().nullable(),
    previous_cursor: z.string().nullable(),
  })
  .meta({ id: "TaskInstanceCollectionResponse" });

export const TaskInstanceHistoryCollectionResponse = z
  .object({
    task_instances: z.array(TaskInstanceHistoryResponse),
    total_entries: z.int(),
  })
  .meta({ id: "TaskInstanceHistoryCollectionResponse" });

export const NewTaskResponse = z
  .object({
    task_id: z.string(),
    task_display_name: z.string(),
  })
  .meta({ id: "NewTaskResponse" });

export const ClearTaskInstanceCollectionResponse = z
  .object({
    task_instances: z.array(z.union([TaskInstanceResponse, NewTaskResponse])),
    total_entries: z.int(),
  })
  .meta({ id: "ClearTaskInstanceCollectionResponse" });

interface ClearChoice {
  readonly only_failed?: boolean | undefined;
  readonly only_running: boolean;
  readonly start_date?: number | null | undefined;
  readonly end_date?: number | null | undefined;
  readonly dag_run_id?: string | null | undefined;
}

/** Words of a clear that cannot stand together. */
function contradictions({
  only_failed,
  only_running,
  start_date,
  end_date,
  dag_run_id,
}: ClearChoice): string[] {
  const found: string[] = [];
  if (only_failed === true && only_running) found.push("only_failed and only_running both are set to True");
  if (start_date != null && end_date != null && start_date > end_date)
    found.push("end_date is sooner than start_date");
  if (dag_run_id != null && (start_date != null || end_date != null)) {
    const other =
      start_date == null ? "end_date" : end_date == null ? "start_date" : "(start_date and end_date)";
    found.push(`Exactly one of dag_run_id or ${other} must be provided`);
  }
  return found;
}

export const ClearTaskInstancesBody = z
  .strictObject({
    dry_run: z.boolean().default(true),
    start_date: Instant.nullable().optional(),
    end_date: Instant.nullable().optional(),
    /** True where it is not given, unless only the running ones are asked for. */
    only_failed: z.boolean().optional(),
    only_running: z.boolean().default(false),
    reset_dag_runs: z.boolean().default(true),
    task_ids: z
      .array(z.union([z.string(), z.array(AnyJson)]))
      .nullable()
      .optional(),
    dag_run_id: z.string().nullable().optional(),
    include_upstream: z.boolean().default(false),
    include_downstream: z.boolean().default(false),
    include_future: z.boolean().default(false),
    include_past: z.boolean().default(false),
    run_on_latest_version: z.boolean().nullable().optional(),
    prevent_running_task: z.boolean().default(false),
    note: z.string().max(1000).nullable().optional(),
  })
  .superRefine((body, context) => {
    for (const message of contradictions(body)) context.addIssue({ code: "custom", message });
  })
  .meta({ id: "ClearTaskInstancesBody" });

/** States that a person may give an instance. */
const MarkState = z.enum(["success", "failed", "skipped"]);

export const PatchTaskInstanceBody = z
  .strictObject({
    new_state: MarkState.optional(),
    note: z.string().max(1000).nullable().optional(),
    include_upstream: z.boolean().default(false),
    include_downstream: z.boolean().default(false),
    include_future: z.boolean().default(false),
    include_past: z.boolean().default(false),
  })
  .meta({ id: "PatchTaskInstanceBody" });

export const BulkTaskInstanceBody = PatchTaskInstanceBody.extend({
  task_id: z.string(),
  map_index: z.int().nullable().optional(),
  dag_id: z.string().nullable().optional(),
  dag_run_id: z.string().nullable().optional(),
}).meta({ id: "BulkTaskInstanceBody" });

export const TaskInstancesBatchBody = z
  .strictObject({
    dag_ids: z.array(z.string()).nullable().optional(),
    dag_run_ids: z.array(z.string()).nullable().optional(),
    task_ids: z.array(z.string()).nullable().optional(),
    state: z.array(TaskInstanceState.nullable()).nullable().optional(),
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
    pool: z.array(z.string()).nullable().optional(),
    queue: z.array(z.string()).nullable().optional(),
    executor: z.array(z.string()).nullable().optional(),
    page_offset: z.int().min(0).default(0),
    page_limit: z.int().min(0).default(100),
    order_by: z.string().nullable().optional(),
  })
  .meta({ id: "TaskInstancesBatchBody" });

export const TaskDependencyResponse = z
  .object({
    name: z.string(),
    reason: z.string(),
  })
  .meta({ id: "TaskDependencyResponse" });

export const TaskDependencyCollectionResponse = z
  .object({
    dependencies: z.array(TaskDependencyResponse),
  })
  .meta({ id: "TaskDependencyCollectionResponse" });

export const ExtraLinkCollectionResponse = z
  .object({
    extra_links: z.record(z.string(), z.string().nullable()),
    total_entries: z.int(),
  })
  .meta({ id: "ExtraLinkCollectionResponse" });

export const ExternalLogUrlResponse = z
  .object({
    url: z.string(),
  })
  .meta({ id: "ExternalLogUrlResponse" });

/** Beside these two whatever the writer of the line knew. */
export const StructuredLogMessage = z
  .looseObject({
    timestamp: DateTime.nullable(),
    event: z.string(),
  })
  .meta({ id: "StructuredLogMessage" });

export const TaskInstancesLogResponse = z
  .object({
    content: z.union([z.array(StructuredLogMessage), z.array(z.string())]),
    continuation_token: z.string().nullable(),
  })
  .meta({ id: "TaskInstancesLogResponse" });

export const TaskStateStoreBody = z
  .strictObject({
    value: AnyJson,
    expires_at: z
      .union([Instant, z.literal("default")])
      .nullable()
      .default("default"),
  })
  .meta({ id: "TaskStateStoreBody" });

export const TaskStateStorePatchBody = z
  .strictObject({
    value: AnyJson,
  })
  .meta({ id: "TaskStateStorePatchBody" });

export const TaskStateStoreResponse = z
  .object({
    key: z.string(),
    value: AnyJson,
    updated_at: DateTime,
    expires_at: DateTime.nullable(),
  })
  .meta({ id: "TaskStateStoreResponse" });

export const TaskStateStoreCollectionResponse = z
  .object({
    task_state_store: z.array(TaskStateStoreResponse),
    total_entries: z.int(),
  })
  .meta({ id: "TaskStateStoreCollectionResponse" });
