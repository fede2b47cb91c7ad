import { z } from "zod";
import { AnyJson, DateTime } from "./values.ts";

export const AssetAliasResponse = z
  .object({
    id: z.int(),
    name: z.string(),
    group: z.string(),
  })
  .meta({ id: "AssetAliasResponse" });

export const AssetAliasCollectionResponse = z
  .object({
    asset_aliases: z.array(AssetAliasResponse),
    total_entries: z.int(),
  })
  .meta({ id: "AssetAliasCollectionResponse" });

export const DagScheduleAssetReference = z
  .object({
    dag_id: z.string(),
    created_at: DateTime,
    updated_at: DateTime,
  })
  .meta({ id: "DagScheduleAssetReference" });

export const TaskOutletAssetReference = z
  .object({
    dag_id: z.string(),
    task_id: z.string(),
    created_at: DateTime,
    updated_at: DateTime,
  })
  .meta({ id: "TaskOutletAssetReference" });

export const TaskInletAssetReference = z
  .object({
    dag_id: z.string(),
    task_id: z.string(),
    created_at: DateTime,
    updated_at: DateTime,
  })
  .meta({ id: "TaskInletAssetReference" });

export const AssetWatcherResponse = z
  .object({
    name: z.string(),
    trigger_id: z.int(),
    created_date: DateTime,
  })
  .meta({ id: "AssetWatcherResponse" });

export const LastAssetEventResponse = z
  .object({
    id: z.int().min(0).nullable(),
    timestamp: DateTime.nullable(),
  })
  .meta({ id: "LastAssetEventResponse" });

export const AssetResponse = z
  .object({
    id: z.int(),
    name: z.string(),
    uri: z.string(),
    group: z.string(),
    extra: z.record(z.string(), AnyJson).nullable(),
    created_at: DateTime,
    updated_at: DateTime,
    scheduled_dags: z.array(DagScheduleAssetReference),
    producing_tasks: z.array(TaskOutletAssetReference),
    consuming_tasks: z.array(TaskInletAssetReference),
    aliases: z.array(AssetAliasResponse),
    watchers: z.array(AssetWatcherResponse),
    last_asset_event: LastAssetEventResponse.nullable(),
  })
  .meta({ id: "AssetResponse" });

export const AssetCollectionResponse = z
  .object({
    assets: z.array(AssetResponse),
    total_entries: z.int(),
  })
  .meta({ id: "AssetCollectionResponse" });

export const DagRunAssetReference = z
  .object({
    run_id: z.string(),
    dag_id: z.string(),
    logical_date: DateTime.nullable(),
    start_date: DateTime,
    end_date: DateTime.nullable(),
    state: z.string(),
    data_interval_start: DateTime.nullable(),
    data_interval_end: DateTime.nullable(),
    partition_key: z.string().nullable(),
    triggering: z.boolean(),
  })
  .meta({ id: "DagRunAssetReference" });

export const AssetEventResponse = z
  .object({
    id: z.int(),
    asset_id: z.int(),
    uri: z.string().nullable(),
    name: z.string().nullable(),
    group: z.string().nullable(),
    extra: z.record(z.string(), AnyJson).nullable(),
    source_task_id: z.string().nullable(),
    source_dag_id: z.string().nullable(),
    source_run_id: z.string().nullable(),
    source_map_index: z.int(),
    created_dagruns: z.array(DagRunAssetReference),
    timestamp: DateTime,
    partition_key: z.string().nullable(),
  })
  .meta({ id: "AssetEventResponse" });

export const AssetEventCollectionResponse = z
  .object({
    asset_events: z.array(AssetEventResponse),
    total_entries: z.int(),
  })
  .meta({ id: "AssetEventCollectionResponse" });

export const AssetEventAccessControl = z
  .object({
    consumer_teams: z.array(z.string()).nullable(),
    allow_global: z.boolean(),
  })
  .meta({ id: "AssetEventAccessControl" });

export const CreateAssetEventsBody = z
  .strictObject({
    asset_id: z.int(),
    partition_key: z.string().max(250).regex(/\S/).nullable().optional(),
    extra: z.record(z.string(), AnyJson).optional(),
    access_control: AssetEventAccessControl.nullable().optional(),
  })
  .meta({ id: "CreateAssetEventsBody" });

export const QueuedEventResponse = z
  .object({
    dag_id: z.string(),
    asset_id: z.int(),
    created_at: DateTime,
    dag_display_name: z.string(),
  })
  .meta({ id: "QueuedEventResponse" });

export const QueuedEventCollectionResponse = z
  .object({
    queued_events: z.array(QueuedEventResponse),
    total_entries: z.int(),
  })
  .meta({ id: "QueuedEventCollectionResponse" });

export const AssetStateStoreWriterKind = z
  .enum(["task", "watcher", "api"])
  .meta({ id: "AssetStateStoreWriterKind" });

export const AssetStateStoreLastUpdatedBy = z
  .object({
    kind: AssetStateStoreWriterKind,
    dag_id: z.string().nullable(),
    run_id: z.string().nullable(),
    task_id: z.string().nullable(),
    map_index: z.int().nullable(),
  })
  .meta({ id: "AssetStateStoreLastUpdatedBy" });

export const AssetStateStoreBody = z
  .strictObject({
    value: AnyJson,
  })
  .meta({ id: "AssetStateStoreBody" });

export const AssetStateStoreResponse = z
  .object({
    key: z.string(),
    value: AnyJson,
    updated_at: DateTime,
    last_updated_by: AssetStateStoreLastUpdatedBy.nullable(),
  })
  .meta({ id: "AssetStateStoreResponse" });

export const AssetStateStoreCollectionResponse = z
  .object({
    asset_state_store: z.array(AssetStateStoreResponse),
    total_entries: z.int(),
  })
  .meta({ id: "AssetStateStoreCollectionResponse" });
