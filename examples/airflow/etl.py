"""Extract, transform, load: once as operators with XComs, once as TaskFlow with a mapped task (Airflow 2 and 3)."""
import json

import pendulum
from airflow.decorators import dag, task
from airflow.models.baseoperator import chain
from airflow.models.dag import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

ORDERS = {"1001": 301.27, "1002": 433.21, "1003": 502.22}


def extract(ti):
    ti.xcom_push("orders", json.dumps(ORDERS))


def transform(**kwargs):
    orders = json.loads(kwargs["ti"].xcom_pull(task_ids="extract", key="orders"))
    kwargs["ti"].xcom_push("total", sum(orders.values()))


def load(**kwargs):
    print(f"total order value: {kwargs['ti'].xcom_pull(task_ids='transform', key='total'):.2f}")


with DAG(
    "etl_operators",
    default_args={"retries": 2},
    schedule=None,
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    tags=["etl"],
) as etl_operators:
    chain(
        PythonOperator(task_id="extract", python_callable=extract),
        PythonOperator(task_id="transform", python_callable=transform),
        PythonOperator(task_id="load", python_callable=load),
        BashOperator(task_id="report", bash_command="echo {{ ti.xcom_pull(task_ids='transform', key='total') | round(2) }}"),
    )


@dag(schedule=None, start_date=pendulum.datetime(2024, 1, 1, tz="UTC"), catchup=False, tags=["etl"])
def etl_taskflow():
    @task
    def extract() -> dict:
        return dict(ORDERS)

    @task(multiple_outputs=True)
    def transform(orders: dict) -> dict:
        return {"total": sum(orders.values()), "count": len(orders)}

    @task
    def order_ids(orders: dict) -> list:
        return sorted(orders)

    @task
    def invoice(order_id: str, currency: str) -> str:
        return f"{order_id} in {currency}"

    @task
    def load(total: float, count: int, invoices: list):
        print(f"total order value: {total:.2f}, {count} orders, {len(list(invoices))} invoices")
        return round(total, 2)

    orders = extract()
    summary = transform(orders)
    invoices = invoice.partial(currency="EUR").expand(order_id=order_ids(orders))
    load(summary["total"], summary["count"], invoices)


etl_taskflow()
