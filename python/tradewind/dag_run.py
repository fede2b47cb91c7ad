"""Runs with Airflow's names: `context["dag_run"]`, and those that `DagRun.find` and queries give."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from . import client, era, time_values
from .airflow_compat.constants import DagRunState, DagRunType
from .airflow_compat.exceptions import AirflowException
from .airflow_compat.fields import Field, plain


def instant(text: Optional[str]) -> Any:
    """Of the protocol; a date of pendulum where it is installed."""
    return None if text is None else time_values.pendulum_or_plain(time_values.parse_instant(text))


def logical_date_of(answer: Dict[str, Any]) -> Any:
    """Of a run or of what belongs to one. In Airflow 2 each has one: else it is the instant that the run was made for."""
    text = answer.get("logicalDate")
    return instant(answer.get("runAfter") if text is None and era.current() == 2 else text)


class DagRun:
    """A run; `conf` is the dict it was triggered with. The class's own attributes are fields for filters of queries."""

    dag_id: Any = Field("dag_id")
    run_id: Any = Field("run_id")
    id: Any = Field("run_id")
    run_type: Any = Field("run_type")
    state: Any = Field("state")
    logical_date: Any = Field("logical_date")
    execution_date: Any = Field("logical_date")
    run_after: Any = Field("run_after")
    start_date: Any = Field("start_date")
    end_date: Any = Field("end_date")
    external_trigger: Any = Field("external_trigger")

    def __init__(self, dag_id: str, fields: Dict[str, Any], supervisor: Any = None, dag: Any = None) -> None:
        self.dag_id = dag_id
        self._supervisor = supervisor
        self.dag = dag
        self.run_id = self.id = str(fields["runId"])
        self.run_type = _run_type(fields.get("runType"))
        self.state = _state(fields.get("state") or "running")
        self.logical_date = self.execution_date = logical_date_of(fields)
        self.data_interval_start = instant(fields.get("dataIntervalStart"))
        self.data_interval_end = instant(fields.get("dataIntervalEnd"))
        self.run_after = instant(fields.get("runAfter"))
        self.start_date = instant(fields.get("startDate"))
        self.end_date = instant(fields.get("endDate"))
        self.queued_at = self.run_after
        self.external_trigger = self.run_type == DagRunType.MANUAL
        self.conf: Dict[str, Any] = fields.get("conf") or {}
        self.partition_key = fields.get("partitionKey")
        self.partition_date = self.logical_date if self.partition_key is not None else None
        self.clear_number = fields.get("clearNumber") or 0
        self.triggered_by = fields.get("triggeredBy")
        self.triggering_user_name = fields.get("triggeringUserName")
        self.note = fields.get("note")
        self.creating_job_id = None
        self.dag_hash = None
        self.dag_versions: List[Any] = []

    @classmethod
    def of_answer(cls, answer: Dict[str, Any]) -> "DagRun":
        """A DagRunAnswer of the protocol."""
        return cls(answer["dagId"], answer)

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
        logical_start_date: Any = None,
        logical_end_date: Any = None,
        **_: Any,
    ) -> List["DagRun"]:
        """Runs of a Dag, of several, or of all; oldest first."""
        dates = [plain(date) for date in listed(execution_date or logical_date)]
        first, last = plain(execution_start_date or logical_start_date), plain(execution_end_date or logical_end_date)
        ids, kinds = listed(run_id), [plain(kind) for kind in listed(run_type)]
        return [
            run
            for run in runs_of(dag_id, state)
            if (not ids or run.run_id in ids)
            and (not dates or run.logical_date in dates)
            and (not kinds or plain(run.run_type) in kinds)
            and (external_trigger is None or run.external_trigger is external_trigger)
            and (not no_backfills or not run.is_backfill)
            and (first is None or (run.logical_date is not None and run.logical_date >= first))
            and (last is None or (run.logical_date is not None and run.logical_date <= last))
        ]

    @classmethod
    def get_latest_runs(cls, session: Any = None) -> List["DagRun"]:
        """The newest run of each Dag."""
        return list({run.dag_id: run for run in runs_of(None, None)}.values())

    @staticmethod
    def generate_run_id(run_type: Any = "manual", logical_date: Any = None, execution_date: Any = None, run_after: Any = None) -> str:
        when = logical_date or execution_date or run_after or time_values.utcnow()
        return f"{DagRunType(run_type).value}__{when.isoformat()}"

    @property
    def is_backfill(self) -> bool:
        return self.run_type == DagRunType.BACKFILL_JOB

    @property
    def data_interval(self) -> Any:
        from .airflow_compat.timetables import DataInterval

        return DataInterval(self.data_interval_start, self.data_interval_end)

    @property
    def version_number(self) -> Optional[int]:
        return None

    def get_state(self) -> Any:
        return self.state

    def get_dag(self) -> Any:
        return self.dag

    def get_task_instances(self, state: Any = None, **_: Any) -> List[Any]:
        """All instances of the run that have a state, as the scheduler sees them now."""
        from .airflow_compat.task_instance_row import instances_of

        wanted = None if state is None else [plain(one) for one in listed(state)]
        found = instances_of(self._ask, dagIds=[self.dag_id], runIds=[self.run_id])
        for one in found:
            one.dag_run = self
        return [one for one in found if wanted is None or plain(one.state) in wanted]

    def get_task_instance(self, task_id: str, session: Any = None, *, map_index: int = -1) -> Any:
        return next((one for one in self.get_task_instances() if (one.task_id, one.map_index) == (task_id, map_index)), None)

    @property
    def task_instances(self) -> List[Any]:
        return self.get_task_instances()

    def refresh_from_db(self, *_: Any, **__: Any) -> None:
        answer = self._ask("dag-run.get", {"dagId": self.dag_id, "runId": self.run_id})
        if answer is not None:
            self.state = _state(answer["state"])
            self.start_date, self.end_date = instant(answer["startDate"]), instant(answer["endDate"])

    def set_state(self, _state: Any) -> None:
        raise AirflowException("a task cannot set the state of a run here; `tradewind dags mark` does")

    def get_previous_dagrun(self, state: Any = None, **_: Any) -> Optional["DagRun"]:
        return previous_run(self, self._ask, None if state is None else [str(state)])

    def get_previous_scheduled_dagrun(self, **_: Any) -> Optional["DagRun"]:
        return previous_run(self, self._ask, None, kind="scheduled")

    def _ask(self, method: str, params: Dict[str, Any]) -> Any:
        """By the line of the task that this run was given to, else by that of the process."""
        return client.request(method, **params) if self._supervisor is None else self._supervisor.request(method, params)

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} @ {self.logical_date}: {self.run_id}, state:{self.state}>"


