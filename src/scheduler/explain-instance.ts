/** Why a task instance does not run, from what the store holds: for commands and pages, beside any scheduler. */
import { explain, type UnmetPrecondition } from "../core/explain.ts";
import type { Database } from "../store/connect.ts";
import { loadDags, loadRuns } from "../store/scheduler-load.ts";
import { leasedDag, loadWithInstances, restoreRun } from "./load-runs.ts";
import { Memory } from "./memory.ts";
import { Versions } from "./versions.ts";

/** Null where the run, or the version that it was made with, is gone, or the version has no such task. */
export async function explainInstance(
  database: Database,
  at: { readonly dagId: string; readonly runPk: number; readonly taskId: string; readonly mapIndex: number },
  now: number,
): Promise<UnmetPrecondition[] | null> {
  const [record] = await loadDags(database, [at.dagId]);
  const loader = { database, versions: new Versions(database), memory: () => new Memory() };
  const [loaded] = await loadWithInstances(loader, await loadRuns(database, [at.runPk]));
  if (record === undefined || loaded === undefined) return null;
  const run = restoreRun(loaded, leasedDag(record), now);
  run.now = now;
  const task = run.dag.indexOf.get(at.taskId);
  if (task === undefined) return null;
  return explain(run, { task, mapIndex: at.mapIndex }, { isPaused: record.isPaused });
}
