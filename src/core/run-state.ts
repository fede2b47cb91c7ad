/** The state of a run from that of its leaves (Airflow: `DagRun.update_state`). */
import type { Command, RunFacts } from "./facts.ts";
import { failedStates } from "./states.ts";

/** To be asked when a look at everything found nothing to do. Gives at most one command. */
export function decideRunState(facts: RunFacts): Command[] {
  const { instances, run } = facts;
  if (instances.unfinishedTotal() > 0) {
    if (!isStill(facts) || waitsForPast(facts)) return [];
    const reason = "all_tasks_deadlocked: no task can run, and none is under way";
    return [{ kind: "set-run-state", from: run.state, to: "failed", reason }];
  }
  const failed = failedLeaf(facts);
  if (failed !== null)
    return [{ kind: "set-run-state", from: run.state, to: "failed", reason: `task_failure: ${failed}` }];
  return [{ kind: "set-run-state", from: run.state, to: "success", reason: "success" }];
}

/** No instance is on its way anywhere: all that is unfinished has no state. */
export function isStill(facts: RunFacts): boolean {
  const { instances } = facts;
  return instances.unfinishedTotal() === instances.countInRun(null);
}

/** Then the run before this one decides when it goes on, and waiting is no deadlock. */
function waitsForPast(facts: RunFacts): boolean {
  return facts.dag.tasks.some(
    ({ spec, index }) =>
      (spec.dependsOnPast || spec.waitForDownstream) && facts.instances.count(index, null) > 0,
  );
}

function failedLeaf(facts: RunFacts): string | null {
  for (const leaf of facts.dag.leaves) {
    for (const state of failedStates) {
      if (facts.instances.count(leaf, state) > 0) {
        return `"${facts.dag.tasks[leaf]?.spec.taskId}" is ${state}`;
      }
    }
  }
  return null;
}
