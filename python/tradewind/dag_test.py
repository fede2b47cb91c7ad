"""`dag.test()`: one run in this process, a task at a time, without scheduler or database."""

from __future__ import annotations

import asyncio
import datetime
import importlib
import logging
import re
import sys
import tempfile
import time
from typing import Any, Dict, List, Optional

from . import supervisor as supervisors
from . import time_values
from .airflow_compat.expand_input import MappedArgument
from .airflow_compat.xcom_arg import XComArg
from .attempt import Attempt, Interruption
from .context import set_current
from .dag_run import DagRun
from .errors import TradewindError
from .local_rules import instead_of_running
from .local_world import LocalWorld, as_texts, read_file

log = logging.getLogger("airflow.task")


def run_dag(
    dag: Any,
    execution_date: Any = None,
    run_conf: Optional[Dict[str, Any]] = None,
    conn_file_path: Optional[str] = None,
    variable_file_path: Optional[str] = None,
    use_executor: bool = False,
    mark_success_pattern: Any = None,
    *,
    logical_date: Any = None,
    run_after: Any = None,
    session: Any = None,
) -> DagRun:
    """The run as it ended; what its tasks print goes to the terminal. Retries do not wait."""
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="[%(asctime)s] %(levelname)s - %(message)s")
    at = time_values.as_datetime(logical_date or execution_date or run_after or time_values.utcnow(), "logical_date")
    assert at is not None
    world = LocalWorld(
        as_texts(read_file(variable_file_path, "variables")), read_file(conn_file_path, "connections")
    )
    before = supervisors.current()
    supervisors.set_current(world)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return LocalRun(dag, at, run_conf or {}, world, folder, mark_success_pattern).run()
    finally:
        supervisors.set_current(before)
        set_current(None)


