/** The task instances of one run in memory: states, counts by state kept as they change, and attempt numbers. */
import type { InstanceKey } from "./facts.ts";
import type { TaskInstanceState } from "./states.ts";

export interface Instance {
  readonly task: number;
  readonly mapIndex: number;
  state: TaskInstanceState | null;
  /** Tries that were begun; 0 before the first. */
  tryNumber: number;
  /** The last try that may be made: retries, or after a clear `tryNumber + retries`. */
  maxTries: number;
  /** The attempt that the database row names: only its result is accepted. Null before the first. */
  attemptId: string | null;
  /** Not before this instant: end of the retry delay, or the next poke of a rescheduled sensor. */
  notBefore: number | null;
  /** When the current state was reached. */
  since: number;
}

export interface RunInstances {
  /** Instances of a task in the order of their map index; one with -1 where it is not mapped or not expanded. */
  of(task: number): readonly Instance[];
  get(key: InstanceKey): Instance | undefined;
  /** How many instances of the task are in the state; kept as states change, so it costs nothing to ask. */
  count(task: number, state: TaskInstanceState | null): number;
  countFinished(task: number): number;
  /** True once a mapped task stands as 0 … n-1, also with n = 0. */
  isExpanded(task: number): boolean;
  unfinishedTotal(): number;
}
