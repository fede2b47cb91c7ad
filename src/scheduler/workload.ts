/** From an instance that got a slot to all that its process may know when it starts. */
import type { ValueSpec } from "../core/dag-model.ts";
import type { Instance } from "../core/instances.ts";
import { elementOf, isTyped } from "../core/map-element.ts";
import { type ElementRead, elementsRead, lengthsRead } from "../core/map-reads.ts";
import { reproducedDate } from "../core/reproduction.ts";
import type { Workload } from "../executor/executor.ts";
import type { CodeLocation, StartTask } from "../runtime/protocol.ts";
import type { AttemptTracking } from "./attempt-tracking.ts";
import { resumeOf } from "./deferral.ts";
import type { ActiveRun, RunRow } from "./memory.ts";
import { workingFolderOf } from "./run-folder.ts";
import type { SchedulerSettings } from "./settings.ts";
import type { DagVersion } from "./versions.ts";
import type { XComCache } from "./xcom-cache.ts";

const iso = (instant: number): string => new Date(instant).toISOString();
const isoOrNull = (instant: number | null | undefined): string | null =>
  instant === null || instant === undefined ? null : iso(instant);

const locations = new WeakMap<DagVersion, CodeLocation>();

export function codeOf(version: DagVersion, versionsFolder: string): CodeLocation {
  let location = locations.get(version);
  if (location === undefined) {
    location = {
      dagsFolder: version.dagsFolder,
      relativeFile: version.compiled.spec.relativeFile,
      versionHash: version.hash,
      snapshotFolder: versionsFolder,
      files: version.files,
      interpreter: version.interpreter,
    };
    locations.set(version, location);
  }
  return location;
}

export function runContext(row: RunRow): StartTask["run"] {
  const { info, clearNumber, partitionKey, triggeredBy } = row;
  return {
    runType: info.runType,
    logicalDate: isoOrNull(info.logicalDate ?? reproducedDate(info.conf)),
    dataIntervalStart: isoOrNull(info.dataInterval?.start),
    dataIntervalEnd: isoOrNull(info.dataInterval?.end),
    runAfter: iso(info.runAfter),
    startDate: isoOrNull(info.startDate),
    conf: info.conf,
    partitionKey,
    clearNumber,
    triggeredBy,
  };
}

/** Folder and file names as Airflow's log template has them. */
export function attemptLogPath(at: {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
  tryNumber: number;
}): string {
  const mapped = at.mapIndex < 0 ? "" : `map_index=${at.mapIndex}/`;
  return `dag_id=${at.dagId}/run_id=${at.runId}/task_id=${at.taskId}/${mapped}attempt=${at.tryNumber}.log`;
}

export interface WorkloadParts {
  readonly settings: SchedulerSettings;
  readonly xcoms: XComCache;
  readonly tracking: AttemptTracking;
}

export function workloadOf(parts: WorkloadParts, run: ActiveRun, instance: Instance, now: number): Workload {
  const { spec } = run.dag.tasks[instance.task] ?? missingTask(run, instance);
  const { settings } = parts;
  const { dagId, runId } = run.run;
  const attemptId = instance.attemptId ?? "";
  const { mapIndex, tryNumber, maxTries } = instance;
  const coordinates = { dagId, taskId: spec.taskId, runId, mapIndex, tryNumber, attemptId };
  const row = run.rowOf(instance);
  const resume = resumeOf(run, instance);
  const start: StartTask = {
    type: "start",
    task: { ...coordinates, maxTries, startDate: iso(row.startDate ?? now) },
    code: codeOf(run.version, settings.versionsFolder),
    run: runContext(run.row),
    xcoms: knownInputs(parts.xcoms, run, instance),
    params: {},
    executionTimeout: spec.executionTimeout ?? null,
    memoryLimitMb: spec.memoryLimitMb ?? settings.memoryLimitMb,
    artifactRoot: settings.artifactRoot,
    ...workingFolderOf(
      settings,
      spec.call?.language === "python" ? "python" : run.version.interpreter,
      coordinates,
    ),
    xcomInlineLimit: settings.xcomInlineLimit,
    ...parts.tracking.of({ runPk: run.row.pk, taskId: spec.taskId, mapIndex, attemptId }),
    ...(row.stepNote === null
      ? {}
      : {
          cache: {
            note: row.stepNote,
            ask: row.stepNote === "",
          },
        }),
    logLevel: settings.logLevel,
    ...(mapIndex < 0 ? {} : { expansion: { index: mapIndex, total: run.instances.size(instance.task) } }),
    ...expansionParts(parts.xcoms, run, instance),
    ...(resume === undefined ? {} : { resume }),
    ...(row.reschedule === null
      ? {}
      : { reschedule: { firstAt: iso(row.reschedule.firstAt), count: row.reschedule.count } }),
  };
  return {
    attemptId,
    queue: spec.queue,
    pool: spec.pool,
    poolSlots: spec.poolSlots,
    isolation: spec.isolation,
    priority: run.dag.tasks[instance.task]?.weight ?? 1,
    runAsUser: spec.runAsUser ?? null,
    env: spec.env ?? {},
    cwd: spec.cwd ?? null,
    start,
    logPath: attemptLogPath(coordinates),
  };
}

