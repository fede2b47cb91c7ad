/** What a branching operator may follow. */
import type { DagSpec } from "../../core/dag-model.ts";
import type { TaskContext } from "../context.ts";
import { BranchResult } from "../outcomes.ts";

/** Follows these tasks or groups. Ids may leave out the prefix of the branch's own group. */
export function follow(
  chosen: string | readonly string[] | null | undefined,
  context: TaskContext,
): BranchResult {
  const ids = chosen === null || chosen === undefined ? [] : typeof chosen === "string" ? [chosen] : chosen;
  const group = context.task.groupId;
  const full = ids.map((id) => {
    const inGroup = `${group}.${id}`;
    return group !== null && !isKnown(id, context.dag) && isKnown(inGroup, context.dag) ? inGroup : id;
  });
  return BranchResult.follow(full, full.length === 1 ? full[0] : full);
}

function isKnown(id: string, dag: DagSpec): boolean {
  return dag.tasks.some((task) => task.taskId === id) || dag.taskGroups.some((group) => group.groupId === id);
}

/** Ids of the tasks directly after a task. */
export function downstreamOf(taskId: string, dag: DagSpec): string[] {
  return dag.tasks.filter((task) => task.upstream.includes(taskId)).map((task) => task.taskId);
}
