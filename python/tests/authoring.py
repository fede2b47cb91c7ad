"""What the tests of authoring share: a Dag file from text, and the context of a made-up attempt."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import textwrap
import types
from typing import Any, Dict, List, Optional, Tuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tradewind import dag_collection, era  # noqa: E402
from tradewind.attempt_values import AttemptValues  # noqa: E402
from tradewind.context import build_context, set_current  # noqa: E402
from tradewind.serialize import serialize_dag  # noqa: E402
from tradewind.task_instance import TaskInstance  # noqa: E402
from tradewind.xcom import ValueStore  # noqa: E402

PRELUDE = """
from datetime import datetime, timedelta
from tradewind.airflow_compat.dag import DAG
from tradewind.airflow_compat.decorators import dag, setup, task, task_group, teardown
from tradewind.airflow_compat.baseoperator import BaseOperator, chain, chain_linear, cross_downstream
from tradewind.airflow_compat.taskgroup import TaskGroup
from tradewind.airflow_compat.edges import Label
from tradewind.airflow_compat.param import Param
from tradewind.airflow_compat.assets import Asset, AssetAlias, Dataset
from tradewind.operators.python import PythonOperator, BranchPythonOperator
from tradewind.operators.bash import BashOperator
from tradewind.operators.empty import EmptyOperator
"""
PRELUDE_LINES = PRELUDE.count("\n")


def dags_of(text: str) -> Tuple[List[Any], era.FileEra]:
    """The Dags of a file with the text after PRELUDE."""
    dag_collection.reset()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file.py")
        source = PRELUDE + textwrap.dedent(text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        module = types.ModuleType("file")
        module.__file__ = path
        with era.for_file(path, source) as state, contextlib.redirect_stderr(io.StringIO()):
            exec(compile(source, path, "exec"), module.__dict__)
            return dag_collection.collect(module), state


def dag_of(text: str) -> Any:
    return dags_of(text)[0][0]


def spec_of(text: str) -> Dict[str, Any]:
    return serialize_dag(dag_of(text), "file.py")


def tasks_of(spec: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
    return {task["taskId"]: task for task in spec["tasks"]}


def edges_of(spec: Dict[str, Any]) -> List[Tuple[str, str]]:
    return sorted((before, task["taskId"]) for task in spec["tasks"] for before in task["upstream"])


class World:
    """Answers what a task asks, from dicts."""

    def __init__(self, xcoms: Optional[Dict[Tuple[str, int, str], Any]] = None, variables: Optional[Dict[str, str]] = None) -> None:
        self.xcoms = xcoms or {}
        self.variables = variables or {}
        self.runs: List[Dict[str, Any]] = []
        self.asked: List[str] = []

    def request(self, method: str, params: Dict[str, Any]) -> Any:
        self.asked.append(method)
        if method == "xcom.get":
            indexes = params.get("mapIndexes")
            return [
                {"taskId": task_id, "mapIndex": index, "value": {"json": value}}
                for (task_id, index, key), value in sorted(self.xcoms.items(), key=lambda one: one[0][1])
                if task_id in params["taskIds"] and key == params["key"] and (indexes is None or index in indexes)
            ]
        if method == "dag-run.list":
            return self.runs
        return None

    def get_variable(self, key: str) -> Optional[str]:
        return self.variables.get(key)

    def tell_request(self, method: str, params: Dict[str, Any]) -> None:
        pass


def start_of(dag: Any, task_id: str, map_index: int = -1, **run: Any) -> Dict[str, Any]:
    return {
        "task": {
            "dagId": dag.dag_id,
            "taskId": task_id,
            "runId": "scheduled__2024-03-01",
            "mapIndex": map_index,
            "tryNumber": 1,
            "maxTries": 0,
            "attemptId": "a1",
            "startDate": "2024-03-02T00:00:01.000Z",
        },
        "run": {
            "runType": "scheduled",
            "logicalDate": "2024-03-01T00:00:00.000Z",
            "dataIntervalStart": "2024-03-01T00:00:00.000Z",
            "dataIntervalEnd": "2024-03-02T00:00:00.000Z",
            "runAfter": "2024-03-02T00:00:00.000Z",
            "startDate": "2024-03-02T00:00:00.000Z",
            "conf": {},
            "partitionKey": None,
            "clearNumber": 0,
            "triggeredBy": "timetable",
            **run,
        },
        "xcoms": [],
        "params": {},
        "artifactRoot": "",
        "xcomInlineLimit": 2**40,
    }


def context_of(dag: Any, task_id: str, world: Optional[World] = None, map_index: int = -1, **run: Any) -> Any:
    start = start_of(dag, task_id, map_index, **run)
    world = world or World()
    values = AttemptValues(start, world, ValueStore(start["task"], "", 2**40))  # type: ignore[arg-type]
    task = dag.get_task(task_id)
    ti = TaskInstance(start, task, values)
    context = build_context(start, dag, task, ti, world)
    ti.context = context
    set_current(context)
    return context


def prepared(dag: Any, task_id: str, world: Optional[World] = None, map_index: int = -1, **run: Any) -> Tuple[Any, Any]:
    """The operator as it is just before `execute`, and its context."""
    context = context_of(dag, task_id, world, map_index, **run)
    operator = dag.get_task(task_id).resolve_inputs(context)
    context["task"] = context["ti"].task = operator
    operator.render_template_fields(context)
    return operator, context


def executed(dag: Any, task_id: str, world: Optional[World] = None, map_index: int = -1, **run: Any) -> Any:
    operator, context = prepared(dag, task_id, world, map_index, **run)
    return operator.execute(context)