function missingTask(run: ActiveRun, instance: Instance): never {
  throw new Error(`task ${instance.task} is not in version ${run.version.id} of ${run.run.dagId}`);
}

/** Values that the task's arguments name and that are at hand; the child asks for the others. */
function knownInputs(cache: XComCache, run: ActiveRun, instance: Instance): StartTask["xcoms"] {
  const task = run.dag.tasks[instance.task];
  const known: StartTask["xcoms"] = [];
  for (const source of Object.values(task?.spec.inputs ?? {})) addKnown(cache, run, instance, source, known);
  return known;
}

function addKnown(
  cache: XComCache,
  run: ActiveRun,
  instance: Instance,
  source: ValueSpec,
  known: StartTask["xcoms"],
): void {
  if (!("xcom" in source) || source.xcom.key !== "return_value") return;
  const { taskId, key } = source.xcom;
  const upstream = run.dag.indexOf.get(taskId);
  if (upstream === undefined) return;
  const group = run.dag.tasks[upstream]?.mappedGroup ?? null;
  const shared = group !== null && group === run.dag.tasks[instance.task]?.mappedGroup;
  if (run.instances.isExpanded(upstream) && !shared) return;
  const mapIndex = shared ? instance.mapIndex : -1;
  const value = cache.get(run.row.pk, taskId, mapIndex, key);
  if (value !== undefined) known.push({ taskId, mapIndex, key, value });
}

/** Of what the instance is expanded over: the elements that are at hand, and the lengths that tell which the others are. */
function expansionParts(
  cache: XComCache,
  run: ActiveRun,
  { task, mapIndex }: Instance,
): Pick<StartTask, "elements" | "lengths"> {
  const mapped = run.dag.tasks[task]?.mapped;
  if (mapIndex < 0 || mapped == null) return {};
  const lengthOf = (taskId: string): number | null => returnedLength(run, taskId);
  const reads = elementsRead(mapped, mapIndex, lengthOf) ?? [];
  const elements = reads.flatMap((read) => knownElement(cache, run, read) ?? []);
  const lengths = lengthsRead(mapped).flatMap((taskId) => {
    const length = lengthOf(taskId);
    return length === null ? [] : [[taskId, length] as const];
  });
  return {
    ...(elements.length === 0 ? {} : { elements }),
    ...(lengths.length === 0 ? {} : { lengths: Object.fromEntries(lengths) }),
  };
}

function returnedLength(run: ActiveRun, taskId: string): number | null {
  const source = run.dag.indexOf.get(taskId);
  if (source === undefined) return null;
  return run.instances.isExpanded(source) ? run.values.count(source) : run.values.length(source);
}

function knownElement(
  cache: XComCache,
  run: ActiveRun,
  read: ElementRead,
): NonNullable<StartTask["elements"]>[number] | undefined {
  const { taskId, key, index } = read;
  const source = run.dag.indexOf.get(taskId);
  if (source === undefined) return undefined;
  if (run.instances.isExpanded(source)) {
    // Where an instance pushed nothing, the ones behind it move up.
    if (run.values.count(source) < run.instances.size(source)) return undefined;
    const value = cache.get(run.row.pk, taskId, index, key);
    return value === undefined ? undefined : { ...read, value };
  }
  const value = cache.get(run.row.pk, taskId, -1, key);
  if (value === undefined || !("json" in value) || isTyped(value.json)) return undefined;
  const element = elementOf(value.json, index);
  return element === undefined ? undefined : { ...read, ...element };
}
