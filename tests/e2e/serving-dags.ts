/** A Dag that checks its data, fits a model of irises and registers it: what deployments, checks and lineage are about. */

export const columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"] as const;

export const training = `
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dag, getContext } from "tradewind";
import {
  accuracyScore, decayTask, driftTask, loadIris, LogisticRegression, recordLineage, saveModelPackage, snapshotOf,
  type Suite, Table, validationTask, withRun,
} from "tradewind/ml";

const columns = ${JSON.stringify(columns)};
const suite: Suite = {
  name: "irises",
  expectations: [
    ...columns.map((column) => ({ type: "expect_column_values_to_not_be_null", kwargs: { column } })),
    { type: "expect_column_values_to_be_between", kwargs: { column: "petal_length", min_value: 0, max_value: 6 }, severity: "warning" as const },
    { type: "expect_column_values_to_be_in_set", kwargs: { column: "site", value_set: ["meadow", "bank"] } },
  ],
};

/** With names that need no quotes, and a place that is made up. */
async function irises(spread = 1): Promise<Table> {
  const { x, y } = await loadIris();
  const numbers = Object.fromEntries(columns.map((column, j) => [column, x.column(j).map((value) => value * (j === 2 ? spread : 1))]));
  return Table.from({ ...numbers, site: Array.from(y, (kind, i) => (i % 5 === 0 && spread > 1 ? "marsh" : kind === 0 ? "meadow" : "bank")) });
}

const dag = new Dag("train_iris", { startDate: "2026-01-01", tags: ["ml"], params: { c: 1, spread: 1 } });
const spread = (): number => Number(getContext().params["spread"]);
const check = validationTask(dag, "check_data", () => irises(spread()), { suite, dataset: "irises", onFailure: "warn" });
const drift = driftTask(dag, "drift", async () => ({ reference: await irises(), current: await irises(spread()) }), { dataset: "irises", modelName: "iris" });
const decay = decayTask(dag, "decay", () => ({ reference: 0.97, current: 0.97 - (spread() - 1) / 5, samples: 150 }), { metric: "accuracy", dataset: "irises" });

const fit = dag.task("fit", async () =>
  withRun({ experiment: "irises", name: "logistic regression" }, async (run) => {
    const { x, y } = await loadIris();
    const snapshot = snapshotOf(await irises(spread()), "irises");
    recordLineage({ inputs: [{ kind: "dataset", name: "irises", version: snapshot.digest }] });
    const model = new LogisticRegression({ C: Number(getContext().params["c"]) }).fit(x, y);
    await run.logParams({ C: model.params.C });
    run.logMetric("accuracy", accuracyScore(y, model.predict(x)));
    const folder = join(mkdtempSync(join(tmpdir(), "tw-iris-")), "model");
    await saveModelPackage(folder, model, {
      inputs: columns.map((name) => ({ name })),
      labels: ["setosa", "versicolor", "virginica"],
      inputExample: [5.1, 3.5, 1.4, 0.2],
    });
    await run.logArtifacts(folder, "model");
    await run.client.call("POST", "registered-models/create", { name: "iris" }).catch(() => undefined);
    await run.client.call("POST", "model-versions/create", { name: "iris", source: run.artifactUri + "/model", run_id: run.runId });
    return run.runId;
  }),
);
fit();
check();
drift();
decay();
`;
