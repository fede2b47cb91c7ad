"""Models of Airflow's database that tutorials ask: answered through the scheduler, from inside of a task."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional

from .. import client
from . import timezones
from .constants import DagRunType
from .exceptions import AirflowException
from .session import Field


class DagRun:
    """A run as the scheduler tells it. `find` looks for runs of one Dag."""

    dag_id: Any = Field("dag_id")
    run_id: Any = Field("run_id")
    state: Any = Field("state")
    execution_date: Any = Field("logical_date")
    logical_date: Any = Field("logical_date")
    run_type: Any = Field("run_type")

    def __init__(self, answer: Dict[str, Any]) -> None:
        self.dag_id = answer["dagId"]
        self.run_id = answer["runId"]
        self.run_type = answer["runType"]
        self.state = answer["state"]
        self.logical_date = _instant(answer["logicalDate"])
        self.execution_date = self.logical_date
        self.data_interval_start = _instant(answer["dataIntervalStart"])
        self.data_interval_end = _instant(answer["dataIntervalEnd"])
        self.start_date = _instant(answer["startDate"])
        self.end_date = _instant(answer["endDate"])
        self.external_trigger = str(self.run_type) == "manual"
        self.conf: Dict[str, Any] = answer.get("conf") or {}

    @classmethod
    def find(
        cls,
        dag_id: Any = None,
        run_id: Any = None,
        execution_date: Any = None,
        state: Any = None,
        external_trigger: Optional[bool] = None,
        no_backfills: bool = False,
        run_type: Any = None,
        session: Any = None,
        execution_start_date: Any = None,
        execution_end_date: Any = None,
        logical_date: Any = None,
        **_: Any,
    ) -> List["DagRun"]:
        """Runs of a Dag (or of several), oldest first."""
        if dag_id is None:
            raise AirflowException("DagRun.find needs a dag_id here")
        runs = [run for one in _listed(dag_id) for run in _runs(one, state)]
        dates = [timezones.convert_to_utc(date) for date in _listed(execution_date or logical_date)]
        ids, kinds = _listed(run_id), [str(kind) for kind in _listed(run_type)]
        return [
            run
            for run in runs
            if (not ids or run.run_id in ids)
            and (not dates or run.logical_date in dates)
            and (not kinds or run.run_type in kinds)
            and (external_trigger is None or run.external_trigger is external_trigger)
            and (not no_backfills or run.run_type != "backfill")
            and (execution_start_date is None or (run.logical_date and run.logical_date >= execution_start_date))
            and (execution_end_date is None or (run.logical_date and run.logical_date <= execution_end_date))
        ]

    @staticmethod
    def generate_run_id(run_type: Any = "manual", logical_date: Any = None, execution_date: Any = None, run_after: Any = None) -> str:
        when = logical_date or execution_date or run_after or timezones.utcnow()
        return f"{DagRunType(run_type).value}__{when.isoformat()}"

    def get_task_instances(self, state: Any = None, session: Any = None) -> List["TaskInstance"]:
        """The instances of the run with their states."""
        found = client.request("task-instance.states", dagId=self.dag_id, runIds=[self.run_id])
        wanted = [None if one is None else str(one) for one in _listed(state)]
        tasks = found.get(self.run_id, {})
        return [TaskInstance.of_run(self, name, now) for name, now in tasks.items() if not wanted or now in wanted]

    def get_task_instance(self, task_id: str, session: Any = None, *, map_index: int = -1) -> Optional["TaskInstance"]:
        name = task_id if map_index < 0 else f"{task_id}[{map_index}]"
        found = client.request("task-instance.states", dagId=self.dag_id, runIds=[self.run_id], taskIds=[task_id])
        tasks = found.get(self.run_id, {})
        return TaskInstance.of_run(self, name, tasks[name]) if name in tasks else None

    def get_state(self) -> str:
        return self.state

    def refresh_from_db(self, session: Any = None) -> None:
        answer = client.request("dag-run.get", dagId=self.dag_id, runId=self.run_id)
        if answer is not None:
            self.__init__(answer)  # type: ignore[misc]

    def set_state(self, _state: Any) -> None:
        raise AirflowException("a task cannot set the state of a run here; `tradewind dags mark` does")

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} @ {self.logical_date}: {self.run_id}, state:{self.state}>"


class TaskInstance:
    """An instance of some run; the one that runs is `context["ti"]`."""

    dag_id: Any = Field("dag_id")
    task_id: Any = Field("task_id")
    run_id: Any = Field("run_id")
    state: Any = Field("state")
    execution_date: Any = Field("logical_date")

    def __init__(self, task: Any = None, execution_date: Any = None, run_id: Optional[str] = None, state: Any = None, map_index: int = -1, **_: Any) -> None:
        self.task = task
        self.task_id = getattr(task, "task_id", None)
        self.dag_id = getattr(task, "dag_id", None)
        self.run_id = run_id
        self.execution_date = self.logical_date = execution_date
        self.state = state
        self.map_index = map_index

    @classmethod
    def of_run(cls, run: DagRun, name: str, state: Optional[str]) -> "TaskInstance":
        made = cls(run_id=run.run_id, execution_date=run.logical_date, state=state)
        task_id, _, index = name.partition("[")
        made.dag_id, made.task_id = run.dag_id, task_id
        made.map_index = int(index[:-1]) if index else -1
        made.dag_run = run
        return made

    dag_run: Any = None

    def current_state(self, session: Any = None) -> Optional[str]:
        """Asked anew."""
        asked: Dict[str, Any] = {"dagId": self.dag_id, "taskIds": [self.task_id]}
        if self.run_id is not None:
            asked["runIds"] = [self.run_id]
        else:
            asked["logicalDates"] = [self.execution_date.isoformat()]
        found = client.request("task-instance.states", **asked)
        name = self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"
        return next((tasks.get(name) for tasks in found.values()), None)

    def refresh_from_db(self, session: Any = None, **_: Any) -> None:
        self.state = self.current_state()

    def xcom_pull(self, key: str = "return_value", **_: Any) -> Any:
        return XCom.get_one(key=key, task_id=self.task_id, dag_id=self.dag_id, run_id=self.run_id)

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} [{self.state}]>"


class XCom:
    """`get_one` and `get_many` of Airflow 2's model."""

    @classmethod
    def get_one(cls, *, key: str = "return_value", task_id: Optional[str] = None, dag_id: Optional[str] = None, run_id: Optional[str] = None, map_index: Optional[int] = None, include_prior_dates: bool = False, **_: Any) -> Any:
        from ..context import get_current_context

        ti = get_current_context()["ti"]
        return ti.xcom_pull(
            task_ids=task_id, dag_id=dag_id, key=key, run_id=run_id, map_indexes=map_index, include_prior_dates=include_prior_dates
        )

    get_value = get_one

    @classmethod
    def get_many(cls, *, key: str = "return_value", task_ids: Any = None, dag_ids: Any = None, run_id: Optional[str] = None, **_: Any) -> Any:
        from ..context import get_current_context

        ti = get_current_context()["ti"]
        dag_id = dag_ids if isinstance(dag_ids, str) or dag_ids is None else list(dag_ids)[0]
        return ti.xcom_pull(task_ids=_listed(task_ids), dag_id=dag_id, key=key, run_id=run_id)

    @staticmethod
    def serialize_value(value: Any, **_: Any) -> Any:
        return value

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        return getattr(result, "value", result)


