"""Asks Airflow's TaskInstance.next_retry_datetime for delays with backoff and jitter.

Run it in an environment with apache-airflow 3.x; it needs no database:

    python tests/compat/record-retries.py > tests/compat/fixtures/retries.json
"""

import datetime as dt
import json
import types
from importlib.metadata import version

from airflow.models.taskinstance import TaskInstance

END = dt.datetime(2024, 5, 1, tzinfo=dt.timezone.utc)
DATES = [None, dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.datetime(2023, 12, 31, 23, 59, 59, 123000, tzinfo=dt.timezone.utc)]


def ask(delay, multiplier, cap, date, try_number):
    task = types.SimpleNamespace(
        retry_delay=dt.timedelta(seconds=delay),
        retry_exponential_backoff=multiplier,
        max_retry_delay=None if cap is None else dt.timedelta(seconds=cap),
    )
    instance = types.SimpleNamespace(
        task=task,
        dag_id="pipeline",
        task_id="group.train-model",
        logical_date=date,
        try_number=try_number,
        end_date=END,
        retry_delay_override=None,
        log=types.SimpleNamespace(warning=lambda *words: None),
    )
    return (TaskInstance.next_retry_datetime(instance) - END).total_seconds()


cases = [
    {
        "retryDelay": delay,
        "multiplier": multiplier,
        "maxRetryDelay": cap,
        "logicalDate": None if date is None else date.isoformat(),
        "tryNumber": try_number,
        "seconds": ask(delay, multiplier, cap, date, try_number),
    }
    for delay in (0, 0.5, 10, 300)
    for multiplier in (0, 1, 1.5, 2, 3)
    for cap in (None, 600)
    for date in DATES
    for try_number in (1, 2, 5, 12, 900)
]
print('{"airflow": ' + json.dumps(version("apache-airflow-core")) + ', "cases": [')
print(",\n".join(json.dumps(case) for case in cases))
print("]}")
