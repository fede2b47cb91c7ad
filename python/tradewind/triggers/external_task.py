"""Triggers that wait for runs and tasks of other Dags."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, AsyncIterator, Collection, Dict, List, Optional, Sequence, Tuple

from .. import client
from ..external_states import all_in, any_in, question, states_by_run
from .base import BaseTrigger, TriggerEvent

_PATH = "airflow.providers.standard.triggers.external_task"
_WORKFLOW_FIELDS = (
    "external_dag_id",
    "run_ids",
    "logical_dates",
    "external_task_ids",
    "external_task_group_id",
    "failed_states",
    "skipped_states",
    "allowed_states",
    "poke_interval",
    "soft_fail",
)


class WorkflowTrigger(BaseTrigger):
    """Fires when tasks, a group or whole runs of `external_dag_id` are decided: `{"status": "success" | "failed" | "skipped"}`."""

    def __init__(
        self,
        external_dag_id: str,
        run_ids: Optional[List[str]] = None,
        execution_dates: Optional[List[dt.datetime]] = None,
        logical_dates: Optional[List[dt.datetime]] = None,
        external_task_ids: Optional[Collection[str]] = None,
        external_task_group_id: Optional[str] = None,
        failed_states: Optional[Sequence[str]] = None,
        skipped_states: Optional[Sequence[str]] = None,
        allowed_states: Optional[Sequence[str]] = None,
        poke_interval: float = 2.0,
        soft_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.external_dag_id = external_dag_id
        self.run_ids = run_ids
        self.logical_dates = logical_dates if logical_dates is not None else execution_dates
        self.external_task_ids = list(external_task_ids) if external_task_ids else None
        self.external_task_group_id = external_task_group_id
        self.failed_states = _texts(failed_states)
        self.skipped_states = _texts(skipped_states)
        self.allowed_states = _texts(allowed_states) or ["success"]
        self.poke_interval = poke_interval
        self.soft_fail = soft_fail

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        return f"{_PATH}.WorkflowTrigger", {name: getattr(self, name) for name in _WORKFLOW_FIELDS}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while True:
            status = self._decide(await self._states())
            if status is not None:
                yield TriggerEvent({"status": status})
                return
            self.log.info("sleeping for %s seconds.", self.poke_interval)
            await asyncio.sleep(self.poke_interval)

    def _decide(self, states: Dict[str, List[Optional[str]]]) -> Optional[str]:
        for status, wanted in (("failed", self.failed_states), ("skipped", self.skipped_states)):
            if any(any_in(group, wanted) for group in states.values()):
                return status
        at_least = len(self.external_task_ids or ())
        allowed = [group for group in states.values() if all_in(group, self.allowed_states, at_least)]
        return "success" if len(allowed) >= len(self.run_ids or self.logical_dates or [None]) else None

    async def _states(self) -> Dict[str, List[Optional[str]]]:
        tasks, group = self.external_task_ids, self.external_task_group_id
        if self.run_ids and not tasks and group is None:
            return {run_id: [state] for run_id, state in (await _states_of(self.external_dag_id, self.run_ids)).items()}
        method, params = question(self.external_dag_id, dates=self.logical_dates, run_ids=self.run_ids, task_ids=tasks, group_id=group)
        return states_by_run(method, await client.request_async(method, **params))


class DagStateTrigger(BaseTrigger):
    """Fires when the runs are in one of `states`: its class path and arguments, `run_ids`, and each run's state under its id."""

    def __init__(
        self,
        dag_id: str,
        states: Sequence[Any],
        run_ids: Optional[List[str]] = None,
        execution_dates: Optional[List[dt.datetime]] = None,
        poll_interval: float = 5.0,
    ) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.states = _texts(states)
        self.run_ids = run_ids
        self.execution_dates = execution_dates
        self.poll_interval = poll_interval

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        names = ("dag_id", "states", "run_ids", "execution_dates", "poll_interval")
        return f"{_PATH}.DagStateTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        wanted = len(self.run_ids or self.execution_dates or [None])
        while True:
            found = await self._runs()
            if len(found) >= wanted and all(state in self.states for state in found.values()):
                classpath, kwargs = self.serialize()
                yield TriggerEvent((classpath, {**kwargs, "run_ids": list(found), **found}))
                return
            await asyncio.sleep(self.poll_interval)

    async def _runs(self) -> Dict[str, str]:
        if self.run_ids:
            return await _states_of(self.dag_id, self.run_ids)
        method, params = question(self.dag_id, dates=self.execution_dates)
        return {run["runId"]: run["state"] for run in await client.request_async(method, **params)}


async def _states_of(dag_id: str, run_ids: Sequence[str]) -> Dict[str, str]:
    runs = [await client.request_async("dag-run.get", dagId=dag_id, runId=run_id) for run_id in run_ids]
    return {run["runId"]: run["state"] for run in runs if run is not None}


def _texts(states: Optional[Sequence[Any]]) -> List[str]:
    return [str(getattr(state, "value", state)) for state in states or []]
