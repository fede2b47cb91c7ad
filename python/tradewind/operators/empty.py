"""Operators that do nothing, or nothing but stand in the graph."""

from __future__ import annotations

from typing import Any, Optional

from ..airflow_compat.exceptions import AirflowException
from .base import BaseOperator, TaskGroup


class EmptyOperator(BaseOperator):
    """Does nothing; the scheduler ends it as success without starting a process for it."""

    ui_color = "#e8f7e4"
    inherits_from_empty_operator = True

    def execute(self, context: Any) -> None:
        pass


class SmoothOperator(BaseOperator):
    """Logs one line."""

    ui_color = "#e8f7e4"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.yt_link = "https://www.youtube.com/watch?v=4TYv2PhG89A"

    def execute(self, context: Any) -> None:
        self.log.info("Enjoy Sade - Smooth Operator: %s", self.yt_link)


class _BecomesGroup(type):
    """Who makes one gets the task group that it became."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs).group


class SubDagOperator(metaclass=_BecomesGroup):
    """Airflow 2's Dag inside a Dag, taken over as a task group of the same id.

    Airflow's naming rule holds: the inner Dag is called `outer.task_id`. Its tasks become `task_id.their_id`;
    its own schedule plays no part. Arguments for the operator itself (pool, trigger rule, …) have no task to go to,
    except for a trigger rule, which goes to the tasks that the inner Dag begins with.
    """

    ui_color = "#555"

    def __init__(self, *, subdag: Any, task_id: Optional[str] = None, dag: Any = None, **kwargs: Any) -> None:
        from ..airflow_compat.current import DagContext
        from ..airflow_compat.dag import DAG

        outer = dag or (kwargs.get("default_args") or {}).get("dag") or DagContext.get_current()
        group_id = task_id or str(subdag.dag_id).rpartition(".")[2]
        if not isinstance(outer, DAG):
            raise AirflowException(f"SubDagOperator {group_id!r} stands in no Dag: pass dag=")
        expected = f"{outer.dag_id}.{group_id}"
        if subdag.dag_id != expected:
            raise AirflowException(
                "The subdag's dag_id should have the form '{parent_dag_id}.{this_task_id}'. "
                f"Expected '{expected}'; received '{subdag.dag_id}'."
            )
        self.group = move_into_group(subdag, outer, group_id, kwargs.get("trigger_rule"))
def move_into_group(inner: Any, outer: Any, group_id: str, trigger_rule: Optional[str] = None) -> Any:
    """The tasks of `inner`, with their edges, as a new group of `outer`."""
    from .subdag import adopt

    return adopt(inner, outer, TaskGroup(group_id=group_id, dag=outer), trigger_rule)
