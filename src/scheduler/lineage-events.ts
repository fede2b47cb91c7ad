/**
 * OpenLineage events of what the scheduler committed: START when a run or a try begins, COMPLETE or FAIL when it ends.
 * Told after the commit, beside the loop; nothing here can fail or hold up a task.
 */
import type { AssetExpression, Json } from "../core/dag-model.ts";
import type { LineageUse } from "../core/lineage.ts";
import { finishedStates } from "../core/states.ts";
import { datasetOfUri, type LineageDataset } from "../openlineage/datasets.ts";
import type { LineageEmitter } from "../openlineage/emitter.ts";
import {
  type DagFacts,
  dagEvent,
  type EventSettings,
  type EventType,
  type RunFacts,
  type TaskFacts,
  taskEvent,
} from "../openlineage/events.ts";
import type { ActiveRun } from "./memory.ts";
import type { RunObserver, Transition } from "./observer.ts";
import type { DagVersion } from "./versions.ts";

export interface LineageEventOptions extends EventSettings {
  /** Names of operators whose tasks send nothing. */
  readonly disabledOperators: ReadonlySet<string>;
}

const dagFacts = new WeakMap<DagVersion, DagFacts>();

export class LineageEvents implements RunObserver {
  readonly #emitter: Pick<LineageEmitter, "emit">;
  readonly #options: LineageEventOptions;

  constructor(emitter: Pick<LineageEmitter, "emit">, options: LineageEventOptions) {
    this.#emitter = emitter;
    this.#options = options;
  }

  runStarted(run: ActiveRun): void {
    this.#emitter.emit(dagEvent("START", this.#options, runFactsOf(run), dagFactsOf(run.version), null));
  }

  runEnded(run: ActiveRun): void {
    const type = run.run.state === "success" ? "COMPLETE" : "FAIL";
    this.#emitter.emit(
      dagEvent(type, this.#options, runFactsOf(run), dagFactsOf(run.version), taskStatesOf(run)),
    );
  }

  transition(change: Transition): void {
    const { from, to } = change;
    const spec = change.run.dag.tasks[change.task]?.spec;
    if (spec === undefined || spec.empty || this.#options.disabledOperators.has(spec.operator)) return;
    if (to === "running") return this.#emit("START", change);
    // An end without a start: its result was taken from the step cache.
    if (to === "success" && (from === "queued" || from === "scheduled")) this.#emit("START", change);
    else if (from !== "running" && from !== "deferred") return;
    if (to === "success" || to === "skipped") this.#emit("COMPLETE", change);
    else if (to === "failed" || to === "up_for_retry") this.#emit("FAIL", change);
  }

  #emit(type: EventType, change: Transition): void {
    const { run, tryNumber, mapIndex, to, startDate, endDate, reason, uses } = change;
    const task = run.dag.tasks[change.task];
    if (task === undefined) return;
    const ended = type !== "START";
    const inputs = [...assetsOf(task.spec.inlets), ...usedOf(uses, "input", this.#options.namespace)];
    const outputs = ended
      ? [...assetsOf(task.spec.outlets), ...usedOf(uses, "output", this.#options.namespace)]
      : assetsOf(task.spec.outlets);
    const facts: TaskFacts = {
      ...task.spec,
      docMd: task.spec.docMd ?? null,
      mapped: task.spec.mapped !== undefined,
      line: task.spec.line ?? null,
      downstream: task.downstream.map((index) => run.dag.tasks[index]?.spec.taskId ?? ""),
    };
    this.#emitter.emit(
      taskEvent(type, this.#options, {
        run: runFactsOf(run),
        dag: dagFactsOf(run.version),
        task: facts,
        attempt: {
          tryNumber,
          mapIndex,
          state: ended ? (to ?? "none") : "running",
          startDate: startDate ?? run.now,
          endDate: ended ? (endDate ?? run.now) : null,
          error: type === "FAIL" ? reason : null,
        },
        inputs: distinct(inputs),
        outputs: distinct(outputs),
      }),
    );
  }
}

function runFactsOf({ run, row }: ActiveRun): RunFacts {
  return { ...run, clearNumber: row.clearNumber };
}

function dagFactsOf(version: DagVersion): DagFacts {
  const known = dagFacts.get(version);
  if (known !== undefined) return known;
  const { spec } = version.compiled;
  const facts: DagFacts = {
    dagId: spec.dagId,
    description: spec.description ?? null,
    docMd: spec.docMd ?? null,
    owners: spec.owners,
    tags: spec.tags,
    fileloc: `${version.dagsFolder}/${spec.relativeFile}`,
    schedule: spec.timetable.kind,
    startDate: spec.startDate ?? null,
    language: spec.language,
    taskIds: spec.tasks.map(({ taskId }) => taskId),
  };
  dagFacts.set(version, facts);
  return facts;
}

/** The state of each task; of a mapped one the worst of its instances. */
function taskStatesOf(run: ActiveRun): { [taskId: string]: string | null } {
  const states: { [taskId: string]: string | null } = {};
  for (const { spec, index } of run.dag.tasks) {
    const all = run.instances.of(index).map(({ state }) => state);
    states[spec.taskId] =
      all.find((state) => state === "failed" || state === "upstream_failed") ??
      all.find((state) => !finishedStates.has(state)) ??
      all[0] ??
      null;
  }
  return states;
}

function assetsOf(list: readonly AssetExpression[]): LineageDataset[] {
  return list.flatMap((one) => {
    if ("asset" in one) return datasetOfUri(one.asset.uri) ?? [];
    if ("ref" in one) return one.ref.uri === undefined ? [] : (datasetOfUri(one.ref.uri) ?? []);
    if ("all" in one) return assetsOf(one.all);
    return "any" in one ? assetsOf(one.any) : [];
  });
}

/** What the attempt told of data; without a URI it is named in the namespace of the jobs. */
function usedOf(
  uses: readonly LineageUse[],
  direction: LineageUse["direction"],
  namespace: string,
): LineageDataset[] {
  return uses
    .filter((one) => one.direction === direction)
    .map(({ kind, name, version, details }) => {
      const { uri } = details;
      const place = typeof uri === "string" ? datasetOfUri(uri) : null;
      const own = kind === "dataset" ? name : `${kind}.${name}`;
      return {
        namespace: place?.namespace ?? namespace,
        name: place?.name ?? own,
        version,
        schema: fieldsOf(details["schema"]),
      };
    });
}

function fieldsOf(schema: Json | undefined): LineageDataset["schema"] {
  if (!Array.isArray(schema)) return null;
  return schema.flatMap((field) => {
    const { name, type } = (field ?? {}) as { name?: Json; type?: Json };
    return typeof name === "string" ? [{ name, type: String(type ?? "") }] : [];
  });
}

/** The more is known of it, the later it stands. */
function distinct(datasets: readonly LineageDataset[]): LineageDataset[] {
  return [...new Map(datasets.map((one) => [`${one.namespace}\n${one.name}`, one])).values()];
}
