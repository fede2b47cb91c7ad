"""An Airflow Dag whose scoring is a function of a TypeScript file."""

import pendulum
from airflow.decorators import dag, task


@dag(dag_id="mixed_airflow", schedule=None, start_date=pendulum.datetime(2024, 1, 1), tags=["example"])
def mixed_airflow():
    @task
    def measure():
        return {"petals": [1.4, 4.7, 1.3], "day": pendulum.date(2024, 3, 2)}

    @task.stub(handler="scoring.ts:score")
    def score(measured, threshold): ...

    @task
    def report(scores):
        return f"{sum(scores)} of {len(scores)} are long"

    report(score(measure(), threshold=3))


mixed_airflow()
