/** What a task pushes is there for others while it still runs: they answer each other. */
import { expect, it } from "vitest";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const python = `
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator

def waited_for(ti, task_id, key):
    found = None
    while found is None:
        found = ti.xcom_pull(task_ids=task_id, key=key)
    return found

def asks(ti):
    ti.xcom_push("question", {"of": 6})
    return waited_for(ti, "answers", "answer")

def answers(ti):
    ti.xcom_push("answer", waited_for(ti, "asks", "question")["of"] * 7)
    return waited_for(ti, "asks", "return_value")

def fails(ti):
    ti.xcom_push("first", 1)
    ti.xcom_push("second", 2)
    ti.xcom_push("first", 3)
    raise ValueError("after the pushes")

def last(ti):
    return [ti.xcom_pull(task_ids="fails", key="first"), ti.xcom_pull(task_ids="fails", key=None)]

with DAG("talk_py", schedule=None, start_date=datetime(2024, 1, 1), default_args={"execution_timeout": timedelta(seconds=30)}):
    for function in (asks, answers):
        PythonOperator(task_id=function.__name__, python_callable=function)
    failing = PythonOperator(task_id="fails", python_callable=fails)
    failing >> PythonOperator(task_id="last", python_callable=last, trigger_rule="all_done")
`;

const typescript = `
import { Dag, getContext } from "tradewind";
const dag = new Dag("talk_ts", { schedule: null, defaultArgs: { executionTimeout: { seconds: 30 } } });
const waitedFor = async (taskIds: string, key: string): Promise<any> => {
  for (;;) {
    const found = await getContext().ti.xcomPull({ taskIds, key });
    if (found !== null && found !== undefined) return found;
  }
};
dag.task("asks", async () => {
  await getContext().ti.xcomPush("question", { of: 6 });
  return waitedFor("answers", "answer");
})();
dag.task("answers", async () => {
  await getContext().ti.xcomPush("answer", (await waitedFor("asks", "question")).of * 7);
  return waitedFor("asks", "return_value");
})();
`;

describePython("values that a running task pushes", { timeout: 60_000 }, () => {
  it("are read by tasks that run beside it, in both languages", async () => {
    const world = await pythonWorld({ "talk.py": python, "talk.ts": typescript });
    const ran = await world.run("talk_py");
    expect(ran.states).toEqual({ asks: "success", answers: "success", fails: "failed", last: "success" });
    expect([await ran.xcom("asks"), await ran.xcom("answers")]).toEqual([42, 42]);
    expect(await ran.xcom("last")).toEqual([3, 3]);
    const other = await world.run("talk_ts");
    expect(other.states).toEqual({ asks: "success", answers: "success" });
    expect([await other.xcom("asks"), await other.xcom("answers")]).toEqual([42, 42]);
  });
});
