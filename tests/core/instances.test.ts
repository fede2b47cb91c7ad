import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createInstances,
  type InstanceTable,
  restoreInstances,
  tasksOutside,
} from "../../src/core/instances.ts";
import { isFinished, taskInstanceStates } from "../../src/core/states.ts";
import { dagOf, returned } from "./support/build-dag.ts";

const dag = dagOf({ a: { retries: 2 }, m: { after: ["a"], mapped: { expand: { x: returned("a") } } } });

/** Counts as they would be counted anew. */
function recount(table: InstanceTable): unknown {
  const all = dag.tasks.map((task) => [...table.of(task.index)]);
  return {
    perTask: all.map((list) =>
      [null, ...taskInstanceStates].map((state) => list.filter((each) => each.state === state).length),
    ),
    finished: all.map((list) => list.filter((each) => isFinished(each.state)).length),
    unfinished: all.flat().filter((each) => !isFinished(each.state)).length,
  };
}

function counted(table: InstanceTable): unknown {
  return {
    perTask: dag.tasks.map((task) =>
      [null, ...taskInstanceStates].map((state) => table.count(task.index, state)),
    ),
    finished: dag.tasks.map((task) => table.countFinished(task.index)),
    unfinished: table.unfinishedTotal(),
  };
}

describe("instances of a run", () => {
  it("starts with one instance of each task, with the tries of its task", () => {
    const table = createInstances(dag);
    expect(table.of(0)).toMatchObject([
      { mapIndex: -1, state: null, tryNumber: 0, maxTries: 2, attemptId: null },
    ]);
    expect(table.unfinishedTotal()).toBe(2);
    expect(table.isExpanded(1)).toBe(false);
  });

  it("counts instances that an expansion has still to make as unfinished and without state", () => {
    const table = createInstances(dag);
    table.expand(1, 0, 2, 5, 0);
    expect([table.size(1), table.of(1).length, table.count(1, null), table.nextToExpand(1)]).toEqual([
      5, 2, 5, 2,
    ]);
    expect([table.unfinishedTotal(), table.countInRun(null)]).toEqual([6, 6]);
    table.expand(1, 2, 5, 5, 0);
    expect([
      table.of(1).length,
      table.count(1, null),
      table.nextToExpand(1),
      table.unfinishedTotal(),
    ]).toEqual([5, 5, null, 6]);
  });

  it("keeps its counts equal to a recount, whatever changes", () => {
    const change = fc.record({
      task: fc.nat(1),
      index: fc.nat(4),
      state: fc.constantFrom(null, ...taskInstanceStates),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.boolean(), (changes, expand) => {
        const table = createInstances(dag);
        if (expand) table.expand(1, 0, 5, 5, 0);
        for (const { task, index, state } of changes) {
          const key = { task, mapIndex: task === 1 && expand ? index : -1 };
          table.setState(key, state, 1);
        }
        expect(counted(table)).toEqual(recount(table));
      }),
    );
  });

  it("comes back from rows in any order, and names rows of tasks that are gone", () => {
    const table = createInstances(dag);
    table.expand(1, 0, 3, 3, 0);
    table.setState({ task: 1, mapIndex: 1 }, "running", 5, { attemptId: "x", tryNumber: 1 });
    const rows = dag.tasks.flatMap(({ index, spec }) =>
      table.of(index).map((instance) => ({ ...instance, taskId: spec.taskId })),
    );
    const gone = { ...rows[0]!, taskId: "gone" };
    const { instances, unknown } = restoreInstances(dag, [...rows, gone].reverse());
    expect(dag.tasks.map((task) => instances.of(task.index))).toEqual(
      dag.tasks.map((task) => table.of(task.index)),
    );
    expect(counted(instances)).toEqual(counted(table));
    expect(unknown).toEqual([gone]);
  });

  it("leaves out tasks whose own dates leave out the run, but not in a backfill", () => {
    const dated = dagOf({
      a: { startDate: "2024-02-01T00:00:00Z" },
      b: { endDate: "2023-12-31T00:00:00Z" },
      c: {},
    });
    const logicalDate = Date.UTC(2024, 0, 1);
    expect([...tasksOutside(dated, { logicalDate, runType: "scheduled" })]).toEqual([0, 1]);
    expect([...tasksOutside(dated, { logicalDate, runType: "backfill" })]).toEqual([]);
    expect([...tasksOutside(dated, { logicalDate: null, runType: "manual" })]).toEqual([]);
    expect(createInstances(dated, { without: new Set([0, 1]) }).unfinishedTotal()).toBe(1);
  });

  it("refuses to change an instance that is not there", () => {
    expect(() => createInstances(dag).setState({ task: 1, mapIndex: 3 }, "running", 0)).toThrow(
      'instance 3 of task "m"',
    );
  });
});
