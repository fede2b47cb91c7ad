"""`context["dag_run"]`: the run of the task, with Airflow's names."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from . import time_values
from .airflow_compat.constants import DagRunState, DagRunType


def instant(text: Optional[str]) -> Any:
    """Of the protocol; a date of pendulum where it is installed."""
    return None if text is None else time_values.pendulum_or_plain(time_values.parse_instant(text))


class OtherTaskInstance:
    """An instance of the run as the scheduler sees it now."""

    def __init__(self, dag_id: str, run_id: str, name: str, state: Optional[str]) -> None:
        task_id, bracket, index = name.partition("[")
        self.dag_id = dag_id
        self.run_id = run_id
        self.task_id = task_id
        self.map_index = int(index.rstrip("]")) if bracket else -1
        self.state = state

    def current_state(self) -> Optional[str]:
        return self.state

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} [{self.state}]>"


class DagRun:
    """A run; `conf` is the dict it was triggered with."""

    def __init__(self, dag_id: str, fields: Dict[str, Any], supervisor: Any = None, dag: Any = None) -> None:
        self.dag_id = dag_id
        self._supervisor = supervisor
        self.dag = dag
        self.run_id: str = fields["runId"]
        self.run_type = _run_type(fields.get("runType"))
        self.state: Any = _state(fields.get("state") or "running")
        self.logical_date = instant(fields.get("logicalDate"))
        self.data_interval_start = instant(fields.get("dataIntervalStart"))
        self.data_interval_end = instant(fields.get("dataIntervalEnd"))
        self.run_after = instant(fields.get("runAfter"))
        self.start_date = instant(fields.get("startDate"))
        self.end_date = instant(fields.get("endDate"))
        self.queued_at = self.run_after
        self.conf: Dict[str, Any] = fields.get("conf") or {}
        self.partition_key = fields.get("partitionKey")
        self.clear_number = fields.get("clearNumber") or 0
        self.triggered_by = fields.get("triggeredBy")
        self.triggering_user_name = fields.get("triggeringUserName")
        self.note = fields.get("note")
        self.creating_job_id = None
        self.dag_hash = None
        self.dag_versions: List[Any] = []

    @property
    def id(self) -> str:
        return self.run_id

    @property
    def execution_date(self) -> Any:
        return self.logical_date

    @property
    def external_trigger(self) -> bool:
        return self.run_type == DagRunType.MANUAL

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

    def get_task_instances(self, state: Any = None, **_: Any) -> List[OtherTaskInstance]:
        """All instances of the run that have a state."""
        answer = self._ask("task-instance.states", {"dagId": self.dag_id, "runIds": [self.run_id]}) or {}
        found = [OtherTaskInstance(self.dag_id, self.run_id, name, one) for name, one in answer.get(self.run_id, {}).items()]
        if state is None:
            return found
        wanted = {str(one) for one in (state if isinstance(state, (list, tuple, set, frozenset)) else [state]) if one is not None}
        return [one for one in found if one.state in wanted]

    def get_task_instance(self, task_id: str, map_index: int = -1, **_: Any) -> Optional[OtherTaskInstance]:
        return next((one for one in self.get_task_instances() if (one.task_id, one.map_index) == (task_id, map_index)), None)

    def get_previous_dagrun(self, state: Any = None, **_: Any) -> Optional["DagRun"]:
        return previous_run(self, self._ask, None if state is None else [str(state)])

    def get_previous_scheduled_dagrun(self, **_: Any) -> Optional["DagRun"]:
        return previous_run(self, self._ask, None, kind="scheduled")

    def _ask(self, method: str, params: Dict[str, Any]) -> Any:
        return None if self._supervisor is None else self._supervisor.request(method, params)

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} @ {self.logical_date}: {self.run_id}, state:{self.state}>"


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
