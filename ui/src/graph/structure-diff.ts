/** What is different about the graphs of two versions of a Dag. */
import type { DagStructure, StructureNode } from "../api/types.ts";

export type Change = "added" | "removed" | "changed";

export interface StructureDiff {
  /** Everything that either has. */
  union: DagStructure;
  /** Id of a task or group → what happened to it; what stayed the same is not there. */
  nodes: ReadonlyMap<string, Change>;
  /** By `edgeKey`. */
  edges: ReadonlyMap<string, "added" | "removed">;
  /** Of tasks that both have: what of them changed, as "retries: 0 → 2". */
  words: ReadonlyMap<string, readonly string[]>;
}

export const edgeKey = (from: string, to: string): string => `${from}\n${to}`;

/** What says how a task runs; where it stands in a file does not. */
const compared = ["operator", "triggerRule", "retries", "pool", "owner", "isMapped", "parent"] as const;

const sameWords = { triggerRule: "trigger rule", isMapped: "mapped", parent: "group" } as const;
const wordOf = (field: (typeof compared)[number]): string =>
  field in sameWords ? sameWords[field as keyof typeof sameWords] : field;

function changesOf(before: StructureNode, after: StructureNode): string[] {
  return compared
    .filter((field) => (before[field] ?? null) !== (after[field] ?? null))
    .map((field) => `${wordOf(field)}: ${before[field] ?? "–"} → ${after[field] ?? "–"}`);
}

export function diffStructures(before: DagStructure, after: DagStructure): StructureDiff {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const present = new Map(after.nodes.map((node) => [node.id, node]));
  const gone = before.nodes.filter(({ id }) => !present.has(id));
  const nodes = new Map<string, Change>(gone.map(({ id }) => [id, "removed"]));
  const words = new Map<string, string[]>();
  for (const node of after.nodes) {
    const was = old.get(node.id);
    const changes = was === undefined ? [] : changesOf(was, node);
    if (was === undefined) nodes.set(node.id, "added");
    else if (changes.length > 0) {
      nodes.set(node.id, "changed");
      words.set(node.id, changes);
    }
  }
  const oldEdges = new Set(before.edges.map(({ from, to }) => edgeKey(from, to)));
  const newEdges = new Set(after.edges.map(({ from, to }) => edgeKey(from, to)));
  const lost = before.edges.filter(({ from, to }) => !newEdges.has(edgeKey(from, to)));
  return {
    union: { ...after, nodes: [...after.nodes, ...gone], edges: [...after.edges, ...lost] },
    nodes,
    edges: new Map([
      ...[...newEdges].filter((key) => !oldEdges.has(key)).map((key) => [key, "added"] as const),
      ...[...oldEdges].filter((key) => !newEdges.has(key)).map((key) => [key, "removed"] as const),
    ]),
    words,
  };
}
