/** The operators of `tradewind.ml`: Dags in Python that bring models out, watch them and take them back. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Matrix, RandomForestClassifier, readParquet, saveModelPackage } from "../../../src/ml/index.ts";
import { describePython, hasPackages } from "../../python/find-python.ts";
import { type PythonRun, pythonWorld } from "../../python/python-world.ts";
import { signedInTo } from "../../python/signed-in.ts";

const points = Array.from({ length: 60 }, (_, i) => [i, 60 - i]);
const sizeOf = (i: number): string => (i < 30 ? "low" : "high");

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tw-python-models-"));
  for (const name of ["good", "poor"]) {
    // A poor one takes every third for the other.
    const y = points.map((_, i) => Number(sizeOf(i) === "low") ^ Number(name === "poor" && i % 3 === 0));
    const model = new RandomForestClassifier({ nEstimators: 5, seed: 1 });
    await saveModelPackage(join(folder, name), model.fit(Matrix.from(points), Float64Array.from(y)), {
      inputs: [{ name: "a" }, { name: "b" }],
      labels: ["high", "low"],
    });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the Dag files below have in common. */
const head = (): string => `
import datetime, os, pandas
from airflow.sdk import DAG, Asset, get_current_context, task
from tradewind.ml import (ABTestOperator, BatchPredictOperator, DeployOperator, GateOperator, MonitorOperator,
    PromoteOperator, RegisterModelOperator, RollbackOperator, retrain_dag)

FOLDER = ${JSON.stringify(folder)}

def hold_out():
    sizes = ["low" if i < 30 else "high" for i in range(60)]
    return pandas.DataFrame({"a": range(60), "b": [60 - i for i in range(60)], "size": sizes})

gate = dict(metrics=[{"name": "accuracy", "threshold": 0.9}], hold_out=hold_out, target="size", no_champion="pass")

@task
def train(**context):
    return os.path.join(FOLDER, (context["dag_run"].conf or {}).get("kind", "good"))
`;

