/** A Dag as data. The same Dag file gives the same bytes each time, since the hash of a version is made of them. */
import {
  type AssetSpec,
  type DagSpec,
  type DeadlineSpec,
  dagFormatVersion,
  type TaskGroupSpec,
} from "../core/dag-model.ts";
import { checkTimeZone } from "../core/time-zone.ts";
import { TradewindError } from "../errors.ts";
import { type Asset, assetSpec, assetsIn, isAssetLike } from "./assets.ts";
import type { DagState, GroupNode, TaskNode } from "./dag-state.ts";
import { toSeconds } from "./duration.ts";
import { given } from "./given.ts";
import { isoInstant } from "./iso-instant.ts";
import { paramSpecs } from "./params.ts";
import type { ResolvedEdges } from "./resolve-edges.ts";
import { type FunctionRegistry, mapSpec } from "./resolve-values.ts";
import { assetList, mergedOptions, taskSpec } from "./serialize-task.ts";
import type { TaskOptions } from "./task-options.ts";
import { asTimetable, type Timetable } from "./timetables.ts";

export interface SerializedParts {
  readonly spec: DagSpec;
  /** The options of each task, those of its groups and its Dag under its own. */
  readonly options: ReadonlyMap<TaskNode, TaskOptions>;
}

export function serializeDag(
  dag: DagState,
  edges: ResolvedEdges,
  registry: FunctionRegistry,
  relativeFile: string,
): SerializedParts {
  const { options } = dag;
  const timezone = options.timezone ?? "UTC";
  const timetable = atDag(dag, () => {
    checkTimeZone(timezone);
    return asTimetable(options.schedule);
  });
  const merged = new Map([...dag.tasks.values()].map((node) => [node, mergedOptions(node)] as const));
  const position = new Map([...dag.tasks.values()].map((node, i) => [node, i] as const));
  const tasks = [...merged].map(([node, own]) =>
    taskSpec(node, own, { edges, registry, timezone, position }),
  );
  const timetableSpec = timetable.timetable(timezone);
  const spec: DagSpec = {
    format: dagFormatVersion,
    dagId: dag.dagId,
    language: "typescript",
    displayName: options.dagDisplayName ?? dag.dagId,
    ...given("description", options.description),
    ...given("docMd", options.docMd),
    tags: [...new Set(options.tags)].sort(),
    owners: [...new Set(tasks.map((task) => task.owner))].sort(),
    ownerLinks: { ...options.ownerLinks },
    relativeFile,
    ...given("line", dag.at?.line),
    ...bounds(dag, timezone),
    timezone,
    timetable: timetableSpec,
    ...running(options, timetableSpec.kind === "continuous"),
    deadlines: deadlineSpecs(dag),
    params: {
      ...paramSpecs(options.defaultArgs?.params, `Dag "${dag.dagId}"`),
      ...paramSpecs(options.params, `Dag "${dag.dagId}"`),
    },
    ...given("defaultArgs", plainDefaults(options.defaultArgs)),
    renderTemplateAsNativeObj: options.renderTemplateAsNativeObj ?? false,
    callbacks: [
      ...(options.onSuccessCallback === undefined ? [] : (["success"] as const)),
      ...(options.onFailureCallback === undefined ? [] : (["failure"] as const)),
    ],
    ...given("accessControl", accessControl(options.accessControl)),
    assets: assetSpecs(dag, timetable, [...merged.values()]),
    taskGroups: [...dag.groups.values()].map((group) => groupSpec(group, registry)),
    tasks,
    edgeLabels: [...edges.labels],
  };
  return { spec, options: merged };
}

