"""Task instances of any run, as the scheduler sees them; the one that runs is `context["ti"]`."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any, Callable, Dict, List, Optional

from .. import client
from . import timezones
from .exceptions import AirflowException
from .fields import Field

_FIELDS = {
    "dag_id": "dagId",
    "task_id": "taskId",
    "run_id": "runId",
    "map_index": "mapIndex",
    "state": "state",
    "try_number": "tryNumber",
    "max_tries": "maxTries",
    "operator": "operator",
    "pool": "pool",
    "queue": "queue",
}
_DATES = {"start_date": "startDate", "end_date": "endDate"}


class TaskInstance:
    """The class's own attributes are fields for filters of queries."""

    dag_id: Any = Field("dag_id")
    task_id: Any = Field("task_id")
    run_id: Any = Field("run_id")
    map_index: Any = Field("map_index")
    state: Any = Field("state")
    try_number: Any = Field("try_number")
    operator: Any = Field("operator")
    pool: Any = Field("pool")
    queue: Any = Field("queue")
    logical_date: Any = Field("logical_date")
    execution_date: Any = Field("logical_date")
    start_date: Any = Field("start_date")
    end_date: Any = Field("end_date")
    duration: Any = Field("duration")

    def __init__(self, task: Any = None, execution_date: Any = None, run_id: Optional[str] = None, state: Any = None, map_index: int = -1, **_: Any) -> None:
        self.task = task
        self.task_id = getattr(task, "task_id", None)
        self.dag_id = getattr(task, "dag_id", None)
        self.operator = getattr(task, "task_type", None)
        self.run_id = run_id
        self.execution_date = self.logical_date = execution_date
        self.state = state
        self.map_index = map_index
        self.try_number = self.max_tries = 0
        self.start_date: Optional[dt.datetime] = None
        self.end_date: Optional[dt.datetime] = None
        self.pool = self.queue = None
        self.dag_run: Any = None
        self.log = logging.getLogger("airflow.task")

    @classmethod
    def of_answer(cls, answer: Dict[str, Any]) -> "TaskInstance":
        """A TaskInstanceAnswer of the protocol."""
        made = cls()
        made._fill(answer)
        return made

    def _fill(self, answer: Dict[str, Any]) -> None:
        from ..dag_run import logical_date_of

        for name, key in _FIELDS.items():
            setattr(self, name, answer.get(key))
        for name, key in _DATES.items():
            setattr(self, name, _instant(answer.get(key)))
        self.execution_date = self.logical_date = logical_date_of(answer)
        self.duration = (self.end_date - self.start_date).total_seconds() if self.start_date and self.end_date else None

    @property
    def key(self) -> "tuple[Any, ...]":
        return (self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index)

    @property
    def log_url(self) -> str:
        from ..task_instance import log_url

        return log_url(self.dag_id, self.run_id, self.task_id, self.map_index, self.try_number)

    def current_state(self, session: Any = None) -> Optional[str]:
        """Asked anew."""
        found = self._found()
        return None if found is None else found["state"]

    def refresh_from_db(self, session: Any = None, **_: Any) -> None:
        found = self._found()
        if found is not None:
            self._fill(found)

    def _found(self) -> Optional[Dict[str, Any]]:
        from ..dag_run import logical_date_of

        asked: Dict[str, Any] = {"dagIds": [self.dag_id], "taskIds": [self.task_id]}
        if self.run_id is not None:
            asked["runIds"] = [self.run_id]
        wanted = None if self.execution_date is None else timezones.convert_to_utc(self.execution_date)
        for answer in client.request("task-instance.list", **asked) or []:
            if answer["mapIndex"] == self.map_index and (self.run_id is not None or logical_date_of(answer) == wanted):
                return answer
        return None

    def get_dagrun(self, session: Any = None) -> Any:
        from ..dag_run import DagRun

        if self.dag_run is None:
            answer = client.request("dag-run.get", dagId=self.dag_id, runId=self.run_id)
            self.dag_run = None if answer is None else DagRun.of_answer(answer)
        return self.dag_run

    def xcom_pull(self, task_ids: Any = None, dag_id: Optional[str] = None, key: str = "return_value", session: Any = None, **options: Any) -> Any:
        """What the run's tasks pushed; without `task_ids` this instance's own task."""
        from ..context import get_current_context

        if self.run_id is None:
            # Made of a task and a date: the run is that of the date.
            self.run_id = (self._found() or {}).get("runId")
        given = {"dag_id": dag_id or self.dag_id, "run_id": self.run_id, **options}
        return get_current_context()["ti"].xcom_pull(task_ids=task_ids or self.task_id, key=key, **given)

    def set_state(self, *_: Any, **__: Any) -> None:
        raise AirflowException("a task cannot set the state of another one here; `tradewind tasks mark` does")

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} [{self.state}]>"


def instances_of(ask: Callable[[str, Dict[str, Any]], Any], **filters: Any) -> List[TaskInstance]:
    return [TaskInstance.of_answer(answer) for answer in ask("task-instance.list", filters) or []]


def clear_task_instances(*_: Any, **__: Any) -> None:
    """Clearing is the scheduler's: a task asks the API, or somebody the command line."""
    raise AirflowException("a task cannot clear task instances here; `tradewind tasks clear` does")


def _instant(text: Optional[str]) -> Any:
    return None if text is None else timezones.parse(text)