class DagModel:
    """What the scheduler knows of a Dag: its id and whether it is paused."""

    dag_id: Any = Field("dag_id")
    is_paused: Any = Field("is_paused")

    def __init__(self, dag_id: str, is_paused: bool) -> None:
        self.dag_id = dag_id
        self.is_paused = is_paused

    @classmethod
    def get_dagmodel(cls, dag_id: str, session: Any = None) -> Optional["DagModel"]:
        answer = client.request("dag.get", dagId=dag_id)
        return None if answer is None else cls(answer["dagId"], answer["isPaused"])

    get_current = get_dagmodel

    def get_last_dagrun(self, session: Any = None, include_externally_triggered: bool = False, include_manually_triggered: bool = False) -> Optional[DagRun]:
        runs = _runs(self.dag_id, None)
        if not (include_externally_triggered or include_manually_triggered):
            runs = [run for run in runs if not run.external_trigger]
        return runs[-1] if runs else None


class DagBag:
    """The Dags of one file or folder, imported in this process (for tests of Dag files)."""

    def __init__(self, dag_folder: Any = None, include_examples: Any = None, **_: Any) -> None:
        self.dags: Dict[str, Any] = {}
        self.import_errors: Dict[str, str] = {}
        self.dag_folder = dag_folder
        if dag_folder is not None:
            self.collect_dags(dag_folder)

    def collect_dags(self, dag_folder: Any = None, **_: Any) -> None:
        from .dagbag import collect

        dags, errors = collect(dag_folder or self.dag_folder)
        self.dags.update(dags)
        self.import_errors.update(errors)

    def process_file(self, filepath: str, **_: Any) -> List[Any]:
        from .dagbag import collect

        dags, errors = collect(filepath)
        self.dags.update(dags)
        self.import_errors.update(errors)
        return list(dags.values())

    def get_dag(self, dag_id: str, session: Any = None) -> Any:
        return self.dags.get(dag_id)

    @property
    def dag_ids(self) -> List[str]:
        return sorted(self.dags)

    def size(self) -> int:
        return len(self.dags)


