/** Alert rules that a Python task makes: what it logs ends it where a rule does not hold, with the reason. */
import { expect, test } from "vitest";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";
import { signedInTo } from "./signed-in.ts";

/** As MLflow's client sends it, without the client. */
const dags = `
import json, os, time, urllib.error, urllib.request
from airflow.sdk import DAG, task
from tradewind.ml import put_alert_rules

def ask(path, body):
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + path, json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]})
    try:
        return json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error:
        raise RuntimeError(json.load(error)["message"])

with DAG("training", schedule=None):
    @task
    def train():
        put_alert_rules("deep", [
            {"metric": "loss", "not_finite": True, "stop": True},
            {"metric": "loss", "no_improvement_for": 50, "min_change": 0.1, "name": "flat"},
        ])
        experiments = put_alert_rules("deep", []) or ask("experiments/search", {"max_results": 10})["experiments"]
        [experiment] = [one for one in experiments if one["name"] == "deep"]
        run = ask("runs/create", {"experiment_id": experiment["experiment_id"]})["run"]["info"]["run_id"]
        for step, loss in enumerate([1.0, 0.5, "NaN", 0.4]):
            ask("runs/log-metric", {"run_id": run, "key": "loss", "value": loss, "timestamp": int(time.time() * 1000), "step": step})

    train()
`;

describePython("alert rules of a Python task", () => {
  test("end the task that logs what must not be, with the reason in its log", async () => {
    const world = await pythonWorld({ "training.py": dags }, { api: true });
    const run = await world.run("training");
    expect(run.states).toEqual({ train: "failed" });
    const reason = "expected loss to be a finite number, got NaN at step 2";
    expect((await run.log("train")).join("\n")).toContain(`${reason} (alert rule "loss not finite")`);
    const call = await signedInTo(world);
    const { body } = (await call("/api/metric-alerts?limit=10")) as { body: { alerts: object[] } };
    expect(body.alerts).toMatchObject([{ rule: "loss not finite", step: 2, value: "NaN", message: reason }]);
    const rules = (await call("/api/metric-alert-rules?experiment_id=1")) as { body: { rules: object[] } };
    expect(rules.body.rules).toMatchObject([
      { name: "flat", patience: 50, min_change: 0.1 },
      { name: "loss not finite" },
    ]);
  });
});
