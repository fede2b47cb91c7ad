"""The running instance as user code sees it: `context["ti"]`."""

from __future__ import annotations

import datetime as dt
import getpass
import logging
import os
import socket
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional, Sequence, Union

from .attempt_values import AttemptValues
from .errors import TradewindError

if TYPE_CHECKING:
    from .airflow_compat.legacy_functions import TaskInstanceKey

RETURN_KEY = "return_value"
NOT_GIVEN: Any = object()


def parse_instant(text: Optional[str]) -> Optional[dt.datetime]:
    """An instant of the protocol in UTC; a DateTime of pendulum where the interpreter has it, as Airflow's are."""
    if text is None:
        return None
    instant = dt.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(dt.timezone.utc)
    try:
        import pendulum
    except ImportError:
        return instant
    return pendulum.instance(instant)


class TaskInstance:
    """Names are Airflow's; dates are aware. `skip_request` says which tasks after this one shall not run."""

    def __init__(self, start: Dict[str, Any], task: Any, values: AttemptValues) -> None:
        given = start["task"]
        self._start = start
        self._values = values
        self.task = task
        self.dag_id: str = given["dagId"]
        self.task_id: str = given["taskId"]
        self.run_id: str = given["runId"]
        self.map_index: int = given["mapIndex"]
        self.try_number: int = given["tryNumber"]
        self.max_tries: int = given["maxTries"]
        self.id: str = given["attemptId"]
        self.start_date = parse_instant(given["startDate"])
        self.end_date: Optional[dt.datetime] = None
        self.duration: Optional[float] = None
        self.state = "running"
        self.pid = os.getpid()
        self.hostname = socket.gethostname()
        self.log = logging.getLogger("airflow.task")
        self.skip_request: Optional[Dict[str, Any]] = None
        self.rendered_map_index: Optional[str] = None
        self.context: Optional[Any] = None

    @property
    def key(self) -> "TaskInstanceKey":
        from .airflow_compat.legacy_functions import TaskInstanceKey

        return TaskInstanceKey(self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index)

    @property
    def operator(self) -> str:
        return getattr(self.task, "task_type", type(self.task).__name__)

    @property
    def unixname(self) -> str:
        return getpass.getuser()

    @property
    def queue(self) -> str:
        return getattr(self.task, "queue", "default")

    @property
    def pool(self) -> str:
        return getattr(self.task, "pool", "default_pool")

    @property
    def priority_weight(self) -> int:
        return getattr(self.task, "priority_weight", 1)

    @property
    def executor_config(self) -> Dict[str, Any]:
        return getattr(self.task, "executor_config", None) or {}

    @property
    def job_id(self) -> None:
        return None

    @property
    def queued_dttm(self) -> Optional[dt.datetime]:
        return self.start_date

    @property
    def is_premature(self) -> bool:
        return False

    @property
    def prev_attempted_tries(self) -> int:
        return self.try_number - 1

    @property
    def next_try_number(self) -> int:
        return self.try_number + 1

    @property
    def dag_run(self) -> Any:
        return self._from_context("dag_run")

    @property
    def dag_version_id(self) -> None:
        return None

    @property
    def logical_date(self) -> Any:
        return parse_instant(self._start["run"]["logicalDate"])

    @property
    def execution_date(self) -> Any:
        return self.logical_date

    @property
    def log_url(self) -> str:
        return log_url(self.dag_id, self.run_id, self.task_id, self.map_index, self.try_number)

    @property
    def mark_success_url(self) -> str:
        return self.log_url

    def current_state(self) -> str:
        return self.state

    def get_template_context(self, *_args: Any, **_kwargs: Any) -> Any:
        return self.context

    def get_dagrun(self, *_args: Any, **_kwargs: Any) -> Any:
        return self.dag_run

    def render_templates(self, context: Any = None, jinja_env: Any = None) -> Any:
        self.task.render_template_fields(self.context if context is None else context, *([] if jinja_env is None else [jinja_env]))
        return self.task

    def refresh_from_db(self, *_args: Any, **_kwargs: Any) -> None:
        """What the database knows came with the start of the attempt."""

    def is_eligible_to_retry(self) -> bool:
        return self.try_number <= self.max_tries

    def xcom_push(self, key: str, value: Any, execution_date: Any = None, session: Any = None) -> None:
        """Other tasks and the API see the value when this returns; it stays when the attempt fails."""
        self._values.push(key, value)

    def adopt_xcoms(self, xcoms: Iterable[Dict[str, Any]]) -> None:
        """What a function in the other language pushed for this task, as it was written."""
        for one in xcoms:
            self._values.pushed[one["key"]] = one["value"]

    def xcom_pull(
        self,
        task_ids: Union[str, Iterable[str], None] = None,
        dag_id: Optional[str] = None,
        key: Optional[str] = RETURN_KEY,
        include_prior_dates: bool = False,
        session: Any = None,
        *,
        map_indexes: Union[int, Iterable[int], None] = None,
        default: Any = None,
        run_id: Optional[str] = None,
    ) -> Any:
        """One value for one task id; a list for many, or for a mapped task without `map_indexes`.

        `key=None` takes what each task pushed last, under whatever key.
        """
        if task_ids is None:
            return self._pull_any(key, default)
        one = isinstance(task_ids, str)
        ids = [task_ids] if isinstance(task_ids, str) else list(task_ids)
        where = {"dag_id": dag_id, "run_id": run_id, "include_prior_dates": include_prior_dates}
        one_index = isinstance(map_indexes, int)
        indexes = [map_indexes] if isinstance(map_indexes, int) else None if map_indexes is None else list(map_indexes)
        found = self._values.pull(ids, key, indexes, **where)
        if one and (one_index or (indexes is None and all(index < 0 for _, index, _ in found))):
            return found[0][2]() if found else default
        return [value() for _, _, value in found]

    def pull_element(self, task_id: str, key: str, index: int, mapped: bool = False) -> "tuple[str, Any]":
        """As AttemptValues.element. Tradewind's own."""
        return self._values.element(task_id, key, index, mapped)

    def returned_length(self, task_id: str) -> Optional[int]:
        """As AttemptValues.length. Tradewind's own."""
        return self._values.length(task_id)

    def _pull_any(self, key: Optional[str], default: Any) -> Any:
        """Airflow 2 takes the latest of any task, Airflow 3 the task's own."""
        own = self._values.pull([self.task_id], key, [self.map_index])
        if own:
            return own[0][2]()
        dag = getattr(self.task, "dag", None)
        if dag is None or str(getattr(dag, "era", "3")).startswith("3"):
            return default
        upstream = [task_id for task_id in _in_order(dag) if task_id != self.task_id]
        found = self._values.pull(upstream, key, None) if upstream else []
        return found[-1][2]() if found else default

    def get_previous_dagrun(self, state: Optional[str] = None, session: Any = None) -> Any:
        context = self.context
        finder = getattr(context, "previous_dag_run", None)
        return finder(state) if callable(finder) else None

    def get_previous_ti(self, state: Optional[str] = None, session: Any = None) -> Any:
        """The same task's instance in the run before this one."""
        run = self.get_previous_dagrun(state)
        return None if run is None else run.get_task_instance(self.task_id, map_index=self.map_index)

    @property
    def previous_ti(self) -> Any:
        return self.get_previous_ti()

    @property
    def previous_ti_success(self) -> Any:
        return self.get_previous_ti(state="success")

    def get_num_running_task_instances(self, session: Any = None, **_: Any) -> int:
        """Of this task, in all runs."""
        from .airflow_compat.task_instance_row import instances_of
        from .client import request

        return len(instances_of(lambda method, asked: request(method, **asked), dagIds=[self.dag_id], taskIds=[self.task_id], states=["running"]))

    def are_dependents_done(self, session: Any = None) -> bool:
        """Whether every task directly after this one succeeded, was skipped or failed."""
        states = {one.task_id: one.state for one in self.dag_run.get_task_instances()}
        return all(states.get(after) in ("success", "skipped", "failed", "upstream_failed") for after in self.task.downstream_task_ids)

    def get_previous_start_date(self, state: Optional[str] = None, session: Any = None) -> Any:
        run = self.get_previous_dagrun(state)
        return None if run is None else run.start_date

    def get_previous_execution_date(self, state: Optional[str] = None, session: Any = None) -> Any:
        run = self.get_previous_dagrun(state)
        return None if run is None else run.logical_date

    def get_first_reschedule_date(self, context: Any = None) -> Any:
        given = self._start.get("reschedule")
        return None if given is None else parse_instant(given["firstAt"])

    def _from_context(self, name: str) -> Any:
        return None if self.context is None else self.context.get(name)

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} [{self.state}]>"


def log_url(dag_id: str, run_id: str, task_id: str, map_index: int, try_number: int) -> str:
    """The page of an instance's log."""
    base = os.environ.get("TRADEWIND_BASE_URL", "http://localhost:8080")
    mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
    return f"{base}/dags/{dag_id}/runs/{run_id}/tasks/{task_id}{mapped}?try_number={try_number}"


def _in_order(dag: Any) -> List[str]:
    try:
        return [task.task_id for task in dag.topological_sort()]
    except Exception:
        return list(dag.task_dict)
