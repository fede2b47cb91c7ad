/** Dags that a test writes in place, read as a Dag file is. */
import { TradewindError } from "../../../src/errors.ts";
import { type CollectedDag, collectDags } from "../../../src/sdk/collect.ts";

export const now = Date.parse("2026-01-15T12:00:00Z");

export async function collect(build: () => unknown): Promise<CollectedDag[]> {
  return collectDags(
    async () => {
      await build();
    },
    { relativeFile: "tests.ts", now },
  );
}

export async function collectOne(build: () => unknown): Promise<CollectedDag> {
  const dags = await collect(build);
  if (dags.length !== 1) throw new Error(`expected one Dag, got ${dags.length}`);
  return dags[0] as CollectedDag;
}

/** What the author of a broken file reads. */
export async function complaint(build: () => unknown): Promise<string> {
  const error = await failure(build);
  const hint = error.hint === undefined ? "" : ` (${error.hint})`;
  return `${error.code} ${error.message}${hint}`.replace(/in line \d+/, "in line N");
}

export async function failure(build: () => unknown): Promise<TradewindError> {
  try {
    await collect(build);
  } catch (error) {
    if (error instanceof TradewindError) return error;
    throw error;
  }
  throw new Error("expected the Dag file to be refused");
}

export function taskOf(dag: CollectedDag, taskId: string): CollectedDag["spec"]["tasks"][number] {
  const found = dag.spec.tasks.find((task) => task.taskId === taskId);
  if (found === undefined) throw new Error(`no task ${taskId}`);
  return found;
}

/** `a -> b` for each edge, sorted. */
export function edgesOf(dag: CollectedDag): string[] {
  return dag.spec.tasks.flatMap((task) => task.upstream.map((id) => `${id} -> ${task.taskId}`)).sort();
}
