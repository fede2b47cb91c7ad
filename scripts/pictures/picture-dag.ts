const dayMs = 86_400_000;

const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/**
 * A Dag with three weeks of history, in which some days failed, the newest among them: what a first page, a grid, a log and a
 * Gantt chart have to show. How long a task takes and whether it fails depend on the date alone.
 */
export function pictureDag(now: number): string {
  // Before six in the morning the newest run is that of the day before.
  const newest = now - 6 * 3_600_000;
  const start = dateOf(newest - 21 * dayMs);
  const failing = [0, 5, 13].map((daysAgo) => dateOf(newest - daysAgo * dayMs));
  return `/** Trains the churn model each morning, and publishes it when it is better than the one that serves. */
import { Dag, getContext } from "tradewind";

const dag = new Dag("churn_training", {
  schedule: "0 6 * * *",
  startDate: "${start}",
  catchup: true,
  maxActiveRuns: 1,
  description: "Trains the churn model, and publishes it when it is better",
  tags: ["churn", "training"],
  defaultArgs: { owner: "growth", retries: 1, retryDelay: { seconds: 1 } },
});

const withoutFeatures = ${JSON.stringify(failing)};
const day = (): number => Number(getContext().ds.slice(8));
const work = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const load = dag.taskGroup("load", (group) => ({
  customers: group.task("customers", async () => (await work(150 + 12 * day()), 7043))(),
  events: group.task("events", async () => (await work(240), 182_000))(),
}))();

const clean = dag.task("clean", async ({ customers, events }: { customers: number; events: number }) => {
  await work(90);
  return { rows: customers - 12, events };
});

const train = dag.task("train", async ({ data }: { data: { rows: number } }) => {
  await work(220 + 20 * (day() % 7));
  return { trees: 300, rows: data.rows };
});

const evaluate = dag.task("evaluate", async ({ model }: { model: { trees: number } }) => {
  console.log("::group::Reading the test set");
  console.log("1409 customers, 374 of whom left");
  console.log("::endgroup::");
  console.log("::group::Comparing with the champion");
  console.log("trees", model.trees);
  console.log("recall 0.928");
  console.log("precision 0.921");
  await work(120);
  if (withoutFeatures.includes(getContext().ds)) throw new Error("accuracy 0.93 is below the champion's 0.94: features are missing");
  return 0.95;
});

const publish = dag.task("publish", async ({ accuracy }: { accuracy: number }) => accuracy);
const report = dag.task("report", async ({ accuracy }: { accuracy: number }) => \`accuracy \${accuracy}\`);

const model = train({ data: clean(load) });
const accuracy = evaluate({ model });
publish({ accuracy });
report({ accuracy });
`;
}