describePython("models of Dags in Python", { timeout: 120_000 }, () => {
  it.skipIf(!hasPackages("pandas", "pyarrow"))(
    "are registered, judged on a frame, deployed, promoted, asked about a file, watched, and taken back",
    async () => {
      const world = await pythonWorld(
        {
          "bring_out.py": `${head()}
def shifted():
    return hold_out().drop(columns="size") * 3

with DAG("bring_out", schedule=None):
    registered = RegisterModelOperator(task_id="register", model="sized", source=train(), tags={"team": "{{ dag.dag_id }}"})
    verdict = GateOperator(task_id="gate", candidate=registered.output, **gate)
    deployed = DeployOperator(task_id="deploy", version=registered.output, endpoint="sized", weight=10, request_log=1)
    promoted = PromoteOperator(task_id="promote", version=registered.output, verdict=verdict.output, endpoint="sized")
    verdict >> deployed >> promoted

    @task
    def rows():
        path = os.path.join(FOLDER, "rows.parquet")
        hold_out().to_parquet(path)
        return path

    score = BatchPredictOperator(task_id="score", model="sized", input_file=rows(), output_folder=FOLDER + "/scores",
        partition="{{ dag.dag_id }}", keep=["a"], chunk_rows=25,
        after={"name": "scores", "expectations": [{"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "prediction", "value_set": ["low", "high"]}}]})
    promoted >> score
    MonitorOperator(task_id="watch", current=shifted, reference=hold_out, min_rows=10)

with DAG("take_back", schedule=None):
    RollbackOperator(task_id="roll_back", model="sized", endpoint="sized")
`,
        },
        { api: true },
      );
      const first = await world.run("bring_out");
      expect(first.states, (await first.log("gate")).join("\n")).toMatchObject({
        gate: "success",
        promote: "success",
        score: "success",
      });
      expect(await first.xcom("register")).toEqual({ name: "sized", version: "1" });
      expect(await first.xcom("gate")).toMatchObject({ passed: true, champion: null, version: "1" });
      expect(await first.xcom("deploy")).toMatchObject({ endpoint: "sized", variant: "v1" });
      expect(await first.xcom("promote")).toMatchObject({ alias: "champion", previous: null });
      expect(await first.xcom("score")).toMatchObject({ rows: 60, bad: 0, version: "1" });
      expect(await first.xcom("watch")).toMatchObject({ alarm: true, driftedColumns: ["a", "b"] });
      const scores = await readParquet(join(folder, "scores/bring_out/data.parquet"));
      expect(scores.texts("prediction")[0]).toBe("low");
      expect(scores.names).toContain("a");

      const poor = await world.run("bring_out", { kind: "poor" });
      expect(poor.states).toMatchObject({ register: "success", gate: "failed", deploy: "upstream_failed" });
      expect((await poor.log("gate")).join("\n")).toContain("sized 2 does not pass: accuracy");
      expect(await poor.xcom("gate", "gate")).toMatchObject({ passed: false, champion: "1" });

      const second = await world.run("bring_out");
      expect(await second.xcom("deploy")).toMatchObject({ variant: "v3", weight: 10 });
      expect(await second.xcom("promote")).toMatchObject({ version: "3", previous: "1" });
      const back = await world.run("take_back");
      expect(await back.xcom("roll_back")).toMatchObject({ version: "1", endpoint: "sized" });
      const call = await signedInTo(world);
      const { body } = await call("/api/2.0/mlflow/model-versions/get?name=sized&version=1");
      expect(body).toMatchObject({ model_version: { aliases: ["champion"] } });
      expect(JSON.stringify(body)).toContain('"value":"bring_out"');
    },
  );

  it.skipIf(!hasPackages("pandas", "pyarrow"))(
    "are compared in an A/B test that waits for its outcomes without a slot",
    async () => {
      const world = await pythonWorld(
        {
          "test.py": `${head()}
with DAG("ab", schedule=None):
    registered = RegisterModelOperator(task_id="register", model="shop", source=train())
    deployed = DeployOperator(task_id="deploy", version={"name": "shop", "version": "1"}, endpoint="shop")
    test = ABTestOperator(task_id="test", version=registered.output, endpoint="shop", metric="bought", min_samples=20, poke_interval=1)
    registered >> deployed >> test

with DAG("first", schedule=None):
    RegisterModelOperator(task_id="register", model="shop", source=train())
`,
        },
        { api: true },
      );
      await world.run("first");
      const call = await signedInTo(world);
      const ended = world.run("ab");
      const askAndTell = async (): Promise<null> => {
        const row = { dataframe_split: { columns: ["a", "b"], data: [[3, 57]] } };
        const { status, headers } = await call("/endpoints/shop/invocations", row);
        if (status !== 200) return null;
        const value = Number(headers.get("x-tradewind-variant") === "v2");
        const told = { request_id: headers.get("x-tradewind-request-id"), metric: "bought", value };
        await call("/api/endpoints/shop/outcomes", { outcomes: [told] });
        return null;
      };
      let run: PythonRun | null = null;
      while (run === null) run = await Promise.race([ended, askAndTell()]);
      expect(await run.xcom("test")).toMatchObject({ control: "v1", treatment: "v2", winner: "treatment" });
    },
  );

  it.skipIf(!hasPackages("pandas", "pyarrow"))(
    "are trained again by a ready Dag, within its cooldown not, and not for the worse",
    async () => {
      const world = await pythonWorld(
        {
          "again.py": `${head()}
def told(incident):
    with open(os.path.join(FOLDER, "incident.txt"), "w") as file:
        file.write("{model} {version} {outcome}".format(**incident))

retrain_dag("again", model="again", endpoint="again", train=train, gate=gate, on_incident=told,
    cooldown=datetime.timedelta(hours=1), schedule=None, canary={"request_log": 1})
`,
        },
        { api: true },
      );
      const first = await world.run("again");
      const steps = ["may_retrain", "train.train", "register", "gate", "canary", "promote", "settle"];
      expect(first.states, (await first.log("gate")).join("\n")).toEqual(
        Object.fromEntries(steps.map((step) => [step, "success"])),
      );
      expect(await first.xcom("canary")).toMatchObject({ state: "created", succeeded: true });
      const soon = await world.run("again");
      expect(soon.states).toMatchObject({
        may_retrain: "success",
        "train.train": "skipped",
        settle: "skipped",
      });
      const poor = await world.run("again", { force: true, kind: "poor" });
      expect(poor.states).toMatchObject({
        gate: "skipped",
        canary: "skipped",
        promote: "skipped",
        settle: "success",
      });
      expect(await poor.xcom("settle")).toMatchObject({ outcome: "rejected", version: "2" });
      expect(readFileSync(join(folder, "incident.txt"), "utf8")).toBe("again 2 rejected");
    },
  );
});
