/**
 * The words for states: Airflow's, so that people, clients and Dag files need learn nothing.
 * They stand here once; `transition.ts` says which may follow which.
 */

/** States of a task instance, in the order in which pages list them. `null` is "no state yet". */
export const taskInstanceStates = [
  "scheduled",
  "queued",
  "running",
  "success",
  "failed",
  "skipped",
  "upstream_failed",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "restarting",
  "removed",
  "awaiting_input",
] as const;

export type TaskInstanceState = (typeof taskInstanceStates)[number];

/** States of a Dag run. */
export const dagRunStates = ["queued", "running", "success", "failed"] as const;

export type DagRunState = (typeof dagRunStates)[number];

/** A task instance in one of these is done, unless somebody clears it. */
export const finishedStates: ReadonlySet<TaskInstanceState | null> = new Set([
  "success",
  "failed",
  "skipped",
  "upstream_failed",
  "removed",
] as const);

/** Finished states that make a leaf fail its run. */
export const failedStates: ReadonlySet<TaskInstanceState | null> = new Set([
  "failed",
  "upstream_failed",
] as const);

/** Finished states that let a leaf make its run a success. */
export const successStates: ReadonlySet<TaskInstanceState | null> = new Set(["success", "skipped"] as const);

/** States that hold an executor slot and pool slots (deferred too where the pool says so). */
export const executionStates: ReadonlySet<TaskInstanceState | null> = new Set([
  "queued",
  "running",
  "restarting",
] as const);

export function isFinished(state: TaskInstanceState | null): boolean {
  return finishedStates.has(state);
}

export const runTypes = [
  "backfill",
  "scheduled",
  "manual",
  "asset_triggered",
  "asset_materialization",
] as const;

export type DagRunType = (typeof runTypes)[number];

export const triggeredByValues = [
  "cli",
  "operator",
  "rest_api",
  "ui",
  "test",
  "timetable",
  "asset",
  "backfill",
] as const;

export type TriggeredBy = (typeof triggeredByValues)[number];

export const triggerRules = [
  "all_success",
  "all_failed",
  "all_done",
  "all_done_min_one_success",
  "all_done_setup_success",
  "one_success",
  "one_failed",
  "one_done",
  "none_failed",
  "none_failed_min_one_success",
  "none_skipped",
  "all_skipped",
  "always",
] as const;

export type TriggerRule = (typeof triggerRules)[number];

export const weightRules = ["downstream", "upstream", "absolute"] as const;

export type WeightRule = (typeof weightRules)[number];
