"""`dag.partial_subset(...)`: the Dag with some of its tasks."""

from __future__ import annotations

import copy
import re
from typing import Any, Iterable, Set

from .node import OrderedIds


def partial_subset(dag: Any, wanted: Any, downstream: bool, upstream: bool, direct_upstream: bool) -> Any:
    """`wanted` is a task id, a regular expression, or ids; with what is after, before, or directly before them."""
    chosen = _chosen(dag, wanted)
    kept: Set[str] = set(chosen)
    for task_id in chosen:
        task = dag.get_task(task_id)
        if downstream:
            kept |= task.get_flat_relative_ids(upstream=False)
        if upstream:
            kept |= task.get_flat_relative_ids(upstream=True)
        elif direct_upstream:
            kept |= set(task.upstream_task_ids)
    subset = copy.copy(dag)
    subset.task_dict = {}
    for task_id, task in dag.task_dict.items():
        if task_id not in kept:
            continue
        other = copy.copy(task)
        object.__setattr__(other, "_dag", subset)
        object.__setattr__(other, "upstream_task_ids", OrderedIds(one for one in task.upstream_task_ids if one in kept))
        object.__setattr__(other, "downstream_task_ids", OrderedIds(one for one in task.downstream_task_ids if one in kept))
        subset.task_dict[task_id] = other
    subset.partial = len(kept) < len(dag.task_dict)
    return subset


def _chosen(dag: Any, wanted: Any) -> Iterable[str]:
    if isinstance(wanted, (str, re.Pattern)):
        pattern = re.compile(wanted)
        return [task_id for task_id in dag.task_dict if pattern.search(task_id)]
    return [task_id for task_id in dag.task_dict if task_id in set(wanted or ())]
