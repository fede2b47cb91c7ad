"""Skipping what comes after a task: branches and short circuits.

A decision is kept on the task instance as `skip_request` (SkipRequest of src/runtime/protocol.ts) and goes with the
attempt's result; the scheduler writes the states and remembers it for a later clear.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Union

from ..airflow_compat.exceptions import AirflowException
from .base import BaseOperator

Branches = Optional[Union[str, Iterable[str]]]


def request_skip(ti: Any, request: Dict[str, Any]) -> None:
    """Asks for tasks to be skipped when this attempt ends as success."""
    ti.skip_request = request


def _task_ids(tasks: Iterable[Any]) -> List[str]:
    """Ids of tasks; a group among them stands for all of its tasks."""
    ids: List[str] = []
    for task in tasks:
        if isinstance(task, str):
            ids.append(task)
        elif isinstance(task, tuple):
            ids.append(task[0])
        elif hasattr(task, "task_id"):
            ids.append(task.task_id)
        elif hasattr(task, "iter_tasks"):
            ids.extend(inner.task_id for inner in task.iter_tasks())
    return ids


class SkipMixin:
    """`skip` and `skip_all_except` for operators that decide about their downstream tasks."""

    inherits_from_skipmixin = True

    def skip(self, *args: Any, ti: Any = None, tasks: Optional[Iterable[Any]] = None, **_: Any) -> None:
        """Airflow 3: `skip(ti, tasks)`; Airflow 2: `skip(dag_run, execution_date, tasks, map_index)`."""
        instance = ti if ti is not None else (args[0] if args and hasattr(args[0], "task_id") else _current_ti())
        chosen = tasks if tasks is not None else (args[-1] if args and not hasattr(args[-1], "task_id") else None)
        if isinstance(chosen, int) and len(args) > 2:
            chosen = args[2]
        ids = _task_ids(chosen or [])
        if ids:
            request_skip(instance, {"skipped": ids})

    def skip_all_except(self, ti: Any, branch_task_ids: Branches) -> None:
        """Skips the tasks directly after this one that are not among `branch_task_ids` nor behind one of them."""
        ids = self._branch_ids(branch_task_ids)
        log = getattr(self, "log", None)
        if log is not None:
            log.info("Following branch %s", set(ids))
        dag = ti.task.dag
        invalid = {task_id for task_id in ids if task_id not in dag.task_dict}
        if invalid:
            raise AirflowException(
                f"'branch_task_ids' must contain only valid task_ids. Invalid tasks found: {invalid}."
            )
        request_skip(ti, {"followed": ids})

    @staticmethod
    def _branch_ids(branch_task_ids: Branches) -> List[str]:
        if branch_task_ids is None:
            return []
        if isinstance(branch_task_ids, str):
            return [branch_task_ids]
        if not isinstance(branch_task_ids, Iterable):
            raise AirflowException(
                "'branch_task_ids' must be either None, a task ID, or an Iterable of IDs, "
                f"but got {type(branch_task_ids).__name__!r}."
            )
        ids = list(dict.fromkeys(branch_task_ids))
        invalid = {(task_id, type(task_id).__name__) for task_id in ids if not isinstance(task_id, str)}
        if invalid:
            raise AirflowException(
                "Unable to branch to the specified tasks. The branching function returned invalid "
                f"'branch_task_ids': {invalid}. Please check that your function returns an Iterable of valid task "
                "IDs that exist in your DAG."
            )
        return ids


def _current_ti() -> Any:
    from ..context import get_current_context

    return get_current_context()["ti"]


class BranchMixIn(SkipMixin):
    """`do_branch` for operators that choose what runs next."""

    def do_branch(self, context: Any, branches_to_execute: Branches) -> Branches:
        self.log.info("Branch into %s", branches_to_execute)  # type: ignore[attr-defined]
        ti = context["ti"]
        if branches_to_execute is None:
            self.skip_all_except(ti, None)
        else:
            self.skip_all_except(ti, self._expand_task_group_roots(ti, branches_to_execute))
        return branches_to_execute

    def _expand_task_group_roots(self, ti: Any, branches: Any) -> Any:
        """A group's id stands for the tasks that the group begins with."""
        if isinstance(branches, str):
            branches = [branches]
        elif not isinstance(branches, Iterable):
            return branches
        groups = getattr(ti.task.dag, "task_group_dict", {})
        ids: List[Any] = []
        for branch in branches:
            if isinstance(branch, str) and branch in groups:
                ids.extend(root.task_id for root in groups[branch].get_roots())
            else:
                ids.append(branch)
        return ids


class BaseBranchOperator(BaseOperator, BranchMixIn):
    """Subclasses choose with `choose_branch(context)`: a task id, a group id, a list of them, or None for none."""

    inherits_from_skipmixin = True

    def choose_branch(self, context: Any) -> Branches:
        raise NotImplementedError

    def execute(self, context: Any) -> Branches:
        return self.do_branch(context, self.choose_branch(context))
