"""W1 in Python: 40 tasks in a row, each computing a Fibonacci number the slow way."""

import time

from airflow.sdk import DAG, chain, task


def fibo(n):
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)


def timed():
    """Says on the machine's monotonic clock when the function began and ended."""
    began = time.monotonic_ns()
    fibo(10)
    return {"began": began, "ended": time.monotonic_ns()}


def in_a_row(dag_id, body):
    with DAG(dag_id, schedule=None, is_paused_upon_creation=False, max_active_runs=100):
        chain(*[task(task_id=f"t{n}")(body)() for n in range(40)])


in_a_row("chain_40_python", lambda: fibo(10))
in_a_row("chain_40_python_timed", timed)
