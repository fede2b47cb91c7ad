/** Which Dags a file made: `new Dag` announces itself here, and whoever imports the file collects them. */
import type { DagState } from "./dag-state.ts";

/** Shared by every copy of this package in the process, since a Dag file may resolve another one. */
const key = Symbol.for("tradewind.dag-registry");
const shared = globalThis as { [key]?: { open: DagState[] | null } };
const registry = (shared[key] ??= { open: null });

/** Called by `new Dag`. Outside of a collection the Dag is simply an object, for tests. */
export function announceDag(state: DagState): void {
  registry.open?.push(state);
}

/** Runs `load` and gives the Dags that were made meanwhile, in order. One collection at a time. */
export async function announcedDuring(load: () => Promise<unknown>): Promise<DagState[]> {
  const before = registry.open;
  const dags: DagState[] = [];
  registry.open = dags;
  try {
    await load();
  } finally {
    registry.open = before;
  }
  return dags;
}
