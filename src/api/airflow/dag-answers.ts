/** Dags, their versions and tasks as answers. */
import { join } from "node:path";
import type { z } from "zod";
import type { AssetExpression, DagSpec, Json, ParamSpec } from "../../core/dag-model.ts";
import type { CompiledDag, CompiledTask } from "../../core/graph.ts";
import { partitionTriggered } from "../../core/timetable/asset.ts";
import { SecretMasker } from "../../logs/secret-masker.ts";
import type { AssetRow } from "../../store/assets.ts";
import type { DagSummary } from "../../store/lists/dags.ts";
import type { VersionSummary } from "../../store/lists/records.ts";
import type { Secrets } from "../../store/secrets.ts";
import { fileToken } from "./file-token.ts";
import { versionUuid } from "./ids.ts";
import { isoDate } from "./instants.ts";
import type { DAGDetailsResponse, DAGResponse, DagVersionResponse, TaskResponse } from "./schemas/dags.ts";

const masker = new SecretMasker();

const periodicKinds: ReadonlySet<string> = new Set([
  "continuous",
  "cron-trigger",
  "cron-data-interval",
  "multiple-cron-trigger",
  "delta-trigger",
  "delta-data-interval",
  "events",
  "asset-or-time",
]);

export function dagAnswer(dag: DagSummary, secrets: Secrets): z.output<typeof DAGResponse> {
  const isPeriodic = periodicKinds.has(dag.timetableKind);
  const allowed = dag.allowedRunTypes;
  return {
    dag_id: dag.dagId,
    dag_display_name: dag.displayName,
    is_paused: dag.isPaused,
    is_stale: dag.isStale,
    last_parsed_time: isoDate(dag.lastParsedAt),
    last_parse_duration: dag.lastParseSeconds,
    last_expired: isoDate(dag.lastExpiredAt),
    bundle_name: dag.bundleName,
    bundle_version: dag.bundleVersion,
    relative_fileloc: dag.relativeFile,
    fileloc: join(dag.dagsFolder, dag.relativeFile),
    description: dag.description,
    timetable_summary: dag.timetableSummary,
    timetable_description: dag.timetableDescription,
    timetable_partitioned: dag.timetableSummary === partitionTriggered.summary,
    timetable_periodic: isPeriodic,
    tags: [...dag.tags]
      .sort()
      .map((name) => ({ name, dag_id: dag.dagId, dag_display_name: dag.displayName })),
    max_active_tasks: dag.maxActiveTasks,
    max_active_runs: dag.maxActiveRuns,
    max_consecutive_failed_dag_runs: dag.maxConsecutiveFailedDagRuns,
    has_task_concurrency_limits: dag.hasTaskLimits,
    has_import_errors: dag.hasImportErrors,
    next_dagrun_logical_date: isoDate(dag.nextDagrun),
    next_dagrun_data_interval_start: isoDate(dag.nextDagrunDataIntervalStart),
    next_dagrun_data_interval_end: isoDate(dag.nextDagrunDataIntervalEnd),
    next_dagrun_run_after: isoDate(dag.nextDagrunCreateAfter),
    allowed_run_types: allowed as z.output<typeof DAGResponse>["allowed_run_types"],
    owners: dag.owners,
    is_backfillable: isPeriodic && (allowed === null || allowed.includes("backfill")),
    file_token: fileToken(secrets, dag),
  };
}

export function dagDetailsAnswer(
  dag: DagSummary,
  of: {
    readonly spec: DagSpec;
    readonly version: VersionSummary | undefined;
    readonly isFavorite: boolean;
    readonly runningRuns: number;
    readonly secrets: Secrets;
    readonly assets: readonly AssetRow[];
  },
): z.output<typeof DAGDetailsResponse> {
  const { spec } = of;
  return {
    ...dagAnswer(dag, of.secrets),
    catchup: spec.catchup,
    dag_run_timeout: spec.dagrunTimeout === undefined ? null : isoDuration(spec.dagrunTimeout),
    asset_expression: "assets" in spec.timetable ? scheduleAnswer(spec.timetable.assets, of.assets) : null,
    doc_md: spec.docMd ?? null,
    start_date: spec.startDate === undefined ? null : isoDate(Date.parse(spec.startDate)),
    end_date: spec.endDate === undefined ? null : isoDate(Date.parse(spec.endDate)),
    is_paused_upon_creation: spec.isPausedUponCreation ?? null,
    params: paramsAnswer(spec.params),
    render_template_as_native_obj: spec.renderTemplateAsNativeObj,
    template_search_path: null,
    timezone: spec.timezone,
    last_parsed: isoDate(dag.lastParsedAt),
    default_args: masker.maskFields(spec.defaultArgs ?? {}),
    rerun_with_latest_version: null,
    owner_links: spec.ownerLinks,
    is_favorite: of.isFavorite,
    active_runs_count: of.runningRuns,
    concurrency: dag.maxActiveTasks,
    latest_dag_version: of.version === undefined ? null : versionAnswer(of.version),
  };
}

