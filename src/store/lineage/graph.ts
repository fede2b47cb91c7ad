/** The lineage around a node: everything that led to it, and everything that came of it, so many steps far. */
import {
  type LineageDirection,
  type LineageEdge,
  type LineageKind,
  type LineageRef,
  lineageDirections,
  lineageKey,
} from "../../core/lineage.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor } from "../connect.ts";
import { describeNodes, type NodeFacts } from "./describe.ts";
import { type FarEnd, type LineageStep, lineageSteps, widest } from "./steps.ts";

export interface LineageQuery extends LineageRef {
  readonly direction: LineageDirection | "both";
  /** Steps to each side. */
  readonly depth: number;
  /** Nodes at most. */
  readonly limit: number;
  /** Dags whose runs, attempts and code may be seen; null: all. */
  readonly dagIds: readonly string[] | null;
}

export interface LineageNode extends NodeFacts {
  readonly kind: LineageKind;
  /** Steps from the root; negative upstream. */
  readonly distance: number;
}

export interface LineageGraph {
  readonly root: LineageRef;
  readonly nodes: LineageNode[];
  readonly edges: LineageEdge[];
  /** There is more than the limits let through. */
  readonly truncated: boolean;
}

/**
 * Upstream and downstream are walked apart: what else came of an input is not the lineage of the root.
 *
 * @throws TradewindError TW_LINEAGE_NOT_FOUND.
 */
export async function readLineage(executor: Executor, query: LineageQuery): Promise<LineageGraph> {
  const root = { kind: query.kind, id: query.id };
  const walk = new Walk(executor, query);
  for (const direction of lineageDirections)
    if (query.direction === direction || query.direction === "both") await walk.go(direction);
  const nodes = await walk.describe();
  const known = nodes.find((node) => lineageKey(node) === lineageKey(root));
  if (known === undefined || (!known.exists && walk.edges.size === 0))
    throw new TradewindError(
      "TW_LINEAGE_NOT_FOUND",
      `expected the id of a ${query.kind}, got ${JSON.stringify(query.id.slice(0, 300))}`,
    );
  return { root, nodes, edges: [...walk.edges.values()], truncated: walk.truncated };
}

class Walk {
  readonly #executor: Executor;
  readonly #query: LineageQuery;
  readonly #distances = new Map<string, { ref: LineageRef; distance: number }>();
  readonly edges = new Map<string, LineageEdge>();
  truncated = false;

  constructor(executor: Executor, query: LineageQuery) {
    this.#executor = executor;
    this.#query = query;
    const root = { kind: query.kind, id: query.id };
    if (this.#isVisible(root)) this.#distances.set(lineageKey(root), { ref: root, distance: 0 });
  }

  async go(direction: LineageDirection): Promise<void> {
    const { kind, id, depth } = this.#query;
    let frontier: LineageRef[] = this.#distances.size === 0 ? [] : [{ kind, id }];
    const sign = direction === "upstream" ? -1 : 1;
    for (let step = 1; step <= depth && frontier.length > 0; step++) {
      const next: LineageRef[] = [];
      for (const [from, ids] of byKind(frontier))
        for (const found of lineageSteps.filter((one) => one.from === from && one.direction === direction))
          for (const end of await this.#find(found, ids)) {
            const far = { kind: found.to, id: end.id };
            if (!this.#reach(far, step * sign, next)) continue;
            this.#connect(found, { kind: from, id: end.near }, far);
          }
      frontier = next;
    }
    if (frontier.length > 0 && (await this.#goesOn(frontier, direction))) this.truncated = true;
  }

  async describe(): Promise<LineageNode[]> {
    const nodes: LineageNode[] = [];
    for (const [kind, ids] of byKind([...this.#distances.values()].map(({ ref }) => ref))) {
      const facts = new Map(
        (await describeNodes(this.#executor, kind, ids)).map((one) => [one.id, one] as const),
      );
      for (const id of ids) {
        const found = facts.get(id);
        const { distance } = this.#distances.get(lineageKey({ kind, id })) as { distance: number };
        if (found !== undefined) nodes.push({ kind, ...found, distance });
      }
    }
    return nodes.sort((a, b) => Math.abs(a.distance) - Math.abs(b.distance) || a.distance - b.distance);
  }

  async #find({ find, keep = () => true }: LineageStep, ids: readonly string[]): Promise<FarEnd[]> {
    if (typeof find === "function") {
      const found = await this.#executor.rows<FarEnd>(find(ids));
      if (ids.some((id) => found.filter(({ near }) => near === id).length >= widest)) this.truncated = true;
      return found.filter(keep);
    }
    return ids.flatMap((near) => {
      const id = find.byId(near);
      return id === null ? [] : [{ near, id }];
    });
  }

  /** False where the far end may not be seen, or finds no room. */
  #reach(far: LineageRef, distance: number, next: LineageRef[]): boolean {
    if (this.#distances.has(lineageKey(far))) return true;
    if (!this.#isVisible(far)) return false;
    if (this.#distances.size >= this.#query.limit) {
      this.truncated = true;
      return false;
    }
    this.#distances.set(lineageKey(far), { ref: far, distance });
    next.push(far);
    return true;
  }

  #connect({ direction, relation }: LineageStep, near: LineageRef, far: LineageRef): void {
    const [from, to] = direction === "upstream" ? [far, near] : [near, far];
    this.edges.set(`${lineageKey(from)}\n${lineageKey(to)}`, { from, to, relation });
  }

  async #goesOn(frontier: readonly LineageRef[], direction: LineageDirection): Promise<boolean> {
    for (const [from, ids] of byKind(frontier))
      for (const step of lineageSteps.filter((one) => one.from === from && one.direction === direction))
        if ((await this.#find(step, ids)).length > 0) return true;
    return false;
  }

  #isVisible({ kind, id }: LineageRef): boolean {
    const { dagIds } = this.#query;
    if (dagIds === null || !ofDags.has(kind)) return true;
    return dagIds.includes(id.slice(0, id.indexOf("/")));
  }
}

const ofDags: ReadonlySet<LineageKind> = new Set(["task_attempt", "dag_run", "dag_version"] as const);

function byKind(refs: readonly LineageRef[]): Map<LineageKind, string[]> {
  const groups = new Map<LineageKind, string[]>();
  for (const { kind, id } of refs) {
    const ids = groups.get(kind);
    if (ids === undefined) groups.set(kind, [id]);
    else if (!ids.includes(id)) ids.push(id);
  }
  return groups;
}
