import { describe, expect, it } from "vitest";
import type { Json, MapSpec, ValueSpec, XComStep } from "../../src/core/dag-model.ts";
import { continueExpansions } from "../../src/core/expansion.ts";
import type { CompiledDag } from "../../src/core/graph.ts";
import { restoreInstances } from "../../src/core/instances.ts";
import { clearInstances } from "../../src/core/interventions.ts";
import {
  argumentIndexes,
  expandedArguments,
  literalLength,
  type MapLength,
  mapLength,
  mostInstances,
} from "../../src/core/mapping.ts";
import { applyCommand, settle, touchedBy } from "../../src/core/plan.ts";
import { dagOf, literal, returned, type TaskWords } from "./support/build-dag.ts";
import { simulate } from "./support/simulate.ts";

const list = (length: number): ValueSpec => literal(...Array.from({ length }, (_, at) => at));

/** Length of an expansion over sources "a" (3 values) and "b" (2 values), both finished. */
function lengthOver(mapped: MapSpec): MapLength {
  const run = simulate(dagOf({ a: {}, b: {}, hold: {}, m: { after: ["a", "b", "hold"], mapped } }));
  if (run.facts.dag.tasks[0]?.isMapSource) run.run("a", { kind: "success", length: 3 });
  if (run.facts.dag.tasks[1]?.isMapSource) run.run("b", { kind: "success", length: 2 });
  return mapLength(run.facts, 3);
}

function stepped(taskId: string, ...steps: XComStep[]): ValueSpec {
  return { xcom: { taskId, key: "return_value", steps } };
}

describe("the length of an expansion", () => {
  it("is the product of the lengths of its arguments, of lists as of objects", () => {
    expect(lengthOver({ expand: { x: returned("a"), y: returned("b") } })).toEqual({ known: 6 });
    expect(lengthOver({ expand: { x: returned("a"), y: { literal: { k: 1, l: 2, m: 3, n: 4 } } } })).toEqual({
      known: 12,
    });
    expect(lengthOver({ expandKwargs: returned("a") })).toEqual({ known: 3 });
  });

  it("keeps through map, adds through concat, and is the shortest or with a fill value the longest of a zip", () => {
    expect(lengthOver({ expandKwargs: stepped("a", { map: { fn: 0 } }) })).toEqual({ known: 3 });
    expect(
      lengthOver({ expandKwargs: stepped("a", { concat: { others: [returned("b"), list(4)] } }) }),
    ).toEqual({ known: 9 });
    expect(lengthOver({ expandKwargs: stepped("a", { zip: { others: [returned("b")] } }) })).toEqual({
      known: 2,
    });
    expect(
      lengthOver({ expandKwargs: stepped("a", { zip: { others: [returned("b")], fillvalue: null } }) }),
    ).toEqual({ known: 3 });
    expect(
      lengthOver({
        expandKwargs: stepped("a", { concat: { others: [list(1)] } }, { zip: { others: [list(9)] } }),
      }),
    ).toEqual({ known: 4 });
  });

  it("is unknown while a value is to come, and known at once for literals", () => {
    const mapped: MapSpec = { expand: { x: returned("a"), y: list(2) } };
    const run = simulate(dagOf({ a: {}, m: { after: ["a"], mapped } }));
    expect(mapLength(run.facts, 1)).toBe("unknown");
    expect(literalLength(mapped)).toBe(null);
    expect(literalLength({ expand: { x: list(2), y: list(3) } })).toBe(6);
  });

  it("counts the instances of a mapped task that returned a value", () => {
    const dag = dagOf({
      m: { mapped: { expand: { x: list(3) } } },
      n: { after: ["m"], triggerRule: "all_done", mapped: { expand: { y: returned("m") } } },
    });
    const run = simulate(dag);
    run.run("m[0]", { kind: "success", length: null });
    run.run("m[1]", "skipped");
    expect(mapLength(run.facts, 1)).toBe("unknown");
    run.run("m[2]", { kind: "success", length: null });
    expect(run.ready()).toEqual(["n[0]", "n[1]"]);
  });

  it("refuses a product that no machine would hold", () => {
    const mapped: MapSpec = { expand: { x: list(2000), y: list(2000) } };
    const run = simulate(dagOf({ hold: {}, m: { after: ["hold"], mapped } }));
    expect(mapLength(run.facts, 1)).toEqual({
      invalid: expect.stringContaining(`at most ${mostInstances} instances`),
    });
  });
});

describe("the arguments of an instance", () => {
  it("runs through the cross product, the last key fastest", () => {
    const all = Array.from({ length: 6 }, (_, at) => argumentIndexes([3, 2], at));
    expect(all).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
    const mapped: MapSpec = { expand: { x: list(2), y: list(2) } };
    const values: { [name: string]: Json } = { x: ["a", "b"], y: { k: 1, l: 2 } };
    expect(expandedArguments(mapped, values, 2)).toEqual({ x: "b", y: ["k", 1] });
    expect(expandedArguments(mapped, values, 4)).toBeUndefined();
  });

  it("takes the whole object of expandKwargs", () => {
    const mapped: MapSpec = { expandKwargs: returned("a") };
    expect(expandedArguments(mapped, { expandKwargs: [{ p: 1 }, { p: 2 }] }, 1)).toEqual({ p: 2 });
    expect(expandedArguments(mapped, { expandKwargs: [3] }, 0)).toBeUndefined();
  });
});

