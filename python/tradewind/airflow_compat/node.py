"""What tasks, task groups, XComArgs and edge labels share: `>>`, `<<`, set_upstream, set_downstream."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Iterator, List, Optional

if TYPE_CHECKING:
    from .dag import DAG
    from .edges import EdgeModifier

KEY = re.compile(r"^[\w.-]+$")
GROUP_KEY = re.compile(r"^[\w-]+$")


def validate_key(key: str, max_length: int = 250) -> None:
    """Of a Dag or task id. Raises TypeError, ValueError."""
    if not isinstance(key, str):
        raise TypeError(f"The key has to be a string and is {type(key)}:{key}")
    if len(key) > max_length:
        raise ValueError(f"The key has to be less than {max_length} characters, not {len(key)}")
    if not KEY.match(key):
        raise ValueError(
            f"The key {key!r} has to be made of alphanumeric characters, dashes, dots, and underscores exclusively"
        )


def validate_group_key(key: str, max_length: int = 200) -> None:
    if not isinstance(key, str):
        raise TypeError(f"The key has to be a string and is {type(key)}:{key}")
    if len(key) > max_length:
        raise ValueError(f"The key has to be less than {max_length} characters, not {len(key)}")
    if not GROUP_KEY.match(key):
        raise ValueError(
            f"The key {key!r} has to be made of alphanumeric characters, dashes, and underscores exclusively"
        )


class DependencyMixin:
    """`a >> b`, `a >> [b, c]`, `[a, b] >> c` and the mirror images."""

    is_setup = False
    is_teardown = False

    @property
    def roots(self) -> Sequence["DependencyMixin"]:
        raise NotImplementedError

    @property
    def leaves(self) -> Sequence["DependencyMixin"]:
        raise NotImplementedError

    def set_upstream(self, other: Any, edge_modifier: Optional["EdgeModifier"] = None) -> None:
        raise NotImplementedError

    def set_downstream(self, other: Any, edge_modifier: Optional["EdgeModifier"] = None) -> None:
        raise NotImplementedError

    def update_relative(
        self, other: "DependencyMixin", upstream: bool = True, edge_modifier: Optional["EdgeModifier"] = None
    ) -> None:
        """Told when an edge to or from this one was set; labels and groups note it."""

    def as_setup(self) -> "DependencyMixin":
        raise NotImplementedError

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: Optional[bool] = None) -> "DependencyMixin":
        raise NotImplementedError

    def __lshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return other

    def __rshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return other

    def __rrshift__(self, other: Any) -> Any:
        self.__lshift__(other)
        return self

    def __rlshift__(self, other: Any) -> Any:
        self.__rshift__(other)
        return self

    @classmethod
    def _iter_references(cls, value: Any) -> Iterator[Any]:
        return iter(())


def listed(items: Any) -> List[Any]:
    """One thing or several, nested or not, as a flat list."""
    if isinstance(items, DependencyMixin) or not isinstance(items, Iterable) or isinstance(items, (str, bytes)):
        return [items]
    return [one for item in items for one in listed(item)]


class DAGNode(DependencyMixin):
    """A task or a task group."""

    dag: Optional["DAG"] = None
    task_group: Any = None
    upstream_task_ids: "OrderedIds"
    downstream_task_ids: "OrderedIds"

    @property
    def node_id(self) -> str:
        raise NotImplementedError

    @property
    def label(self) -> str:
        """The id without the prefix of its group."""
        group = self.task_group
        if group is not None and group.node_id and group.prefix_group_id:
            prefix = f"{group.node_id}."
            if self.node_id.startswith(prefix):
                return self.node_id[len(prefix) :]
        return self.node_id

    def has_dag(self) -> bool:
        return self.dag is not None

    @property
    def dag_id(self) -> str:
        return self.dag.dag_id if self.dag is not None else "_in_memory_dag_"

    @property
    def upstream_list(self) -> List[Any]:
        return [self._dag_of_edges().get_task(task_id) for task_id in self.upstream_task_ids]

    @property
    def downstream_list(self) -> List[Any]:
        return [self._dag_of_edges().get_task(task_id) for task_id in self.downstream_task_ids]

    def get_direct_relative_ids(self, upstream: bool = False) -> "OrderedIds":
        return self.upstream_task_ids if upstream else self.downstream_task_ids

    def get_direct_relatives(self, upstream: bool = False) -> List[Any]:
        return self.upstream_list if upstream else self.downstream_list

    def get_flat_relative_ids(self, *, upstream: bool = False) -> set:
        """Ids of all tasks before (or after) it, directly or not."""
        dag = self._dag_of_edges()
        found: set = set()
        todo = list(self.get_direct_relative_ids(upstream))
        while todo:
            task_id = todo.pop()
            if task_id not in found:
                found.add(task_id)
                todo.extend(dag.get_task(task_id).get_direct_relative_ids(upstream))
        return found

    def get_flat_relatives(self, upstream: bool = False) -> List[Any]:
        dag = self._dag_of_edges()
        return [dag.get_task(task_id) for task_id in self.get_flat_relative_ids(upstream=upstream)]

    def _dag_of_edges(self) -> "DAG":
        if self.dag is None:
            raise RuntimeError(f"Operator {self} has not been assigned to a Dag yet")
        return self.dag

    def set_downstream(self, other: Any, edge_modifier: Optional["EdgeModifier"] = None) -> None:
        self._set_relatives(other, False, edge_modifier)

    def set_upstream(self, other: Any, edge_modifier: Optional["EdgeModifier"] = None) -> None:
        self._set_relatives(other, True, edge_modifier)

    def _set_relatives(self, other: Any, upstream: bool, edge_modifier: Optional["EdgeModifier"]) -> None:
        others: List[Any] = []
        for item in listed(other):
            if not isinstance(item, DependencyMixin):
                raise TypeError(
                    f"Relationships can only be set between Operators; received {type(item).__name__}"
                )
            item.update_relative(self, not upstream, edge_modifier=edge_modifier)
            others.extend(item.leaves if upstream else item.roots)
        for task in others:
            _join(task, self, edge_modifier) if upstream else _join(self, task, edge_modifier)


def _join(before: Any, after: Any, edge_modifier: Optional["EdgeModifier"]) -> None:
    dags = [task.dag for task in (before, after) if task.dag is not None]
    if not dags:
        raise ValueError(
            "Tried to create relationships between tasks that don't have Dags yet. "
            f"Set the Dag for at least one task and try again: {[before, after]}"
        )
    if len(dags) == 2 and dags[0] is not dags[1]:
        raise RuntimeError(f"Tried to set relationships between tasks in more than one Dag: {dags}")
    dag = dags[0]
    for task in (before, after):
        if task.dag is None:
            dag.add_task(task)
    before.downstream_task_ids.add(after.node_id)
    after.upstream_task_ids.add(before.node_id)
    if edge_modifier is not None:
        edge_modifier.add_edge_info(dag, before.node_id, after.node_id)


class OrderedIds(dict):
    """A set of ids that keeps the order in which they came, so that a Dag serializes to the same bytes each time."""

    def __init__(self, ids: Iterable = ()) -> None:
        super().__init__((one, None) for one in ids)

    def add(self, one: str) -> None:
        self[one] = None

    def discard(self, one: str) -> None:
        self.pop(one, None)

    def remove(self, one: str) -> None:
        del self[one]

    def update(self, ids: Iterable) -> None:  # type: ignore[override]
        for one in ids:
            self[one] = None

    def isdisjoint(self, ids: Iterable) -> bool:
        return not any(one in self for one in ids)

    def copy(self) -> "OrderedIds":
        return OrderedIds(self)

    def __eq__(self, other: object) -> bool:
        return set(self) == set(other) if isinstance(other, (set, frozenset, dict, list, tuple)) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __and__(self, other: Any) -> set:
        return set(self) & set(other)

    def __or__(self, other: Any) -> set:  # type: ignore[override]
        return set(self) | set(other)

    def __sub__(self, other: Any) -> set:
        return set(self) - set(other)

    __rand__ = __and__
    __ror__ = __or__  # type: ignore[assignment]

    def __rsub__(self, other: Any) -> set:
        return set(other) - set(self)

    def __repr__(self) -> str:
        return repr(set(self))

    def __reduce__(self) -> Any:
        return OrderedIds, (list(self),)
