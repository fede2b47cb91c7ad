/** Tasks track runs without being told where: their runs know the attempt that made them, and its token ends with it. */
import { expect, test } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const pythonDag = `
import json, os, urllib.request
from airflow.sdk import dag, task

def call(path, body):
    request = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + path,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)

@dag(schedule=None)
def tracked():
    @task
    def train(n):
        run_id = call("runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]["run_id"]
        call("runs/log-metric", {"run_id": run_id, "key": "n", "value": n, "timestamp": 1})
        return {"run_id": run_id, "token": os.environ["MLFLOW_TRACKING_TOKEN"]}

    train.expand(n=[1, 2])

tracked()
`;

const typescriptDag = `
import { Dag } from "tradewind";
import { LogisticRegression, autolog, loadIris, logMetric, logParams, withRun } from "tradewind/ml";

const dag = new Dag("typed", { schedule: null });
dag.task("train", async () => {
  const { x, y } = await loadIris();
  return withRun({ experiment: "typed", name: "live" }, async (run) => {
    await logParams({ kind: "iris" });
    for (let step = 0; step < 50; step++) logMetric("loss", 1 / (step + 1), { step });
    autolog(new LogisticRegression(), { registeredModelName: "iris" }).fit(x, y);
    return run.runId;
  });
})();
dag.task("bare", async () => process.env["MLFLOW_TRACKING_TOKEN"] ?? "none")();
`;

interface RunRow {
  readonly dagId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly state: string;
}

describePython("tracking in tasks", () => {
  test("a Python task's runs are joined to its attempt by row and by tag, and its token ends with it", async () => {
    const world = await pythonWorld({ "tracked.py": pythonDag }, { api: true });
    const run = await world.run("tracked");
    expect(run.states).toEqual({ "train[0]": "success", "train[1]": "success" });
    const rows = await world.database.rows<RunRow>(sql`
      SELECT r.dag_id AS "dagId", r.task_id AS "taskId", r.map_index AS "mapIndex", r.try_number AS "tryNumber", t.state
      FROM run r JOIN task_instance t
        ON t.run_pk = r.dag_run_pk AND t.task_id = r.task_id AND t.map_index = r.map_index AND t.attempt_id = r.attempt_id
      ORDER BY r.map_index`);
    expect(rows).toEqual(
      [0, 1].map((mapIndex) => ({
        dagId: "tracked",
        taskId: "train",
        mapIndex,
        tryNumber: 1,
        state: "success",
      })),
    );
    const tags = await world.database.rows<{ key: string; value: string }>(sql`
      SELECT key, value FROM run_tag JOIN run USING (run_id)
      WHERE map_index = 1 AND key LIKE 'tradewind.%' ORDER BY key`);
    expect(Object.fromEntries(tags.map(({ key, value }) => [key, value]))).toEqual({
      "tradewind.dag_id": "tracked",
      "tradewind.dag_version": "1",
      "tradewind.map_index": "1",
      "tradewind.run_id": run.runId,
      "tradewind.task_id": "train",
      "tradewind.try_number": "1",
    });
    const values = await world.database.rows<{ value: { token: string } }>(
      sql`SELECT value FROM xcom LIMIT 1`,
    );
    const headers = { authorization: `Bearer ${values[0]?.value.token}` };
    const ask = (path: string) => fetch(`${world.address}${path}`, { headers });
    expect((await ask("/api/2.0/mlflow/experiments/get?experiment_id=0")).status).toBe(200);
    // It tracks, and does nothing else.
    expect((await ask("/api/v2/dags")).status).toBe(401);
    await world.database.run(sql`UPDATE task_instance SET end_date = end_date - interval '10 minutes'`);
    await expect
      .poll(async () => (await ask("/api/2.0/mlflow/experiments/get?experiment_id=0")).status, {
        timeout: 20_000,
      })
      .toBe(401);
  });

  test("a TypeScript task logs live, its models come into the registry, and each attempt has its own token", async () => {
    const world = await pythonWorld({ "typed.ts": typescriptDag }, { api: true });
    const run = await world.run("typed");
    expect(run.states, (await run.log("train")).join("\n")).toEqual({ train: "success", bare: "success" });
    const runId = await run.xcom("train");
    const found = await world.database.row<{
      status: string;
      points: number;
      params: number;
      models: number;
    }>(sql`
      SELECT r.status, r.task_id AS "taskId", (SELECT count(*) FROM run_metric m WHERE m.run_id = r.run_id AND m.key = 'loss') AS points,
        (SELECT count(*) FROM run_param p WHERE p.run_id = r.run_id AND p.key = 'kind') AS params,
        (SELECT count(*) FROM model_version v WHERE v.name = 'iris' AND v.run_id = r.run_id) AS models
      FROM run r WHERE r.run_id = ${runId}`);
    expect(found).toEqual({ status: "FINISHED", taskId: "train", points: 50, params: 1, models: 1 });
    expect(await run.xcom("bare")).toMatch(/^twa_/);
  });
});
