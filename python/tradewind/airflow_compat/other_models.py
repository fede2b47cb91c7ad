"""Models of Airflow's database that there is no answer for here, and executors as arguments of old operators.

They can be imported, and named in a query; the query says that it cannot be answered.
"""

from __future__ import annotations

from typing import Any

from .fields import Field


class _Columns(type):
    """Every name is a field: which ones there are is nothing that a refused query depends on."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Field(name, cls)


class AssetDagRunQueue(metaclass=_Columns):
    pass


class AssetEvent(metaclass=_Columns):
    pass


class DagBundleModel(metaclass=_Columns):
    pass


class DagCode(metaclass=_Columns):
    pass


class DagOwnerAttributes(metaclass=_Columns):
    pass


class DagPickle(metaclass=_Columns):
    pass


class DagScheduleDatasetReference(metaclass=_Columns):
    pass


class DagTag(metaclass=_Columns):
    pass


class DagVersion(metaclass=_Columns):
    pass


class DagWarning(metaclass=_Columns):
    pass


class DatasetDagRunQueue(metaclass=_Columns):
    pass


class DatasetEvent(metaclass=_Columns):
    pass


class ImportError(metaclass=_Columns):  # noqa: A001 - the name is Airflow's
    pass


class Job(metaclass=_Columns):
    pass


class Log(metaclass=_Columns):
    pass


class RenderedTaskInstanceFields(metaclass=_Columns):
    pass


class SerializedDagModel(metaclass=_Columns):
    pass


class SlaMiss(metaclass=_Columns):
    pass


class TaskFail(metaclass=_Columns):
    pass


class TaskOutletDatasetReference(metaclass=_Columns):
    pass


class TaskReschedule(metaclass=_Columns):
    pass


class Trigger(metaclass=_Columns):
    pass


class _Executor:
    """What `SubDagOperator(executor=...)` was given; tasks run where Tradewind runs them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass


class CeleryExecutor(_Executor):
    pass


class DebugExecutor(_Executor):
    pass


class LocalExecutor(_Executor):
    pass


class SequentialExecutor(_Executor):
    pass
