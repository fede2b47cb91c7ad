/** Whether the tasks of another Dag that a sensor waits for are where it wants them. */
import type { DagRunState } from "../../core/states.ts";
import type { TaskClient } from "../context.ts";

export interface ExternalTasks {
  readonly dagId: string;
  /** ISO 8601; all of them must be decided. */
  readonly logicalDates: readonly string[];
  /** Null with a null group: the run itself. */
  readonly taskIds: readonly string[] | null;
  readonly taskGroupId: string | null;
  readonly allowed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

export type ExternalDecision = "success" | "failed" | "skipped" | "waiting";

/** One look. Failed comes before skipped, and skipped before success, as in Airflow's ExternalTaskSensor. */
export async function decideExternal(
  wanted: ExternalTasks,
  client: Pick<TaskClient, "listDagRuns" | "taskStates">,
): Promise<ExternalDecision> {
  const states = await statesOf(wanted, client);
  const known = states.flat();
  if (known.some((state) => state !== null && wanted.failed.includes(state))) return "failed";
  if (known.some((state) => state !== null && wanted.skipped.includes(state))) return "skipped";
  const complete = states.length === wanted.logicalDates.length;
  const allowed = states.every(
    (run) => run.length > 0 && run.every((state) => state !== null && wanted.allowed.includes(state)),
  );
  return complete && allowed ? "success" : "waiting";
}

/** States by run: of its tasks, or its own. */
async function statesOf(
  wanted: ExternalTasks,
  client: Pick<TaskClient, "listDagRuns" | "taskStates">,
): Promise<(string | null)[][]> {
  const { dagId, logicalDates, taskIds, taskGroupId } = wanted;
  if (taskIds === null && taskGroupId === null) {
    const runs = await client.listDagRuns({ dagId, logicalDates });
    return runs.map((run): DagRunState[] => [run.state]);
  }
  const byRun = await client.taskStates({
    dagId,
    logicalDates,
    ...(taskIds === null ? {} : { taskIds }),
    ...(taskGroupId === null ? {} : { taskGroupId }),
  });
  return Object.values(byRun).map((tasks) => {
    const states = Object.values(tasks);
    // A task that has no instance yet is not there: it counts as one without a state.
    const missing = (taskIds ?? []).filter(
      (id) => !Object.keys(tasks).some((name) => name === id || name.startsWith(`${id}[`)),
    );
    return [...states, ...missing.map(() => null)];
  });
}
