"""Labels on edges, and the functions that draw many edges at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, List, Optional

from .node import DAGNode, DependencyMixin, listed


class EdgeModifier(DependencyMixin):
    """Stands in an edge (`a >> Label("yes") >> b`) and notes it in the Dag."""

    def __init__(self, label: Optional[str] = None) -> None:
        self.label = label
        self._upstream: List[Any] = []
        self._downstream: List[Any] = []

    @property
    def roots(self) -> List[Any]:
        return self._downstream

    @property
    def leaves(self) -> List[Any]:
        return self._upstream

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        self._note(other, self._upstream)
        for node in self._downstream:
            node.set_upstream(listed(other), edge_modifier=self)

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        self._note(other, self._downstream)
        for node in self._upstream:
            node.set_downstream(listed(other), edge_modifier=self)

    def _note(self, other: Any, side: List[Any]) -> None:
        for node in listed(other):
            if not isinstance(node, DependencyMixin) or isinstance(node, EdgeModifier):
                raise TypeError(
                    f"Cannot use edge labels with {type(node).__name__}, only tasks, XComArg or TaskGroups"
                )
            if all(node is not known for known in side):
                side.append(node)
        if self._upstream and self._downstream and len({_group_of(node) for node in self._both()}) != 1:
            # Airflow: an edge between groups is one of the groups as wholes.
            self._upstream[:] = [_as_group(node) for node in self._upstream]
            self._downstream[:] = [_as_group(node) for node in self._downstream]

    def _both(self) -> List[Any]:
        return [*self._upstream, *self._downstream]

    def update_relative(self, other: DependencyMixin, upstream: bool = True, edge_modifier: Any = None) -> None:
        self.set_upstream(other) if upstream else self.set_downstream(other)

    def add_edge_info(self, dag: Any, upstream_id: str, downstream_id: str) -> None:
        dag.set_edge_info(upstream_id, downstream_id, {"label": self.label})

    def as_setup(self) -> DependencyMixin:
        raise AttributeError("an edge label cannot be a setup")


def _group_of(node: Any) -> Any:
    node = getattr(node, "operator", node) if not isinstance(node, DAGNode) else node
    if hasattr(node, "children"):
        return node.group_id
    group = getattr(node, "task_group", None)
    return None if group is None or group.is_root else group.group_id


def _as_group(node: Any) -> Any:
    if isinstance(node, DAGNode) and not hasattr(node, "children"):
        group = node.task_group
        if group is not None and not group.is_root:
            return group
    return node


def Label(label: str) -> EdgeModifier:  # noqa: N802 - the name is Airflow's
    """Gives the edge it stands in a text."""
    return EdgeModifier(label=label)


def _pairs(up: Any, down: Any, what: str) -> None:
    up_many, down_many = _is_list(up), _is_list(down)
    if up_many and down_many:
        if len(up) != len(down):
            raise ValueError(
                f"Chain not supported for different length Iterable. Got {len(up)} and {len(down)}."
            )
        for before, after in zip(up, down):
            before.set_downstream(after)
    elif up_many or down_many:
        for before in up if up_many else [up]:
            for after in down if down_many else [down]:
                before.set_downstream(after)
    else:
        up.set_downstream(down)


def _is_list(item: Any) -> bool:
    return isinstance(item, Sequence) and not isinstance(item, (str, DependencyMixin))


def _checked(items: Sequence, what: str) -> None:
    for item in items:
        if not isinstance(item, DependencyMixin) and not _is_list(item):
            raise TypeError(
                f"{what} not supported between instances of {type(item).__name__}: expected operators, XComArgs, "
                "task groups, labels, or lists of them"
            )


def chain(*tasks: Any) -> None:
    """`chain(a, [b, c], [d, e], f)`: lists of one length are joined pair by pair, else all with all."""
    _checked(tasks, "Chain")
    for up, down in zip(tasks, tasks[1:]):
        _pairs(up, down, "Chain")


def cross_downstream(from_tasks: Any, to_tasks: Any) -> None:
    """Each of the first before each of the second."""
    for task in from_tasks:
        task.set_downstream(to_tasks)


def chain_linear(*elements: Any) -> None:
    """Like chain, but lists next to each other are joined all with all."""
    _checked(elements, "Chain")
    rows = [list(element) if _is_list(element) else [element] for element in elements]
    found = False
    previous: List[Any] = []
    for row in rows:
        if previous and row:
            found = True
            for before in previous:
                before.set_downstream(row)
        if row:
            previous = row
    if not found:
        raise ValueError("No dependencies were set. Did you forget to expand with `*`?")
