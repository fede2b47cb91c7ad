"""The Dag of `tests/fixtures/protocol` in Python; what its tasks do is written in `tasks.json` there."""

import datetime
import time

from airflow.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException
from airflow.sdk import DAG, BaseHook, BaseOperator, Variable, task
from airflow.triggers.base import BaseTrigger, TriggerEvent


class Trigger(BaseTrigger):
    def __init__(self, at):
        super().__init__()
        self.at = at

    def serialize(self):
        return ("conformance.Trigger", {"at": self.at})

    async def run(self):
        yield TriggerEvent({"fired": True})


class DeferOperator(BaseOperator):
    def execute(self, context):
        self.defer(trigger=Trigger(at=1), method_name="executeComplete", timeout=datetime.timedelta(seconds=60))

    def executeComplete(self, context, event):
        return event


class RescheduleOperator(BaseOperator):
    def execute(self, context):
        raise AirflowRescheduleException(datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc))


with DAG("conformance", schedule=None, params={"n": 3}) as dag:

    @task
    def nothing():
        return None

    @task
    def value():
        return {"rows": [1, 2], "name": "x"}

    @task(task_id="list")
    def make_list():
        return [1, 2, 3]

    @task
    def add_one(x):
        return x + 1

    @task
    def total(numbers):
        return sum(numbers)

    @task
    def skip():
        raise AirflowSkipException("nothing new")

    @task
    def fail_now():
        raise AirflowFailException("never again")

    @task
    def error():
        try:
            raise ValueError("inner")
        except ValueError as inner:
            raise RuntimeError("outer") from inner

    @task
    def push(ti):
        ti.xcom_push(key="model", value={"size": 3})

    @task
    def push_then_fail(ti):
        ti.xcom_push(key="half", value=1)
        raise RuntimeError("after the push")

    @task
    def pull(ti):
        return ti.xcom_pull(task_ids="value")

    @task
    def variable():
        return Variable.get("color")

    @task
    def connection():
        return BaseHook.get_connection("db").login

    @task(task_id="context")
    def tell_context(dag, ti, run_id, ds, params):
        return [dag.dag_id, ti.task_id, run_id, ti.try_number, ti.map_index, ds, params["n"]]

    @task
    def sleep():
        time.sleep(60)

    @task(task_id="log")
    def write_log():
        import logging

        logging.getLogger("airflow.task").warning("careful")

    @task
    def unserializable():
        return {"a": [lambda: 1]}

    @task(multiple_outputs=True)
    def multiple():
        return {"a": 1, "b": "two"}

    @task.branch
    def branch():
        return "value"

    first, second = nothing(), value()
    total(add_one.expand(x=make_list()))
    for make in (skip, fail_now, error, push, push_then_fail, pull, variable, connection, tell_context, sleep, write_log, unserializable, multiple):
        make()
    DeferOperator(task_id="defer")
    RescheduleOperator(task_id="reschedule")
    branch() >> [first, second]
