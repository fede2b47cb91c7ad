/**
 * What must hold before an instance is scheduled, each as a function of the facts, in the order in which they are
 * asked. A finding says what is missing in words, and, where the precondition itself decides the instance's fate
 * (a failed upstream, a branch that did not choose it), which state it gets.
 */
import { upstreamCountsWords } from "./explain-words.ts";
import type { RunFacts, SkipDecision } from "./facts.ts";
import type { CompiledTask } from "./graph.ts";
import type { Instance } from "./instances.ts";
import { isFinished, type TriggerRule } from "./states.ts";
import {
  doneCount,
  type EarlyState,
  evaluateSetups,
  evaluateTriggerRule,
  type RuleVerdict,
  type UpstreamCounts,
} from "./trigger-rules.ts";
import { counterpart, countUpstream, sharesGroup } from "./upstream-counts.ts";

export interface Finding {
  /** Airflow's name of the check, as `tasks failed-deps` prints it. */
  readonly check: string;
  /** State that the instance gets for it; null: it only waits. */
  readonly early: EarlyState | null;
  /** Made only when it is asked for: most findings are "not yet", thousands of times. */
  readonly why: () => string;
}

/** First finding that settles the fate or makes the instance wait; null when it may be scheduled. */
export function firstFinding(facts: RunFacts, task: CompiledTask, at: Instance): Finding | null {
  for (const check of checks) {
    const finding = check(facts, task, at);
    if (finding) return patient(facts, task, finding);
  }
  return null;
}

/** All findings, for people who ask why an instance does not run. */
export function allFindings(facts: RunFacts, task: CompiledTask, at: Instance): Finding[] {
  return [...checks, checkRetryPeriod, checkReschedule].flatMap((check) => {
    const finding = check(facts, task, at);
    return finding ? [patient(facts, task, finding)] : [];
  });
}

/** Whether findings are the same for every instance of the task, so that asking once answers for all. */
export function sharesFindings(facts: RunFacts, task: CompiledTask): boolean {
  if (task.mappedGroup !== null) return false;
  // Only "all successful" looks at the map index, and only once the upstream was expanded again and is shorter.
  const needsSuccess = task.spec.triggerRule === "all_success" || task.indirectSetups.length > 0;
  if (needsSuccess && hasRemovedUpstream(facts, task)) return false;
  return !task.upstream.some(
    (parent) => facts.skipDecisions.has(parent) && facts.instances.isExpanded(parent),
  );
}

function hasRemovedUpstream(facts: RunFacts, task: CompiledTask): boolean {
  const removed = (index: number): boolean => facts.instances.count(index, "removed") > 0;
  return task.upstream.some(removed) || task.indirectSetups.some(removed);
}

/** With `wait_for_past_depends_before_skipping` a skip is put off until the past run allows the task. */
function patient(facts: RunFacts, task: CompiledTask, finding: Finding): Finding {
  if (finding.early !== "skipped" || !task.spec.waitForPastDependsBeforeSkipping) return finding;
  if (!checkPast(facts, task)) return finding;
  return { ...finding, early: null, why: () => "it is to be skipped, but the past dependencies are not met" };
}

type Check = (facts: RunFacts, task: CompiledTask, at: Instance) => Finding | null;

const checks: readonly Check[] = [
  checkMapSources,
  checkPreviouslySkipped,
  checkSetups,
  checkTriggerRule,
  checkTeardownScope,
  checkPast,
];

/** Airflow's MappedTaskUpstreamDep: a value to expand over will never come. */
function checkMapSources(facts: RunFacts, task: CompiledTask): Finding | null {
  let failed = -1;
  let skipped = -1;
  for (const source of task.mapSources) {
    if (facts.instances.isExpanded(source)) continue;
    const state = facts.instances.of(source)[0]?.state ?? null;
    if (state === "failed" || state === "upstream_failed") failed = source;
    else if (state === "skipped") skipped = source;
  }
  const source = failed >= 0 ? failed : skipped;
  if (source < 0) return null;
  return {
    check: "Mapped dependencies have succeeded",
    early: failed >= 0 ? "upstream_failed" : "skipped",
    why: () =>
      `task "${idOf(facts, source)}", whose value it is expanded over, ${failed >= 0 ? "failed" : "was skipped"}`,
  };
}

/** Airflow's NotPreviouslySkippedDep: a branch that has run keeps its decision, also after a clear. */
function checkPreviouslySkipped(facts: RunFacts, task: CompiledTask, at: Instance): Finding | null {
  if (facts.skipDecisions.size === 0) return null;
  for (const parent of task.upstream) {
    const decisions = facts.skipDecisions.get(parent);
    const relative = facts.dag.tasks[parent];
    if (!decisions || !relative) continue;
    const mapIndex = facts.instances.isExpanded(parent) ? at.mapIndex : -1;
    const decision = decisions.get(mapIndex);
    if (!decision || !skips(decision, task.spec.taskId)) continue;
    if (counterpart(facts.instances, parent, mapIndex)?.state !== "success") continue;
    return {
      check: "Not Previously Skipped",
      early: "skipped",
      why: () => `task "${idOf(facts, parent)}" decided that it is skipped`,
    };
  }
  return null;
}

export function skips(decision: SkipDecision, taskId: string): boolean {
  return "followed" in decision ? !decision.followed.includes(taskId) : decision.skipped.includes(taskId);
}

