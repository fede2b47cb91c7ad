import { z } from "zod";
import { AnyJson, DateTime } from "./values.ts";

export const ConfigOption = z
  .object({
    key: z.string(),
    value: z.union([z.string(), z.array(AnyJson)]),
  })
  .meta({ id: "ConfigOption" });

export const ConfigSection = z
  .object({
    name: z.string(),
    options: z.array(ConfigOption),
  })
  .meta({ id: "ConfigSection" });

export const Config = z
  .object({
    sections: z.array(ConfigSection),
  })
  .meta({ id: "Config" });

export const EventLogResponse = z
  .object({
    event_log_id: z.int(),
    when: DateTime,
    dag_id: z.string().nullable(),
    task_id: z.string().nullable(),
    run_id: z.string().nullable(),
    map_index: z.int().nullable(),
    try_number: z.int().nullable(),
    event: z.string(),
    logical_date: DateTime.nullable(),
    owner: z.string().nullable(),
    extra: z.string().nullable(),
    dag_display_name: z.string().nullable(),
    task_display_name: z.string().nullable(),
  })
  .meta({ id: "EventLogResponse" });

export const EventLogCollectionResponse = z
  .object({
    event_logs: z.array(EventLogResponse),
    total_entries: z.int(),
  })
  .meta({ id: "EventLogCollectionResponse" });

export const BaseInfoResponse = z
  .object({
    status: z.string().nullable(),
  })
  .meta({ id: "BaseInfoResponse" });

export const SchedulerInfoResponse = z
  .object({
    status: z.string().nullable(),
    latest_scheduler_heartbeat: z.string().nullable(),
  })
  .meta({ id: "SchedulerInfoResponse" });

export const TriggererInfoResponse = z
  .object({
    status: z.string().nullable(),
    latest_triggerer_heartbeat: z.string().nullable(),
  })
  .meta({ id: "TriggererInfoResponse" });

export const DagProcessorInfoResponse = z
  .object({
    status: z.string().nullable(),
    latest_dag_processor_heartbeat: z.string().nullable(),
  })
  .meta({ id: "DagProcessorInfoResponse" });

export const HealthInfoResponse = z
  .object({
    metadatabase: BaseInfoResponse,
    scheduler: SchedulerInfoResponse,
    triggerer: TriggererInfoResponse,
    dag_processor: DagProcessorInfoResponse.nullable(),
  })
  .meta({ id: "HealthInfoResponse" });

export const AppBuilderMenuItemResponse = z
  .object({
    name: z.string(),
    href: z.string(),
    category: z.string().nullable(),
  })
  .meta({ id: "AppBuilderMenuItemResponse" });

export const AppBuilderViewResponse = z
  .object({
    name: z.string().nullable(),
    category: z.string().nullable(),
    view: z.string().nullable(),
    label: z.string().nullable(),
  })
  .meta({ id: "AppBuilderViewResponse" });

export const ExternalViewResponse = z
  .object({
    name: z.string(),
    icon: z.string().nullable(),
    icon_dark_mode: z.string().nullable(),
    url_route: z.string().nullable(),
    category: z.string().nullable(),
    nav_top_level: z.boolean().nullable(),
    href: z.string(),
    destination: z.enum(["nav", "dag", "dag_run", "task", "task_instance", "base"]),
  })
  .meta({ id: "ExternalViewResponse" });

export const ReactAppResponse = z
  .object({
    name: z.string(),
    icon: z.string().nullable(),
    icon_dark_mode: z.string().nullable(),
    url_route: z.string().nullable(),
    category: z.string().nullable(),
    nav_top_level: z.boolean().nullable(),
    bundle_url: z.string(),
    destination: z.enum(["nav", "dag", "dag_run", "task", "task_instance", "base", "dashboard"]),
  })
  .meta({ id: "ReactAppResponse" });

export const FastAPIAppResponse = z
  .object({
    app: z.string(),
    url_prefix: z.string(),
    name: z.string(),
  })
  .meta({ id: "FastAPIAppResponse" });

export const FastAPIRootMiddlewareResponse = z
  .object({
    middleware: z.string(),
    name: z.string(),
  })
  .meta({ id: "FastAPIRootMiddlewareResponse" });

export const PluginResponse = z
  .object({
    name: z.string(),
    macros: z.array(z.string()),
    flask_blueprints: z.array(z.string()),
    fastapi_apps: z.array(FastAPIAppResponse),
    fastapi_root_middlewares: z.array(FastAPIRootMiddlewareResponse),
    external_views: z.array(ExternalViewResponse),
    react_apps: z.array(ReactAppResponse),
    appbuilder_views: z.array(AppBuilderViewResponse),
    appbuilder_menu_items: z.array(AppBuilderMenuItemResponse),
    global_operator_extra_links: z.array(z.string()),
    operator_extra_links: z.array(z.string()),
    source: z.string(),
    listeners: z.array(z.string()),
    timetables: z.array(z.string()),
  })
  .meta({ id: "PluginResponse" });

export const PluginCollectionResponse = z
  .object({
    plugins: z.array(PluginResponse),
    total_entries: z.int(),
  })
  .meta({ id: "PluginCollectionResponse" });

export const PluginImportErrorResponse = z
  .object({
    source: z.string(),
    error: z.string(),
  })
  .meta({ id: "PluginImportErrorResponse" });

export const PluginImportErrorCollectionResponse = z
  .object({
    import_errors: z.array(PluginImportErrorResponse),
    total_entries: z.int(),
  })
  .meta({ id: "PluginImportErrorCollectionResponse" });

export const ProviderResponse = z
  .object({
    package_name: z.string(),
    description: z.string(),
    version: z.string(),
    documentation_url: z.string().nullable(),
  })
  .meta({ id: "ProviderResponse" });

export const ProviderCollectionResponse = z
  .object({
    providers: z.array(ProviderResponse),
    total_entries: z.int(),
  })
  .meta({ id: "ProviderCollectionResponse" });

export const VersionInfo = z
  .object({
    version: z.string(),
    git_version: z.string().nullable(),
  })
  .meta({ id: "VersionInfo" });
