/** Why an instance does not run, in words: what `tasks failed-deps` prints and pages show. */
import type { InstanceKey, RunFacts } from "./facts.ts";
import { allFindings } from "./preconditions.ts";
import type { ReadyQueue } from "./slots.ts";
import { isFinished } from "./states.ts";

export interface UnmetPrecondition {
  /** Airflow's name of the check: "Trigger Rule", "Previous Dagrun State", … */
  readonly check: string;
  readonly reason: string;
}

/** Where the run waits for slots; the key is the one that the queue knows the run by. */
export interface SlotQueue {
  readonly queue: ReadyQueue;
  readonly runKey: string;
}

/** All that keeps the instance from running now; empty when nothing does. */
export function explain(
  facts: RunFacts,
  key: InstanceKey,
  options: { readonly isPaused?: boolean; readonly slots?: SlotQueue } = {},
): UnmetPrecondition[] {
  const instance = facts.instances.get(key);
  const task = facts.dag.tasks[key.task];
  if (!instance || !task)
    return [{ check: "Task Instance State", reason: "the run has no such task instance" }];
  if (isFinished(instance.state)) {
    return [
      { check: "Task Instance State", reason: `it is ${instance.state} already; clear it to run it again` },
    ];
  }
  const unmet: UnmetPrecondition[] = [];
  if (facts.run.state !== "running") {
    unmet.push({ check: "Dagrun Running", reason: `its run is ${facts.run.state}, not running` });
  }
  if (options.isPaused) unmet.push({ check: "Dag Paused", reason: "its Dag is paused" });
  if (instance.state === "scheduled") {
    const reasons = options.slots?.queue.explain(options.slots.runKey, task) ?? [];
    return [...unmet, ...reasons.map((reason) => ({ check: "Slots Available", reason }))];
  }
  if (instance.state !== null && !instance.state.startsWith("up_for_")) {
    unmet.push({ check: "Task Instance Not Running", reason: `it is ${instance.state}` });
    return unmet;
  }
  return [
    ...unmet,
    ...allFindings(facts, task, instance).map(({ check, why }) => ({ check, reason: why() })),
  ];
}
