"""Sessions of Airflow's database: there is none here. Code that opens one gets an object that answers the few queries
that tutorials make, through the scheduler, and refuses the others by name.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import Any, Callable, Iterator, List

from .exceptions import AirflowException

NEW_SESSION: Any = None


class Session:
    """`query(...)` of models that `models_api` knows; adding a Connection or a Variable stores it."""

    def query(self, *models: Any) -> "Query":
        return Query(models)

    def add(self, thing: Any) -> None:
        from ..variable import Variable

        if isinstance(thing, Variable):
            Variable.set(str(thing.key), thing.val)
            return
        raise AirflowException(
            f"session.add({type(thing).__name__}) writes into Airflow's own database, and there is none: "
            "add connections with `tradewind connections add`"
        )

    def add_all(self, things: Any) -> None:
        for thing in things:
            self.add(thing)

    def merge(self, thing: Any) -> Any:
        return thing

    def delete(self, thing: Any) -> None:
        raise AirflowException("session.delete() writes into Airflow's own database, and there is none")

    def execute(self, *_: Any, **__: Any) -> Any:
        raise AirflowException("SQL on Airflow's own database cannot run: there is none; ask the API instead")

    scalar = scalars = execute

    def commit(self) -> None:
        """What was added is stored already."""

    flush = rollback = expunge_all = close = commit

    def refresh(self, _thing: Any) -> None:
        """Answers are read anew by each query."""

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: Any) -> None:
        pass


class Query:
    """Of connections, variables and Dag runs; filters are taken from `filter_by` and from `Model.field == value`."""

    def __init__(self, models: Any) -> None:
        self._models = models
        self._equal: dict = {}

    def filter_by(self, **equal: Any) -> "Query":
        self._equal.update(equal)
        return self

    def filter(self, *conditions: Any) -> "Query":
        for condition in conditions:
            if not isinstance(condition, FieldEquals):
                raise AirflowException("a query of Airflow's own database may only compare fields with values here")
            self._equal[condition.field] = condition.value
        return self

    where = filter

    def order_by(self, *_: Any) -> "Query":
        return self

    def limit(self, _count: int) -> "Query":
        return self

    def all(self) -> List[Any]:
        from .models_api import find

        return find(self._models, self._equal)

    def first(self) -> Any:
        found = self.all()
        return found[0] if found else None

    one_or_none = scalar = first

    def one(self) -> Any:
        found = self.first()
        if found is None:
            raise AirflowException("no row was found")
        return found

    def count(self) -> int:
        return len(self.all())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def delete(self, *_: Any, **__: Any) -> int:
        raise AirflowException("rows of Airflow's own database cannot be deleted here; `tradewind db clean` prunes")


class FieldEquals:
    def __init__(self, field: str, value: Any) -> None:
        self.field = field
        self.value = value


class Field:
    """`DagRun.dag_id` in a filter."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, value: object) -> Any:  # type: ignore[override]
        return FieldEquals(self.name, value)

    __hash__ = object.__hash__

    def desc(self) -> "Field":
        return self

    asc = desc


@contextlib.contextmanager
def create_session(*_: Any, **__: Any) -> Iterator[Session]:
    yield Session()


def provide_session(func: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the function a `session` where the caller gave none."""
    parameters = list(inspect.signature(func).parameters)
    index = parameters.index("session") if "session" in parameters else None

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if "session" not in kwargs and (index is None or len(args) <= index):
            kwargs["session"] = Session()
        return func(*args, **kwargs)

    return wrapper


def initdb(*_: Any, **__: Any) -> None:
    """Tradewind's own database is made when it starts."""


resetdb = upgradedb = initdb


def merge_conn(conn: Any, session: Any = None) -> None:
    Session().add(conn)
