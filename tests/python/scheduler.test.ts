/** Dag files in Python under the real scheduler, with real processes and a real database. */
import { expect, it, vi } from "vitest";
import { findDag } from "../../src/store/dags.ts";
import { loadSecrets } from "../../src/store/secrets.ts";
import { setVariable } from "../../src/store/variables.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const classic = `
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator, BranchPythonOperator
from airflow.operators.dummy import DummyOperator

def extract(**context):
    context["ti"].xcom_push(key="rows", value=[1, 2, 3])
    return {"day": context["ds"], "conf": context["dag_run"].conf.get("n")}

def total(ti):
    return sum(ti.xcom_pull(task_ids="extract", key="rows"))

def choose(ti):
    return "large" if ti.xcom_pull(task_ids="total") > 5 else "small"

attempts = {}

def flaky(ti):
    if ti.try_number == 1:
        raise ValueError("the first time")
    return ti.try_number

with DAG(
    "classic",
    schedule_interval=None,
    start_date=datetime(2024, 1, 1),
    default_args={"owner": "ann", "retries": 1, "retry_delay": timedelta(seconds=0)},
) as dag:
    first = PythonOperator(task_id="extract", python_callable=extract, provide_context=True)
    shell = BashOperator(task_id="shell", bash_command="echo run $AIRFLOW_CTX_DAG_RUN_ID of $AIRFLOW_CTX_DAG_ID")
    second = PythonOperator(task_id="total", python_callable=total)
    third = BranchPythonOperator(task_id="choose", python_callable=choose)
    large, small = DummyOperator(task_id="large"), DummyOperator(task_id="small")
    last = PythonOperator(task_id="flaky", python_callable=flaky, trigger_rule="none_failed_min_one_success")
    first >> [shell, second]
    second >> third >> [large, small] >> last
`;

const taskflow = `
from airflow.sdk import dag, task

@dag(schedule=None)
def modern():
    @task
    def numbers():
        return [1, 2, 3]

    @task
    def square(x):
        return x * x

    @task
    def add(values):
        return sum(values)

    add(square.expand(x=numbers()))

modern()
`;

describePython("under the scheduler", { timeout: 120_000 }, () => {
  it("runs a Dag of Airflow 2 with values, a branch, a command and a retry", async () => {
    const world = await pythonWorld({ "classic.py": classic });
    const run = await world.run("classic", { n: 7 });
    expect(run.states, (await run.log("extract")).join("\n")).toEqual({
      extract: "success",
      shell: "success",
      total: "success",
      choose: "success",
      large: "success",
      small: "skipped",
      flaky: "success",
    });
    expect(run.state).toBe("success");
    expect(await run.xcom("extract")).toMatchObject({ conf: 7 });
    expect(await run.xcom("total")).toBe(6);
    expect(await run.xcom("flaky")).toBe(2);
    expect((await run.log("shell")).join("\n")).toContain(`run ${run.runId} of classic`);
  });

  it("maps a task over what another returned", async () => {
    const world = await pythonWorld({ "modern.py": taskflow });
    const run = await world.run("modern");
    expect(run.states).toEqual({
      numbers: "success",
      "square[0]": "success",
      "square[1]": "success",
      "square[2]": "success",
      add: "success",
    });
    expect(await run.xcom("add")).toBe(14);
  });

  it("sees an edited file, and runs the new text", async () => {
    const world = await pythonWorld({ "modern.py": taskflow });
    expect(await (await world.run("modern")).xcom("add")).toBe(14);
    const before = (await findDag(world.database, "modern"))?.currentVersionId;
    world.write({ "modern.py": taskflow.replace("x * x", "x + 100") });
    await vi.waitFor(
      async () => expect((await findDag(world.database, "modern"))?.currentVersionId).not.toBe(before),
      {
        timeout: 10_000,
        interval: 20,
      },
    );
    expect(await (await world.run("modern")).xcom("add")).toBe(306);
  });

  it("answers for variables while a file is imported", async () => {
    const text = `
from airflow.models import Variable
from airflow.sdk import dag, task

names = Variable.get("names", deserialize_json=True)

@dag(schedule=None)
def variables():
    for name in names:
        @task(task_id=name)
        def say(name=name):
            return name
        say()

variables()
`;
    const world = await pythonWorld({});
    const secrets = loadSecrets(world.config.paths.secretKey);
    await setVariable(world.database, secrets, { key: "names", value: '["a", "b"]', description: null });
    world.write({ "v.py": text });
    await vi.waitFor(async () => expect(await findDag(world.database, "variables")).not.toBeNull(), 10_000);
    const run = await world.run("variables");
    expect(run.states).toEqual({ a: "success", b: "success" });
  });
});
