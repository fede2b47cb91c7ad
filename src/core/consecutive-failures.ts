import type { DagRunState } from "./states.ts";

/**
 * Whether a Dag is to be paused because its last `limit` runs all failed (`max_consecutive_failed_dag_runs`;
 * 0 never does). `states` are those of its newest runs by run_after, newest first, of whatever type.
 */
export function pausesAfterFailures(limit: number, states: readonly (DagRunState | null)[]): boolean {
  return limit > 0 && states.length >= limit && states.slice(0, limit).every((state) => state === "failed");
}
