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
