/**
 * Which setups a task stands under, and which tasks a teardown waits for
 * (Airflow: `get_upstreams_only_setups`, `TriggerRuleDep._evaluate_teardown_scope`).
 */
import type { TaskSpec } from "./dag-model.ts";
import { type Adjacency, reachableFrom } from "./graph-order.ts";

export interface SetupScope {
  readonly setups: readonly number[];
  readonly indirectSetups: readonly number[];
  readonly teardownScope: readonly number[];
}

/** One entry for each task. Costs a walk of the graph for each setup and each teardown, nothing without them. */
export function setupScopes(tasks: readonly TaskSpec[], edges: Adjacency): SetupScope[] {
  const setups = tasks.map(() => [] as number[]);
  const scopes = tasks.map(() => new Set<number>());
  for (const [setup, spec] of tasks.entries()) {
    if (!spec.isSetup) continue;
    const after = reachableFrom(setup, (index) => edges.downstream[index] ?? []);
    const teardowns = (edges.downstream[setup] ?? []).filter((index) => tasks[index]?.isTeardown);
    for (const task of tasksInScope(after, teardowns, edges)) setups[task]?.push(setup);
    for (const teardown of teardowns) addTeardownScope(scopes, after, teardown, edges);
  }
  return tasks.map((spec, index) => {
    const direct = new Set(edges.upstream[index]);
    const own = setups[index] as number[];
    return {
      setups: own,
      indirectSetups: spec.isTeardown ? [] : own.filter((setup) => !direct.has(setup)),
      teardownScope: [...(scopes[index] as Set<number>)].sort((a, b) => a - b),
    };
  });
}

/** A task after the setup is in its scope when one of the setup's teardowns comes after it, or there is none. */
function tasksInScope(after: readonly number[], teardowns: readonly number[], edges: Adjacency): number[] {
  if (teardowns.length === 0) return [...after];
  const before = new Set(teardowns.flatMap((teardown) => ancestors(teardown, edges)));
  return after.filter((task) => before.has(task));
}

function addTeardownScope(
  scopes: readonly Set<number>[],
  afterSetup: readonly number[],
  teardown: number,
  edges: Adjacency,
): void {
  const before = new Set(ancestors(teardown, edges));
  for (const direct of edges.upstream[teardown] ?? []) before.delete(direct);
  for (const task of afterSetup) if (before.has(task)) scopes[teardown]?.add(task);
}

function ancestors(task: number, edges: Adjacency): number[] {
  return reachableFrom(task, (index) => edges.upstream[index] ?? []);
}
