/**
 * The pipelines of examples 01 to 03 in Python, whole: scikit-learn and the real MLflow train, and what they logged is kept in
 * tables, judged, served and asked about a file. Skipped by name where MLflow's environment is not made:
 * `node scripts/test-mlflow.mjs` makes it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mlflowPython } from "../../scripts/test-mlflow.mjs";
import { readParquet } from "../../src/ml/index.ts";
import { sql } from "../../src/store/sql.ts";
import type { TestConnection } from "../../src/testing/index.ts";
import { isInstalled } from "../python/find-python.ts";
import { type PythonWorld, pythonWorld } from "../python/python-world.ts";
import { signedInTo } from "../python/signed-in.ts";
import { freshDatabase } from "../support/database.ts";
import { mailServer } from "./mail-server.ts";
import { postgresConnection } from "./postgres-connection.ts";

const python = mlflowPython(3);
const examples = join(import.meta.dirname, "../../examples");
/** Runs start when they are asked for here, and not by the day as well. */
const read = (...path: string[]): string =>
  readFileSync(join(examples, ...path), "utf8").replace('schedule="@daily"', "schedule=None");

const asJson = ({ type, ...fields }: TestConnection): string =>
  JSON.stringify({ conn_type: type, ...fields });

function world(
  files: { [name: string]: string },
  environment: { [name: string]: string } = {},
): Promise<PythonWorld> {
  return pythonWorld(files, {
    api: true,
    flags: { "python.interpreter": python ?? "" },
    // The server, which is another process, has the models answer in the same Python.
    environment: { TRADEWIND__PYTHON__INTERPRETER: python ?? "", WANDB_MODE: "offline", ...environment },
  });
}

interface Endpoint {
  readonly variants: { readonly name: string; readonly weight: number }[];
}

const has = (name: string): boolean => python !== null && isInstalled(python, name);

// MLflow is imported by each process that logs.
describe.skipIf(python === null)(
  `pipelines in Python${python === null ? " (skipped: no environment with MLflow)" : ""}`,
  { timeout: 600_000 },
  () => {
    it("classify irises step by step, and bring out what is not worse", async () => {
      const here = await world({ "pipeline.py": read("01_iris", "pipeline.py") });
      for (const weights of [[100], [90, 10]]) {
        const run = await here.run("iris_in_python");
        expect(run.states, (await run.log("evaluate")).join("\n")).toEqual(
          Object.fromEntries(
            ["load_data", "preprocess", "train", "evaluate", "register", "gate", "deploy"].map((task) => [
              task,
              "success",
            ]),
          ),
        );
        const call = await calls(here);
        const { body } = await call("/api/endpoints/iris_in_python");
        expect((body as Endpoint).variants.map(({ weight }) => weight)).toEqual(weights);
      }
      const tracked = await here.database.rows<{ accuracy: number }>(sql`
        SELECT m.value AS accuracy FROM run JOIN run_latest_metric m USING (run_id) JOIN experiment e ON e.experiment_id = run.experiment_id
        WHERE e.name = 'iris_in_python' AND m.key = 'accuracy'`);
      expect(tracked).toEqual([{ accuracy: 1 }, { accuracy: 1 }]);
    });

    it.skipIf(!has("psycopg2"))(
      `search a grid, keep it in tables, and predict a checked file${has("psycopg2") ? "" : " (skipped: no psycopg2)"}`,
      async () => {
        const { received, connection } = await mailServer();
        const warehouse = await freshDatabase({ empty: true });
        const here = await world(
          { "pipeline.py": read("03_breast_cancer_postgres", "pipeline.py") },
          {
            AIRFLOW_CONN_SMTP_DEFAULT: asJson(connection),
            AIRFLOW_CONN_POSTGRES_DEFAULT: asJson(postgresConnection(warehouse.url)),
          },
        );
        const run = await here.run("breast_cancer_in_python");
        expect(run.state, JSON.stringify(run.states)).toBe("success");
        expect(await run.xcom("gate")).toMatchObject({ passed: true, champion: null });
        const kept = await warehouse.database.rows<{ samples: number; candidates: number; best: number }>(sql`
          SELECT (SELECT count(*)::int FROM batch_data) AS samples, count(*)::int AS candidates, max(mean_accuracy) AS best
          FROM experiments`);
        expect(kept).toEqual([{ samples: 569, candidates: 4, best: expect.closeTo(0.97, 1) }]);
        // The same numbers, by plain SQL, of what MLflow tracked: the search, and a child for each candidate.
        const children = await here.database.rows<{ components: string; accuracy: number }>(sql`
          SELECT p.value AS components, m.value AS accuracy FROM run
          JOIN run_param p ON p.run_id = run.run_id AND p.key = 'pca__n_components'
          JOIN run_latest_metric m ON m.run_id = run.run_id AND m.key = 'mean_test_score'
          JOIN run_tag t ON t.run_id = run.run_id AND t.key = 'mlflow.parentRunId' ORDER BY m.value DESC`);
        expect(children).toHaveLength(4);
        expect(children[0]?.accuracy).toBeCloseTo(kept[0]?.best ?? 0, 9);
        const scored = (await run.xcom("score")) as { rows: number; partition: string };
        expect(scored).toMatchObject({ rows: 143, bad: 0, version: "1" });
        const scores = await readParquet(
          join(here.folder, "dags/data/python/scores", scored.partition, "data.parquet"),
        );
        expect(new Set(scores.numbers("prediction"))).toEqual(new Set([0, 1]));
        await received("breast_cancer_in_python succeeded");
      },
    );

    it.skipIf(!has("wandb"))(
      `predict clicks, mail it, and tell Weights & Biases each step${has("wandb") ? "" : " (skipped: no wandb)"}`,
      async () => {
        const { received, connection } = await mailServer();
        const here = await world(
          {
            "pipeline.py": read("02_ad_clicks", "pipeline.py"),
            "status-api.ts": read("02_ad_clicks", "status-api.ts").replace("new Param(5555", "new Param(0"),
            "pages/success.html": read("02_ad_clicks", "pages/success.html"),
            "pages/failure.html": read("02_ad_clicks", "pages/failure.html"),
          },
          { AIRFLOW_CONN_SMTP_DEFAULT: asJson(connection) },
        );
        const run = await here.run("ad_clicks_in_python", { wandb: true });
        expect(run.state, (await run.log("build_model")).join("\n")).toBe("success");
        const accuracy = (await run.xcom("load_model")) as number;
        expect(accuracy).toBeGreaterThan(0.9);
        await received(`Ad clicks: accuracy ${accuracy.toFixed(3)}`);
        await received("ad_clicks_in_python succeeded");
        const losses = await here.database.rows<{ value: number }>(
          sql`SELECT value FROM run_metric WHERE key = 'loss' ORDER BY step`,
        );
        expect(losses).toHaveLength(20);
        const files = readdirSync(join(here.folder, "dags/data"), { recursive: true, encoding: "utf8" });
        expect(files.filter((file) => /offline-run-[^/]*\/run-[^/]*\.wandb$/.test(file))).toHaveLength(1);
      },
    );
  },
);

const known = new WeakMap<PythonWorld, Awaited<ReturnType<typeof signedInTo>>>();

/** The administrator is made once. */
async function calls(here: PythonWorld) {
  const found = known.get(here) ?? (await signedInTo(here));
  known.set(here, found);
  return found;
}
