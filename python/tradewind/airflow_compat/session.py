"""Sessions of Airflow's database: there is none here. Code that opens one gets an object that answers queries of runs,
task instances, Dags, connections and variables through the scheduler, and refuses the others by name.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import Any, Callable, Iterator, List, Optional

from .exceptions import AirflowException
from .fields import Combined, Condition, Field, Order, sort_key

NEW_SESSION: Any = None


class Session:
    """`query(...)` of the models that `models_api` knows; connections and variables are stored and deleted."""

    def __init__(self) -> None:
        # Connections and variables that a query gave, as they were then.
        self._given: List[Any] = []

    def query(self, *entities: Any) -> "Query":
        return Query(entities, self)

    def given(self, rows: List[Any]) -> None:
        from ..connection import Connection
        from ..variable import Variable

        self._given.extend((row, dict(vars(row))) for row in rows if isinstance(row, (Connection, Variable)))

    def get(self, model: Any, key: Any, **_: Any) -> Any:
        from .models_api import key_field

        return self.query(model).filter_by(**{key_field(model): key}).first()

    def add(self, thing: Any) -> None:
        from ..connection import Connection, put_connection
        from ..variable import Variable
        from .pool_model import Pool

        if isinstance(thing, Variable):
            Variable.set(str(thing.key), thing.val)
        elif isinstance(thing, Connection):
            put_connection(thing)
        elif isinstance(thing, Pool):
            Pool.create_or_update_pool(thing.pool, thing.slots, thing.description, thing.include_deferred)
        else:
            # Airflow tells a changed row to its session, too; a run or an instance of this package is no row.
            raise _refused(f"session.add({type(thing).__name__})")

    def add_all(self, things: Any) -> None:
        for thing in things:
            self.add(thing)

    def merge(self, thing: Any, **_: Any) -> Any:
        """A connection or a variable that somebody changed is stored as it is now."""
        from ..connection import Connection
        from ..variable import Variable

        if isinstance(thing, (Connection, Variable)):
            self.add(thing)
        return thing

    def delete(self, thing: Any) -> None:
        from ..connection import Connection, delete_connection
        from ..variable import Variable
        from .pool_model import Pool
        from .xcom_model import XCom, delete_rows

        if isinstance(thing, Variable):
            Variable.delete(str(thing.key))
        elif isinstance(thing, Connection):
            delete_connection(str(thing.conn_id))
        elif isinstance(thing, Pool):
            Pool.delete_pool(thing.pool)
        elif isinstance(thing, XCom):
            delete_rows([thing])
        else:
            raise _refused(f"session.delete({type(thing).__name__})")

    def execute(self, *_: Any, **__: Any) -> Any:
        raise AirflowException("SQL on Airflow's own database cannot run: there is none; ask the API instead")

    scalar = scalars = execute

    def commit(self) -> None:
        """What was added is stored already; rows of a query that were changed since are stored now."""
        for at, (row, before) in enumerate(self._given):
            if vars(row) != before:
                self.add(row)
                self._given[at] = (row, dict(vars(row)))

    flush = commit

    def rollback(self) -> None:
        self._given.clear()

    expunge_all = expire_all = close = rollback

    def begin(self) -> "Session":
        return self

    def refresh(self, _thing: Any) -> None:
        """Answers are read anew by each query."""

    expunge = refresh

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, error: Any, *_: Any) -> None:
        self.rollback()


def _refused(what: str) -> AirflowException:
    return AirflowException(f"{what} changes a row of Airflow's own database, and there is none here; ask the API instead")


class Query:
    """Filters are taken from `filter_by` and from `Model.field == value` and kin; they are looked at row by row here."""

    def __init__(self, entities: Any, session: Session) -> None:
        self._session = session
        self._models = [one.owner if isinstance(one, Field) else one for one in entities]
        # `query(Model.a, Model.b)` gives tuples of values instead of rows.
        self._fields = [one.name for one in entities if isinstance(one, Field)]
        self._conditions: List[Any] = []
        self._orders: List[Order] = []
        self._limit: Optional[int] = None
        self._offset = 0

    def filter_by(self, **equal: Any) -> "Query":
        self._conditions.extend(Field(name) == value for name, value in equal.items())
        return self

    def filter(self, *conditions: Any) -> "Query":
        for condition in conditions:
            if isinstance(condition, Combined) and condition.is_conjunction:
                # One by one they narrow what is asked for.
                self.filter(*condition.parts)
                continue
            if not isinstance(condition, (Condition, Combined)):
                raise AirflowException(
                    "a filter of Airflow's own database is a comparison of fields with values here, "
                    f"put together by & and |; got {type(condition).__name__}"
                )
            self._conditions.append(condition)
        return self

    where = filter

    def order_by(self, *orders: Any) -> "Query":
        for order in orders:
            if isinstance(order, Field):
                order = order.asc()
            if not isinstance(order, Order):
                raise AirflowException(f"an order is a field of a model here, or its desc(); got {type(order).__name__}")
            self._orders.append(order)
        return self

    def limit(self, count: Optional[int]) -> "Query":
        self._limit = count
        return self

    def offset(self, count: int) -> "Query":
        self._offset = count
        return self

    def options(self, *_: Any) -> "Query":
        """How rows are loaded is nothing that the answer depends on."""
        return self

    with_for_update = populate_existing = distinct = execution_options = options

    def all(self) -> List[Any]:
        from .models_api import find

        rows = [row for row in find(self._models, self._conditions) if all(one.holds(row) for one in self._conditions)]
        for order in reversed(self._orders):
            rows.sort(key=lambda row: sort_key(row, order.field), reverse=order.descending)
        rows = rows[self._offset :][: self._limit]
        self._session.given(rows)
        return [tuple(getattr(row, name) for name in self._fields) for row in rows] if self._fields else rows

    def first(self) -> Any:
        found = self.all()
        return found[0] if found else None

    def one_or_none(self) -> Any:
        found = self.all()
        if len(found) > 1:
            raise AirflowException(f"one row or none was expected, got {len(found)}")
        return found[0] if found else None

    def scalar(self) -> Any:
        found = self.first()
        return found[0] if isinstance(found, tuple) else found

    def one(self) -> Any:
        found = self.one_or_none()
        if found is None:
            raise AirflowException("no row was found")
        return found

    def count(self) -> int:
        return len(self.all())

    def exists(self) -> bool:
        return bool(self.all())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def __getitem__(self, at: Any) -> Any:
        return self.all()[at]

    def delete(self, *_: Any, **__: Any) -> int:
        """Of XComs, connections, variables and pools. How many there were."""
        from ..connection import Connection
        from ..variable import Variable
        from .pool_model import Pool
        from .xcom_model import XCom, delete_all

        if self._models[0] is XCom:
            return delete_all(self._conditions)
        if self._models[0] not in (Connection, Variable, Pool):
            raise AirflowException("rows of Airflow's own database cannot be deleted here; `tradewind db clean` prunes")
        found = self.all()
        for one in found:
            self._session.delete(one)
        return len(found)

    def update(self, *_: Any, **__: Any) -> int:
        raise AirflowException("rows of Airflow's own database cannot be changed here; ask the API instead")


@contextlib.contextmanager
def create_session(*_: Any, **__: Any) -> Iterator[Session]:
    session = Session()
    yield session
    session.commit()


def provide_session(func: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the function a `session` where the caller gave none."""
    parameters = list(inspect.signature(func).parameters)
    index = parameters.index("session") if "session" in parameters else None

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("session") is not None or (index is not None and len(args) > index):
            return func(*args, **kwargs)
        with create_session() as session:
            return func(*args, **{**kwargs, "session": session})

    return wrapper


def initdb(*_: Any, **__: Any) -> None:
    """Tradewind's own database is made when it starts."""


resetdb = upgradedb = checkdb = check = create_default_connections = add_default_pool_if_not_exists = initdb


def merge_conn(conn: Any, session: Any = None) -> None:
    """Stores the connection where none has its id."""
    from ..connection import Connection

    stored = session or Session()
    if stored.query(Connection).filter_by(conn_id=conn.conn_id).first() is None:
        stored.add(conn)
