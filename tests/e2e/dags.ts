/** Dag files that tests of the page look at. */

/** Fails in its third task, because a column is missing; what is behind it does not start. */
export const failing = `
import { Dag } from "tradewind";
const dag = new Dag("churn", { startDate: "2026-01-01", tags: ["ml"], description: "Trains the churn model" });
const load = dag.task("load", async () => ({ rows: 120 }));
const clean = dag.task("clean", async ({ data }: { data: { rows: number } }) => data.rows - 3);
const train = dag.task("train", async ({ rows }: { rows: number }): Promise<number> => {
  console.log("training on", rows, "rows");
  throw new Error("column 'tenure' is missing");
});
const publish = dag.task("publish", async ({ model }: { model: number }) => model);
publish({ model: train({ rows: clean({ data: load() }) }) });
`;

/** Writes a line whenever the test puts a file there, and ends when it is told to. */
export const talking = `
import { existsSync } from "node:fs";
import { Dag, getContext } from "tradewind";
const dag = new Dag("talking", { startDate: "2026-01-01", params: { folder: "" } });
dag.task("talk", async () => {
  const folder = String(getContext().params.folder);
  for (let line = 1; ; line++) {
    console.log("line", line, "\\u001b[31mred\\u001b[0m <b>not bold</b>");
    while (!existsSync(folder + "/" + line)) {
      if (existsSync(folder + "/end")) return "done";
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
})();
`;

/** Params of several kinds, groups, a mapped task, a branch and an asset. */
export const wide = `
import { Asset, Dag, getContext, Param } from "tradewind";
const scores = new Asset({ name: "scores", uri: "file:///scores.csv" });
const dag = new Dag("wide", {
  schedule: "0 6 * * *", startDate: "2026-01-01", catchup: false, tags: ["example"],
  defaultArgs: { owner: "ada" },
  params: {
    trees: new Param(100, { type: "integer", minimum: 1, description: "Trees of the forest" }),
    model: new Param("forest", { type: "string", enum: ["forest", "linear"] }),
    deep: new Param(false, { type: "boolean" }),
  },
});
const days = dag.task("days", async () => [1, 2, 3]);
const group = dag.taskGroup("prepare", (inner) => {
  const features = inner.task("features", async ({ day }: { day: number }) => ({ day, trees: getContext().params.trees }));
  return { rows: features.expand({ day: days() }) };
});
const report = dag.task("report", async ({ all }: { all: unknown[] }) => all, { outlets: [scores] });
report({ all: group().rows });
export const reader = new Dag("reader", { schedule: scores, startDate: "2026-01-01" });
reader.task("read", async () => "read")();
`;

export const broken = `
import { Dag } from "tradewind";
const dag = new Dag("broken", { startDate: "2026-01-01" });
dag.task("a", async () => 1)(;
`;

/** Asks people, and waits for what they answer. */
export const asking = `
import datetime as dt
from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import DAG, Param
with DAG("release", schedule=None, start_date=dt.datetime(2026, 1, 1), is_paused_upon_creation=False):
    ApprovalOperator(task_id="approve", subject="Publish the model?", params={"comment": Param("", type="string")})
    HITLOperator(task_id="pick", subject="Which regions?", options=["north", "south", "west"], multiple=True)
`;

/** Values of several shapes, and a log with groups whose last has an error in it. */
export const telling = `
import { Dag } from "tradewind";
import { Table } from "tradewind/ml";
const dag = new Dag("telling", { startDate: "2026-01-01" });
dag.task("frame", async () => ({ columns: ["model", "accuracy"], data: [["forest", 0.93], ["linear", 0.81]] }))();
dag.task("picture", async () => "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")();
dag.task("large", async () => {
  const numbers = Array.from({ length: 2500 }, (_, row) => row);
  return Table.from({ id: numbers, score: numbers.map((row) => row / 4), city: numbers.map((row) => "city " + (row % 7)) });
})();
dag.task("tell", async () => {
  console.log("::group::Setting up");
  console.log("three packages");
  console.log("four packages");
  console.log("::endgroup::");
  console.log("between");
  console.log("::group::Training");
  throw new Error("the model broke");
})();
`;

export const linking = `
import datetime as dt
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
with DAG("linking", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    PythonOperator(task_id="load", python_callable=lambda: 1)
`;

/** A link to the costs of a task, one that no page may follow, and a page of Airflow's web server. */
export const linkingPlugin = `
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperatorLink

class Costs(BaseOperatorLink):
    name = "Costs"
    def get_link(self, operator, *, ti_key):
        return f"https://example.org/costs/{ti_key.dag_id}/{ti_key.task_id}"

class Script(BaseOperatorLink):
    name = "Script"
    def get_link(self, operator, *, ti_key):
        return "javascript:alert(1)"

class CostsPlugin(AirflowPlugin):
    name = "costs"
    global_operator_extra_links = [Costs(), Script()]
    external_views = [{"name": "Costs of the cloud", "href": "https://example.org", "destination": "nav"}]
`;

/** Tracks a run that logs a point whenever the test puts a file there, and ends when it is told to. */
export const training = `
import { existsSync } from "node:fs";
import { Dag, getContext } from "tradewind";
import { logMetric, logParams, withRun } from "tradewind/ml";
const dag = new Dag("training", { startDate: "2026-01-01", params: { folder: "" } });
dag.task("fit", async () => {
  const folder = String(getContext().params.folder);
  await withRun({ experiment: "live", name: "from-a-task" }, async () => {
    await logParams({ trees: 100 });
    for (let step = 0; ; step++) {
      logMetric("loss", 1 / (step + 1), { step });
      while (!existsSync(folder + "/" + step)) {
        if (existsSync(folder + "/end")) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  });
})();
`;
