/** W1, W2 and W3: tasks in a row, each computing a Fibonacci number the slow way. */
import { Dag, type TaskRef } from "tradewind";

export function fibo(n: number): number {
  return n < 2 ? n : fibo(n - 1) + fibo(n - 2);
}

function chain(
  dagId: string,
  length: number,
  body: () => unknown,
  isolation: "warm" | "process" = "warm",
): Dag {
  const dag = new Dag(dagId, { schedule: null, isPausedUponCreation: false, maxActiveRuns: 2000 });
  let before: TaskRef<unknown> | null = null;
  for (let i = 0; i < length; i++) {
    const task = dag.task(`t${i}`, body, { isolation })();
    if (before !== null) task.after(before);
    before = task;
  }
  return dag;
}

const now = (): number => Number(process.hrtime.bigint());

/** Says on the machine's monotonic clock when the handler began and ended, for the life of an attempt. */
function timed(): { began: number; ended: number } {
  const began = now();
  fibo(10);
  return { began, ended: now() };
}

export const dags = [
  chain("chain_40_fibo_10", 40, () => fibo(10)),
  chain("chain_40_timed", 40, timed),
  chain("chain_40_fibo_10_process", 40, () => fibo(10), "process"),
  chain("chain_10_fibo_33", 10, () => fibo(33)),
  chain("chain_3_fibo_1", 3, () => fibo(1)),
];
