/**
 * Which instances a clear or a mark means: the same choice that the scheduler makes when it carries the request out,
 * made here to show it before (dry runs) and to answer with it after.
 */
import { clearSelection } from "../../core/interventions.ts";
import { failedStates } from "../../core/states.ts";
import { type ChosenRun, runsByKey } from "../../store/lists/dag-runs.ts";
import { instancesOfRuns, type TaskInstanceSummary } from "../../store/lists/task-instances.ts";
import { chosenRuns, type TaskChoice } from "../../store/scheduler-requests.ts";
import type { AirflowContext } from "./context.ts";

export interface Choice {
  readonly dagId: string;
  readonly runIds: readonly string[];
  readonly past?: boolean;
  readonly future?: boolean;
  /** All tasks when absent. */
  readonly tasks?: readonly TaskChoice[] | undefined;
  readonly upstream?: boolean;
  readonly downstream?: boolean;
  readonly onlyFailed?: boolean;
  readonly onlyRunning?: boolean;
  /** A clear takes the setups and teardowns of what it clears with it; a mark only where it follows edges. */
  readonly isClear: boolean;
  /** Which code the tasks are those of, where it is not that of the run. */
  readonly versionId?: number | null;
}

/** The instances, of all runs that are meant. */
export async function selectInstances(
  context: AirflowContext,
  choice: Choice,
): Promise<TaskInstanceSummary[]> {
  const pks = await chosenRuns(context.database, choice.dagId, choice);
  const runs = await runsByKey(context.database, pks);
  const byVersion = Map.groupBy(runs, ({ versionId }) => choice.versionId ?? versionId);
  const found: TaskInstanceSummary[] = [];
  for (const [versionId, ofVersion] of byVersion)
    found.push(...(await ofOneVersion(context, choice, versionId, ofVersion)));
  return found.sort((a, b) => a.runPk - b.runPk);
}

async function ofOneVersion(
  context: AirflowContext,
  choice: Choice,
  versionId: number,
  runs: readonly ChosenRun[],
): Promise<TaskInstanceSummary[]> {
  const version = await context.version(versionId);
  if (version === null) return [];
  const { dag } = version;
  const named: readonly TaskChoice[] = choice.tasks ?? dag.tasks.map(({ spec }) => ({ taskId: spec.taskId }));
  const only = new Map<string, readonly number[] | undefined>();
  for (const { taskId, mapIndexes } of named) only.set(taskId, mapIndexes);
  const indexes = [...only.keys()].flatMap((taskId) => dag.indexOf.get(taskId) ?? []);
  const { upstream = false, downstream = false } = choice;
  const selected =
    choice.isClear || upstream || downstream
      ? clearSelection(dag, indexes, { upstream, downstream })
      : indexes;
  const taskIds = selected.flatMap((index) => dag.tasks[index]?.spec.taskId ?? []);
  const rows = await instancesOfRuns(context.database, { runPks: runs.map(({ id }) => id), taskIds });
  return rows.filter(
    ({ taskId, mapIndex, state }) =>
      (only.get(taskId)?.includes(mapIndex) ?? true) &&
      (choice.onlyFailed !== true || failedStates.has(state)) &&
      (choice.onlyRunning !== true || state === "running"),
  );
}
