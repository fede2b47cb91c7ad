/** States as single letters, for answers with tens of thousands of them. The page has the same table. */

import { taskInstanceStates } from "../../core/states.ts";

/** A letter's state; the place in this list is the letter's place after "a". */
export const lettered = ["none", ...taskInstanceStates] as const;

/** A task that the run does not have. */
export const noCell = ".";

const letters = new Map<string, string>(
  lettered.map((state, index) => [state, String.fromCharCode(97 + index)]),
);

export const letterOf = (state: string): string => letters.get(state) ?? noCell;

/** What a person has to see first when several states stand in one place. */
const order = [
  "failed",
  "upstream_failed",
  "awaiting_input",
  "up_for_retry",
  "running",
  "restarting",
  "deferred",
  "up_for_reschedule",
  "queued",
  "scheduled",
  "none",
  "success",
  "skipped",
  "removed",
];

export function mattersMost(states: readonly string[]): string {
  return order.find((state) => states.includes(state)) ?? "none";
}
