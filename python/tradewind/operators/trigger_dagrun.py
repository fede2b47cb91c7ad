"""TriggerDagRunOperator."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any, Callable, List, Optional, Sequence

from .. import client
from ..airflow_compat.constants import DagRunState
from ..airflow_compat.exceptions import (
    AirflowException,
    AirflowSkipException,
    DagNotFound,
    DagRunAlreadyExists,
)
from ..airflow_compat.not_set import NOTSET
from ..triggers.external_task import DagStateTrigger
from .base import BaseOperator
from .deferral import deferrable_or_default
from .links import BaseOperatorLink, page_url

XCOM_RUN_ID = "trigger_run_id"


class TriggerDagRunLink(BaseOperatorLink):
    name = "Triggered DAG"

    def get_link(self, operator: Any, *, ti_key: Any = None, **_: Any) -> str:
        """Once the run is triggered, its id is in the operator."""
        run_id = getattr(operator, "trigger_run_id", None)
        return page_url("dags", operator.trigger_dag_id, *(["runs", run_id] if run_id else []))


class TriggerDagRunOperator(BaseOperator):
    """Starts a run of another Dag, and waits for it with `wait_for_completion`."""

    template_fields: Sequence[str] = ("trigger_dag_id", "trigger_run_id", "execution_date", "logical_date", "conf", "wait_for_completion", "skip_when_already_exists")
    template_fields_renderers = {"conf": "py"}
    ui_color = "#ffefeb"
    operator_extra_links = [TriggerDagRunLink()]

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        trigger_run_id: Optional[str] = None,
        conf: Any = None,
        logical_date: Any = NOTSET,
        execution_date: Any = None,
        run_after: Any = NOTSET,
        reset_dag_run: bool = False,
        wait_for_completion: bool = False,
        poke_interval: float = 60,
        allowed_states: Optional[List[str]] = None,
        failed_states: Optional[List[str]] = None,
        skip_when_already_exists: bool = False,
        fail_when_dag_is_paused: bool = False,
        note: Optional[str] = None,
        deferrable: Optional[bool] = None,
        openlineage_inject_parent_info: bool = True,
        python_callable: Optional[Callable[..., Any]] = None,
        params: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(params=params, **kwargs)
        self.trigger_dag_id = trigger_dag_id
        self.trigger_run_id = trigger_run_id
        self.conf = conf
        # Airflow 2 names it execution_date; a field that is not given is not rendered.
        self.execution_date = execution_date
        self.logical_date = execution_date if logical_date is NOTSET and execution_date is not None else logical_date
        self.run_after = run_after
        self.reset_dag_run = reset_dag_run
        self.wait_for_completion = wait_for_completion
        self.poke_interval = poke_interval.total_seconds() if isinstance(poke_interval, dt.timedelta) else poke_interval
        self.allowed_states = [DagRunState(state) for state in allowed_states or [DagRunState.SUCCESS]]
        self.failed_states = [DagRunState(state) for state in ([DagRunState.FAILED] if failed_states is None else failed_states)]
        self.skip_when_already_exists = skip_when_already_exists
        self.fail_when_dag_is_paused = fail_when_dag_is_paused
        self.note = note
        self.deferrable = deferrable_or_default(deferrable)
        # Airflow 1 asked a function whether to trigger, and with which payload.
        self.python_callable = python_callable

    def execute(self, context: Any) -> None:
        conf = self._conf(context)
        if conf is _NO_TRIGGER:
            self.log.info("Criteria not met, moving on")
            return
        if self.fail_when_dag_is_paused:
            found = client.request("dag.get", dagId=self.trigger_dag_id)
            if found is None:
                raise DagNotFound(f"Dag {self.trigger_dag_id} is not found")
            if found["isPaused"]:
                raise AirflowException(f"Dag {self.trigger_dag_id} is paused")
        run_id = self._trigger(context, conf)
        if not self.wait_for_completion:
            return
        if self.deferrable:
            states = [*self.allowed_states, *self.failed_states]
            trigger = DagStateTrigger(self.trigger_dag_id, states, run_ids=[run_id], poll_interval=self.poke_interval)
            self.defer(trigger=trigger, method_name="execute_complete")
        self._wait(run_id)

    def execute_complete(self, context: Any, event: Any) -> None:
        """`event` is what DagStateTrigger saw: its class path, then `run_ids` and the state of each."""
        _, seen = event
        for run_id in seen["run_ids"]:
            self._check_state(seen[run_id])

    def _conf(self, context: Any) -> Any:
        conf = json.loads(self.conf) if self.conf and isinstance(self.conf, str) else self.conf
        if self.python_callable is not None:
            order = self.python_callable(context, _DagRunOrder())
            if not order:
                return _NO_TRIGGER
            conf = order.payload if order.payload is not None else conf
            self.trigger_run_id = order.run_id or self.trigger_run_id
        try:
            json.dumps(conf)
        except TypeError:
            raise ValueError(f"conf parameter should be JSON Serializable: {conf}") from None
        return conf

    def _trigger(self, context: Any, conf: Any) -> str:
        now = dt.datetime.now(dt.timezone.utc)
        when = now if self.logical_date is NOTSET else _instant(self.logical_date)
        run_id = str(self.trigger_run_id) if self.trigger_run_id else f"manual__{(when or now).isoformat()}"
        self.trigger_run_id = run_id
        asked = {
            "dagId": self.trigger_dag_id,
            "runId": run_id,
            "logicalDate": None if when is None else when.isoformat(),
            "conf": conf or {},
            "reset": self.reset_dag_run,
        }
        if self.note:
            asked["note"] = self.note
        answer = client.request("dag-run.trigger", **asked)
        run_id = answer["runId"]
        if not answer["created"] and not self.reset_dag_run:
            if self.skip_when_already_exists:
                raise AirflowSkipException(
                    "Skipping due to skip_when_already_exists is set to True and DagRunAlreadyExists"
                )
            raise DagRunAlreadyExists(self.trigger_dag_id, when, run_id)
        self.log.info("Triggered Dag %s with run id %s", self.trigger_dag_id, run_id)
        context["ti"].xcom_push(key=XCOM_RUN_ID, value=run_id)
        return run_id

    def _wait(self, run_id: str) -> None:
        while True:
            found = client.request("dag-run.get", dagId=self.trigger_dag_id, runId=run_id)
            state = found["state"] if found else None
            if self._check_state(state):
                return
            self.log.info("Waiting for %s on %s to become allowed state %s ...", self.trigger_dag_id, run_id, self.allowed_states)
            time.sleep(self.poke_interval)

    def _check_state(self, state: Optional[str]) -> bool:
        """Whether the run is where it is waited for."""
        if state in [str(one) for one in self.failed_states]:
            raise AirflowException(f"{self.trigger_dag_id} failed with failed states {state}")
        if state not in [str(one) for one in self.allowed_states]:
            return False
        self.log.info("%s finished with allowed state %s", self.trigger_dag_id, state)
        return True


class _DagRunOrder:
    def __init__(self, run_id: Optional[str] = None, payload: Any = None) -> None:
        self.run_id = run_id
        self.payload = payload


DagRunOrder = _DagRunOrder
_NO_TRIGGER: Any = object()


def _instant(value: Any) -> Optional[dt.datetime]:
    from ..airflow_compat.timezones import parse

    if value is None or isinstance(value, dt.datetime):
        return value
    if isinstance(value, str):
        return parse(value)
    raise TypeError(f"Expected str, datetime.datetime, or None for parameter 'logical_date'. Got {type(value).__name__}")
