/** From the end of an attempt to commands: success, skip, retry or failure, and what a branch skips. */
import { assertNever } from "../errors.ts";
import {
  type AttemptOutcome,
  type Command,
  type InstanceKey,
  type Reason,
  type RunFacts,
  type SetState,
  type SkipDecision,
  type SkipRequest,
  setState,
} from "./facts.ts";
import { type CompiledTask, relatives } from "./graph.ts";
import type { Instance } from "./instances.ts";
import { defaultMaxMapLength } from "./mapping.ts";
import { skips } from "./preconditions.ts";
import { mayRetry, retryDelay } from "./retry.ts";
import { isFinished, type TaskInstanceState } from "./states.ts";
import { sharesGroup } from "./upstream-counts.ts";

export interface OutcomeLimits {
  /** `[core] max_map_length`. */
  readonly maxMapLength: number;
}

/**
 * Commands for the end of an attempt, to be applied and followed by `settle` with what they touch. The caller has
 * checked that the attempt is the one that the instance names; an instance that is not under way any more gives
 * no commands.
 */
export function decideOutcome(
  facts: RunFacts,
  at: InstanceKey,
  outcome: AttemptOutcome,
  limits: OutcomeLimits = { maxMapLength: defaultMaxMapLength },
): Command[] {
  const instance = facts.instances.get(at);
  const task = facts.dag.tasks[at.task];
  if (!instance || !task || !underWay.has(instance.state)) return [];
  if (instance.state === "restarting") return [restart(task, instance)];
  switch (outcome.kind) {
    case "success": {
      const problem = mapProblem(task, outcome.length, limits);
      return problem
        ? fail(facts, task, instance, { message: problem, retryable: true })
        : succeed(facts, task, instance, outcome);
    }
    case "skipped":
      return [setState(instance, "skipped", outcome.message)];
    case "failed":
      return fail(facts, task, instance, outcome);
    case "deferred":
      return [setState(instance, "deferred", "it waits for a trigger")];
    case "reschedule":
      return [
        { ...setState(instance, "up_for_reschedule", "its next poke is later"), notBefore: outcome.at },
      ];
    case "awaiting_input":
      return [setState(instance, "awaiting_input", "it waits for a person")];
    default:
      return assertNever(outcome, "outcome");
  }
}

/** States in which an attempt can end: `queued` too, when its process was lost before it began. */
const underWay: ReadonlySet<TaskInstanceState | null> = new Set([
  "queued",
  "running",
  "restarting",
  "deferred",
] as const);

/** A trigger fired (or failed, or ran out of time), or a person answered: the same try goes on. */
export function resume(facts: RunFacts, at: InstanceKey, reason: Reason): Command[] {
  const instance = facts.instances.get(at);
  const waits = instance?.state === "deferred" || instance?.state === "awaiting_input";
  return waits ? [setState(instance, "scheduled", reason)] : [];
}

/** An attempt was lost, and its handler cannot have started: the same try is queued again. */
export function requeue(facts: RunFacts, at: InstanceKey, reason: Reason): Command[] {
  const instance = facts.instances.get(at);
  const waits = instance?.state === "queued" || instance?.state === "running";
  return waits ? [setState(instance, "scheduled", reason)] : [];
}

/** It was cleared while it ran and has ended now, however it did: all its tries are before it again. */
function restart(task: CompiledTask, instance: Instance): SetState {
  const maxTries = instance.tryNumber + task.spec.retries;
  return { ...setState(instance, null, "it was cleared while it ran"), maxTries, notBefore: null };
}

/** Why the value cannot be expanded over by the tasks that want to; Airflow fails the task that returned it. */
function mapProblem(
  task: CompiledTask,
  length: number | null | undefined,
  limits: OutcomeLimits,
): string | null {
  if (!task.isMapSource || task.mapped !== null) return null;
  if (length === undefined || length === null) {
    return (
      `TW_MAP_VALUE: expected task "${task.spec.taskId}" to return a list or an object, because others are ` +
      `expanded over it, but it returned ${length === null ? "something else" : "nothing"}`
    );
  }
  if (length <= limits.maxMapLength) return null;
  return (
    `TW_MAP_VALUE: expected at most ${limits.maxMapLength} values from task "${task.spec.taskId}" to expand ` +
    `over, but it returned ${length}; core.max_map_length is the limit`
  );
}

