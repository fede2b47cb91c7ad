/** Callbacks and notifiers of Dag files in Python, also of tasks whose process did not live to call them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const head = (heard: string) => `
import os, signal
from datetime import datetime, timedelta
from airflow import DAG
from airflow.exceptions import AirflowSkipException
from airflow.notifications.basenotifier import BaseNotifier
from airflow.operators.python import PythonOperator

def note(*words):
    with open(${JSON.stringify(heard)}, "a") as file:
        file.write(" ".join(str(word) for word in words) + "\\n")

def say(what):
    def callback(context):
        ti = context["ti"]
        error = context.get("exception")
        note(what, ti.task_id, ti.state, ti.try_number, type(error).__name__ if error else "-")
    return callback

class Notes(BaseNotifier):
    template_fields = ("text",)
    def __init__(self, text):
        super().__init__()
        self.text = text
    def notify(self, context):
        note("notified", self.text)

def fail():
    raise ValueError("no")

def skip():
    raise AirflowSkipException

def killed():
    os.kill(os.getpid(), signal.SIGKILL)
`;

const classic = `
def of_dag(what):
    return lambda context: note(what, context["dag_run"].state, context["reason"], context["ti"].task_id)

everything = dict(
    on_execute_callback=say("execute"), on_success_callback=[say("success"), Notes("{{ ti.task_id }} is done")],
    on_failure_callback=say("failure"), on_retry_callback=say("retry"), on_skipped_callback=say("skipped"),
    retry_delay=timedelta(0),
)
with DAG("bad", schedule_interval=None, start_date=datetime(2024, 1, 1), default_args=everything,
         on_failure_callback=[of_dag("dag failure"), of_dag("dag failure too")], on_success_callback=of_dag("never"),
         sla_miss_callback=of_dag("never")):
    PythonOperator(task_id="works", python_callable=lambda: 1)
    PythonOperator(task_id="skips", python_callable=skip)
    PythonOperator(task_id="fails", python_callable=fail, retries=1)
    PythonOperator(task_id="dies", python_callable=killed, retries=1)
    def broken(context):
        raise RuntimeError("a callback that breaks")
    PythonOperator(task_id="breaks", python_callable=lambda: 1, on_success_callback=[broken, say("after the broken")])

with DAG("good", schedule_interval=None, start_date=datetime(2024, 1, 1), on_success_callback=of_dag("dag success"), on_failure_callback=of_dag("never")):
    PythonOperator(task_id="works", python_callable=lambda: 1)
`;

const deadlines = `
import time
from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback

async def missed(context, word):
    note(word, context["dag_run"].dag_id)

def missed_sync(word, **kwargs):
    note(word, kwargs["context"]["dag_run"].run_id[:6])

def alert(callback):
    return DeadlineAlert(reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=timedelta(seconds=0.2), callback=callback)

with DAG("late", schedule=None, deadline=[alert(AsyncCallback(missed, {"word": "async"})), alert(SyncCallback(missed_sync, kwargs={"word": "sync"}))]):
    PythonOperator(task_id="slow", python_callable=lambda: time.sleep(1))
`;

const lines = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];

describePython("callbacks in Python", { timeout: 120_000 }, () => {
  it("are called for what the task or the Dag comes to, also when its process was killed", async () => {
    const heard = join(await temporaryFolder(), "heard");
    const world = await pythonWorld({ "classic.py": head(heard) + classic });
    const run = await world.run("bad");
    expect(run.states).toEqual({
      works: "success",
      skips: "skipped",
      fails: "failed",
      dies: "failed",
      breaks: "success",
    });
    const expected = [
      "execute works running 1 -",
      "success works success 1 -",
      "notified works is done",
      "skipped skips skipped 1 -",
      "retry fails up_for_retry 1 ValueError",
      "failure fails failed 2 ValueError",
      "retry dies up_for_retry 1 RuntimeError",
      "failure dies failed 2 RuntimeError",
      "after the broken breaks success 1 -",
    ];
    await vi.waitFor(() => expect(lines(heard)).toEqual(expect.arrayContaining(expected)), 20_000);
    await vi.waitFor(
      () => expect(lines(heard).filter((line) => line.startsWith("dag failure"))).toHaveLength(2),
      20_000,
    );
    expect(lines(heard)).toContainEqual(
      expect.stringMatching(/^dag failure failed task_failure (fails|dies)$/),
    );
    expect((await run.log("breaks")).join("\n")).toContain(
      "on_success_callback failed: a callback that breaks",
    );
    await world.run("good");
    await vi.waitFor(() => expect(lines(heard)).toContain("dag success success success works"), 20_000);
    expect(lines(heard).filter((line) => line.startsWith("never"))).toEqual([]);
  });

  it("retry policies say whether there is another try, and when", async () => {
    const world = await pythonWorld({
      "policies.py": `
from datetime import timedelta
from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction, RetryDecision, RetryPolicy, RetryRule, task

class Soon(RetryPolicy):
    def evaluate(self, exception, try_number, max_tries, context=None):
        return RetryDecision.retry(timedelta(seconds=0), f"try {try_number} of {max_tries + 1}")

class Broken(RetryPolicy):
    def evaluate(self, exception, try_number, max_tries, context=None):
        raise RuntimeError("a policy that breaks")

rules = ExceptionRetryPolicy([RetryRule("builtins.KeyError", RetryAction.FAIL), RetryRule(OSError, retry_delay=timedelta(0))])
hour = timedelta(hours=1)
with DAG("policies"):
    def add(name, error, policy, delay=hour):
        @task(task_id=name, retries=2, retry_delay=delay, retry_policy=policy)
        def fails():
            raise error
        fails()
    add("soon", ValueError("x"), Soon())
    add("by_rule", ConnectionError("x"), rules)
    add("not_again", KeyError("x"), rules)
    add("broken", ValueError("x"), Broken(), timedelta(0))
`,
    });
    const run = await world.run("policies");
    const tries = await world.database.rows<{ taskId: string; tries: number }>(
      sql`SELECT task_id AS "taskId", try_number AS tries FROM task_instance ORDER BY task_id`,
    );
    expect(tries).toEqual([
      { taskId: "broken", tries: 3 },
      { taskId: "by_rule", tries: 3 },
      { taskId: "not_again", tries: 1 },
      { taskId: "soon", tries: 3 },
    ]);
    expect((await run.log("soon")).join("\n")).toContain("retry policy: retry (try 1 of 3)");
    expect((await run.log("broken")).join("\n")).toContain("a policy that breaks");
  });

  it("of deadlines are called, asynchronous and not", async () => {
    const heard = join(await temporaryFolder(), "heard");
    const world = await pythonWorld({ "late.py": head(heard) + deadlines });
    await world.run("late");
    await vi.waitFor(() => expect(lines(heard).sort()).toEqual(["async late", "sync manual"]), 30_000);
  });
});
