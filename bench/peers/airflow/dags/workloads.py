"""The named workloads as Airflow Dags: chains of 40, 10 and 3, ten Dags of 100 independent tasks, a fan-out."""
import datetime
import os

from airflow.sdk import DAG, task

START = datetime.datetime(2024, 1, 1)


def fibo(n):
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)


def chain(dag_id, length, n):
    with DAG(dag_id, start_date=START, schedule=None, max_active_runs=1000, max_active_tasks=1000, is_paused_upon_creation=False):
        previous = None
        for i in range(length):

            @task(task_id=f"t{i}")
            def step():
                return fibo(n)

            current = step()
            if previous is not None:
                previous >> current
            previous = current


chain("w1_chain_40", 40, 10)
chain("w2_chain_10", 10, 33)
chain("w3_three_steps", 3, 1)

for d in range(10):
    with DAG(f"w4_independent_{d}", start_date=START, schedule=None, max_active_tasks=1000, is_paused_upon_creation=False):
        for i in range(100):

            @task(task_id=f"t{i}")
            def noop():
                return None

            noop()

with DAG("w5_fan_out", start_date=START, schedule=None, max_active_tasks=1000, is_paused_upon_creation=False):

    @task
    def make_list(n: int = int(os.environ.get("W5_N", "100"))):
        return list(range(n))

    @task
    def work(x):
        return None

    @task
    def reduce(values):
        return None

    reduce(work.expand(x=make_list()))