function succeed(
  facts: RunFacts,
  task: CompiledTask,
  instance: Instance,
  outcome: Extract<AttemptOutcome, { kind: "success" }>,
): Command[] {
  const at = { task: instance.task, mapIndex: instance.mapIndex };
  const commands: Command[] = [setState(instance, "success", "it ended well")];
  // An instance of a mapped task that returned nothing is left out of what is expanded over it.
  if (task.isMapSource && outcome.length !== undefined) {
    commands.push({ kind: "keep-length", at, length: outcome.length });
  }
  if (outcome.skip) commands.push(...skipAfter(facts, task, instance, outcome.skip));
  return commands;
}

function skipAfter(facts: RunFacts, task: CompiledTask, instance: Instance, skip: SkipRequest): Command[] {
  const decision = decisionOf(facts, task, skip);
  const names = "skipAll" in skip ? relatives(facts.dag, task.index, "downstream") : task.downstream;
  const at = { task: instance.task, mapIndex: instance.mapIndex };
  const commands: Command[] = [{ kind: "keep-skip-decision", at, decision }];
  for (const index of names) {
    const other = facts.dag.tasks[index] as CompiledTask;
    if (!skips(decision, other.spec.taskId)) continue;
    for (const instance of skippable(facts, task, at.mapIndex, other)) {
      commands.push(setState(instance, "skipped", `task "${task.spec.taskId}" decided that it is skipped`));
    }
  }
  return commands;
}

/** What is remembered: a task that stands behind a chosen one is followed too, though the branch did not name it. */
function decisionOf(facts: RunFacts, task: CompiledTask, skip: SkipRequest): SkipDecision {
  const idOf = (index: number): string => facts.dag.tasks[index]?.spec.taskId ?? "";
  if ("skipped" in skip) return { skipped: skip.skipped };
  if ("skipAll" in skip) {
    const after = relatives(facts.dag, task.index, "downstream");
    return { skipped: after.filter((index) => !facts.dag.tasks[index]?.spec.isTeardown).map(idOf) };
  }
  const followed = new Set<string>(skip.followed);
  for (const taskId of skip.followed) {
    const chosen = facts.dag.indexOf.get(taskId);
    if (chosen !== undefined)
      for (const index of relatives(facts.dag, chosen, "downstream")) followed.add(idOf(index));
  }
  return { followed: task.downstream.map(idOf).filter((taskId) => followed.has(taskId)) };
}

/**
 * A mapped branch decides for the instances with its own map index, any other for all. What runs or has run
 * keeps its state (Airflow's `ti_skip_downstream`).
 */
function skippable(
  facts: RunFacts,
  branch: CompiledTask,
  mapIndex: number,
  other: CompiledTask,
): readonly Instance[] {
  const { instances } = facts;
  const alone = mapIndex >= 0 && (sharesGroup(branch, other) || other.mapped !== null);
  const all = alone
    ? [instances.get({ task: other.index, mapIndex })]
    : mapIndex >= 0
      ? []
      : instances.of(other.index);
  return all.filter(
    (instance): instance is Instance => instance !== undefined && !keepsState.has(instance.state),
  );
}

const keepsState: ReadonlySet<TaskInstanceState | null> = new Set([
  "running",
  "restarting",
  "success",
  "failed",
  "skipped",
  "removed",
] as const);

type Failure = Omit<Extract<AttemptOutcome, { kind: "failed" }>, "kind">;

function fail(
  facts: RunFacts,
  task: CompiledTask,
  instance: Instance,
  { message, retryable, retryDelay: decided }: Failure,
): Command[] {
  if (retryable && mayRetry(instance.tryNumber, instance.maxTries)) {
    const { dagId, logicalDate } = facts.run;
    const of = { dagId, taskId: task.spec.taskId, logicalDate, tryNumber: instance.tryNumber };
    const notBefore = facts.now + Math.round((decided ?? retryDelay(task.spec, of)) * 1000);
    return [{ ...setState(instance, "up_for_retry", message), notBefore }];
  }
  return [setState(instance, "failed", message), ...stopTheRest(facts, task)];
}

/** `fail_fast`: after a first failure running tasks fail and waiting ones are skipped; teardowns still run. */
function stopTheRest(facts: RunFacts, failed: CompiledTask): Command[] {
  if (!facts.dag.spec.failFast) return [];
  const commands: Command[] = [];
  for (const task of facts.dag.tasks) {
    if (task === failed || task.spec.isTeardown) continue;
    for (const instance of facts.instances.of(task.index)) {
      if (isFinished(instance.state)) continue;
      const runs = instance.state === "running" || instance.state === "restarting";
      const reason = `fail_fast: task "${failed.spec.taskId}" failed`;
      commands.push(setState(instance, runs ? "failed" : "skipped", reason));
    }
  }
  return commands;
}
