/** Why an instance does not run, decided by the scheduler's own rules over what the database says now. */
import { explain, type UnmetPrecondition } from "../../core/explain.ts";
import { leasedDag, loadWithInstances, restoreRun } from "../../scheduler/load-runs.ts";
import { Memory } from "../../scheduler/memory.ts";
import { Versions } from "../../scheduler/versions.ts";
import { loadDags, loadRuns } from "../../store/scheduler-load.ts";
import type { ApiParts } from "../parts.ts";

/** Empty when nothing keeps it, or when its run or version is gone. */
export async function unmetOf(
  { database, clock }: ApiParts,
  at: { dagId: string; runPk: number; taskId: string; mapIndex: number; isPaused: boolean },
): Promise<readonly UnmetPrecondition[]> {
  const [record] = await loadDags(database, [at.dagId]);
  const loader = { database, versions: new Versions(database), memory: () => new Memory() };
  const [loaded] = await loadWithInstances(loader, await loadRuns(database, [at.runPk]));
  if (record === undefined || loaded === undefined) return [];
  const active = restoreRun(loaded, leasedDag(record), clock.now());
  const task = active.dag.indexOf.get(at.taskId);
  if (task === undefined) return [];
  return explain(active, { task, mapIndex: at.mapIndex }, { isPaused: at.isPaused });
}