def runs_of(dag_id: Any, state: Any) -> List[DagRun]:
    """Oldest first, by logical date; those without one by when they were due."""
    asked: Dict[str, Any] = {"orderBy": "run_after"}
    states = [plain(one) for one in listed(state)]
    if states:
        asked["states"] = states
    found: List[DagRun] = []
    for one in listed(dag_id) or [None]:
        which = asked if one is None else {**asked, "dagId": one}
        found.extend(DagRun.of_answer(answer) for answer in client.request("dag-run.list", **which) or [])
    return sorted(found, key=lambda run: (run.logical_date or run.start_date or time_values.utcnow(), run.run_id))


def listed(value: Any) -> List[Any]:
    """None is no value, one value is a list of it."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def previous_run(run: DagRun, ask: Any, states: Optional[List[str]], kind: Optional[str] = None) -> Optional[DagRun]:
    """The run whose logical date is the last before this one's."""
    params: Dict[str, Any] = {"dagId": run.dag_id, "orderBy": "-logical_date"}
    if states:
        params["states"] = states
    best: Optional[DagRun] = None
    for answer in ask("dag-run.list", params) or []:
        other = DagRun(run.dag_id, answer)
        if other.run_id == run.run_id or other.logical_date is None or (kind and other.run_type != kind):
            continue
        if run.logical_date is not None and other.logical_date >= run.logical_date:
            continue
        if best is None or other.logical_date > best.logical_date:
            best = other
    return best


def _run_type(text: Optional[str]) -> Any:
    try:
        return DagRunType(text)
    except ValueError:
        return text


def _state(text: str) -> Any:
    try:
        return DagRunState(text)
    except ValueError:
        return text
