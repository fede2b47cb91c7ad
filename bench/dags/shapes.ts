/** W4: ten Dags of 100 no-op tasks for each of Airflow's shapes (`scheduling_performance`). */
import { Dag } from "tradewind";

export const shapes = {
  independent: () => [],
  chain: (i: number) => (i === 0 ? [] : [i - 1]),
  binary_tree: (i: number) => (i === 0 ? [] : [Math.floor((i - 1) / 2)]),
  star: (i: number) => (i === 0 ? [] : [0]),
  /** Ten rows of ten: from above and from the left. */
  grid: (i: number) => [...(i >= 10 ? [i - 10] : []), ...(i % 10 > 0 ? [i - 1] : [])],
} satisfies Record<string, (i: number) => number[]>;

export const dags = Object.entries(shapes).flatMap(([shape, upstream]) =>
  Array.from({ length: 10 }, (_, d) => {
    const dag = new Dag(`${shape}_${d}`, {
      schedule: null,
      isPausedUponCreation: false,
      maxActiveTasks: 1000,
    });
    const tasks = [];
    for (let i = 0; i < 100; i++) {
      const task = dag.task(`t${i}`, () => null)();
      for (const from of upstream(i)) task.after(tasks[from] as typeof task);
      tasks.push(task);
    }
    return dag;
  }),
);
