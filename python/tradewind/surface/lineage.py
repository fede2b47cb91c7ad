"""Entities for `inlets` and `outlets` of Airflow 2's lineage. They are data only: no event comes of them."""

from __future__ import annotations

from typing import Any


# As `inlets`: those outlets of the upstream tasks that fit. It names no asset, and nothing comes of it.
AUTO = "auto"


class _Entity:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = [*self.__annotations__]
        for name, value in [*zip(names, args), *kwargs.items()]:
            setattr(self, name, value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({vars(self)})"


class File(_Entity):
    url: str
    type_hint: Any = None


class User(_Entity):
    email: str
    first_name: Any = None
    last_name: Any = None


class Tag(_Entity):
    tag_name: str


class Column(_Entity):
    name: str
    description: Any = None
    data_type: Any = None
    tags: Any = ()


class Table(_Entity):
    database: str
    cluster: Any = ""
    name: Any = ""
    tags: Any = ()
    description: Any = None
    columns: Any = ()
    owners: Any = ()
    extra: Any = None


class DataLineageEntity(_Entity):
    """Base of those of Google Cloud Composer."""


class BigQueryTable(DataLineageEntity):
    project_id: str
    dataset_id: str
    table_id: str


class DataSet:
    """Airflow 1's: subclasses name their `attributes`, which come with `data` or by name."""

    attributes: Any = ()
    type_name = "dataSet"

    def __init__(self, qualified_name: Any = None, data: Any = None, **kwargs: Any) -> None:
        self._qualified_name = qualified_name
        self.context: Any = None
        self._data = {**(data or {}), **kwargs}

    def set_context(self, context: Any) -> None:
        self.context = context

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._data:
            raise AttributeError(name)
        return self._data[name]


class LineageBackend:
    """Airflow's, for subclasses; nothing is sent to them."""

    def send_lineage(self, operator: Any = None, inlets: Any = None, outlets: Any = None, context: Any = None) -> None:
        raise NotImplementedError
