"""Deadlines of runs, and the callbacks that they call."""

from __future__ import annotations

import datetime
import importlib
from typing import Any, Callable, Dict, Optional, Union

from tradewind import time_values


class _Reference:
    def __init__(self, kind: str, **fields: Any) -> None:
        self.kind = kind
        self.fields = fields

    def spec(self) -> Dict[str, Any]:
        return {"kind": self.kind, **self.fields}

    @property
    def reference_name(self) -> str:
        return self.kind


class DeadlineReference:
    """From when a deadline counts."""

    DAGRUN_LOGICAL_DATE = _Reference("dagrun-logical-date")
    DAGRUN_QUEUED_AT = _Reference("dagrun-queued-at")

    @classmethod
    def FIXED_DATETIME(cls, date: datetime.datetime) -> _Reference:  # noqa: N802 - the name is Airflow's
        return _Reference("fixed", date=time_values.iso(date))

    @classmethod
    def AVERAGE_RUNTIME(cls, max_runs: int = 10, min_runs: Optional[int] = None) -> _Reference:  # noqa: N802
        if max_runs < 1:
            raise ValueError("max_runs must be at least 1")
        least = max_runs if min_runs is None else min_runs
        if least < 1:
            raise ValueError("min_runs must be at least 1")
        return _Reference("average-runtime", maxRuns=max_runs, minRuns=least)


class Callback:
    """A function (or its import path) and what it is called with."""

    def __init__(self, callback_callable: Union[Callable, str], kwargs: Optional[Dict[str, Any]] = None) -> None:
        self.callback_callable = callback_callable
        self.kwargs = kwargs or {}

    def function(self) -> Callable:
        if callable(self.callback_callable):
            return self.callback_callable
        module, _, name = self.callback_callable.rpartition(".")
        return getattr(importlib.import_module(module), name)

    def __call__(self, context: Any) -> Any:
        import asyncio
        import inspect

        function = self.function()
        if isinstance(function, type):
            # A notifier.
            return function(**self.kwargs)(context)
        names = inspect.signature(function).parameters
        more = {"context": context} if "context" in names or any(p.kind is p.VAR_KEYWORD for p in names.values()) else {}
        result = function(**{**more, **self.kwargs})
        return asyncio.run(result) if inspect.iscoroutine(result) else result

    @property
    def path(self) -> str:
        one = self.callback_callable
        return one if isinstance(one, str) else f"{one.__module__}.{one.__qualname__}"


class AsyncCallback(Callback):
    pass


class SyncCallback(Callback):
    def __init__(
        self, callback_callable: Union[Callable, str], kwargs: Optional[Dict[str, Any]] = None, executor: Optional[str] = None
    ) -> None:
        super().__init__(callback_callable, kwargs)
        self.executor = executor


class DeadlineAlert:
    """`callback` is called when the run is not done `interval` after `reference`."""

    def __init__(
        self, reference: Any, interval: datetime.timedelta, callback: Any, name: Optional[str] = None, description: Any = None
    ) -> None:
        if not isinstance(interval, datetime.timedelta):
            raise TypeError(f"interval of a DeadlineAlert must be a timedelta, got {interval!r}")
        if not isinstance(reference, _Reference):
            raise TypeError(f"reference of a DeadlineAlert must be one of DeadlineReference, got {reference!r}")
        self.reference = reference
        self.interval = interval
        self.callback = callback
        self.name = name
        self.description = description
