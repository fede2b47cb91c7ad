/** Reading a Dag file: import it, collect its Dags, check them, and give them as data and as code. */
import type { DagSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { callbacksOf } from "./callbacks.ts";
import { checkDag, checkParams, checkPlaced } from "./check-dag.ts";
import { dagState } from "./dag.ts";
import type { DagState } from "./dag-state.ts";
import { defineTask } from "./definition.ts";
import type { JinjaEnvironmentKwargs } from "./jinja-environment.ts";
import { type StandardSchema, standardSchemas } from "./params.ts";
import { announcedDuring } from "./registry.ts";
import { refuseCycles, resolveEdges } from "./resolve-edges.ts";
import { FunctionRegistry } from "./resolve-values.ts";
import { serializeDag } from "./serialize.ts";
import type { Callback, TaskDefinition } from "./task.ts";

/** A Dag that was read: what the scheduler keeps (`spec`), and what a task's process runs. */
export interface CollectedDag {
  readonly spec: DagSpec;
  /** By task id. */
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** Functions of `.map()`; `XComStep.map.fn` is an index into them. */
  readonly functions: readonly ((item: unknown) => unknown)[];
  readonly callbacks: { readonly success: readonly Callback[]; readonly failure: readonly Callback[] };
  /** `DeadlineSpec.callback` is an index into them. */
  readonly deadlineCallbacks: readonly Callback[];
  readonly userMacros: { readonly [name: string]: unknown };
  readonly userFilters: { readonly [name: string]: (...args: never[]) => unknown };
  readonly jinjaEnvironment: JinjaEnvironmentKwargs;
  /** Folders in which templated files are looked for, before the folder of the Dag file. */
  readonly templateSearchpath: readonly string[];
  /** Schemas of params that a library can check better than JSON Schema, by name; "" for all of them together. */
  readonly paramSchemas: ReadonlyMap<string, StandardSchema>;
}

export interface CollectOptions {
  /** Path of the Dag file relative to the Dags folder, with "/". */
  readonly relativeFile: string;
  /**
   * Epoch milliseconds; a schedule must fire after it. Null for a version that was checked when it was made: its
   * schedule and params are taken as they are, and a task's process need not load what checks them.
   */
  readonly now: number | null;
}

/**
 * Imports a Dag file through `load` and gives its Dags, in the order in which they were made.
 *
 * @example
 * const dags = await collectDags(() => import(url), { relativeFile: "iris.ts", now: systemClock.now() });
 * @throws TradewindError with `at`, for everything that TypeScript cannot check; whatever `load` throws, as it is
 */
export async function collectDags(
  load: () => Promise<unknown>,
  options: CollectOptions,
): Promise<CollectedDag[]> {
  const collected: CollectedDag[] = [];
  for (const state of await announced(load)) collected.push(await collect(state, options));
  return collected;
}

export interface AnnouncedDags {
  readonly dagIds: readonly string[];
  /** Undefined where the file makes no such Dag. */
  collect(dagId: string): Promise<CollectedDag> | undefined;
}

/**
 * As `collectDags`, but each Dag is read when it is first asked for: a task's process runs few of the Dags of a file
 * that makes hundreds.
 */
export async function announceDags(
  load: () => Promise<unknown>,
  options: CollectOptions,
): Promise<AnnouncedDags> {
  const states = new Map((await announced(load)).map((state) => [state.dagId, state]));
  const collected = new Map<string, Promise<CollectedDag>>();
  return {
    dagIds: [...states.keys()],
    collect(dagId) {
      const state = states.get(dagId);
      if (state === undefined) return undefined;
      const known = collected.get(dagId) ?? collect(state, options);
      collected.set(dagId, known);
      return known;
    },
  };
}

async function announced(load: () => Promise<unknown>): Promise<DagState[]> {
  const states = await announcedDuring(load);
  refuseTwice(states);
  // What tasks add to a Dag while they run would be in no run.
  for (const state of states) state.finished = true;
  return states;
}

/** One Dag that a test has in its hand. */
export async function collectDag(dag: unknown, options: CollectOptions): Promise<CollectedDag> {
  const state = dagState(dag);
  if (state === undefined) throw new TradewindError("TW_DAG_OPTIONS", "expected a Dag, made by new Dag(…)");
  return collect(state, options);
}

async function collect(dag: DagState, { relativeFile, now }: CollectOptions): Promise<CollectedDag> {
  dag.finished = true;
  checkPlaced(dag);
  const edges = resolveEdges(dag);
  refuseCycles(dag, edges);
  const registry = new FunctionRegistry();
  const { spec, options } = serializeDag(dag, edges, registry, relativeFile);
  if (now !== null) {
    checkDag(dag, spec, now);
    await checkParams(dag, spec);
  }
  const nodes = [...dag.tasks.values()];
  const tasks = nodes.map((node, i) => {
    const task = spec.tasks[i] as DagSpec["tasks"][number];
    return [node.taskId, defineTask(node, task, options.get(node) ?? {}, edges)] as const;
  });
  const { userDefinedMacros, userDefinedFilters, templateSearchpath, deadline, jinjaEnvironmentKwargs } =
    dag.options;
  return {
    spec,
    tasks: new Map(tasks),
    functions: registry.functions,
    callbacks: {
      success: callbacksOf(dag.options.onSuccessCallback),
      failure: callbacksOf(dag.options.onFailureCallback),
    },
    deadlineCallbacks: (deadline === undefined ? [] : [deadline].flat()).map((alert) =>
      inTurn(callbacksOf(alert.options.callback)),
    ),
    userMacros: userDefinedMacros ?? {},
    userFilters: userDefinedFilters ?? {},
    jinjaEnvironment: jinjaEnvironmentKwargs ?? {},
    templateSearchpath: templateSearchpath === undefined ? [] : [templateSearchpath].flat(),
    paramSchemas: standardSchemas(dag.options.params),
  };
}

function inTurn(callbacks: readonly Callback[]): Callback {
  return async (context) => {
    for (const callback of callbacks) await callback(context);
  };
}

function refuseTwice(dags: readonly DagState[]): void {
  const seen = new Map<string, DagState>();
  for (const dag of dags) {
    const first = seen.get(dag.dagId);
    if (first !== undefined) {
      const where = first.at === undefined ? "" : `, first in line ${first.at.line}`;
      throw new TradewindError("TW_DAG_ID_TWICE", `the Dag id "${dag.dagId}" is used twice${where}`, {
        at: dag.at,
      });
    }
    seen.set(dag.dagId, dag);
  }
}
