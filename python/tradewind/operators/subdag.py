"""Taking the tasks of one Dag into a group of another."""

from __future__ import annotations

from typing import Any, Optional

from ..airflow_compat.current import DagContext


def adopt(inner: Any, outer: Any, group: Any, trigger_rule: Optional[str]) -> Any:
    """Every task of `inner` under the group's prefix in `outer`, with the edges it had; returns the group."""
    DagContext.autoregistered_dags[:] = [dag for dag in DagContext.autoregistered_dags if dag is not inner]
    inner.auto_register = False
    inner.is_subdag = True
    tasks = list(inner.task_dict.values())
    edges = [(task.task_id, after) for task in tasks for after in task.downstream_task_ids]
    roots = {task.task_id for task in tasks if not task.upstream_task_ids}
    renamed = {}
    for task in tasks:
        old = task.task_id
        _leave(task)
        if task.start_date is None:
            task.start_date = inner.start_date
        object.__setattr__(task, "task_id", group.child_id(old))
        object.__setattr__(task, "task_group", None)
        group.add(task)
        task.task_group = group
        outer.add_task(task)
        if trigger_rule is not None and old in roots:
            task.trigger_rule = trigger_rule
        renamed[old] = task
    for before, after in edges:
        renamed[before].set_downstream(renamed[after])
    return group


def _leave(task: Any) -> None:
    """Out of the inner Dag: no Dag, no edges."""
    object.__setattr__(task, "_dag", None)
    task._init_edges()
