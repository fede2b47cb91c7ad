import { describe, expect, it } from "vitest";
import {
  clearInstances,
  clearSelection,
  markInstances,
  markRun,
  runTimeoutAt,
  startRun,
  timeOutRun,
} from "../../src/core/interventions.ts";
import { applyCommand, planRun } from "../../src/core/plan.ts";
import { dagOf } from "./support/build-dag.ts";
import { simulate } from "./support/simulate.ts";

describe("clearing", () => {
  it("gives all tries anew and queues a finished run again", () => {
    const run = simulate(dagOf({ a: { retries: 1, retryDelay: 60 } }));
    run.run("a", "failed");
    run.passTime(60_000);
    run.run("a", "failed");
    expect(run.facts.run.state).toBe("failed");
    run.apply(clearInstances(run.facts, [run.key("a")]));
    expect(run.facts.instances.of(0)[0]).toMatchObject({ state: null, tryNumber: 2, maxTries: 3 });
    expect(run.facts.run).toMatchObject({ state: "queued", endDate: null });
    run.apply(startRun(run.facts));
    run.plan("all");
    run.run("a", "failed");
    expect(run.state("a")).toBe("up_for_retry");
  });

  it("ends what runs first, and runs it again however it ended", () => {
    const run = simulate(dagOf({ a: {} }));
    run.begin("a");
    run.apply(clearInstances(run.facts, [run.key("a")]));
    expect(run.state("a")).toBe("restarting");
    run.finish("a", { kind: "failed", message: "ended", retryable: false });
    expect(run.facts.instances.of(0)[0]).toMatchObject({ state: "scheduled", tryNumber: 2, maxTries: 1 });
  });

  it("takes setups and teardowns along, and what is before and after when asked", () => {
    const dag = dagOf({
      setup: { isSetup: true },
      first: { after: ["setup"] },
      second: { after: ["first"] },
      end: { after: ["second", "setup"], isTeardown: true },
      later: { after: ["second"] },
    });
    const names = (tasks: number[]): (string | undefined)[] =>
      tasks.map((index) => dag.tasks[index]?.spec.taskId);
    expect(names(clearSelection(dag, [2]))).toEqual(["setup", "second", "end"]);
    expect(names(clearSelection(dag, [1], { downstream: true }))).toEqual([
      "setup",
      "first",
      "second",
      "end",
      "later",
    ]);
    expect(names(clearSelection(dag, [4], { upstream: true }))).toEqual([
      "setup",
      "first",
      "second",
      "end",
      "later",
    ]);
  });
});

describe("marking", () => {
  it("takes a state from a person, and lets the rest follow", () => {
    const run = simulate(dagOf({ a: {}, b: { after: ["a"] } }));
    run.apply(markInstances(run.facts, [run.key("a")], "success"));
    expect(run.ready()).toEqual(["b"]);
  });

  it("ends a run: what runs gets its state, what waits is skipped", () => {
    const run = simulate(dagOf({ a: {}, b: { after: ["a"] }, c: {} }));
    run.run("c");
    run.begin("a");
    run.apply(markRun(run.facts, "failed"));
    expect(run.states()).toEqual({ a: "failed", b: "skipped", c: "success" });
    expect(run.facts.run.state).toBe("failed");
  });

  it("lets the teardowns of a marked run finish it", () => {
    const run = simulate(
      dagOf({ s: { isSetup: true }, w: { after: ["s"] }, end: { after: ["s", "w"], isTeardown: true } }),
    );
    run.run("s");
    run.begin("w");
    run.apply(markRun(run.facts, "failed"));
    expect(run.facts.run.state).toBe("running");
    run.run("end");
    expect(run.facts.run.state).toBe("failed");
  });
});

describe("dagrun_timeout", () => {
  it("fails the run at its time and skips all that is unfinished", () => {
    const run = simulate(dagOf({ a: {}, b: { after: ["a"] } }, { dagrunTimeout: 60 }));
    run.begin("a");
    expect(runTimeoutAt(run.facts)).toBe(run.facts.now + 60_000);
    expect(timeOutRun(run.facts)).toEqual([]);
    run.facts.now += 60_000;
    run.apply(timeOutRun(run.facts));
    expect(run.states()).toEqual({ a: "skipped", b: "skipped" });
    expect(run.facts.run.state).toBe("failed");
    expect(planRun(run.facts, "all")).toEqual([]);
  });
});

describe("applying a command", () => {
  it("refuses one that does not start from the state there is, or leads where it may not", () => {
    const { facts, key } = simulate(dagOf({ a: {} }));
    const at = key("a");
    expect(() =>
      applyCommand(facts, { kind: "set-state", at, from: "queued", to: "running", reason: "" }),
    ).toThrow(
      'a state that may follow scheduled for task "a" (map index -1) of run run, but got running after queued',
    );
    expect(() =>
      applyCommand(facts, { kind: "set-state", at, from: "scheduled", to: "running", reason: "" }),
    ).toThrow("got running after scheduled");
    expect(() =>
      applyCommand(facts, { kind: "set-run-state", from: "queued", to: "success", reason: "" }),
    ).toThrow(
      "expected a state that may follow running for run run of Dag dag, but got success after queued",
    );
  });
});
