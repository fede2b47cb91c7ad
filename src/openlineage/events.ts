/**
 * OpenLineage run events, as Airflow's provider makes them: one job for a Dag and one for each task, a run for a Dag run
 * and for each try. Plain data in, plain JSON out.
 */
import { createHash } from "node:crypto";
import type { Json } from "../core/dag-model.ts";
import { uuid7 } from "../ids.ts";
import { version } from "../version.ts";
import { datasetOfUri, type LineageDataset } from "./datasets.ts";

export type EventType = "START" | "COMPLETE" | "FAIL";

interface Facet {
  readonly [name: string]: Json;
}
export interface RunEvent {
  readonly [name: string]: Json;
}

export interface EventSettings {
  /** Of all jobs. */
  readonly namespace: string;
  readonly disableSourceCode: boolean;
}

/** Instants in milliseconds since the epoch. */
export interface RunFacts {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: string;
  readonly logicalDate: number | null;
  readonly dataInterval: { readonly start: number; readonly end: number } | null;
  readonly runAfter: number;
  readonly clearNumber: number;
  readonly state: string;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly conf: Json;
}

export interface DagFacts {
  readonly dagId: string;
  readonly description: string | null;
  readonly docMd: string | null;
  readonly owners: readonly string[];
  readonly tags: readonly string[];
  readonly fileloc: string;
  readonly schedule: string;
  readonly startDate: string | null;
  readonly language: string;
  readonly taskIds: readonly string[];
}

export interface TaskFacts {
  readonly taskId: string;
  readonly operator: string;
  readonly owner: string;
  readonly docMd: string | null;
  readonly upstream: readonly string[];
  readonly downstream: readonly string[];
  readonly triggerRule: string;
  readonly retries: number;
  readonly mapped: boolean;
  readonly groupId: string | null;
  readonly line: number | null;
}

export interface TryFacts {
  readonly tryNumber: number;
  readonly mapIndex: number;
  readonly state: string;
  readonly startDate: number;
  readonly endDate: number | null;
  readonly error: string | null;
}

export interface UsedAsset {
  readonly uri: string;
}

const producer = `https://www.npmjs.com/package/tradewind/v/${version}`;
const spec = "https://openlineage.io/spec";
const eventSchema = `${spec}/2-0-2/OpenLineage.json#/$defs/RunEvent`;

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** `schema` is the facet's own: "1-0-1/NominalTimeRunFacet". */
function facet(schema: string, fields: { readonly [name: string]: Json }): Facet {
  const [number = "", name = ""] = schema.split("/");
  return {
    _producer: producer,
    _schemaURL: `${spec}/facets/${number}/${name}.json#/$defs/${name}`,
    ...fields,
  };
}

/** A facet of our own has no schema but the one that every facet has. */
function ownFacet(fields: { readonly [name: string]: Json }): Facet {
  return { _producer: producer, _schemaURL: `${spec}/2-0-2/OpenLineage.json#/$defs/RunFacet`, ...fields };
}

/** The same for the same words: an event that is sent again names the same run. Its time is that of the run. */
function runIdOf(at: number, words: readonly (string | number)[]): string {
  return uuid7(at, createHash("sha256").update(JSON.stringify(words)).digest());
}

export function dagRunUuid({ namespace }: EventSettings, run: RunFacts): string {
  return runIdOf(run.logicalDate ?? run.runAfter, [namespace, run.dagId, run.runId, run.clearNumber]);
}

export function tryUuid(
  { namespace }: EventSettings,
  run: RunFacts,
  taskId: string,
  { tryNumber, mapIndex }: Pick<TryFacts, "tryNumber" | "mapIndex">,
): string {
  const words = [namespace, run.dagId, run.runId, taskId, tryNumber, mapIndex];
  return runIdOf(run.logicalDate ?? run.runAfter, words);
}

