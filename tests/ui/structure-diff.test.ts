import { describe, expect, it } from "vitest";
import type { DagStructure, StructureNode } from "../../src/api/ui/contract.ts";
import { diffStructures, edgeKey } from "../../ui/src/graph/structure-diff.ts";

const task = (id: string, more: Partial<StructureNode> = {}): StructureNode => ({
  id,
  label: id,
  kind: "task",
  parent: null,
  depth: 0,
  operator: "@task",
  retries: 0,
  ...more,
});

const graph = (nodes: StructureNode[], edges: string[]): DagStructure => ({
  dagId: "d",
  versionNumber: 1,
  nodes,
  edges: edges.map((edge) => ({ from: edge.charAt(0), to: edge.charAt(1) })),
  assets: [],
});

describe("the graphs of two versions", () => {
  it("are the same where only lines of the file moved", () => {
    const before = graph([task("a", { line: 3 })], []);
    const diff = diffStructures(before, graph([task("a", { line: 9 })], []));
    expect(diff.nodes.size + diff.edges.size).toBe(0);
  });

  it("differ in tasks and edges that came, went, or run in another way", () => {
    const before = graph([task("a"), task("b"), task("c")], ["ab", "bc"]);
    const after = graph([task("a", { retries: 2 }), task("b"), task("d")], ["ab", "bd"]);
    const { nodes, edges, words, union } = diffStructures(before, after);
    expect([...nodes]).toEqual([
      ["c", "removed"],
      ["a", "changed"],
      ["d", "added"],
    ]);
    expect([...edges]).toEqual([
      [edgeKey("b", "d"), "added"],
      [edgeKey("b", "c"), "removed"],
    ]);
    expect([...words]).toEqual([["a", ["retries: 0 → 2"]]]);
    expect(union.nodes.map(({ id }) => id)).toEqual(["a", "b", "d", "c"]);
    expect(union.edges).toHaveLength(3);
  });

  it("keep the group of a task that is gone, and tell of a task that moved into one", () => {
    const group = (id: string): StructureNode => ({ id, label: id, kind: "group", parent: null, depth: 0 });
    const before = graph([group("old"), task("old.a", { parent: "old" }), task("b")], []);
    const after = graph([group("new"), task("b", { parent: "new" })], []);
    const { nodes, words, union } = diffStructures(before, after);
    expect(Object.fromEntries(nodes)).toEqual({
      old: "removed",
      "old.a": "removed",
      new: "added",
      b: "changed",
    });
    expect(words.get("b")).toEqual(["group: – → new"]);
    const ids = new Set(union.nodes.map(({ id }) => id));
    expect(union.nodes.every(({ parent }) => parent === null || ids.has(parent))).toBe(true);
  });
});
