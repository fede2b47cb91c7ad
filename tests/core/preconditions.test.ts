import { describe, expect, it } from "vitest";
import { explain } from "../../src/core/explain.ts";
import type { PastRun } from "../../src/core/facts.ts";
import { nextRunChanges } from "../../src/core/interventions.ts";
import { ReadyQueue } from "../../src/core/slots.ts";
import { dagOf } from "./support/build-dag.ts";
import { simulate } from "./support/simulate.ts";

function past(unsuccessful: { [taskId: string]: number | null }, more: Partial<PastRun> = {}): PastRun {
  return {
    unsuccessful: (taskId) => unsuccessful[taskId] ?? (taskId in unsuccessful ? null : 0),
    wasEverThere: () => true,
    logicalDate: Date.UTC(2023, 11, 31),
    ...more,
  };
}

describe("depends_on_past", () => {
  const dag = dagOf({ a: { dependsOnPast: true }, b: { after: ["a"] } });

  it("lets the first run go, and waits where the task of the run before is neither success nor skipped", () => {
    expect(simulate(dag).ready()).toEqual(["a"]);
    expect(simulate(dag, { past: past({ a: 0 }) }).ready()).toEqual(["a"]);
    const waits = simulate(dag, { past: past({ a: 1 }) });
    expect(waits.ready()).toEqual([]);
    // Waiting for another run is no deadlock.
    expect(waits.facts.run.state).toBe("running");
  });

  it("goes on when the run before does, told by what the next run has to look at", () => {
    let left = 1;
    const run = simulate(dag, { past: { ...past({}), unsuccessful: () => left } });
    expect(run.ready()).toEqual([]);
    left = 0;
    run.plan(nextRunChanges(dag, 0));
    expect(run.ready()).toEqual(["a"]);
    expect(nextRunChanges(dag, 1)).toEqual([]);
  });

  it("passes a task that is new, unless ignore_first_depends_on_past is off or an earlier run had it", () => {
    const isNew = { past: past({ a: null }, { wasEverThere: () => false }) };
    expect(simulate(dag, isNew).ready()).toEqual(["a"]);
    expect(simulate(dag, { past: past({ a: null }) }).ready()).toEqual([]);
    const strict = dagOf({ a: { dependsOnPast: true, ignoreFirstDependsOnPast: false } });
    expect(simulate(strict, isNew).ready()).toEqual([]);
  });

  it("passes with catchup where the task had not started when the run before was due", () => {
    const late = { dependsOnPast: true, startDate: "2024-01-01T00:00:00Z" };
    expect(simulate(dagOf({ a: late }, { catchup: true }), { past: past({ a: 1 }) }).ready()).toEqual(["a"]);
    expect(simulate(dagOf({ a: late }), { past: past({ a: 1 }) }).ready()).toEqual([]);
  });

  it("waits with wait_for_downstream for what follows in the run before", () => {
    const waiting = dagOf({ a: { waitForDownstream: true }, b: { after: ["a"] } });
    expect(simulate(waiting, { past: past({ a: 0, b: 1 }) }).ready()).toEqual([]);
    expect(simulate(waiting, { past: past({ a: 0, b: 0 }) }).ready()).toEqual(["a"]);
    expect(nextRunChanges(waiting, 1)).toMatchObject([{ task: 0 }]);
  });

  it("puts off a skip with wait_for_past_depends_before_skipping", () => {
    const patient = { after: ["a"], dependsOnPast: true, waitForPastDependsBeforeSkipping: true };
    let left = 1;
    const run = simulate(dagOf({ a: {}, b: patient }), { past: { ...past({}), unsuccessful: () => left } });
    run.run("a", "skipped");
    expect(run.state("b")).toBe("null");
    left = 0;
    run.plan([run.key("b")]);
    expect(run.state("b")).toBe("skipped");
  });
});

describe("the state of a run", () => {
  it("fails as deadlocked when nothing can run and nothing is under way", () => {
    const removed = simulate(dagOf({ a: {}, b: { after: ["a"], triggerRule: "all_skipped" } }));
    removed.apply([
      { kind: "set-state", at: removed.key("a"), from: "scheduled", to: "removed", reason: "gone" },
    ]);
    expect(removed.facts.run.state).toBe("failed");
    expect(removed.log.at(-1)).toMatchObject({
      kind: "set-run-state",
      reason: expect.stringContaining("deadlocked"),
    });
  });

  it("follows the leaves: a failure that was made good by a later rule is a success", () => {
    const run = simulate(dagOf({ a: {}, b: { after: ["a"], triggerRule: "all_done" } }));
    run.run("a", "failed");
    run.run("b");
    expect(run.facts.run.state).toBe("success");
  });

  it("ignores a teardown that fails, unless it is to fail the run", () => {
    for (const [onFailureFailDagrun, state] of [
      [false, "success"],
      [true, "failed"],
    ] as const) {
      const end = { after: ["s", "w"], isTeardown: true, onFailureFailDagrun };
      const run = simulate(dagOf({ s: { isSetup: true }, w: { after: ["s"] }, end }));
      for (const name of ["s", "w"]) run.run(name);
      run.run("end", "failed");
      expect(run.facts.run.state).toBe(state);
    }
  });

  it("is a success for a Dag without tasks", () => {
    expect(simulate(dagOf({})).facts.run.state).toBe("success");
  });

  it("does not wait for a task that the run does not have", () => {
    const run = simulate(dagOf({ a: {}, b: { after: ["a"] } }), { without: new Set([0]) });
    expect(run.ready()).toEqual(["b"]);
  });
});

describe("explaining why an instance does not run", () => {
  it("names each unmet precondition in words", () => {
    const run = simulate(dagOf({ a: {}, b: { after: ["a"], dependsOnPast: true } }), {
      past: past({ b: 2 }),
    });
    expect(explain(run.facts, run.key("b"), { isPaused: true })).toEqual([
      { check: "Dag Paused", reason: "its Dag is paused" },
      { check: "Trigger Rule", reason: "trigger rule all_success is not met: of 1 upstream: 1 not finished" },
      {
        check: "Previous Dagrun State",
        reason: "depends_on_past is set, and 2 instances of the previous run are neither success nor skipped",
      },
    ]);
  });

  it("tells when a retry starts, and what a scheduled one waits for", () => {
    const run = simulate(dagOf({ a: { retries: 1, retryDelay: 60, pool: "gpu" } }));
    const queue = new ReadyQueue();
    queue.addRun({
      key: "r",
      dagId: "dag",
      isBackfill: false,
      logicalDate: 0,
      runAfter: 0,
      maxActiveTasks: 16,
    });
    queue.setPool("gpu", { slots: 0, includeDeferred: false });
    queue.stateChanged("r", run.facts.dag.tasks[0]!, -1, null, "scheduled");
    expect(explain(run.facts, run.key("a"), { slots: { queue, runKey: "r" } })).toEqual([
      { check: "Slots Available", reason: 'it needs 1 slots, and pool "gpu" has only 0' },
    ]);
    run.run("a", "failed");
    expect(explain(run.facts, run.key("a"))).toEqual([
      { check: "Not In Retry Period", reason: "its next try starts at 2024-01-01T00:01:00.000Z" },
    ]);
    run.passTime(60_000);
    run.run("a");
    expect(explain(run.facts, run.key("a"))).toEqual([
      { check: "Task Instance State", reason: "it is success already; clear it to run it again" },
    ]);
  });
});
