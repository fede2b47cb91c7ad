"""Dags without work, for the rows that bench/lists fills in: a fleet of equal ones, and two that are wide."""
import datetime
import os

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

FLEET, TASKS = int(os.environ.get("FLEET_DAGS", "500")), int(os.environ.get("FLEET_TASKS", "30"))


def dag(dag_id, task_ids):
    with DAG(dag_id, start_date=datetime.datetime(2024, 1, 1), schedule=None) as made:
        for task_id in task_ids:
            EmptyOperator(task_id=task_id)
    return made


for number in range(FLEET):
    globals()[f"fleet_{number}"] = dag(f"fleet_{number}", [f"t{n:04}" for n in range(TASKS)])
for name, tasks in (("wide", 900), ("huge", 6000)):
    globals()[name] = dag(name, [f"task_{n:04}" for n in range(tasks)])
