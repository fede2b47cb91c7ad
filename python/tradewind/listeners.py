"""Listeners of plugins: modules or objects whose functions are marked with `hookimpl` and called by name."""

from __future__ import annotations

import contextlib
import inspect
import logging
from typing import Any, Callable, Iterator, List, Tuple

from . import plugin_loader

log = logging.getLogger("airflow.listeners")

_silent = False

DAG_RUN_HOOKS = ("on_dag_run_running", "on_dag_run_success", "on_dag_run_failed")


def hookimpl(function: Any = None, **_: Any) -> Any:
    """Marks a function of a listener."""

    def mark(one: Any) -> Any:
        one.airflow_impl = True
        return one

    return mark if function is None else mark(function)


class TaskRunnerMarker:
    """The component that `on_starting` and `before_stopping` hear of in the process of a task."""


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Nothing is told meanwhile."""
    global _silent
    _silent = True
    try:
        yield
    finally:
        _silent = False


def hooks_of(names: "Tuple[str, ...]") -> List[str]:
    """Which of these some listener has."""
    return [name for name in names if any(True for _ in _implementations(name))]


def call(name: str, **given: Any) -> None:
    """Calls all that implement the hook, each with the arguments that it takes. What it raises is logged."""
    for function in _implementations(name):
        try:
            function(**_taken(function, given))
        except Exception:
            log.exception("error calling listener %s", name)


def _implementations(name: str) -> Iterator[Callable[..., Any]]:
    for listener in () if _silent else plugin_loader.listeners():
        function = getattr(listener, name, None)
        # pluggy's own mark has the same name.
        if callable(function) and getattr(function, "airflow_impl", None):
            yield function


def _taken(function: Callable[..., Any], given: dict) -> dict:
    parameters = inspect.signature(function).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return given
    return {name: value for name, value in given.items() if name in parameters}
