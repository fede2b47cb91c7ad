/**
 * Which state may follow which, and who causes it: the one table of the state machine. `docs/states.md` is drawn
 * from it, and whoever writes a state asks it first. It is Airflow's (3.3), with its words.
 */
import { TradewindError } from "../errors.ts";
import {
  type DagRunState,
  dagRunStates,
  isFinished,
  type TaskInstanceState,
  taskInstanceStates,
} from "./states.ts";

/**
 * Who causes a transition.
 * - planner: the decision about a run (`plan.ts`), from trigger rules and other preconditions
 * - dispatch: the choice of what gets a slot, and the slot that took it
 * - attempt: the end of an attempt, as its process reported it or as its loss was noticed
 * - trigger: what a deferred task or a person's answer was waited for
 * - user: somebody clears or marks
 * - limit: fail_fast, dagrun_timeout, or a run that was marked as ended
 */
export type Cause = "planner" | "dispatch" | "attempt" | "trigger" | "user" | "limit";

export interface Transition<State> {
  readonly from: State;
  readonly to: State;
  readonly by: Cause;
  /** When, in words. */
  readonly when: string;
}

type State = TaskInstanceState | null;

const all: readonly State[] = [null, ...taskInstanceStates];
const unfinished = all.filter((state) => !isFinished(state));
/** States whose preconditions are asked. */
const waiting = [null, "up_for_retry", "up_for_reschedule"] as const;

function from(states: readonly State[], to: State, by: Cause, when: string): Transition<State>[] {
  return states.filter((state) => state !== to).map((state) => ({ from: state, to, by, when }));
}

/** Every legal transition of a task instance. Several causes may lead from one state to the same other. */
export const taskTransitions: readonly Transition<State>[] = [
  ...from(waiting, "scheduled", "planner", "preconditions are met, and the time of a retry or poke has come"),
  ...from(waiting, "success", "planner", "an empty task: nothing to run"),
  ...from(
    waiting,
    "upstream_failed",
    "planner",
    "the trigger rule cannot be met, or nothing to expand over came",
  ),
  ...from(
    waiting,
    "skipped",
    "planner",
    "the trigger rule or a branch skips it, or there are no values to expand over",
  ),
  ...from(all, "removed", "planner", "its task left the Dag, or its map index the expansion"),
  ...from(["removed"], null, "planner", "its task or map index is back"),
  ...from(["scheduled"], "queued", "dispatch", "it got a slot of its pool and of the executor"),
  ...from(["queued"], "running", "dispatch", "a slot took it"),
  ...from(["queued", "running"], "scheduled", "dispatch", "its slot was lost before its handler began"),
  ...from(
    ["queued", "running", "restarting"],
    null,
    "dispatch",
    "its scheduler died, and nobody can adopt its attempt",
  ),
  ...from(["running"], "success", "attempt", "it ended well"),
  ...from(["queued"], "success", "attempt", "its result is in the step cache: nothing has to run"),
  ...from(["running"], "skipped", "attempt", "it asked to be skipped"),
  ...from(
    ["queued", "running", "deferred"],
    "up_for_retry",
    "attempt",
    "it failed or was lost, and tries are left",
  ),
  ...from(
    ["queued", "running", "deferred"],
    "failed",
    "attempt",
    "it failed or was lost, and no try is left",
  ),
  ...from(["running"], "up_for_reschedule", "attempt", "a sensor pokes again later"),
  ...from(["running"], "deferred", "attempt", "it waits for a trigger"),
  ...from(["running"], "awaiting_input", "attempt", "it waits for a person"),
  ...from(["restarting"], null, "attempt", "it was cleared while it ran, and has ended"),
  ...from(
    [
      "scheduled",
      "queued",
      "upstream_failed",
      "up_for_retry",
      "up_for_reschedule",
      "deferred",
      "awaiting_input",
      null,
    ],
    "skipped",
    "attempt",
    "a branch or short circuit before it did not choose it",
  ),
  ...from(
    ["deferred", "awaiting_input"],
    "scheduled",
    "trigger",
    "what it waited for came, failed, or took too long",
  ),
  ...from(["running"], "restarting", "user", "cleared while it runs"),
  ...from(
    all.filter((state) => state !== "running" && state !== "restarting"),
    null,
    "user",
    "cleared",
  ),
  ...from(all, "success", "user", "marked"),
  ...from(all, "failed", "user", "marked"),
  ...from(all, "skipped", "user", "marked"),
  ...from(unfinished, "skipped", "limit", "dagrun_timeout, fail_fast, or its run was marked while it waited"),
  ...from(["running", "restarting"], "failed", "limit", "fail_fast"),
  ...from(
    ["running", "deferred", "up_for_reschedule", "awaiting_input"],
    "failed",
    "limit",
    "its run was marked failed",
  ),
  ...from(
    ["running", "deferred", "up_for_reschedule", "awaiting_input"],
    "success",
    "limit",
    "its run was marked success",
  ),
];

/** Every legal transition of a run. */
export const runTransitions: readonly Transition<DagRunState>[] = [
  { from: "queued", to: "running", by: "planner", when: "max_active_runs leaves room" },
  { from: "running", to: "success", by: "planner", when: "all is finished, and no leaf failed" },
  {
    from: "running",
    to: "failed",
    by: "planner",
    when: "all is finished and a leaf failed, or nothing can go on",
  },
  { from: "running", to: "failed", by: "limit", when: "dagrun_timeout" },
  { from: "queued", to: "failed", by: "limit", when: "it cannot be started" },
  ...(["success", "failed"] as const).map((state) => ({
    from: state,
    to: "queued" as const,
    by: "user" as const,
    when: "one of its tasks was cleared, or it was marked queued",
  })),
  ...dagRunStates.flatMap((state) =>
    (["success", "failed"] as const)
      .filter((to) => to !== state)
      .map((to) => ({ from: state, to, by: "user" as const, when: "marked" })),
  ),
  { from: "running", to: "queued", by: "user", when: "marked" },
];

const legalTask = successors(taskTransitions);
const legalRun = successors(runTransitions);

function successors<S>(table: readonly Transition<S>[]): ReadonlyMap<S, ReadonlySet<S>> {
  const result = new Map<S, Set<S>>();
  for (const { from, to } of table) result.set(from, (result.get(from) ?? new Set()).add(to));
  return result;
}

/** True also for no change at all: writing the same state again is what a repeated event does. */
export function isLegalTransition(from: State, to: State): boolean {
  return from === to || legalTask.get(from)?.has(to) === true;
}

export function isLegalRunTransition(from: DagRunState, to: DagRunState): boolean {
  return from === to || legalRun.get(from)?.has(to) === true;
}

/**
 * Throws TW_STATE_TRANSITION when `to` may not follow `from`, or `from` is not the state there is; `what` names
 * the instance for the message.
 */
export function assertTransition(now: State, change: { from: State; to: State }, what: () => string): void {
  if (now !== change.from || !isLegalTransition(change.from, change.to)) throw illegal(what(), now, change);
}

export function assertRunTransition(
  now: DagRunState,
  change: { from: DagRunState; to: DagRunState },
  what: () => string,
): void {
  if (now !== change.from || !isLegalRunTransition(change.from, change.to))
    throw illegal(what(), now, change);
}

function illegal(
  what: string,
  now: State | DagRunState,
  { from, to }: { from: string | null; to: string | null },
): TradewindError {
  return new TradewindError(
    "TW_STATE_TRANSITION",
    `expected a state that may follow ${now ?? "no state"} for ${what}, but got ${to ?? "no state"} after ${from ?? "no state"}`,
  );
}
