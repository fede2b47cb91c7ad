import { describe, expect, it } from "vitest";
import { decideOutcome, requeue, resume } from "../../src/core/outcome.ts";
import { dagOf, literal } from "./support/build-dag.ts";
import { simulate } from "./support/simulate.ts";

describe("the end of an attempt", () => {
  it("retries after the delay, at most as often as the task says", () => {
    const run = simulate(dagOf({ a: { retries: 2, retryDelay: 60 } }));
    for (const tries of [1, 2]) {
      run.run("a", "failed");
      expect(run.state("a")).toBe("up_for_retry");
      run.passTime(59_000);
      expect(run.ready()).toEqual([]);
      run.passTime(1_000);
      expect(run.facts.instances.of(0)[0]?.tryNumber).toBe(tries + 1);
    }
    run.run("a", "failed");
    expect(run.state("a")).toBe("failed");
    expect(run.facts.run.state).toBe("failed");
  });

  it("does not retry what failed for good", () => {
    const run = simulate(dagOf({ a: { retries: 5 } }));
    run.run("a", { kind: "failed", message: "give up", retryable: false });
    expect(run.state("a")).toBe("failed");
  });

  it("waits as long as the task's retry policy said, in place of its own delay", () => {
    const run = simulate(dagOf({ a: { retries: 1, retryDelay: 60 } }));
    run.run("a", { kind: "failed", message: "rate limit", retryable: true, retryDelay: 300 });
    run.passTime(299_000);
    expect(run.state("a")).toBe("up_for_retry");
    run.passTime(1_000);
    expect(run.facts.instances.of(0)[0]).toMatchObject({ state: "scheduled", tryNumber: 2 });
    run.run("a", { kind: "failed", message: "again", retryable: true, retryDelay: 300 });
    expect(run.state("a")).toBe("failed");
  });

  it("keeps the try over reschedules and deferrals", () => {
    const run = simulate(dagOf({ a: {} }));
    run.run("a", { kind: "reschedule", at: run.facts.now + 5_000 });
    expect(run.state("a")).toBe("up_for_reschedule");
    run.passTime(4_999);
    expect(run.ready()).toEqual([]);
    run.passTime(1);
    run.run("a", { kind: "deferred" });
    expect(run.state("a")).toBe("deferred");
    run.apply(resume(run.facts, run.key("a"), "its trigger fired"));
    run.run("a", { kind: "awaiting_input" });
    run.apply(resume(run.facts, run.key("a"), "somebody answered"));
    expect(run.facts.instances.of(0)[0]).toMatchObject({ state: "scheduled", tryNumber: 1 });
  });

  it("queues the same try again when its slot was lost before it began", () => {
    const run = simulate(dagOf({ a: {} }));
    run.begin("a");
    run.apply(requeue(run.facts, run.key("a"), "its worker is gone"));
    expect(run.facts.instances.of(0)[0]).toMatchObject({ state: "scheduled", tryNumber: 1 });
  });

  it("says nothing about an instance that is not under way any more", () => {
    const run = simulate(dagOf({ a: {} }));
    run.run("a");
    expect(
      decideOutcome(run.facts, run.key("a"), { kind: "failed", message: "late", retryable: true }),
    ).toEqual([]);
  });

  it("runs an empty task without a slot", () => {
    const run = simulate(dagOf({ a: { empty: true }, b: { after: ["a"], empty: true } }));
    expect(run.states()).toEqual({ a: "success", b: "success" });
    expect(run.facts.run.state).toBe("success");
  });
});

describe("branches and short circuits", () => {
  it("skip the direct downstream that was not chosen, but not what stands behind a chosen one", () => {
    const run = simulate(
      dagOf({
        branch: { branch: true },
        left: { after: ["branch"] },
        right: { after: ["branch"] },
        join: { after: ["branch", "left"] },
        end: { after: ["left", "right"], triggerRule: "none_failed_min_one_success" },
      }),
    );
    run.run("branch", { kind: "success", skip: { followed: ["left"] } });
    expect(run.states()).toEqual({
      branch: "success",
      left: "scheduled",
      right: "skipped",
      join: "null",
      end: "null",
    });
    run.run("left");
    expect(run.ready()).toEqual(["join", "end"]);
  });

  it("are remembered when a skipped task is cleared, until the branch itself runs again", () => {
    const run = simulate(dagOf({ branch: {}, left: { after: ["branch"] }, right: { after: ["branch"] } }));
    const clear = (name: string): void => {
      const at = run.key(name);
      run.apply([
        { kind: "set-state", at, from: run.facts.instances.get(at)!.state, to: null, reason: "cleared" },
      ]);
    };
    run.run("branch", { kind: "success", skip: { followed: ["left"] } });
    clear("right");
    expect(run.state("right")).toBe("skipped");
    clear("branch");
    clear("right");
    expect(run.state("right")).toBe("null");
    run.run("branch", { kind: "success", skip: { followed: ["right"] } });
    expect(run.state("right")).toBe("scheduled");
  });

  it("skip all that follows, but for teardowns, or only what comes first", () => {
    const dag = dagOf({
      check: {},
      a: { after: ["check"] },
      b: { after: ["a"], triggerRule: "all_done" },
      end: { after: ["b"], isTeardown: true },
    });
    const all = simulate(dag);
    all.run("check", { kind: "success", skip: { skipAll: true } });
    expect(all.states()).toEqual({ check: "success", a: "skipped", b: "skipped", end: "scheduled" });
    const first = simulate(dag);
    first.run("check", { kind: "success", skip: { skipped: ["a"] } });
    expect(first.states()).toMatchObject({ a: "skipped", b: "scheduled" });
  });

  it("never overwrite what runs", () => {
    const run = simulate(
      dagOf({ other: {}, branch: {}, a: { after: ["other", "branch"], triggerRule: "one_success" } }),
    );
    run.run("other");
    run.begin("a");
    run.run("branch", { kind: "success", skip: { followed: [] } });
    expect(run.state("a")).toBe("running");
  });

  it("decide for all instances of a mapped task, or inside of a mapped group for the same index", () => {
    const mapped = { expand: { x: literal(1, 2) } };
    const whole = simulate(dagOf({ branch: {}, m: { after: ["branch"], mapped } }));
    whole.run("branch", { kind: "success", skip: { followed: [] } });
    expect(whole.states()).toEqual({ branch: "success", "m[0]": "skipped", "m[1]": "skipped" });
    const inside = simulate(
      dagOf(
        { branch: { groupId: "g" }, x: { groupId: "g", after: ["branch"] } },
        { groups: { g: { mapped } } },
      ),
    );
    inside.run("branch[0]", { kind: "success", skip: { followed: [] } });
    inside.run("branch[1]", { kind: "success", skip: { followed: ["x"] } });
    expect(inside.states()).toMatchObject({ "x[0]": "skipped", "x[1]": "scheduled" });
  });
});

describe("fail_fast", () => {
  it("fails what runs and skips what waits, but for teardowns", () => {
    const run = simulate(
      dagOf(
        { a: {}, b: {}, c: { after: ["b"] }, d: {}, end: { after: ["c"], isTeardown: true } },
        { failFast: true },
      ),
    );
    run.begin("b");
    run.run("a", "failed");
    expect(run.states()).toEqual({ a: "failed", b: "failed", c: "skipped", d: "skipped", end: "scheduled" });
  });

  it("waits for the last try", () => {
    const run = simulate(dagOf({ a: { retries: 1 }, b: {} }, { failFast: true }));
    run.run("a", "failed");
    expect(run.state("b")).toBe("scheduled");
  });
});
