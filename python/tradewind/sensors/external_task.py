"""ExternalTaskSensor: waits for tasks, a group or a whole run of another Dag."""

from __future__ import annotations

import datetime as dt
from typing import Any, Callable, Collection, Iterable, List, Optional, Sequence

from .. import client
from ..airflow_compat.constants import State, TaskInstanceState
from ..airflow_compat.exceptions import (
    AirflowException,
    AirflowSkipException,
    DuplicateStateError,
    ExternalDagNotFoundError,
    ExternalTaskFailedError,
)
from ..external_states import all_in, any_in, question, states_by_run
from ..operators.call import determine_kwargs
from ..operators.deferral import deferrable_or_default
from ..operators.empty import EmptyOperator
from ..operators.links import BaseOperatorLink, page_url
from ..triggers.external_task import WorkflowTrigger
from .base import BaseSensorOperator


class ExternalDagLink(BaseOperatorLink):
    name = "External DAG"

    def get_link(self, operator: Any, *, ti_key: Any = None, **_: Any) -> str:
        return page_url("dags", operator.external_dag_id)


ExternalTaskSensorLink = ExternalDagLink


class ExternalTaskSensor(BaseSensorOperator):
    """Looks at the run of `external_dag_id` with the same logical date, or with `execution_delta` before it."""

    template_fields: Sequence[str] = ("external_dag_id", "external_task_id", "external_task_ids", "external_task_group_id")
    ui_color = "#4db7db"
    operator_extra_links = [ExternalDagLink()]

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: Optional[str] = None,
        external_task_ids: Optional[Collection[str]] = None,
        external_task_group_id: Optional[str] = None,
        allowed_states: Optional[Iterable[str]] = None,
        skipped_states: Optional[Iterable[str]] = None,
        failed_states: Optional[Iterable[str]] = None,
        execution_delta: Optional[dt.timedelta] = None,
        execution_date_fn: Optional[Callable[..., Any]] = None,
        check_existence: bool = False,
        poll_interval: Optional[float] = None,
        deferrable: Optional[bool] = None,
        **kwargs: Any,
    ) -> None:
        if poll_interval is not None:
            kwargs.setdefault("poke_interval", poll_interval)
        super().__init__(**kwargs)
        self.allowed_states = _texts(allowed_states) or [TaskInstanceState.SUCCESS.value]
        self.skipped_states = _texts(skipped_states)
        self.failed_states = _texts(failed_states)
        self._check_states(bool(external_task_id or external_task_ids or external_task_group_id))
        if external_task_id is not None and external_task_ids:
            raise ValueError(
                "Only one of `external_task_id` or `external_task_ids` may be provided to ExternalTaskSensor; "
                "use external_task_id or external_task_ids or external_task_group_id."
            )
        ids = [external_task_id] if external_task_id is not None else external_task_ids or None
        if external_task_group_id is not None and ids is not None:
            raise ValueError(
                "Only one of `external_task_group_id` or `external_task_ids` may be provided to ExternalTaskSensor; "
                "use external_task_id or external_task_ids or external_task_group_id."
            )
        if execution_delta is not None and execution_date_fn is not None:
            raise ValueError(
                "Only one of `execution_delta` or `execution_date_fn` may be provided to ExternalTaskSensor; not both."
            )
        self.execution_delta = execution_delta
        self.execution_date_fn = execution_date_fn
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.external_task_ids = ids
        self.external_task_group_id = external_task_group_id
        self.check_existence = check_existence
        self.deferrable = deferrable_or_default(deferrable)

    def _check_states(self, of_tasks: bool) -> None:
        every = [*self.allowed_states, *self.skipped_states, *self.failed_states]
        if len(set(every)) != len(every):
            raise DuplicateStateError("Duplicate values provided across allowed_states, skipped_states and failed_states.")
        valid = {str(state) for state in (State.task_states if of_tasks else State.dag_states) if state is not None}
        if not set(every) <= valid:
            what = "is not `None`" if of_tasks else "is `None`"
            raise ValueError(
                "Valid values for `allowed_states`, `skipped_states` and `failed_states` when `external_task_id` "
                f"or `external_task_ids` or `external_task_group_id` {what}: {sorted(valid)}"
            )

    def _dates(self, context: Any) -> List[dt.datetime]:
        base = context["logical_date"] if "logical_date" in context else None
        if base is None:
            base = context["dag_run"].run_after
        if self.execution_delta is not None:
            return [base - self.execution_delta]
        if self.execution_date_fn is not None:
            kwargs = determine_kwargs(self.execution_date_fn, [base], context)
            dates = self.execution_date_fn(base, **kwargs)
            return list(dates) if isinstance(dates, (list, tuple)) else [dates]
        return [base]

    def _task_ids(self) -> List[str]:
        ids = [self.external_task_ids] if isinstance(self.external_task_ids, str) else list(self.external_task_ids or [])
        if len(ids) > len(set(ids)):
            raise ValueError("Duplicate task_ids passed in external_task_ids parameter")
        return ids

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        self._check_existence()
        trigger = WorkflowTrigger(
            external_dag_id=self.external_dag_id,
            external_task_group_id=self.external_task_group_id,
            external_task_ids=self._task_ids() or None,
            logical_dates=self._dates(context),
            allowed_states=self.allowed_states,
            skipped_states=self.skipped_states,
            failed_states=self.failed_states,
            poke_interval=self.poke_interval,
            soft_fail=self.soft_fail,
        )
        self.defer(timeout=dt.timedelta(seconds=self.timeout), trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        what = self._task_ids() or self.external_task_group_id or "the Dag"
        status = (event or {}).get("status")
        if status == "failed":
            self._refuse(what)
        if status == "skipped":
            self._skip(what)
        if status != "success":
            raise AirflowException(f"Error occurred while trying to retrieve task status: {event!r}")
        self.log.info("External tasks %s has executed successfully.", what)

    def _check_existence(self) -> None:
        if self.check_existence and client.request("dag.get", dagId=self.external_dag_id) is None:
            raise ExternalDagNotFoundError(f"The external DAG {self.external_dag_id} does not exist.")

    def poke(self, context: Any) -> bool:
        ids, dates = self._task_ids(), self._dates(context)
        what = ids or self.external_task_group_id or "the Dag"
        self.log.info("Poking for %s in dag %s on %s ...", what, self.external_dag_id, ",".join(d.isoformat() for d in dates))
        self._check_existence()
        method, params = question(self.external_dag_id, dates=dates, task_ids=ids, group_id=self.external_task_group_id)
        states = states_by_run(method, client.request(method, **params))
        if any(any_in(group, self.failed_states) for group in states.values()):
            self._refuse(what)
        if any(any_in(group, self.skipped_states) for group in states.values()):
            self._skip(what)
        return sum(1 for group in states.values() if all_in(group, self.allowed_states, len(ids))) >= len(dates)

    def _skip(self, what: Any) -> None:
        raise AirflowSkipException(f"{what} in dag {self.external_dag_id} reached a state in our states-to-skip-on list. Skipping.")

    def _refuse(self, what: Any) -> None:
        message = f"Some of {what} in dag {self.external_dag_id} failed."
        if self.soft_fail:
            raise AirflowSkipException(f"{message} Skipping due to soft_fail.")
        raise ExternalTaskFailedError(message)


class ExternalTaskMarker(EmptyOperator):
    """Says that a task of another Dag depends on this one, so that a clear may reach it."""

    template_fields: Sequence[str] = ("external_dag_id", "external_task_id", "logical_date")
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        logical_date: Any = "{{ logical_date.isoformat() }}",
        execution_date: Any = None,
        recursion_depth: int = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        given = execution_date if execution_date is not None else logical_date
        self.logical_date = given.isoformat() if isinstance(given, dt.datetime) else given
        if recursion_depth <= 0:
            raise ValueError("recursion_depth should be a positive integer")
        self.recursion_depth = recursion_depth


def _texts(states: Optional[Iterable[Any]]) -> List[str]:
    return [str(getattr(state, "value", state)) for state in states or []]


