/**
 * The example of models in Python, whole: scikit-learn and the real MLflow train, and what they logged is judged, served and
 * asked about a file. Skipped by name where MLflow's environment is not made: `node scripts/test-mlflow.mjs` makes it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mlflowPython } from "../../scripts/test-mlflow.mjs";
import { readParquet } from "../../src/ml/index.ts";
import { pythonWorld } from "../python/python-world.ts";
import { signedInTo } from "../python/signed-in.ts";

const python = mlflowPython(3);
const file = join(import.meta.dirname, "../../examples/14_models_in_python/pipeline.py");

it.skipIf(python === null)(
  `trains with MLflow, and serves a tenth of the traffic${python === null ? " (skipped: no environment with MLflow)" : ""}`,
  // MLflow is imported by five processes.
  { timeout: 600_000 },
  async () => {
    const world = await pythonWorld(
      { "pipeline.py": readFileSync(file, "utf8") },
      {
        api: true,
        flags: { "python.interpreter": python ?? "" },
        // The server, which is another process, has the model answer in the same Python.
        environment: { TRADEWIND__PYTHON__INTERPRETER: python ?? "" },
      },
    );
    const folder = join(world.folder, "dags/data");
    const first = await world.run("wine_training");
    expect(first.states, (await first.log("gate")).join("\n")).toEqual({
      train: "success",
      register: "success",
      gate: "success",
      new_rows: "success",
      deploy: "success",
      score: "success",
    });
    expect(await first.xcom("gate")).toMatchObject({ passed: true, champion: null });
    expect(await first.xcom("score")).toMatchObject({ rows: 45, bad: 0, version: "1" });
    const { partition } = (await first.xcom("score")) as { partition: string };
    const scores = await readParquet(join(folder, "scores", partition, "data.parquet"));
    expect(new Set(scores.numbers("prediction"))).toEqual(new Set([0, 1, 2]));

    const second = await world.run("wine_training");
    expect(await second.xcom("deploy")).toMatchObject({ variant: "v2", weight: 10 });
    const call = await signedInTo(world);
    const { body: found } = (await call("/api/2.0/mlflow/runs/search", {
      experiment_ids: ["1"],
      filter: "tags.`mlflow.parentRunId` != ''",
    })) as { body: { runs: object[] } };
    // Two searches, each with a child for each of three candidates.
    expect(found.runs).toHaveLength(6);
    const row = readRow(await readParquet(join(folder, "rows.parquet")));
    const { status, body } = await call("/endpoints/wine/invocations", { dataframe_records: [row] });
    expect({ status, body }).toMatchObject({ status: 200, body: { predictions: [expect.any(Number)] } });
  },
);

function readRow(table: Awaited<ReturnType<typeof readParquet>>): object {
  return Object.fromEntries(table.names.map((name) => [name, table.value(name, 0)]));
}
