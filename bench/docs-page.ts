/** The page docs/benchmarks.md. */
import { markdown, type Results } from "./report.ts";
import { workloads } from "./workloads/index.ts";

export function docsPage(results: Results): string {
  const titles = new Map(workloads.map(({ id, title }) => [id, title]));
  return `# Benchmarks

\`node scripts/bootstrap.mjs bench/run.ts --peers --airflow --write-docs\` measures these figures and writes this page;
\`bench/results/latest.json\` has every sample.

Tradewind is measured as it is used: the services of \`tradewind standalone\` with their embedded PostgreSQL
(\`fsync\` and \`synchronous_commit\` on), a worker process and warm task processes that run the TypeScript Dag files of
\`bench/dags\`. Settings have their defaults, except those that a row names. Logs, state history and retries are kept.
A run is triggered and awaited in the process of the engine, for every engine alike.

Compare only within a class: **A** the step runs in the engine's own process; **B** a warm worker process, one task at
a time; **C** a fresh process for each task. Peers run on the same machine, after Tradewind, with a PostgreSQL of the
same build and settings where they need one. Medians, unless a row says otherwise. The machine-learning parts have
[a page of their own](benchmarks-ml.md).

${markdown(results, titles)}
`;
}
