/**
 * The 13 trigger rules as a function of how many upstream instances stand in which state.
 *
 * Each rule has two columns. `early`: the state that the instance gets at once, without waiting for the rest of
 * its upstream. `passes`: it may run. Both are those of Airflow 3.3 (`ti_deps/deps/trigger_rule_dep.py`);
 * `tests/compat/fixtures/trigger-rules.json` holds what it answered over the whole grid.
 */
import { assertNever } from "../errors.ts";
import type { TriggerRule } from "./states.ts";

/** Counts over the relevant upstream instances. Only finished ones have a count; the rest is `upstream - done`. */
export interface UpstreamCounts {
  /** Expected instances, whatever their state. */
  upstream: number;
  success: number;
  skipped: number;
  failed: number;
  upstreamFailed: number;
  removed: number;
  /** Those of them that are setups, and how these ended. */
  setups: number;
  successSetups: number;
  skippedSetups: number;
}

export type EarlyState = "upstream_failed" | "skipped" | "removed";

export interface RuleVerdict {
  readonly early: EarlyState | null;
  readonly passes: boolean;
}

export function noUpstream(): UpstreamCounts {
  return {
    upstream: 0,
    success: 0,
    skipped: 0,
    failed: 0,
    upstreamFailed: 0,
    removed: 0,
    setups: 0,
    successSetups: 0,
    skippedSetups: 0,
  };
}

export function doneCount(counts: UpstreamCounts): number {
  return counts.success + counts.skipped + counts.failed + counts.upstreamFailed + counts.removed;
}

/** The caller answers for a task without upstream: it passes, whatever its rule. */
export function evaluateTriggerRule(
  rule: TriggerRule,
  counts: UpstreamCounts,
  mapIndex: number,
): RuleVerdict {
  return { early: earlyState(rule, counts, mapIndex), passes: passes(rule, counts) };
}

/**
 * What a task that stands in the scope of setups without being directly after them needs of these: all of them
 * successful. Failure and skip are handed down at once.
 */
export function evaluateSetups(counts: UpstreamCounts, mapIndex: number): RuleVerdict {
  const nonSuccesses = counts.upstream - counts.success - (mapIndex >= 0 ? counts.removed : 0);
  return { early: earlyState("all_success", counts, mapIndex), passes: nonSuccesses <= 0 };
}

function earlyState(rule: TriggerRule, counts: UpstreamCounts, mapIndex: number): EarlyState | null {
  const { upstream, success, skipped, failed } = counts;
  const anyFailed = failed + counts.upstreamFailed > 0;
  const allDone = doneCount(counts) >= upstream;
  switch (rule) {
    case "all_success":
      return earlyOfAllSuccess(counts, mapIndex);
    case "all_failed":
      return success > 0 || skipped > 0 ? "skipped" : null;
    case "one_success":
      if (!allDone || success > 0) return null;
      return doneCount(counts) === skipped ? "skipped" : "upstream_failed";
    case "one_failed":
      return allDone && !anyFailed ? "skipped" : null;
    case "one_done":
      return allDone && failed === 0 && success === 0 ? "skipped" : null;
    case "none_failed":
      return anyFailed ? "upstream_failed" : null;
    case "none_failed_min_one_success":
      if (anyFailed) return "upstream_failed";
      if (skipped === upstream) return "skipped";
      return allDone && success === 0 ? "upstream_failed" : null;
    case "none_skipped":
      return skipped > 0 ? "skipped" : null;
    case "all_skipped":
      return success > 0 || anyFailed ? "skipped" : null;
    case "all_done_min_one_success":
      if (skipped > 0) return "skipped";
      return allDone && success === 0 ? "upstream_failed" : null;
    case "all_done_setup_success":
      return allDone ? earlyOfTeardown(counts) : null;
    case "all_done":
    case "always":
      return null;
    default:
      return assertNever(rule, "trigger rule");
  }
}

function earlyOfAllSuccess(counts: UpstreamCounts, mapIndex: number): EarlyState | null {
  const { success, skipped, failed, upstreamFailed, removed } = counts;
  if (failed + upstreamFailed > 0) return "upstream_failed";
  if (skipped > 0) return "skipped";
  // The upstream was expanded again and is shorter now: this index has no counterpart any more.
  return removed > 0 && success > 0 && mapIndex >= success ? "removed" : null;
}

function earlyOfTeardown({ setups, successSetups, skippedSetups }: UpstreamCounts): EarlyState | null {
  if (setups === 0) return null;
  if (skippedSetups >= setups) return "skipped";
  return successSetups === 0 ? "upstream_failed" : null;
}

function passes(rule: TriggerRule, counts: UpstreamCounts): boolean {
  const { upstream, success, skipped, failed, upstreamFailed, removed } = counts;
  const allDone = doneCount(counts) >= upstream;
  switch (rule) {
    case "all_success":
      return upstream - success - removed <= 0;
    case "all_failed":
      return upstream - failed - upstreamFailed - removed <= 0;
    case "all_done":
      return allDone;
    case "all_done_min_one_success":
      return skipped === 0 && success > 0 && allDone;
    case "all_done_setup_success":
      return allDone && (counts.setups === 0 || counts.successSetups > 0);
    case "one_success":
      return success > 0;
    case "one_failed":
      return failed > 0 || upstreamFailed > 0;
    case "one_done":
      return success + failed > 0;
    case "none_failed":
      return upstream - success - skipped - removed <= 0;
    case "none_failed_min_one_success":
      return upstream - success - skipped - removed <= 0 && success > 0;
    case "none_skipped":
      return allDone && skipped === 0;
    case "all_skipped":
      return upstream - skipped <= 0;
    case "always":
      return true;
    default:
      return assertNever(rule, "trigger rule");
  }
}
