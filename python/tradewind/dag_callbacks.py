"""Callbacks of a Dag (success, failure, deadline), in a process of their own when the run has ended (src/runtime/run-callback.ts)."""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, List

from .attempt import dated
from .attempt_values import AttemptValues
from .error_info import message_of
from .errors import TradewindError
from .supervisor import Supervisor
from .task_instance import TaskInstance
from .xcom import ValueStore

log = logging.getLogger("airflow.task")

_EPOCH = "1970-01-01T00:00:00+00:00"
_NO_LIMIT = 2**62


def run_dag_callback(message: Dict[str, Any], dag: Any, supervisor: Supervisor) -> None:
    """Calls all callbacks of the kind; raises the first failure after all were called."""
    from .context import build_context, set_current

    given: Dict[str, Any] = message["context"]
    start = dated(start_of(message, given), dag)
    task = dag.task_dict.get(start["task"]["taskId"]) or next(iter(dag.task_dict.values()), None)
    if task is None:
        return
    supervisor.start = start
    values = AttemptValues(start, supervisor, ValueStore(start["task"], "", _NO_LIMIT))
    ti = TaskInstance(start, task, values)
    ti.state = "failed" if message["callback"] == "failure" else "success"
    context = build_context(start, dag, task, ti, supervisor)
    ti.context = context
    context["reason"] = given.get("reason") or ""
    if isinstance(given.get("exception"), str):
        context["exception"] = RuntimeError(given["exception"])
    set_current(context)
    failures: List[BaseException] = []
    for callback in callbacks_of(message["callback"], dag):
        try:
            callback(context)
        except Exception as error:
            log.error("a callback of the Dag failed: %s", message_of(error), exc_info=True)
            failures.append(error)
    if failures:
        raise failures[0]


def callbacks_of(kind: Any, dag: Any) -> List[Callable[[Any], Any]]:
    if kind in ("success", "failure"):
        found = getattr(dag, f"on_{kind}_callback", None)
        return list(found) if isinstance(found, (list, tuple)) else [found] if found else []
    deadlines = list(getattr(dag, "deadline_callbacks", None) or [])
    index = kind["deadline"]
    if index >= len(deadlines):
        raise TradewindError("TW_INTERNAL", f'Dag "{dag.dag_id}" has no deadline callback number {index}')
    return [deadlines[index]]


def start_of(message: Dict[str, Any], given: Dict[str, Any]) -> Dict[str, Any]:
    """The start message of an attempt that would have this context."""
    run = {
        "runType": "manual",
        "logicalDate": None,
        "dataIntervalStart": None,
        "dataIntervalEnd": None,
        "runAfter": _EPOCH,
        "startDate": None,
        "conf": {},
        "partitionKey": None,
        "clearNumber": 0,
        "triggeredBy": "cli",
        **(given.get("run") or {}),
    }
    task = {
        "dagId": message["dagId"],
        "taskId": "",
        "runId": given.get("runId") or "",
        "mapIndex": -1,
        "tryNumber": 1,
        "attemptId": "callback",
        "maxTries": 0,
        "startDate": run["startDate"] or _EPOCH,
        **(given.get("task") or {}),
    }
    return {
        "type": "start",
        "task": task,
        "code": message["code"],
        "run": run,
        "xcoms": [],
        "params": given.get("params") or {},
        "executionTimeout": None,
        "memoryLimitMb": None,
        "artifactRoot": "",
        "xcomInlineLimit": _NO_LIMIT,
        "logLevel": "info",
        "context": given,
    }