/** What of them is data, under Airflow's names; params stand with the Dag's own. */
function plainDefaults(defaultArgs: TaskOptions = {}): DagSpec["defaultArgs"] {
  const { params: _, ...rest } = defaultArgs;
  const plain = JSON.parse(JSON.stringify(rest)) as NonNullable<DagSpec["defaultArgs"]>;
  const named = Object.entries(plain).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

/** The earliest and the latest date, of the Dag or of its `defaultArgs`. */
function bounds({ options }: DagState, timezone: string): Pick<DagSpec, "startDate" | "endDate"> {
  const { startDate = options.defaultArgs?.startDate, endDate = options.defaultArgs?.endDate } = options;
  return {
    ...given("startDate", startDate === undefined ? undefined : isoInstant(startDate, timezone)),
    ...given("endDate", endDate === undefined ? undefined : isoInstant(endDate, timezone)),
  };
}

/** How its runs are made and limited, with Airflow's defaults. */
function running(options: DagState["options"], isContinuous: boolean) {
  return {
    catchup: options.catchup ?? false,
    maxActiveTasks: options.maxActiveTasks ?? 16,
    maxActiveRuns: options.maxActiveRuns ?? (isContinuous ? 1 : 16),
    maxConsecutiveFailedDagRuns: options.maxConsecutiveFailedDagRuns ?? 0,
    ...given(
      "dagrunTimeout",
      options.dagrunTimeout === undefined ? undefined : toSeconds(options.dagrunTimeout),
    ),
    failFast: options.failFast ?? false,
    ...given("isPausedUponCreation", options.isPausedUponCreation),
    ...given("allowedRunTypes", options.allowedRunTypes && [...options.allowedRunTypes]),
  };
}

function groupSpec(group: GroupNode, registry: FunctionRegistry): TaskGroupSpec {
  return {
    groupId: group.groupId,
    parentGroupId: group.parent?.groupId ?? null,
    label: group.label,
    tooltip: group.options.tooltip ?? "",
    ...given("uiColor", group.options.uiColor),
    ...given("uiFgcolor", group.options.uiFgcolor),
    ...given("mapped", group.mapped === null ? undefined : mapSpec(group.mapped, registry)),
  };
}

function assetSpecs(dag: DagState, timetable: Timetable, options: readonly TaskOptions[]): AssetSpec[] {
  const used = [
    ...(timetable.assets === undefined ? [] : assetsIn(timetable.assets)),
    ...options.flatMap(({ inlets, outlets }) =>
      [...assetList(inlets), ...assetList(outlets)].filter(isAssetLike).flatMap(assetsIn),
    ),
  ];
  const byName = new Map<string, Asset>();
  for (const asset of used) {
    const other = byName.get(asset.name);
    if (other !== undefined && other.uri !== asset.uri) {
      throw new TradewindError(
        "TW_ASSET_INVALID",
        `the asset "${asset.name}" has two uris in Dag "${dag.dagId}": "${other.uri}" and "${asset.uri}"`,
        { at: dag.at },
      );
    }
    if (other === undefined) byName.set(asset.name, asset);
  }
  return [...byName.values()].map(assetSpec).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function deadlineSpecs(dag: DagState): DeadlineSpec[] {
  const { deadline } = dag.options;
  const alerts = deadline === undefined ? [] : [deadline].flat();
  return alerts.map(({ options }, callback) => ({
    ...given("name", options.name),
    reference: options.reference,
    interval: toSeconds(options.interval),
    callback,
  }));
}

function accessControl(rules: DagState["options"]["accessControl"]): DagSpec["accessControl"] {
  if (rules === undefined) return undefined;
  return Object.fromEntries(Object.entries(rules).map(([role, rights]) => [role, [...rights].sort()]));
}

/** Runs what may complain about the Dag's options, and names the Dag's line when it does not know one. */
export function atDag<T>(dag: DagState, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof TradewindError)) throw error;
    const where = `Dag "${dag.dagId}"`;
    const message = error.message.includes(where)
      ? error.message
      : `the schedule of ${where}: ${error.message}`;
    throw new TradewindError(error.code, message, { hint: error.hint, cause: error.cause, at: dag.at });
  }
}
