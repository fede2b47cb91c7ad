/** What the runtime needs of a Dag that was imported: the data of it, and the functions behind the data. */
import type { DagSpec, TaskSpec } from "../core/dag-model.ts";
import type { CollectedDag } from "../sdk/collect.ts";

export type RunnableDag = CollectedDag;

/** Facts of a Dag that attempts ask again and again, computed once for each imported Dag. */
export interface DagIndex {
  readonly tasks: ReadonlyMap<string, TaskSpec>;
  /** The innermost mapped group around a task; null where there is none. */
  mappedGroupOf(taskId: string): string | null;
  /** Whether some mapped task or group expands over what the task returns. */
  hasMappedDependants(taskId: string): boolean;
}

const indexes = new WeakMap<DagSpec, DagIndex>();

export function indexOf(dag: DagSpec): DagIndex {
  const known = indexes.get(dag);
  if (known) return known;
  const index = buildIndex(dag);
  indexes.set(dag, index);
  return index;
}

function buildIndex(dag: DagSpec): DagIndex {
  const tasks = new Map(dag.tasks.map((task) => [task.taskId, task]));
  const groups = new Map(dag.taskGroups.map((group) => [group.groupId, group]));
  const mappedOver = new Set<string>();
  for (const { mapped } of [...dag.tasks, ...dag.taskGroups]) {
    if (mapped) for (const taskId of taskIdsIn(mapped)) mappedOver.add(taskId);
  }
  return {
    tasks,
    hasMappedDependants: (taskId) => mappedOver.has(taskId),
    mappedGroupOf(taskId) {
      let groupId = tasks.get(taskId)?.groupId ?? null;
      while (groupId !== null) {
        const group = groups.get(groupId);
        if (group === undefined || group.mapped) return group === undefined ? null : groupId;
        groupId = group.parentGroupId;
      }
      return null;
    },
  };
}

/** Ids of the tasks that a mapping refers to, at any depth of zip and concat. */
function* taskIdsIn(value: unknown): Generator<string> {
  if (value === null || typeof value !== "object") return;
  if ("literal" in value) return;
  if ("taskId" in value && typeof value.taskId === "string") yield value.taskId;
  for (const inner of Object.values(value)) yield* taskIdsIn(inner);
}