class LocalRun:
    def __init__(self, dag: Any, at: datetime.datetime, conf: Dict[str, Any], world: LocalWorld, folder: str, marked: Any) -> None:
        self.dag = dag
        self.world = world
        self.folder = folder
        self.marked = re.compile(marked) if marked else None
        self.states: Dict[str, Dict[int, str]] = {}
        self.skips: Dict[int, set] = {}
        date = time_values.iso(at, dag.timezone)
        interval = self._interval(at)
        now = time_values.iso(time_values.utcnow())
        self.fields: Dict[str, Any] = {
            "runId": f"manual__{date}",
            "runType": "manual",
            "logicalDate": date,
            "dataIntervalStart": time_values.iso(interval[0], dag.timezone),
            "dataIntervalEnd": time_values.iso(interval[1], dag.timezone),
            "runAfter": now,
            "startDate": now,
            "conf": conf,
            "partitionKey": None,
            "clearNumber": 0,
            "triggeredBy": "test",
        }
        params = dag.params.validate() if not conf else {}
        for name in dag.params:
            if conf:
                params[name] = dag.params.get_param(name).resolve(conf[name]) if name in conf else dag.params[name]
        self.params = {**params, **conf}
        world.run = {**self.fields, "dagId": dag.dag_id, "state": "running", "endDate": None}

    def _interval(self, at: datetime.datetime) -> Any:
        try:
            return self.dag.timetable.infer_manual_data_interval(run_after=time_values.pendulum_or_plain(at))
        except NotImplementedError:
            return (at, at)
        except TradewindError as error:
            # Airflow's own timetables are the scheduler's to answer for, and here is none.
            if error.code != "TW_DAG_TEST":
                raise
            return (at, at)

    def run(self) -> DagRun:
        for task in self.dag.topological_sort():
            self._run_task(task)
        leaves = [task for task in self.dag.leaves if not task.is_teardown or task.on_failure_fail_dagrun]
        for task in self.dag.leaves:
            if task.is_teardown and not task.on_failure_fail_dagrun:
                leaves.extend(one for one in task.upstream_list if not one.is_teardown and not one.is_setup)
        bad = [state for task in leaves for state in self.states[task.task_id].values() if state in ("failed", "upstream_failed")]
        state = "failed" if bad else "success"
        result = DagRun(self.dag.dag_id, {**self.fields, "state": state}, self.world, self.dag)
        self.world.run["state"] = state
        result.end_date = time_values.pendulum_or_plain(time_values.utcnow())
        self._call_back(state)
        log.info("Dag run %s of %s: %s", result.run_id, self.dag.dag_id, state)
        return result

    def _call_back(self, state: str) -> None:
        from .attempt import call_callbacks

        name = "on_success_callback" if state == "success" else "on_failure_callback"
        callbacks = getattr(self.dag, name)
        task = next(iter(self.dag.tasks), None)
        if callbacks and task is not None:
            attempt = Attempt(self._start(task, -1, 1), self.dag, self.world, Interruption())
            attempt._prepare()
            call_callbacks(callbacks, attempt.context, name)

    # --- one task -----------------------------------------------------------------------

    def _run_task(self, task: Any) -> None:
        indexes = self._indexes(task)
        found: Dict[int, str] = {}
        self.states[task.task_id] = found
        if isinstance(indexes, str):
            found[-1] = indexes
        else:
            for index in indexes:
                found[index] = self._instance(task, index)
        for index, state in found.items():
            self.world.note(task, index, state=state)
            log.info("task %s%s: %s", task.task_id, "" if index < 0 else f"[{index}]", state)

    def _indexes(self, task: Any) -> Any:
        """Map indexes, or the state of a task that cannot be expanded."""
        expansion = task.expand_input if task.is_mapped else None
        group = task.get_closest_mapped_task_group()
        if group is not None and expansion is None:
            expansion = group.expand_input
        if expansion is None:
            return [-1]
        blocked = self._instead(task, -1)
        if blocked is not None:
            return blocked
        try:
            length = self._length(task, expansion)
        except Exception as error:
            log.error("task %s cannot be expanded: %s", task.task_id, error)
            return "failed"
        return list(range(length)) if length else "skipped"

    def _length(self, task: Any, expansion: Any) -> int:
        attempt = Attempt(self._start(task, -1, 1), self.dag, self.world, Interruption())
        attempt._prepare()
        values = expansion.value
        if not isinstance(values, dict):
            return len(values.resolve(attempt.context) if isinstance(values, XComArg) else values)
        product = 1
        for value in values.values():
            resolved = value.resolve(attempt.context) if isinstance(value, (XComArg, MappedArgument)) else value
            product *= len(resolved)
        return product

    def _instead(self, task: Any, index: int) -> Optional[str]:
        """What the tasks before it make of this instance, where they keep it from running."""
        if task.task_id in self.skips.get(-1, ()) or task.task_id in self.skips.get(index, ()):
            return "skipped"
        upstream: List[str] = []
        setups: List[str] = []
        for before in task.upstream_list:
            states = self.states[before.task_id]
            same = before.get_closest_mapped_task_group() is not None and before.get_closest_mapped_task_group() is task.get_closest_mapped_task_group()
            mine = [states[index]] if same and index in states else list(states.values())
            upstream.extend(mine)
            if before.is_setup:
                setups.extend(mine)
        return instead_of_running(str(task.trigger_rule), upstream, setups)

    def _instance(self, task: Any, index: int) -> str:
        blocked = self._instead(task, index)
        if blocked is not None:
            return blocked
        if self.marked is not None and self.marked.search(task.task_id):
            return "success"
        for number in range(1, int(task.retries or 0) + 2):
            self.world.note(task, index, state="running", tryNumber=number, startDate=time_values.iso(time_values.utcnow()))
            answer = self._attempt(task, index, number)
            self.world.note(task, index, endDate=time_values.iso(time_values.utcnow()))
            outcome = answer["result"]["outcome"]
            if outcome != "failed" or not answer["result"]["retryable"]:
                break
        result = answer["result"]
        if outcome == "failed":
            error = result["error"]
            log.error("task %s failed: %s: %s\n%s", task.task_id, error["name"], error["message"], error.get("stack") or "")
        elif outcome == "success":
            self._note_skips(task, index, result.get("skip"))
        return outcome if outcome in ("success", "failed", "skipped") else "failed"

    def _attempt(self, task: Any, index: int, number: int) -> Dict[str, Any]:
        self.world.forget(task.task_id, index)
        start = self._start(task, index, number)
        while True:
            self.world.start = start
            answer = Attempt(start, self.dag, self.world, Interruption()).run()
            for xcom in answer["xcoms"]:
                self.world.push(task.task_id, index, xcom["key"], xcom["value"])
            result = answer["result"]
            if result.get("value") is not None:
                self.world.push(task.task_id, index, "return_value", result["value"])
            if result["outcome"] == "deferred":
                start = {**start, "resume": _fire(result)}
            elif result["outcome"] == "reschedule":
                wait = (time_values.parse_instant(result["at"]) - time_values.utcnow()).total_seconds()
                time.sleep(max(0.0, wait))
                first = start.get("reschedule", {}).get("firstAt") or start["task"]["startDate"]
                start = {**start, "reschedule": {"firstAt": first, "count": start.get("reschedule", {}).get("count", 0) + 1}}
            else:
                return answer

    def _note_skips(self, task: Any, index: int, skip: Optional[Dict[str, Any]]) -> None:
        if not skip:
            return
        direct = list(task.downstream_task_ids)
        if "skipAll" in skip:
            ids = {one for one in task.get_flat_relative_ids() if not self.dag.get_task(one).is_teardown}
        elif "followed" in skip:
            kept = set(skip["followed"])
            for one in skip["followed"]:
                kept |= self.dag.get_task(one).get_flat_relative_ids()
            ids = {one for one in direct if one not in kept}
        else:
            ids = set(skip["skipped"])
        self.skips.setdefault(index, set()).update(ids)

    def _start(self, task: Any, index: int, number: int) -> Dict[str, Any]:
        timeout = task.execution_timeout
        return {
            "type": "start",
            "task": {
                "dagId": self.dag.dag_id,
                "taskId": task.task_id,
                "runId": self.fields["runId"],
                "mapIndex": index,
                "tryNumber": number,
                "maxTries": int(task.retries or 0),
                "attemptId": f"{task.task_id}-{index}-{number}",
                "startDate": time_values.iso(time_values.utcnow()),
            },
            "code": {"relativeFile": self.dag.fileloc, "dagsFolder": self.dag.folder, "files": {}},
            "run": self.fields,
            "xcoms": [],
            "params": {**dict(self.params)},
            "executionTimeout": None if timeout is None else timeout.total_seconds(),
            "memoryLimitMb": None,
            "artifactRoot": self.folder,
            "xcomInlineLimit": 2**40,
            "logLevel": "info",
            "context": {},
        }


def _fire(result: Dict[str, Any]) -> Dict[str, Any]:
    """Waits for the trigger in this process; the `resume` of the start message that follows."""
    module, _, name = result["trigger"]["classpath"].rpartition(".")
    from .xcom import decode_json, encode_json

    kwargs = {key: decode_json(value) for key, value in result["trigger"]["kwargs"].items()}
    trigger = getattr(importlib.import_module(module), name)(**kwargs)

    async def first() -> Any:
        async for event in trigger.run():
            return event
        raise RuntimeError(f"the trigger {name} ended without an event")

    resume: Dict[str, Any] = {"method": result["method"], "kwargs": result["kwargs"], "event": None}
    try:
        event = asyncio.run(asyncio.wait_for(first(), result["timeout"]))
        resume["event"] = encode_json(getattr(event, "payload", event), "the event of the trigger")
    except asyncio.TimeoutError:
        resume["error"] = "Trigger timeout"
    except Exception as error:
        resume["error"] = f"{type(error).__name__}: {error}"
    return resume
