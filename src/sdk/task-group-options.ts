import { type OptionTable, option } from "./options.ts";
import type { TaskOptions } from "./task-options.ts";

/** Options of `dag.taskGroup(id, options)`: Airflow's `TaskGroup`. */
export interface TaskGroupOptions {
  /** Whether ids inside get `groupId.` before them. Default true. */
  readonly prefixGroupId?: boolean;
  readonly groupDisplayName?: string;
  readonly tooltip?: string;
  readonly uiColor?: string;
  readonly uiFgcolor?: string;
  /** Options for every task inside, under the task's own. */
  readonly defaultArgs?: TaskOptions;
  /** Appends `__1`, `__2`, … where the id is taken already. Default false. */
  readonly addSuffixOnCollision?: boolean;
}

export const taskGroupOptionRules: OptionTable<TaskGroupOptions> = {
  prefixGroupId: option.boolean(),
  groupDisplayName: option.string(),
  tooltip: option.string(),
  uiColor: option.string(),
  uiFgcolor: option.string(),
  defaultArgs: option.object(),
  addSuffixOnCollision: option.boolean(),
};
