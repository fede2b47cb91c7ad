/** Dag files that speak to MLflow while they are imported, as many do: their tasks' runs are where the file says. */
import { rmSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { hasPackages } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const dag = `
import mlflow
from airflow.sdk import dag, task
from named import client

mlflow.set_experiment("churn")

@dag(schedule=None)
def named_at_import():
    @task
    def train():
        with mlflow.start_run():
            mlflow.log_metric("accuracy", 0.9)

    @task
    def look():
        return [run.data.metrics["accuracy"] for run in client.search_runs([client.get_experiment_by_name("churn").experiment_id])]

    train() >> look()

named_at_import()
`;
const localModule = `
from mlflow import MlflowClient
client = MlflowClient()
`;

// `mlflow-skinny` is a client alone: it has no default to open.
const has = hasPackages("mlflow", "alembic");

describe.runIf(has)(`MLflow at import${has ? "" : " (skipped: no Python with the whole of mlflow)"}`, () => {
  test("an experiment and a client of the file's top are those of Tradewind's server", async () => {
    // MLflow's own default lies where the program was started.
    onTestFinished(() =>
      ["mlflow.db", "mlruns"].forEach((name) => rmSync(name, { recursive: true, force: true })),
    );
    const files = { "named_at_import.py": dag, "named.py": localModule };
    const world = await pythonWorld(files, { api: true });
    // Takes the number that an experiment named at import has in MLflow's own default.
    await world.database.run(sql`
        INSERT INTO experiment (name, artifact_location, creation_time, last_update_time)
        VALUES ('another', 'mlflow-artifacts:/1', now(), now())`);
    const run = await world.run("named_at_import");
    expect(run.states).toEqual({ train: "success", look: "success" });
    const rows = await world.database.rows(
      sql`SELECT e.name, r.task_id AS "taskId" FROM run r JOIN experiment e USING (experiment_id)`,
    );
    expect(rows).toEqual([{ name: "churn", taskId: "train" }]);
    expect(await run.xcom("look")).toEqual([0.9]);
  }, 180_000);
});
