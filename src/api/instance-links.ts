/** Links of an operator or a plugin to somewhere else, for one instance. */
import type { TaskSpec } from "../core/dag-model.ts";
import type { Executor } from "../store/connect.ts";
import { readXComs } from "../store/xcoms.ts";

export interface InstanceLink {
  readonly name: string;
  /** Null until an attempt has left it. */
  readonly url: string | null;
}

/** Attempts leave the addresses as XComs under the keys that the task's version names. */
export async function linksOf(
  executor: Executor,
  task: TaskSpec | undefined,
  at: { readonly runPk: number; readonly taskId: string; readonly mapIndex: number },
): Promise<InstanceLink[]> {
  const links = task?.extraLinks ?? [];
  return Promise.all(
    links.map(async ({ name, key }) => {
      const [found] = await readXComs(executor, {
        runPk: at.runPk,
        taskIds: [at.taskId],
        mapIndexes: [at.mapIndex],
        key,
      });
      return { name, url: typeof found?.value === "string" && found.value !== "" ? found.value : null };
    }),
  );
}
