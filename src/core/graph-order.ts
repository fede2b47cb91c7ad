/** Order, cycles and reachability of a graph given by lists of neighbours. */

export interface Adjacency {
  readonly upstream: readonly (readonly number[])[];
  readonly downstream: readonly (readonly number[])[];
}

/**
 * Every node after all of its upstream; among nodes that are free at once, the lower index first.
 * With a cycle: the nodes of one, in the order of its edges.
 */
export function topologicalOrder(edges: Adjacency): { order: number[] } | { cycle: number[] } {
  const waiting = edges.upstream.map((list) => list.length);
  const order = waiting.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = 0; next < order.length; next++) {
    for (const down of edges.downstream[order[next] as number] ?? []) {
      waiting[down] = (waiting[down] ?? 0) - 1;
      if (waiting[down] === 0) order.push(down);
    }
  }
  return order.length === waiting.length ? { order } : { cycle: findCycle(edges, waiting) };
}

/** Every node that is left waits for another that is left: walking upstream must come back to where it was. */
function findCycle(edges: Adjacency, waiting: readonly number[]): number[] {
  const path: number[] = [];
  const placeOf = new Map<number, number>();
  let at = waiting.findIndex((count) => count > 0);
  while (!placeOf.has(at)) {
    placeOf.set(at, path.length);
    path.push(at);
    at = edges.upstream[at]?.find((up) => (waiting[up] ?? 0) > 0) as number;
  }
  return path.slice(placeOf.get(at)).reverse();
}

/** All nodes that can be reached, without the start unless a cycle leads back to it, in ascending order. */
export function reachableFrom(start: number, next: (index: number) => readonly number[]): number[] {
  const seen = new Set<number>();
  const waiting = [...next(start)];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    waiting.push(...next(at));
  }
  return [...seen].sort((a, b) => a - b);
}
