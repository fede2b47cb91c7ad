import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, MapSpec, ValueSpec, XComStep } from "../../src/core/dag-model.ts";
import { elementsRead, lengthsRead } from "../../src/core/map-reads.ts";
import { expandedArguments } from "../../src/core/mapping.ts";
import { literal, returned } from "./support/build-dag.ts";

const stepped = (taskId: string, ...steps: XComStep[]): ValueSpec => ({
  xcom: { taskId, key: "return_value", steps },
});
const lengths: { readonly [taskId: string]: number } = { a: 3, b: 2, c: 4 };
const lengthOf = (taskId: string): number | null => lengths[taskId] ?? null;
const readsOf = (mapped: MapSpec, mapIndex: number): string[] | undefined =>
  elementsRead(mapped, mapIndex, lengthOf)?.map(({ taskId, index }) => `${taskId}[${index}]`);

describe("what an instance reads of the values that it is expanded over", () => {
  it("is the element of each that the cross product gives it", () => {
    const values = fc.dictionary(
      fc.constantFrom("x", "y", "z"),
      fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
      {
        minKeys: 1,
      },
    );
    fc.assert(
      fc.property(values, fc.nat(), (lists, at) => {
        const names = Object.keys(lists);
        const total = names.reduce((product, name) => product * (lists[name]?.length ?? 1), 1);
        const mapped: MapSpec = { expand: Object.fromEntries(names.map((name) => [name, returned(name)])) };
        const reads = elementsRead(mapped, at % total, (taskId) => lists[taskId]?.length ?? null);
        const picked = Object.fromEntries(
          (reads ?? []).map(({ taskId, index }) => [taskId, lists[taskId]?.[index]]),
        );
        expect(picked).toEqual(expandedArguments(mapped, lists as { [name: string]: Json }, at % total));
      }),
    );
  });

  it("goes through map, to one part of a concat, and to all of a zip that are long enough", () => {
    const joined = stepped(
      "a",
      { map: { fn: 0 } },
      { concat: { others: [returned("b"), stepped("c", { map: { fn: 1 } })] } },
    );
    expect([0, 2, 3, 4, 5, 8].map((at) => readsOf({ expandKwargs: joined }, at))).toEqual([
      ["a[0]"],
      ["a[2]"],
      ["b[0]"],
      ["b[1]"],
      ["c[0]"],
      ["c[3]"],
    ]);
    const zipped = stepped("a", { zip: { others: [returned("b"), literal(1, 2, 3, 4)], fillvalue: null } });
    expect([0, 1, 2, 3].map((at) => readsOf({ expand: { x: zipped } }, at))).toEqual([
      ["a[0]", "b[0]"],
      ["a[1]", "b[1]"],
      ["a[2]"],
      [],
    ]);
    expect(readsOf({ expand: { x: joined, y: zipped } }, 9)).toEqual(["a[1]", "b[1]", "a[2]"]);
  });

  it("needs no length for one list or the slowest, and is unknown where another's is", () => {
    expect(readsOf({ expand: { x: returned("gone") } }, 7)).toEqual(["gone[7]"]);
    expect(readsOf({ expand: { x: returned("gone"), y: returned("a") } }, 7)).toEqual(["a[1]", "gone[2]"]);
    expect(readsOf({ expand: { x: returned("a"), y: returned("gone") } }, 0)).toBeUndefined();
    expect(
      readsOf({ expandKwargs: stepped("gone", { zip: { others: [returned("a")] } }) }, 0),
    ).toBeUndefined();
  });

  it("takes the lengths of all that stands beside others", () => {
    expect(lengthsRead({ expand: { x: stepped("a", { map: { fn: 0 } }) } })).toEqual([]);
    expect(lengthsRead({ expand: { x: returned("a"), y: literal(1), z: returned("a") } })).toEqual(["a"]);
    expect(lengthsRead({ expandKwargs: stepped("a", { concat: { others: [returned("b")] } }) })).toEqual([
      "a",
      "b",
    ]);
  });
});
