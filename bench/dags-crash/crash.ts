/**
 * W9: ten Dags of 100 tasks, one run of each after another. A handler says in a file when it begins and when it ends:
 * one line each, appended in one write. Attempts that a kill takes are retried at once.
 */
import { appendFileSync } from "node:fs";
import { Dag, getContext } from "tradewind";

async function work(): Promise<number> {
  const file = process.env["CRASH_MARKS"] ?? "";
  const { ti, dagRun } = getContext();
  const began = Date.now();
  const attempt = `${ti.dagId} ${dagRun.runId} ${ti.taskId} ${ti.tryNumber}`;
  appendFileSync(file, `b ${attempt} ${began}\n`);
  await new Promise((resolve) => setTimeout(resolve, 2));
  appendFileSync(file, `e ${attempt} ${began}\n`);
  return began;
}

export const dags = Array.from({ length: 10 }, (_, d) => {
  const dag = new Dag(`crash_${d}`, {
    schedule: "@continuous",
    startDate: "2024-01-01",
    catchup: false,
    isPausedUponCreation: false,
    maxActiveRuns: 1,
    maxActiveTasks: 1000,
  });
  for (let i = 0; i < 100; i++) dag.task(`t${i}`, work, { retries: 200, retryDelay: 0 })();
  return dag;
});
