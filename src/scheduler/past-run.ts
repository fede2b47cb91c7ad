/** The run before one, as `depends_on_past` sees it: live while it is in memory, and as the store kept it after. */
import type { PastRun } from "../core/facts.ts";
import { successStates } from "../core/states.ts";
import type { Executor } from "../store/connect.ts";
import { loadPastStates, loadPreviousRun, loadTasksEverThere } from "../store/scheduler-load.ts";
import type { ActiveRun, Memory } from "./memory.ts";
import type { DagVersion } from "./versions.ts";

export class PastRunView implements PastRun {
  readonly pk: number;
  readonly logicalDate: number | null;
  readonly #lookUp: (pk: number) => ActiveRun | undefined;
  readonly #everThere: ReadonlySet<string>;
  /** Instances that are neither success nor skipped, by task id. */
  #kept: ReadonlyMap<string, number>;

  constructor(
    past: { pk: number; logicalDate: number | null },
    kept: ReadonlyMap<string, number>,
    everThere: ReadonlySet<string>,
    lookUp: (pk: number) => ActiveRun | undefined,
  ) {
    this.pk = past.pk;
    this.logicalDate = past.logicalDate;
    this.#kept = kept;
    this.#everThere = everThere;
    this.#lookUp = lookUp;
  }

  unsuccessful(taskId: string): number | null {
    const live = this.#lookUp(this.pk);
    if (live === undefined) return this.#kept.get(taskId) ?? null;
    const task = live.dag.indexOf.get(taskId);
    return task === undefined ? null : unsuccessfulIn(live, task);
  }

  wasEverThere(taskId: string): boolean {
    return this.#everThere.has(taskId) || this.unsuccessful(taskId) !== null;
  }

  /** The run leaves memory: its last states stay. */
  keep(run: ActiveRun): void {
    this.#kept = new Map(run.dag.tasks.map(({ index, spec }) => [spec.taskId, unsuccessfulIn(run, index)]));
  }
}

function unsuccessfulIn({ instances }: ActiveRun, task: number): number {
  return instances.size(task) - instances.count(task, "success") - instances.count(task, "skipped");
}

/** What a run sees of the one before it; null for the first, and for runs of Dags that never ask. */
export async function loadPast(
  loader: { readonly database: Executor; memory(): Memory },
  run: { readonly dagId: string; readonly logicalDate: number | null },
  version: DagVersion,
): Promise<PastRunView | null> {
  if (!version.asksForPast || run.logicalDate === null) return null;
  const { database } = loader;
  const scheduledOnly = version.compiled.spec.catchup;
  const past = await loadPreviousRun(database, run.dagId, run.logicalDate, scheduledOnly);
  if (past === null) return null;
  const asking = version.compiled.tasks.map(({ spec }) => spec.taskId);
  const [states, ever] = await Promise.all([
    loadPastStates(database, past.pk),
    loadTasksEverThere(database, run.dagId, run.logicalDate, asking),
  ]);
  const kept = new Map<string, number>();
  for (const { taskId, state } of states) {
    kept.set(taskId, (kept.get(taskId) ?? 0) + (successStates.has(state) ? 0 : 1));
  }
  return new PastRunView(past, kept, new Set(ever), (pk) => loader.memory().runs.get(pk));
}
