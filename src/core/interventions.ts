/** What people and limits do to a run from outside: clear, mark, time out. Each gives commands as a plan does. */
import {
  type Changed,
  type Command,
  type InstanceKey,
  type RunFacts,
  type SetState,
  setState,
  wholeTask,
} from "./facts.ts";
import { type CompiledDag, relatives } from "./graph.ts";
import type { Instance } from "./instances.ts";
import { isFinished, type TaskInstanceState } from "./states.ts";

/** A queued run begins. Follow it with a plan of "all". */
export function startRun(facts: RunFacts): Command[] {
  const { state } = facts.run;
  if (state !== "queued") return [];
  return [{ kind: "set-run-state", from: state, to: "running", reason: "max_active_runs leaves room" }];
}

/**
 * Clears instances so that they run again: tries are given anew, what runs is ended first ("restarting"), and a
 * finished run is queued again. Follow it with a plan of what it touched. (Airflow's `clear_task_instances`.)
 */
export function clearInstances(facts: RunFacts, keys: Iterable<InstanceKey>): Command[] {
  const commands: Command[] = instancesOf(facts, keys).flatMap((instance) => clearOne(facts, instance));
  const { state } = facts.run;
  if (commands.length > 0 && (state === "success" || state === "failed")) {
    commands.push({ kind: "set-run-state", from: state, to: "queued", reason: "tasks were cleared" });
  }
  return commands;
}

/** Each once, however often it is named. */
function instancesOf(facts: RunFacts, keys: Iterable<InstanceKey>): Instance[] {
  const found = new Set<Instance>();
  for (const key of keys) {
    const instance = facts.instances.get(key);
    if (instance) found.add(instance);
  }
  return [...found];
}

function clearOne(facts: RunFacts, instance: Instance): SetState[] {
  if (instance.state === "restarting") return [];
  if (instance.state === "running") return [setState(instance, "restarting", "cleared while it runs")];
  const retries = facts.dag.tasks[instance.task]?.spec.retries ?? 0;
  const maxTries = instance.tryNumber + retries;
  return [{ ...setState(instance, null, "cleared"), maxTries, notBefore: null }];
}

/**
 * Tasks that a clear of the given ones means: with `upstream` and `downstream` all that is before and after them,
 * and always the setups that they need, with the teardowns of these. In ascending index.
 */
export function clearSelection(
  dag: CompiledDag,
  tasks: readonly number[],
  options: { readonly upstream?: boolean; readonly downstream?: boolean } = {},
): number[] {
  const chosen = new Set(tasks);
  for (const task of tasks) {
    if (options.upstream) for (const index of relatives(dag, task, "upstream")) chosen.add(index);
    if (options.downstream) for (const index of relatives(dag, task, "downstream")) chosen.add(index);
  }
  const all = new Set(chosen);
  for (const task of chosen) {
    for (const setup of dag.tasks[task]?.setups ?? []) {
      all.add(setup);
      for (const after of dag.tasks[setup]?.downstream ?? []) {
        if (dag.tasks[after]?.spec.isTeardown) all.add(after);
      }
    }
  }
  return [...all].sort((a, b) => a - b);
}

/** Marks instances as a person asks; attempts under way lose their say. */
export function markInstances(
  facts: RunFacts,
  keys: Iterable<InstanceKey>,
  to: "success" | "failed" | "skipped",
): Command[] {
  return instancesOf(facts, keys)
    .filter((instance) => instance.state !== to)
    .map((instance) => setState(instance, to, `marked ${to}`));
}

/**
 * Marks a run: what is under way gets the run's state, what waits is skipped, teardowns stay. While a teardown
 * has still to run the run goes on, and its leaves decide. (Airflow's `set_dag_run_state_to_…`.)
 */
export function markRun(facts: RunFacts, to: "success" | "failed"): Command[] {
  const commands: Command[] = [];
  let teardownLeft = false;
  for (const task of facts.dag.tasks) {
    for (const instance of facts.instances.of(task.index)) {
      if (isFinished(instance.state)) continue;
      if (task.spec.isTeardown) teardownLeft = true;
      else commands.push(setState(instance, endOf(instance, to), `its run was marked ${to}`));
    }
  }
  const { state } = facts.run;
  if (!teardownLeft && state !== to) {
    commands.push({ kind: "set-run-state", from: state, to, reason: `marked ${to}` });
  }
  return commands;
}

function endOf(instance: Instance, to: "success" | "failed"): TaskInstanceState {
  return isUnderWay.has(instance.state) ? to : "skipped";
}

const isUnderWay: ReadonlySet<TaskInstanceState | null> = new Set([
  "running",
  "deferred",
  "up_for_reschedule",
  "awaiting_input",
] as const);

/** When `dagrun_timeout` ends the run, in epoch milliseconds; null when it never does. */
export function runTimeoutAt(facts: RunFacts): number | null {
  const { dagrunTimeout } = facts.dag.spec;
  const { startDate, state } = facts.run;
  if (dagrunTimeout === undefined || startDate === null || state !== "running") return null;
  return startDate + dagrunTimeout * 1000;
}

/** Fails a run whose time is over; everything unfinished in it is skipped, teardowns too, as in Airflow. */
export function timeOutRun(facts: RunFacts): Command[] {
  const at = runTimeoutAt(facts);
  if (at === null || at > facts.now) return [];
  const reason = `dagrun_timeout: it ran longer than ${facts.dag.spec.dagrunTimeout} s`;
  const commands: Command[] = facts.dag.tasks.flatMap((task) =>
    facts.instances
      .of(task.index)
      .filter((instance) => !isFinished(instance.state))
      .map((instance) => setState(instance, "skipped", reason)),
  );
  commands.push({ kind: "set-run-state", from: facts.run.state, to: "failed", reason });
  return commands;
}

/**
 * What the next run has to look at when this task finished in the run before it: itself with `depends_on_past`,
 * and the tasks before it that wait for their downstream.
 */
export function nextRunChanges(dag: CompiledDag, task: number): Exclude<Changed, "all"> {
  const compiled = dag.tasks[task];
  if (!compiled) return [];
  const { spec, upstream } = compiled;
  const waiting = upstream.filter((index) => dag.tasks[index]?.spec.waitForDownstream);
  if (spec.dependsOnPast || spec.waitForDownstream) waiting.push(task);
  return waiting.map(wholeTask);
}
