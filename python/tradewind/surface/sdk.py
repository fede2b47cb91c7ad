"""Smaller names of the surface, of which no other module has much."""

from __future__ import annotations

import contextlib
import datetime
import signal
from typing import Any, Iterator, NamedTuple, Optional

from ..airflow_compat.baseoperator import BaseOperator
from ..airflow_compat.exceptions import AirflowTaskTimeout


class ParsingContext(NamedTuple):
    """Which Dag and task a file is imported for: both None where all of it is wanted."""

    dag_id: Optional[str] = None
    task_id: Optional[str] = None


def get_parsing_context() -> ParsingContext:
    """All of the file is always wanted."""
    return ParsingContext()


class literal:  # noqa: N801 - the name is Airflow's
    """A value that is not rendered."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def iter_references(self) -> Iterator[Any]:
        return iter(())

    def resolve(self, *_: Any, **__: Any) -> Any:
        return self.value


class BaseAsyncOperator(BaseOperator):
    """Subclasses write `async def aexecute(context)`."""

    is_async = True

    async def aexecute(self, context: Any) -> Any:
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        import asyncio

        return asyncio.run(self.aexecute(context))


class DiscoverableHook:
    """The interface of hooks that Airflow's providers announce; nothing is announced here."""


class BaseSecretsBackend:
    """Subclasses answer `get_variable(key)` and `get_connection(conn_id)`."""

    def get_conn_value(self, conn_id: str) -> Optional[str]:
        raise NotImplementedError

    def get_connection(self, conn_id: str) -> Any:
        from ..connection import Connection

        value = self.get_conn_value(conn_id)
        if value is None:
            return None
        return Connection.from_json(value, conn_id) if value.lstrip().startswith("{") else Connection(conn_id=conn_id, uri=value)

    def get_variable(self, key: str) -> Optional[str]:
        raise NotImplementedError

    def get_config(self, key: str) -> Optional[str]:
        return None


class _Stats:
    """Counters and timers of Airflow's own metrics: accepted and not sent."""

    def __getattr__(self, name: str) -> Any:
        if name == "timer":
            return lambda *_, **__: contextlib.nullcontext()
        return lambda *_, **__: None


Stats = _Stats()


class timeout:  # noqa: N801 - the name is Airflow's
    """`with timeout(5):` raises AirflowTaskTimeout in the main thread after so many seconds."""

    def __init__(self, seconds: float = 1, error_message: str = "Timeout") -> None:
        self.seconds = seconds
        self.error_message = error_message

    def handle_timeout(self, *_: Any) -> None:
        raise AirflowTaskTimeout(self.error_message)

    def __enter__(self) -> "timeout":
        signal.signal(signal.SIGALRM, self.handle_timeout)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        return self

    def __exit__(self, *_: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


class _Lineage:
    """Airflow's collector of what hooks read and wrote."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


lineage = _Lineage()


def check_cycle(dag: Any) -> None:
    """Raises AirflowDagCycleException where the tasks of the Dag depend on each other in a circle."""
    dag.topological_sort()


def python_task(*args: Any, **kwargs: Any) -> Any:
    from ..airflow_compat.decorators import task

    return task.python(*args, **kwargs)


def __getattr__(name: str) -> Any:
    if name == "_PythonDecoratedOperator":
        # Decorators of other packages extend what `@task` places.
        from ..airflow_compat.taskflow_variants import operator_class

        return operator_class("task")
    raise AttributeError(name)