export function versionAnswer(version: VersionSummary): z.output<typeof DagVersionResponse> {
  return {
    id: versionUuid(version.id),
    version_number: version.versionNumber,
    dag_id: version.dagId,
    bundle_name: version.bundleName,
    bundle_version: version.bundleVersion,
    created_at: isoDate(version.createdAt),
    dag_display_name: version.displayName,
    bundle_url: null,
  };
}

export function paramsAnswer(params: { readonly [name: string]: ParamSpec }): { [name: string]: Json } {
  return Object.fromEntries(
    Object.entries(params).map(([name, { value = null, description = null, schema }]) => [
      name,
      { value, description, schema, source: null },
    ]),
  );
}

/** Dags name their assets in a list, so that one alone is a conjunction of one. */
export function scheduleAnswer(
  expression: AssetExpression,
  assets: readonly AssetRow[],
): { [node: string]: Json } {
  const whole = expressionAnswer(assets, expression);
  return "all" in expression || "any" in expression ? whole : { all: [whole] };
}

/** An expression over assets with Airflow's names for its nodes. */
function expressionAnswer(
  assets: readonly AssetRow[],
  expression: AssetExpression,
): { [node: string]: Json } {
  if ("all" in expression) return { all: expression.all.map((one) => expressionAnswer(assets, one)) };
  if ("any" in expression) return { any: expression.any.map((one) => expressionAnswer(assets, one)) };
  if ("alias" in expression) return { alias: { ...expression.alias } };
  if ("ref" in expression) return { asset_ref: { ...expression.ref } };
  const { name, uri } = expression.asset;
  const known = assets.find((asset) => asset.name === name && asset.uri === uri);
  return { asset: { uri, name, group: known?.group ?? "asset", id: known?.id ?? null } };
}

export function taskAnswer(dag: CompiledDag, task: CompiledTask): z.output<typeof TaskResponse> {
  const { spec } = task;
  return {
    task_id: spec.taskId,
    task_display_name: spec.label,
    owner: spec.owner,
    start_date: dateAnswer(spec.startDate ?? dag.spec.startDate),
    end_date: dateAnswer(spec.endDate ?? dag.spec.endDate),
    trigger_rule: spec.triggerRule,
    depends_on_past: spec.dependsOnPast,
    wait_for_downstream: spec.waitForDownstream,
    retries: spec.retries,
    queue: spec.queue,
    pool: spec.pool,
    pool_slots: spec.poolSlots,
    execution_timeout: spec.executionTimeout === undefined ? null : timeDelta(spec.executionTimeout),
    retry_delay: timeDelta(spec.retryDelay),
    retry_exponential_backoff: spec.retryExponentialBackoff,
    priority_weight: spec.priorityWeight,
    weight_rule: spec.weightRule,
    ui_color: spec.uiColor ?? "#fff",
    ui_fgcolor: spec.uiFgcolor ?? "#000",
    template_fields: spec.templateFields,
    downstream_task_ids: task.downstream.map((index) => dag.tasks[index]?.spec.taskId ?? "").sort(),
    doc_md: spec.docMd ?? null,
    operator_name: spec.operator,
    params: paramsAnswer(spec.params),
    class_ref: { module_path: null, class_name: spec.operator },
    is_mapped: spec.mapped !== undefined,
    extra_links: (spec.extraLinks ?? []).map(({ name }) => name),
  };
}

function dateAnswer(text: string | undefined): string | null {
  return text === undefined ? null : isoDate(Date.parse(text));
}

export function timeDelta(seconds: number): {
  __type: string;
  days: number;
  seconds: number;
  microseconds: number;
} {
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const whole = Math.floor(rest);
  return { __type: "TimeDelta", days, seconds: whole, microseconds: Math.round((rest - whole) * 1e6) };
}

/** ISO 8601, as in P1DT2H3M4.5S. */
export function isoDuration(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = Math.round((seconds % 60) * 1e6) / 1e6;
  const time = `${hours ? `${hours}H` : ""}${minutes ? `${minutes}M` : ""}${rest ? `${rest}S` : ""}`;
  const date = days ? `${days}D` : "";
  return date === "" && time === "" ? "PT0S" : `P${date}${time === "" ? "" : `T${time}`}`;
}
