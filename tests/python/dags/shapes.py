"""Shapes that the TypeScript SDK makes, too; tests/python/serialize.test.ts compares the two."""

from datetime import datetime, timedelta

from airflow.sdk import DAG, Asset, Label, Param, TaskGroup, chain, task, task_group
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG(
    "shapes",
    schedule="0 6 * * *",
    start_date=datetime(2024, 1, 1),
    description="All sorts of edges",
    tags=["b", "a"],
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30), "owner": "team"},
    max_active_runs=3,
    dagrun_timeout=timedelta(hours=2),
    params={"size": Param(5, type="integer", minimum=1, description="How many")},
):
    start = EmptyOperator(task_id="start")
    end = EmptyOperator(task_id="end", trigger_rule="none_failed_min_one_success", retries=0)
    with TaskGroup("prepare", tooltip="Before the work") as prepare:
        fetch = BashOperator(task_id="fetch", bash_command="echo {{ ds }}", pool="net", execution_timeout=timedelta(minutes=5))
        clean = BashOperator(task_id="clean", bash_command="echo", outlets=[Asset("clean", uri="s3://bucket/clean")])
        fetch >> Label("raw") >> clean
    chain(start, prepare, end)


with DAG("mapped", schedule=None):

    @task
    def numbers():
        return [1, 2, 3]

    @task
    def times(x, y):
        return x * y

    @task
    def total(values):
        return sum(values)

    @task_group
    def each(n):
        times.override(task_id="inner")(n, 2)

    total(times.partial(y=10).expand(x=numbers()))
    each.expand(n=[1, 2])
