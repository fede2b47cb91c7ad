import { describe, expect, it } from "vitest";
import { dagOf, literal, returned } from "./support/build-dag.ts";
import { simulate } from "./support/simulate.ts";

describe("planning a run", () => {
  it("schedules a task only after its upstream succeeded", () => {
    const run = simulate(dagOf({ a: {}, b: { after: ["a"] }, c: { after: ["a", "b"] } }));
    expect(run.ready()).toEqual(["a"]);
    run.run("a");
    expect(run.ready()).toEqual(["b"]);
    run.run("b");
    run.run("c");
    expect(run.facts.run.state).toBe("success");
  });

  it("hands a failure down and fails the run", () => {
    const run = simulate(dagOf({ a: {}, b: { after: ["a"] }, c: { after: ["b"] } }));
    run.run("a", "failed");
    expect(run.states()).toEqual({ a: "failed", b: "upstream_failed", c: "upstream_failed" });
    expect(run.facts.run.state).toBe("failed");
  });

  it("expands over what upstream returned and joins again", () => {
    const run = simulate(
      dagOf({ a: {}, m: { after: ["a"], mapped: { expand: { x: returned("a") } } }, j: { after: ["m"] } }),
    );
    expect(run.state("m")).toBe("null");
    run.run("a", { kind: "success", length: 3 });
    expect(run.ready()).toEqual(["m[0]", "m[1]", "m[2]"]);
    for (const name of run.ready()) run.run(name);
    run.run("j");
    expect(run.facts.run.state).toBe("success");
  });

  it("expands literals at once, also while the task waits", () => {
    const run = simulate(dagOf({ a: {}, m: { after: ["a"], mapped: { expand: { x: literal(1, 2) } } } }));
    expect(run.states()).toEqual({ a: "scheduled", "m[0]": "null", "m[1]": "null" });
  });
});
