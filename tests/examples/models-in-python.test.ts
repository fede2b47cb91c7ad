/**
 * The example of models in Python, whole: scikit-learn and the real MLflow train, and what they logged is judged, served, asked
 * about a file, watched, trained again when it drifts, and taken back when its answers turn out worse. Skipped by name where
 * MLflow's environment is not made: `node scripts/test-mlflow.mjs` makes it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mlflowPython } from "../../scripts/test-mlflow.mjs";
import { readParquet } from "../../src/ml/index.ts";
import { listDagRuns } from "../../src/store/dag-runs.ts";
import { notify } from "../../src/store/notify.ts";
import { setPool } from "../../src/store/pools.ts";
import { taskInstancesOfRun } from "../../src/store/task-instances.ts";
import { type PythonWorld, pythonWorld } from "../python/python-world.ts";
import { signedInTo } from "../python/signed-in.ts";

const python = mlflowPython(3);
const file = join(import.meta.dirname, "../../examples/14_models_in_python/pipeline.py");
const why = python === null ? " (skipped: no environment with MLflow)" : "";

async function world(): Promise<PythonWorld> {
  const made = await pythonWorld(
    // Runs start when they are asked for here, and not by the week as well.
    { "pipeline.py": readFileSync(file, "utf8").replace('schedule="@weekly"', "schedule=None") },
    {
      api: true,
      flags: { "python.interpreter": python ?? "" },
      // The server, which is another process, has the model answer in the same Python.
      environment: { TRADEWIND__PYTHON__INTERPRETER: python ?? "" },
    },
  );
  await setPool(made.database, { name: "gpu_pool", slots: 2 });
  await notify(made.database, ["pools"]);
  return made;
}

// MLflow is imported by many processes.
const options = { timeout: 900_000 };

it.skipIf(python === null)(
  `trains with MLflow, and serves a tenth of the traffic${why}`,
  options,
  async () => {
    const here = await world();
    const folder = join(here.folder, "dags/data");
    const first = await here.run("wine_training");
    expect(first.states, (await first.log("train")).join("\n")).toEqual({
      extract: "success",
      features: "success",
      validate: "success",
      train: "success",
      check_performance: "success",
      register: "success",
      gate: "success",
      new_rows: "success",
      deploy: "success",
      score: "success",
      retrain: "skipped",
    });
    expect(await first.xcom("train", "best_params")).toEqual({ logisticregression__C: expect.any(Number) });
    expect(await first.xcom("gate")).toMatchObject({ passed: true, champion: null });
    expect(await first.xcom("score")).toMatchObject({ rows: 45, bad: 0, version: "1" });
    const { partition } = (await first.xcom("score")) as { partition: string };
    const scores = await readParquet(join(folder, "scores", partition, "data.parquet"));
    expect(new Set(scores.numbers("prediction"))).toEqual(new Set([0, 1, 2]));

    const second = await here.run("wine_training");
    expect(await second.xcom("deploy")).toMatchObject({ variant: "v2", weight: 10 });
    const call = await signedInTo(here);
    const { body: found } = (await call("/api/2.0/mlflow/runs/search", {
      experiment_ids: ["1"],
      filter: "tags.`mlflow.parentRunId` != ''",
    })) as { body: { runs: object[] } };
    // Two searches, each with a child for each of three candidates.
    expect(found.runs).toHaveLength(6);
    const row = readRow(await readParquet(join(folder, "rows.parquet")));
    const { status, body } = await call("/endpoints/wine/invocations", { dataframe_records: [row] });
    expect({ status, body }).toMatchObject({ status: 200, body: { predictions: [expect.any(Number)] } });

    // Exactly what is asked for is not above it.
    const strict = await here.run("wine_training", { min_accuracy: 1 });
    expect(strict.states).toMatchObject({
      check_performance: "success",
      register: "skipped",
      retrain: "success",
    });
  },
);

it.skipIf(python === null)(
  `sees drift, trains again, and goes back when its answers turn out worse${why}`,
  options,
  async () => {
    const here = await world();
    await here.run("wine_training");
    const call = await signedInTo(here);
    const rows = await readParquet(join(here.folder, "dags/data/rows.parquet"));
    const data = Array.from({ length: rows.rows }, (_, row) =>
      rows.names.map((name) => rows.value(name, row)),
    );
    const ask = async (factor: number) => {
      const shifted = data.map((row) => row.map((value) => Number(value) * factor));
      const { status, headers } = await call("/endpoints/wine/invocations", {
        dataframe_split: { columns: rows.names, data: shifted },
      });
      return {
        status,
        variant: headers.get("x-tradewind-variant"),
        id: headers.get("x-tradewind-request-id"),
      };
    };
    // 5000 rows are written to the request log at once.
    for (let i = 0; i < 115; i++) expect((await ask(1.6)).status).toBe(200);
    await here.unpause("wine_retrain");
    const watched = await here.run("wine_monitor");
    expect(watched.states, (await watched.log("watch")).join("\n")).toEqual({ watch: "success" });
    expect(await watched.xcom("watch")).toMatchObject({ alarm: true, drifted: true });

    const { database } = here;
    const retrained = async (): Promise<{ [task: string]: string | null } | null> => {
      const filter = { dagIds: ["wine_retrain"], states: ["success", "failed"] } as const;
      const [run] = (await listDagRuns(database, filter, { orderBy: "id" })).rows;
      if (run === undefined) return null;
      const instances = await taskInstancesOfRun(database, run.id);
      return Object.fromEntries(instances.map(({ taskId, state }) => [taskId, state]));
    };
    // While its canary takes a part of the traffic, its answers turn out wrong.
    let states: Awaited<ReturnType<typeof retrained>> = null;
    while (states === null) {
      const { variant, id } = await ask(1);
      const outcomes = [{ request_id: id, metric: "right", value: variant === "v1" ? 1 : 0 }];
      await call("/api/endpoints/wine/outcomes", { outcomes });
      states = await retrained();
    }
    expect(states).toMatchObject({
      gate: "success",
      canary: "skipped",
      promote: "skipped",
      settle: "failed",
    });
    const { body } = (await call("/api/endpoints/wine")) as { body: object };
    expect(body).toMatchObject({ variants: [{ name: "v1", weight: 100 }] });
  },
);

function readRow(table: Awaited<ReturnType<typeof readParquet>>): object {
  return Object.fromEntries(table.names.map((name) => [name, table.value(name, 0)]));
}