function checkSetups(facts: RunFacts, task: CompiledTask, at: Instance): Finding | null {
  if (task.indirectSetups.length === 0) return null;
  const counts = countUpstream(facts.dag, facts.instances, task, at.mapIndex, task.indirectSetups);
  const verdict = evaluateSetups(counts, at.mapIndex);
  if (verdict.passes && verdict.early === null) return null;
  return {
    check: "Trigger Rule",
    early: verdict.early,
    why: () => `it needs every setup whose scope it is in to succeed: ${upstreamCountsWords(counts)}`,
  };
}

function checkTriggerRule(facts: RunFacts, task: CompiledTask, at: Instance): Finding | null {
  if (task.upstream.length === 0 || task.spec.triggerRule === "always") return null;
  const rule = task.spec.triggerRule;
  const counts = countUpstream(facts.dag, facts.instances, task, at.mapIndex, task.upstream);
  if (at.mapIndex < 0 && task.mappedGroup !== null && expandsBeforeRule(facts, task, rule, counts))
    return null;
  const verdict: RuleVerdict = evaluateTriggerRule(rule, counts, at.mapIndex);
  if (verdict.passes && verdict.early === null) return null;
  return {
    check: "Trigger Rule",
    early: verdict.early,
    why: () => `trigger rule ${rule} is not met: ${upstreamCountsWords(counts)}`,
  };
}

/** Rules that a part of the upstream can satisfy, or that no upstream at all would break. */
const rulesOfSome: ReadonlySet<TriggerRule> = new Set([
  "one_success",
  "one_failed",
  "one_done",
  "none_failed_min_one_success",
  "all_done_min_one_success",
] as const);

/**
 * An unexpanded task of a mapped group whose upstream in the group is expanded already: its instances each have
 * one counterpart there and decide for themselves, so it is expanded at once. Its upstream outside of the group
 * is asked first where the rule is about all of it.
 */
function expandsBeforeRule(
  facts: RunFacts,
  task: CompiledTask,
  rule: TriggerRule,
  counts: UpstreamCounts,
): boolean {
  const inside = task.upstream.some((index) => {
    const relative = facts.dag.tasks[index];
    return relative !== undefined && sharesGroup(task, relative) && facts.instances.isExpanded(index);
  });
  return inside && (rulesOfSome.has(rule) || counts.upstream === 0);
}

/** Airflow's `_evaluate_teardown_scope`: everything between setup and teardown is finished. */
function checkTeardownScope(facts: RunFacts, task: CompiledTask, at: Instance): Finding | null {
  if (task.teardownScope.length === 0) return null;
  const counts = countUpstream(facts.dag, facts.instances, task, at.mapIndex, task.teardownScope);
  const left = counts.upstream - doneCount(counts);
  if (left <= 0) return null;
  return {
    check: "Trigger Rule",
    early: null,
    why: () => `${left} instances between its setup and this teardown are not finished`,
  };
}

/** Airflow's PrevDagrunDep: `depends_on_past` and `wait_for_downstream`. */
function checkPast(facts: RunFacts, task: CompiledTask): Finding | null {
  const { spec } = task;
  if (!spec.dependsOnPast && !spec.waitForDownstream) return null;
  const { past } = facts;
  if (past === null || startedAfter(facts, task)) return null;
  const unsuccessful = past.unsuccessful(spec.taskId);
  if (unsuccessful === null) {
    if (spec.ignoreFirstDependsOnPast && !past.wasEverThere(spec.taskId)) return null;
    return waitsForPast(() => "depends_on_past is set, and the previous run does not have the task");
  }
  if (unsuccessful > 0) {
    return waitsForPast(
      () =>
        `depends_on_past is set, and ${unsuccessful} instances of the previous run are neither success nor skipped`,
    );
  }
  if (!spec.waitForDownstream) return null;
  const waiting = task.downstream.find((index) => (past.unsuccessful(idOf(facts, index)) ?? 0) > 0);
  if (waiting === undefined) return null;
  return waitsForPast(
    () =>
      `wait_for_downstream is set, and "${idOf(facts, waiting)}" of the previous run is neither success nor skipped`,
  );
}

function waitsForPast(why: () => string): Finding {
  return { check: "Previous Dagrun State", early: null, why };
}

/** With catchup, the task was not active yet when the run before this one was due. */
function startedAfter(facts: RunFacts, task: CompiledTask): boolean {
  const { catchup } = facts.dag.spec;
  const logicalDate = facts.past?.logicalDate ?? null;
  if (!catchup || task.spec.startDate === undefined || logicalDate === null) return false;
  return logicalDate < Date.parse(task.spec.startDate);
}

function checkRetryPeriod(facts: RunFacts, _task: CompiledTask, at: Instance): Finding | null {
  return checkTime(facts, at, "up_for_retry", "Not In Retry Period", "its next try starts");
}

function checkReschedule(facts: RunFacts, _task: CompiledTask, at: Instance): Finding | null {
  return checkTime(facts, at, "up_for_reschedule", "Ready To Reschedule", "its next poke is");
}

function checkTime(
  facts: RunFacts,
  at: Instance,
  state: "up_for_retry" | "up_for_reschedule",
  check: string,
  what: string,
): Finding | null {
  const { notBefore } = at;
  if (at.state !== state || notBefore === null || notBefore <= facts.now) return null;
  return { check, early: null, why: () => `${what} at ${new Date(notBefore).toISOString()}` };
}

/** True for an instance that may be scheduled as far as its own state and time go. */
export function isSchedulable(at: Instance, now: number): boolean {
  if (at.state === null) return true;
  if (isFinished(at.state)) return false;
  if (at.state !== "up_for_retry" && at.state !== "up_for_reschedule") return false;
  return at.notBefore === null || at.notBefore <= now;
}

function idOf(facts: RunFacts, task: number): string {
  return facts.dag.tasks[task]?.spec.taskId ?? `#${task}`;
}
