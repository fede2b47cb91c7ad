"""`XCom` of Airflow's database: values that tasks pushed, found, stored and deleted through the scheduler."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Iterable, List, Optional

from .. import client
from .exceptions import AirflowException
from .fields import Condition, Field, plain

_NAMES = {"dag_id": "dagIds", "run_id": "runIds", "task_id": "taskIds", "key": "keys"}
_PAGE = 1000


class XCom:
    """The model, with Airflow 2's questions; its own attributes are fields for filters of queries."""

    dag_id: Any = Field("dag_id")
    task_id: Any = Field("task_id")
    run_id: Any = Field("run_id")
    dag_run_id: Any = Field("run_id")
    key: Any = Field("key")
    map_index: Any = Field("map_index")
    value: Any = Field("value")
    timestamp: Any = Field("timestamp")
    logical_date: Any = Field("logical_date")
    execution_date: Any = Field("logical_date")

    @classmethod
    def get_many(
        cls,
        *,
        key: Any = None,
        task_ids: Any = None,
        dag_ids: Any = None,
        run_id: Optional[str] = None,
        execution_date: Any = None,
        map_indexes: Any = None,
        include_prior_dates: bool = False,
        limit: Optional[int] = None,
        session: Any = None,
        **_: Any,
    ) -> Any:
        """A query: newest run first, in it what was pushed last. Without a run of the one that runs here."""
        from ..context import get_current_context
        from ..dag_run import listed
        from .session import Session

        query = (session or Session()).query(cls)
        if run_id is None and execution_date is None:
            ti = get_current_context()["ti"]
            run_id, dag_ids = ti.run_id, dag_ids or ti.dag_id
        for field, wanted in ((cls.key, key), (cls.task_id, task_ids), (cls.dag_id, dag_ids), (cls.map_index, map_indexes)):
            if wanted is not None:
                query.filter(field.in_(listed(wanted)))
        date = execution_date
        if include_prior_dates and date is None:
            date = _date_of(listed(dag_ids), run_id)
        if date is None:
            query.filter(cls.run_id == run_id)
        else:
            query.filter(cls.logical_date <= date if include_prior_dates else cls.logical_date == date)
        return query.order_by(cls.logical_date.desc(), cls.timestamp.desc()).limit(limit)

    @classmethod
    def get_one(
        cls,
        *,
        key: Optional[str] = "return_value",
        task_id: Optional[str] = None,
        dag_id: Optional[str] = None,
        run_id: Optional[str] = None,
        execution_date: Any = None,
        map_index: Optional[int] = None,
        include_prior_dates: bool = False,
        ti_key: Any = None,
        session: Any = None,
        **_: Any,
    ) -> Any:
        """The value, or None where nothing was pushed."""
        if ti_key is not None:
            dag_id, task_id, run_id, map_index = ti_key.dag_id, ti_key.task_id, ti_key.run_id, ti_key.map_index
        found = cls.get_many(
            key=key,
            task_ids=task_id,
            dag_ids=dag_id,
            run_id=run_id,
            execution_date=execution_date,
            map_indexes=map_index,
            include_prior_dates=include_prior_dates,
            limit=1,
            session=session,
        ).first()
        return None if found is None else found.value

    get_value = get_one

    @classmethod
    def set(cls, key: str, value: Any, *, task_id: str, dag_id: str, run_id: Optional[str] = None, map_index: int = -1, **_: Any) -> None:
        """Of the instance that runs here; only itself pushes values of an instance."""
        from ..context import get_current_context

        ti = get_current_context()["ti"]
        if (ti.dag_id, ti.task_id, ti.map_index) != (dag_id, task_id, map_index) or run_id not in (None, ti.run_id):
            raise AirflowException(f"a value of task '{task_id}' of Dag '{dag_id}' can be pushed only by that task, not by '{ti.task_id}'")
        ti.xcom_push(key=key, value=value)

    @classmethod
    def clear(cls, *, dag_id: str, task_id: str, run_id: Optional[str] = None, execution_date: Any = None, map_index: Optional[int] = None, session: Any = None, **_: Any) -> None:
        cls.get_many(task_ids=task_id, dag_ids=dag_id, run_id=run_id, execution_date=execution_date, map_indexes=map_index, session=session).delete()

    @classmethod
    def delete(cls, xcoms: Any, session: Any = None) -> None:
        delete_rows(xcoms if isinstance(xcoms, (list, tuple)) else [xcoms])

    @staticmethod
    def serialize_value(value: Any, **_: Any) -> Any:
        return value

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        return getattr(result, "value", result)


class XComRow(XCom):
    """One value. It is decoded when somebody looks at it: a query for deleting never does."""

    def __init__(self, answer: Dict[str, Any]) -> None:
        from ..dag_run import instant, logical_date_of

        self.dag_id, self.run_id, self.task_id = answer["dagId"], answer["runId"], answer["taskId"]
        self.dag_run_id = self.run_id
        self.map_index, self.key = answer["mapIndex"], answer["key"]
        self.timestamp: dt.datetime = instant(answer["createdAt"])
        self.logical_date = self.execution_date = logical_date_of(answer)
        self._encoded = answer.get("value")

    @property
    def value(self) -> Any:  # type: ignore[override]
        from ..xcom import decode_value

        return None if self._encoded is None else decode_value(self._encoded)

    def __repr__(self) -> str:
        return f"<XCom: {self.dag_id}.{self.task_id} {self.run_id} {self.key}>"


def rows(equal: Dict[str, List[Any]], **more: Any) -> List[XComRow]:
    """Values of all that fulfil these, newest first, at most as many as one answer holds."""
    filters = {name: [plain(one) for one in equal[field]] for field, name in _NAMES.items() if field in equal}
    return [XComRow(answer) for answer in client.request("dag-run.xcoms", limit=_PAGE, **filters, **more) or []]


def delete_all(conditions: List[Any]) -> int:
    """Page by page, without asking for the values themselves where no condition looks at them."""
    equal = {one.field: one.equal for one in conditions if isinstance(one, Condition) and one.equal is not None}
    needs_values = any(not isinstance(one, Condition) or one.field == "value" for one in conditions)
    count = 0
    while True:
        page = rows(equal, values=needs_values)
        wanted = [row for row in page if all(one.holds(row) for one in conditions)]
        count += delete_rows(wanted)
        if len(page) < _PAGE or not wanted:
            return count


def delete_rows(found: Iterable[Any]) -> int:
    """How many there were."""
    entries = [
        {"dagId": one.dag_id, "runId": one.run_id, "taskId": one.task_id, "mapIndex": one.map_index, "key": one.key} for one in found
    ]
    return int(client.request("dag-run.delete-xcoms", entries=entries)) if entries else 0


def _date_of(dag_ids: List[str], run_id: Optional[str]) -> Any:
    from ..dag_run import logical_date_of

    answer = client.request("dag-run.get", dagId=dag_ids[0], runId=run_id) if dag_ids else None
    return None if answer is None else logical_date_of(answer)
