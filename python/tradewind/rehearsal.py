"""A first attempt at nothing, in a process that waits for its task: the pages of memory that an attempt writes to are
its own then, and not copied when it counts (some 500 of them, half of what a start costs)."""

from __future__ import annotations

from typing import Any, Dict

from . import listeners
from . import supervisor as supervisors
from .attempt import Attempt, Interruption
from .supervisor import Supervisor

_EPOCH = "1970-01-01T00:00:00+00:00"
_TASK = {"dagId": "_", "taskId": "_", "runId": "_", "mapIndex": -1, "tryNumber": 1, "maxTries": 0, "attemptId": "_", "startDate": _EPOCH}
_RUN = {
    "runType": "manual",
    "logicalDate": _EPOCH,
    "dataIntervalStart": _EPOCH,
    "dataIntervalEnd": _EPOCH,
    "runAfter": _EPOCH,
    "startDate": _EPOCH,
    "conf": {},
    "partitionKey": None,
    "clearNumber": 0,
    "triggeredBy": "test",
}
_START: Dict[str, Any] = {
    "type": "start",
    "task": _TASK,
    "code": {"relativeFile": "_", "files": {}},
    "run": _RUN,
    "xcoms": [],
    "params": {},
    "executionTimeout": None,
    "artifactRoot": "",
    "xcomInlineLimit": 1000,
    "logLevel": "info",
}


def make_dag() -> Any:
    """Before anything is forked: a Dag whose task does nothing."""
    from .airflow_compat.dag import DAG
    from .operators.python import PythonOperator

    dag = DAG("_", schedule=None)
    PythonOperator(task_id="_", dag=dag, python_callable=_nothing)
    return dag


def rehearse(dag: Any) -> None:
    from .context import set_current

    with listeners.silenced():
        Attempt(_START, dag, Supervisor(lambda method, params: None, lambda message: None), Interruption()).run()
    set_current(None)
    supervisors.set_current(None)


def _nothing() -> int:
    return 1