/** a → m, expanded over what a returned → j. */
function over(more: TaskWords = {}): CompiledDag {
  const m = { after: ["a"], mapped: { expand: { x: returned("a") } }, ...more };
  return dagOf({ a: {}, m, j: { after: ["m"] } });
}

describe("expanding in a run", () => {
  it("skips a task that has nothing to expand over, and what follows by its own rule", () => {
    const run = simulate(over());
    run.run("a", { kind: "success", length: 0 });
    expect(run.states()).toEqual({ a: "success", m: "skipped", j: "skipped" });
    expect(run.facts.run.state).toBe("success");
  });

  it("fails the task that returned nothing to expand over, or more than the limit, and says so", () => {
    const none = simulate(over());
    none.run("a");
    expect(none.states()).toEqual({ a: "failed", m: "upstream_failed", j: "upstream_failed" });
    const long = simulate(over(), { maxMapLength: 10 });
    long.run("a", { kind: "success", length: 11 });
    expect(
      long.log.flatMap((command) =>
        command.kind === "set-state" && command.to === "failed" ? [command.reason] : [],
      ),
    ).toEqual([
      'TW_MAP_VALUE: expected at most 10 values from task "a" to expand over, but it returned 11; core.max_map_length is the limit',
    ]);
  });

  it("does not expand a task whose source failed, whatever its rule", () => {
    const run = simulate(over({ triggerRule: "all_done" }));
    run.run("a", "failed");
    expect(run.state("m")).toBe("upstream_failed");
  });

  it("takes out instances when upstream ran again and returned less, and brings them back when it returned more", () => {
    const run = simulate(over());
    const again = (length: number): void => {
      const keys = Object.keys(run.states()).map(run.key);
      run.apply(clearInstances(run.facts, keys));
      run.run("a", { kind: "success", length });
    };
    run.run("a", { kind: "success", length: 3 });
    again(1);
    expect(run.states()).toEqual({
      a: "success",
      "m[0]": "scheduled",
      "m[1]": "removed",
      "m[2]": "removed",
      j: "null",
    });
    run.run("m[0]");
    expect(run.state("j")).toBe("scheduled");
    again(4);
    expect(run.ready()).toEqual(["m[0]", "m[1]", "m[2]", "m[3]"]);
    again(0);
    expect([0, 1, 2, 3].map((at) => run.state(`m[${at}]`))).toEqual([
      "removed",
      "removed",
      "removed",
      "removed",
    ]);
  });

  it("makes 100 000 instances in parts, none of which is long", () => {
    const run = simulate(over(), { maxMapLength: 100_000 });
    run.run("a", { kind: "success", length: 100_000 });
    const parts = run.log.flatMap((command) =>
      command.kind === "expand" ? [command.to - command.from] : [],
    );
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(100_000);
    expect(Math.max(...parts)).toBeLessThanOrEqual(5_000);
    expect(run.facts.instances.count(1, "scheduled")).toBe(100_000);
  });

  it("goes on with an expansion that a crash cut short", () => {
    const run = simulate(over());
    run.run("a", { kind: "success", length: 3 });
    run.run("m[0]");
    const { dag } = run.facts;
    const rows = dag.tasks.flatMap(({ index, spec }) =>
      run.facts.instances.of(index).map((instance) => ({ ...instance, taskId: spec.taskId })),
    );
    // Only the first part was committed, and what was in it has ended.
    const { instances } = restoreInstances(
      dag,
      rows.filter(({ mapIndex }) => mapIndex < 1),
    );
    const facts = { ...run.facts, instances };
    const commands = continueExpansions(facts);
    for (const command of commands) applyCommand(facts, command);
    settle(facts, touchedBy(commands));
    expect(instances.of(1).map(({ state }) => state)).toEqual(["success", "scheduled", "scheduled"]);
    expect(continueExpansions(run.facts)).toEqual([]);
  });

  it("runs a mapped group depth first: each index goes on by itself", () => {
    const dag = dagOf(
      { a: {}, x: { groupId: "g", after: ["a"] }, y: { groupId: "g", after: ["x"] }, j: { after: ["y"] } },
      { groups: { g: { mapped: { expand: { v: returned("a") } } } } },
    );
    const run = simulate(dag);
    run.run("a", { kind: "success", length: 3 });
    expect(run.ready()).toEqual(["x[0]", "x[1]", "x[2]"]);
    run.run("x[1]");
    expect(run.ready()).toEqual(["x[0]", "x[2]", "y[1]"]);
    run.run("x[0]", "failed");
    expect(run.state("y[0]")).toBe("upstream_failed");
    run.run("y[1]");
    run.run("x[2]");
    run.run("y[2]");
    expect(run.state("j")).toBe("upstream_failed");
  });
});