class Pool:
    """A pool's name and slots; pools are made with `tradewind pools set`."""

    DEFAULT_POOL_NAME = "default_pool"

    def __init__(self, pool: str = "", slots: int = 0, description: str = "", include_deferred: bool = False) -> None:
        self.pool = pool
        self.slots = slots
        self.description = description
        self.include_deferred = include_deferred

    def __str__(self) -> str:
        return self.pool


def find(models: Iterable[Any], equal: Dict[str, Any]) -> List[Any]:
    """Rows of one model whose fields equal the given values. AirflowException for a model that is not known."""
    from ..connection import Connection, get_connection
    from ..variable import Variable

    model = next(iter(models))
    if model is Connection and "conn_id" in equal:
        try:
            return [get_connection(equal["conn_id"])]
        except AirflowException:
            return []
    if model is Variable and "key" in equal:
        value = Variable.get(equal["key"], default_var=None)
        return [] if value is None else [Variable(equal["key"], value)]
    if model is DagRun and "dag_id" in equal:
        return DagRun.find(**equal)
    if model is TaskInstance and "dag_id" in equal:
        runs = DagRun.find(dag_id=equal["dag_id"], run_id=equal.get("run_id"), logical_date=equal.get("logical_date"))
        every = [ti for run in runs for ti in run.get_task_instances()]
        return [ti for ti in every if all(getattr(ti, name) == value for name, value in equal.items() if name != "logical_date")]
    if model is DagModel and "dag_id" in equal:
        found = DagModel.get_dagmodel(equal["dag_id"])
        return [] if found is None else [found]
    name = getattr(model, "__name__", model)
    raise AirflowException(f"a query of {name} in Airflow's own database cannot be answered here; ask the API instead")


def get_last_dagrun(dag_id: str, session: Any = None, include_externally_triggered: bool = False, **_: Any) -> Optional[DagRun]:
    return DagModel(dag_id, False).get_last_dagrun(include_externally_triggered=include_externally_triggered)


def _runs(dag_id: str, state: Any) -> List[DagRun]:
    asked: Dict[str, Any] = {"dagId": dag_id, "orderBy": "logical_date"}
    if state is not None:
        asked["states"] = [str(getattr(one, "value", one)) for one in _listed(state)]
    return [DagRun(answer) for answer in client.request("dag-run.list", **asked)]


def _listed(value: Any) -> List[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def _instant(text: Optional[str]) -> Any:
    return None if text is None else timezones.parse(text)
