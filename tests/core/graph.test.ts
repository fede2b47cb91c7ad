import { describe, expect, it } from "vitest";
import { type CompiledDag, relatives } from "../../src/core/graph.ts";
import { TradewindError } from "../../src/errors.ts";
import { dagOf, literal, returned, type TaskWords } from "./support/build-dag.ts";

function names(dag: CompiledDag, indexes: readonly number[]): string[] {
  return indexes.map((index) => dag.tasks[index]?.spec.taskId ?? "");
}

function task(dag: CompiledDag, taskId: string) {
  const found = dag.tasks[dag.indexOf.get(taskId) ?? -1];
  if (!found) throw new Error(taskId);
  return found;
}

function problem(tasks: { [taskId: string]: TaskWords }, words = {}): TradewindError {
  try {
    dagOf(tasks, words);
  } catch (error) {
    if (error instanceof TradewindError) return error;
  }
  throw new Error("expected a TradewindError");
}

function diamond(weightRule: "downstream" | "upstream" | "absolute"): CompiledDag {
  return dagOf({
    a: { priorityWeight: 1, weightRule },
    b: { priorityWeight: 2, weightRule, after: ["a"] },
    c: { priorityWeight: 3, weightRule, after: ["a"] },
    d: { priorityWeight: 4, weightRule, after: ["b", "c"] },
  });
}

const weights = (dag: CompiledDag): number[] => dag.tasks.map((each) => each.weight);

describe("compiling a Dag", () => {
  it("orders every task after its upstream, earlier defined ones first", () => {
    const dag = dagOf({ d: { after: ["b", "c"] }, a: {}, c: { after: ["a"] }, b: { after: ["a"] } });
    expect(names(dag, dag.order)).toEqual(["a", "c", "b", "d"]);
    expect(names(dag, relatives(dag, 1, "downstream"))).toEqual(["d", "c", "b"]);
    expect(names(dag, relatives(dag, 0, "upstream"))).toEqual(["a", "c", "b"]);
  });

  it("names a cycle with its path", () => {
    const error = problem({ a: {}, b: { after: ["a", "d"] }, c: { after: ["b"] }, d: { after: ["c"] } });
    expect(error.code).toBe("TW_DAG_CYCLE");
    expect(error.message).toMatch(/(b → c → d → b|c → d → b → c|d → b → c → d)$/);
  });

  it("names a task that is its own upstream", () => {
    expect(problem({ a: { after: ["a"] } }).message).toContain("a → a");
  });

  it("refuses an unknown upstream, with the line of the task", () => {
    const error = problem({ a: { after: ["nowhere"], line: 12 } });
    expect(error.code).toBe("TW_DAG_UNKNOWN_TASK");
    expect(error.at).toEqual({ file: "dag.ts", line: 12 });
  });

  it("sums priority weights over each descendant once, over ancestors, or not at all", () => {
    expect(weights(diamond("downstream"))).toEqual([10, 6, 7, 4]);
    expect(weights(diamond("upstream"))).toEqual([1, 3, 4, 10]);
    expect(weights(diamond("absolute"))).toEqual([1, 2, 3, 4]);
  });

  it("clamps priority weights to 32 bits", () => {
    const dag = dagOf({
      a: { priorityWeight: 2_000_000_000 },
      b: { priorityWeight: 2_000_000_000, after: ["a"] },
      c: { priorityWeight: -3e9 },
    });
    expect(weights(dag)).toEqual([2_147_483_647, 2_000_000_000, -2_147_483_648]);
  });

  it("sums over more tasks than a word has bits", () => {
    const tasks: { [taskId: string]: TaskWords } = {};
    for (let at = 0; at < 100; at++) tasks[`t${at}`] = at > 0 ? { after: [`t${at - 1}`] } : {};
    expect(weights(dagOf(tasks))).toEqual(Array.from({ length: 100 }, (_, at) => 100 - at));
  });

  it("takes as leaves what only ignorable teardowns follow", () => {
    const dag = dagOf({
      setup: { isSetup: true },
      work: { after: ["setup"] },
      end: { after: ["work", "setup"], isTeardown: true },
    });
    expect(names(dag, dag.leaves)).toEqual(["work"]);
    const strict = dagOf({ work: {}, end: { after: ["work"], isTeardown: true, onFailureFailDagrun: true } });
    expect(names(strict, strict.leaves)).toEqual(["end"]);
    const only = dagOf({ end: { isTeardown: true } });
    expect(names(only, only.leaves)).toEqual(["end"]);
  });

  it("puts tasks between a setup and its teardown into the setup's scope", () => {
    const dag = dagOf({
      setup: { isSetup: true },
      first: { after: ["setup"] },
      second: { after: ["first"] },
      end: { after: ["second", "setup"], isTeardown: true },
      later: { after: ["end"] },
      aside: { after: ["setup"] },
    });
    expect(names(dag, task(dag, "second").indirectSetups)).toEqual(["setup"]);
    expect(names(dag, task(dag, "first").indirectSetups)).toEqual([]);
    expect(names(dag, task(dag, "first").setups)).toEqual(["setup"]);
    expect(names(dag, task(dag, "aside").setups)).toEqual([]);
    expect(names(dag, task(dag, "later").setups)).toEqual([]);
    expect(names(dag, task(dag, "end").teardownScope)).toEqual(["first"]);
  });

  it("gives a setup without teardown all that follows as its scope", () => {
    const dag = dagOf({ setup: { isSetup: true }, a: { after: ["setup"] }, b: { after: ["a"] } });
    expect(names(dag, task(dag, "b").indirectSetups)).toEqual(["setup"]);
  });

  it("knows the group a task is mapped by, and whose values it is mapped over", () => {
    const dag = dagOf(
      { list: {}, x: { groupId: "g.inner", after: ["list"] }, y: { groupId: "g", after: ["x"] } },
      { groups: { g: { mapped: { expand: { v: returned("list") } } }, "g.inner": { parent: "g" } } },
    );
    expect(task(dag, "x").mappedGroup).toBe("g");
    expect(names(dag, task(dag, "y").mapSources)).toEqual(["list"]);
    expect(task(dag, "list").isMapSource).toBe(true);
    expect(names(dag, task(dag, "list").dependents)).toEqual(["x", "y"]);
  });

  it("refuses mapping inside of mapping, over arguments, and over XComs other than the returned value", () => {
    const groups = { g: { mapped: { expand: { v: literal(1) } } } };
    expect(problem({ x: { groupId: "g", mapped: { expand: { w: literal(1) } } } }, { groups }).code).toBe(
      "TW_DAG_MAPPING",
    );
    expect(
      problem({ a: {}, x: { mapped: { expand: { w: { xcom: { taskId: "a", key: "other" } } } } } }).message,
    ).toContain('its XCom "other"');
    expect(
      problem({ x: { mapped: { expandKwargs: { groupArgument: { groupId: "g", name: "v" } } } } }).code,
    ).toBe("TW_DAG_MAPPING");
  });
});