export function dagEvent(
  type: EventType,
  settings: EventSettings,
  run: RunFacts,
  dag: DagFacts,
  taskStates: { readonly [taskId: string]: string | null } | null,
): RunEvent {
  const at = type === "START" ? (run.startDate ?? run.runAfter) : (run.endDate ?? run.runAfter);
  const ended: { readonly [name: string]: Json } =
    taskStates === null ? {} : { airflowState: stateFacet(run, taskStates) };
  return {
    eventType: type,
    eventTime: iso(at),
    producer,
    schemaURL: eventSchema,
    job: {
      namespace: settings.namespace,
      name: run.dagId,
      facets: {
        jobType: jobType("DAG"),
        ...documentation(dag.docMd ?? dag.description),
        ...ownership(dag.owners),
        ...tags(dag.tags),
        ...sourceCodeLocation(settings, dag, null),
      },
    },
    run: {
      runId: dagRunUuid(settings, run),
      facets: {
        ...nominalTime(run),
        processing_engine: engine(),
        airflowDagRun: ownFacet({ dag: dagInfo(dag), dagRun: runInfo(run) }),
        ...(type === "FAIL"
          ? { errorMessage: errorMessage("One or more tasks of the run failed", dag.language) }
          : {}),
        ...ended,
      },
    },
    inputs: [],
    outputs: [],
  };
}

