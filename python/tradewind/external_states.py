"""States of runs, tasks and groups of other Dags: what to ask the scheduler for, and when the answer is enough."""

from __future__ import annotations

import datetime as dt
from typing import Any, Collection, Dict, List, Optional, Sequence, Tuple

Question = Tuple[str, Dict[str, Any]]


def question(
    dag_id: str,
    *,
    dates: Optional[Sequence[dt.datetime]] = None,
    run_ids: Optional[Sequence[str]] = None,
    task_ids: Optional[Collection[str]] = None,
    group_id: Optional[str] = None,
) -> Question:
    """Method and params of the request. Without tasks and group it is about whole runs, which are found by their dates."""
    asked: Dict[str, Any] = {"dagId": dag_id}
    if dates is not None:
        asked["logicalDates"] = [date.isoformat() for date in dates]
    if not task_ids and group_id is None:
        return "dag-run.list", asked
    if run_ids is not None:
        asked["runIds"] = list(run_ids)
    asked.update({"taskIds": list(task_ids)} if task_ids else {"taskGroupId": group_id})
    return "task-instance.states", asked


def states_by_run(method: str, answer: Any) -> Dict[str, List[Optional[str]]]:
    if method == "dag-run.list":
        return {run["runId"]: [run["state"]] for run in answer}
    return {run_id: list(tasks.values()) for run_id, tasks in answer.items()}


def any_in(states: List[Optional[str]], wanted: Collection[str]) -> bool:
    return any(state in wanted for state in states)


def all_in(states: List[Optional[str]], wanted: Collection[str], at_least: int = 0) -> bool:
    return bool(states) and all(state in wanted for state in states) and len(states) >= at_least
