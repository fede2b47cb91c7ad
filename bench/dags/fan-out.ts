/** W5: a list, a no-op for each of its elements, and one task that gets all results. */
import { Dag } from "tradewind";

export const dags = [10, 100, 1000, 10_000, 100_000].map((n) => {
  const dag = new Dag(`fan_out_${n}`, {
    schedule: null,
    isPausedUponCreation: false,
    maxActiveTasks: 200_000,
  });
  const list = dag.task("make_list", () => Array.from({ length: n }, (_, i) => i))();
  const work = dag.task("work", (_element: { x: number }) => null);
  const reduce = dag.task("reduce", ({ results }: { results: readonly null[] }) => results.length);
  reduce({ results: work.expand({ x: list }) });
  return dag;
});
