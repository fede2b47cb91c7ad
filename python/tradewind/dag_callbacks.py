"""Callbacks that run in a process of their own: of a Dag when its run has ended, of a task whose process did not live to
call them, and hooks of listeners for the state of a run (src/runtime/run-callback.ts)."""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import Any, Callable, Dict, List

from . import listeners
from .airflow_compat.constants import DagRunState
from .attempt import dated
from .attempt_values import AttemptValues
from .error_info import message_of
from .errors import TradewindError
from .failure_mail import mail_about_failure
from .supervisor import Supervisor
from .task_instance import TaskInstance
from .xcom import ValueStore

log = logging.getLogger("airflow.task")

_EPOCH = "1970-01-01T00:00:00+00:00"
_NO_LIMIT = 2**62
_STATES = {"success": "success", "failure": "failed", "retry": "up_for_retry", "skipped": "skipped"}


def run_dag_callback(message: Dict[str, Any], dag: Any, supervisor: Supervisor) -> None:
    """Calls all callbacks of the kind; raises the first failure after all were called."""
    from .context import set_current

    kind, given = message["callback"], message["context"]
    start = dated(start_of(message, given), dag)
    task = dag.task_dict.get(start["task"]["taskId"]) or next(iter(dag.task_dict.values()), None)
    if task is None:
        return
    context = _context(start, dag, task, supervisor, kind, given)
    set_current(context)
    if isinstance(kind, dict) and "listener" in kind:
        context["dag_run"].state = DagRunState(kind["state"])
        return listeners.call(kind["listener"], dag_run=context["dag_run"], msg=context["reason"])
    if kind in ("success", "failure"):
        context["dag_run"].state = DagRunState(_STATES[kind])
    failures: List[BaseException] = []
    for callback in callbacks_of(kind, dag, task):
        try:
            _call(callback, context)
        except Exception as error:
            log.error("a callback failed: %s", message_of(error), exc_info=True)
            failures.append(error)
    if isinstance(kind, dict) and "task" in kind:
        _mail(kind["task"], task, context)
    if failures:
        raise failures[0]


def _context(start: Dict[str, Any], dag: Any, task: Any, supervisor: Supervisor, kind: Any, given: Dict[str, Any]) -> Any:
    from .context import build_context

    supervisor.start = start
    values = AttemptValues(start, supervisor, ValueStore(start["task"], "", _NO_LIMIT))
    ti = TaskInstance(start, task, values)
    word = kind.get("task", "success") if isinstance(kind, dict) else kind
    ti.state = _STATES[word]
    context = build_context(start, dag, task, ti, supervisor)
    ti.context = context
    context["reason"] = given.get("reason") or ""
    if isinstance(given.get("exception"), str):
        context["exception"] = RuntimeError(given["exception"])
    return context


def _call(callback: Callable[..., Any], context: Any) -> None:
    answer = callback(context)
    if inspect.isawaitable(answer):
        asyncio.run(_awaited(answer))


async def _awaited(answer: Any) -> Any:
    return await answer


def _mail(what: str, task: Any, context: Any) -> None:
    """About a failure that the task's own process could not tell."""
    again = what == "retry"
    if what not in ("failure", "retry") or not task.email or not getattr(task, "email_on_retry" if again else "email_on_failure", False):
        return
    try:
        mail_about_failure(task, context["ti"], context.get("exception"), again)
    except Exception as error:
        log.error("the mail about the failure was not sent: %s", message_of(error))


def callbacks_of(kind: Any, dag: Any, task: Any = None) -> List[Callable[..., Any]]:
    if kind in ("success", "failure"):
        return _listed(getattr(dag, f"on_{kind}_callback", None))
    if "task" in kind:
        return _listed(getattr(task, f"on_{kind['task']}_callback", None))
    deadlines = list(getattr(dag, "deadline_callbacks", None) or [])
    index = kind["deadline"]
    if index >= len(deadlines):
        raise TradewindError("TW_INTERNAL", f'Dag "{dag.dag_id}" has no deadline callback number {index}')
    return [deadlines[index]]


def _listed(found: Any) -> List[Callable[..., Any]]:
    return list(found) if isinstance(found, (list, tuple)) else [found] if found else []


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
