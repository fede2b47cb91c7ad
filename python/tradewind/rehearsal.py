"""Attempts at nothing, before one counts.

In a process that waits for its task one attempt is enough: the pages of memory that an attempt writes to are its own then,
and not copied when it counts. In the process from which all others are forked many make those pages fewer (some 600
instead of 800): what the interpreter notes in code as it runs, and what is made when it is first asked for, is there already.
"""

from __future__ import annotations

from typing import Any, Dict

from . import listeners, task_log, xcom_backend
from . import supervisor as supervisors
from .attempt import Attempt, Interruption
from .protocol import encode_frame
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
    "code": {"dagsFolder": "/", "relativeFile": "_", "snapshotFolder": "/", "files": {}},
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
    from .airflow_compat.decorators import task

    with DAG("_", schedule=None) as dag:
        task(task_id="_")(_nothing)()
    return dag


def rehearse(dag: Any) -> Dict[str, Any]:
    """The report of the attempt. Nothing of it leaves the process, and nothing of the user's is called."""
    from .context import set_current

    with listeners.silenced(), xcom_backend.passed_by(), task_log.sent_to(_encoded):
        report = Attempt(_START, dag, Supervisor(lambda method, params: None, _encoded), Interruption()).run()
        _encoded({"type": "result", "attemptId": "_", **report})
    set_current(None)
    supervisors.set_current(None)
    return report


def _encoded(message: Dict[str, Any]) -> None:
    encode_frame(message)


def _nothing() -> int:
    return 1