export interface TaskEventParts {
  readonly run: RunFacts;
  readonly dag: DagFacts;
  readonly task: TaskFacts;
  readonly attempt: TryFacts;
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

export function taskEvent(type: EventType, settings: EventSettings, parts: TaskEventParts): RunEvent {
  const { run, dag, task, attempt } = parts;
  const failed = type === "FAIL" ? (attempt.error ?? "the task failed") : null;
  return {
    eventType: type,
    eventTime: iso(type === "START" ? attempt.startDate : (attempt.endDate ?? attempt.startDate)),
    producer,
    schemaURL: eventSchema,
    job: {
      namespace: settings.namespace,
      name: `${run.dagId}.${task.taskId}`,
      facets: {
        jobType: jobType("TASK"),
        ...documentation(task.docMd ?? dag.docMd ?? dag.description),
        ...ownership([task.owner]),
        ...tags(dag.tags),
        ...sourceCodeLocation(settings, dag, task.line),
      },
    },
    run: {
      runId: tryUuid(settings, run, task.taskId, attempt),
      facets: {
        ...nominalTime(run),
        parent: parent(settings, run),
        processing_engine: engine(),
        airflow: ownFacet({
          dag: dagInfo(dag),
          dagRun: runInfo(run),
          task: taskInfo(task),
          taskInstance: {
            try_number: attempt.tryNumber,
            map_index: attempt.mapIndex,
            state: attempt.state,
            duration: attempt.endDate === null ? null : (attempt.endDate - attempt.startDate) / 1000,
          },
          taskUuid: tryUuid(settings, run, task.taskId, attempt),
        }),
        ...(failed === null ? {} : { errorMessage: errorMessage(failed, dag.language) }),
      },
    },
    inputs: parts.inputs.map(datasetJson),
    outputs: parts.outputs.map(datasetJson),
  };
}

function datasetJson({ namespace, name, version: digest, schema }: LineageDataset): Json {
  const facets: { [name: string]: Json } = {};
  if (digest !== "")
    facets["version"] = facet("1-0-1/DatasetVersionDatasetFacet", { datasetVersion: digest });
  if (schema !== null)
    facets["schema"] = facet("1-1-1/SchemaDatasetFacet", { fields: schema.map((field) => ({ ...field })) });
  return { namespace, name, facets };
}

const jobType = (type: "DAG" | "TASK"): Facet =>
  facet("2-0-3/JobTypeJobFacet", { processingType: "BATCH", integration: "AIRFLOW", jobType: type });

function documentation(text: string | null): { readonly [name: string]: Json } {
  if (text === null || text === "") return {};
  return { documentation: facet("1-1-0/DocumentationJobFacet", { description: text }) };
}

function ownership(owners: readonly string[]): { readonly [name: string]: Json } {
  const named = owners.filter((owner) => owner !== "");
  if (named.length === 0) return {};
  return { ownership: facet("1-0-1/OwnershipJobFacet", { owners: named.map((name) => ({ name })) }) };
}

function tags(names: readonly string[]): { readonly [name: string]: Json } {
  if (names.length === 0) return {};
  const list = [...names].sort().map((key) => ({ key, value: key, source: "AIRFLOW" }));
  return { tags: facet("1-0-0/TagsJobFacet", { tags: list }) };
}

function sourceCodeLocation(
  { disableSourceCode }: EventSettings,
  { fileloc }: DagFacts,
  line: number | null,
): { readonly [name: string]: Json } {
  if (disableSourceCode) return {};
  const url = `file://${encodeURI(fileloc)}`;
  const place = line === null ? { url } : { url: `${url}#L${line}` };
  return {
    sourceCodeLocation: facet("1-0-1/SourceCodeLocationJobFacet", { type: "file", path: fileloc, ...place }),
  };
}

function nominalTime({ logicalDate, dataInterval }: RunFacts): { readonly [name: string]: Json } {
  const start = dataInterval?.start ?? logicalDate;
  if (start === null) return {};
  const times: { [name: string]: Json } = { nominalStartTime: iso(start) };
  if (dataInterval !== null) times["nominalEndTime"] = iso(dataInterval.end);
  return { nominalTime: facet("1-0-1/NominalTimeRunFacet", times) };
}

function parent(settings: EventSettings, run: RunFacts): Facet {
  const of = {
    run: { runId: dagRunUuid(settings, run) },
    job: { namespace: settings.namespace, name: run.dagId },
  };
  return facet("1-1-0/ParentRunFacet", { ...of, root: of });
}

const engine = (): Facet =>
  facet("1-1-1/ProcessingEngineRunFacet", {
    version,
    name: "Tradewind",
    openlineageAdapterVersion: version,
  });

function errorMessage(message: string, language: string): Facet {
  return facet("1-0-1/ErrorMessageRunFacet", {
    message: message.slice(0, 10_000),
    programmingLanguage: language,
  });
}

function stateFacet(run: RunFacts, tasksState: { readonly [taskId: string]: string | null }): Facet {
  return ownFacet({ dagRunState: run.state, tasksState: { ...tasksState } });
}

function dagInfo(dag: DagFacts): Json {
  return {
    dag_id: dag.dagId,
    description: dag.description,
    fileloc: dag.fileloc,
    owner: dag.owners.join(", "),
    schedule_interval: dag.schedule,
    start_date: dag.startDate,
    tags: JSON.stringify(dag.tags),
  };
}

function runInfo(run: RunFacts): Json {
  return {
    conf: run.conf,
    dag_id: run.dagId,
    run_id: run.runId,
    run_type: run.runType,
    start_date: isoOrNull(run.startDate),
    end_date: isoOrNull(run.endDate),
    logical_date: isoOrNull(run.logicalDate),
    run_after: iso(run.runAfter),
    data_interval_start: isoOrNull(run.dataInterval?.start ?? null),
    data_interval_end: isoOrNull(run.dataInterval?.end ?? null),
    clear_number: run.clearNumber,
    external_trigger: run.runType === "manual",
  };
}

function taskInfo(task: TaskFacts): Json {
  return {
    task_id: task.taskId,
    operator_class: task.operator,
    owner: task.owner,
    mapped: task.mapped,
    retries: task.retries,
    task_group: task.groupId,
    trigger_rule: task.triggerRule,
    upstream_task_ids: JSON.stringify(task.upstream),
    downstream_task_ids: JSON.stringify(task.downstream),
  };
}

/** Assets by their URI; those of no known scheme are no data sets of OpenLineage. */
export function datasetsOfAssets(assets: readonly UsedAsset[]): LineageDataset[] {
  return assets.flatMap(({ uri }) => datasetOfUri(uri) ?? []);
}
