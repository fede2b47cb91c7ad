"""Task groups: a prefix for the ids of their tasks, default arguments of their own, one end of an edge."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Set

from tradewind.suggest import unknown_argument

from .call_site import call_site
from .current import DagContext, TaskGroupContext
from .exceptions import AirflowException, DuplicateTaskIdFound, NodeNotFound, TaskAlreadyInTaskGroup
from .node import DAGNode, DependencyMixin, OrderedIds, listed, validate_group_key

if TYPE_CHECKING:
    from .dag import DAG

ARGUMENTS = (
    "group_id",
    "prefix_group_id",
    "parent_group",
    "dag",
    "default_args",
    "tooltip",
    "ui_color",
    "ui_fgcolor",
    "add_suffix_on_collision",
    "group_display_name",
    "doc_md",
)


class TaskGroup(DAGNode):
    """`with TaskGroup("prepare"):` or `TaskGroup("prepare", dag=dag)`; arguments as in Airflow."""

    def __init__(
        self,
        group_id: Optional[str] = None,
        prefix_group_id: bool = True,
        parent_group: Optional["TaskGroup"] = None,
        dag: Optional["DAG"] = None,
        default_args: Optional[Dict[str, Any]] = None,
        tooltip: str = "",
        ui_color: str = "CornflowerBlue",
        ui_fgcolor: str = "#000",
        add_suffix_on_collision: bool = False,
        group_display_name: str = "",
        doc_md: Optional[str] = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(unknown_argument("TaskGroup", next(iter(unknown)), ARGUMENTS))
        self.prefix_group_id = prefix_group_id
        self.default_args = copy.copy(default_args or {})
        self.tooltip = tooltip
        self.ui_color = ui_color
        self.ui_fgcolor = ui_fgcolor
        self.add_suffix_on_collision = add_suffix_on_collision
        self.group_display_name = group_display_name or ""
        self.doc_md = doc_md
        self.children: Dict[str, Any] = {}
        self.upstream_group_ids: Set[Optional[str]] = set()
        self.downstream_group_ids: Set[Optional[str]] = set()
        self.upstream_task_ids = OrderedIds()
        self.downstream_task_ids = OrderedIds()
        self.line = call_site()[1]
        self._group_id = group_id
        self._place(group_id, parent_group, dag)

    def _place(self, group_id: Optional[str], parent: Optional["TaskGroup"], dag: Optional["DAG"]) -> None:
        if group_id is None:
            # The root of a Dag.
            self.dag = dag
            self.parent_group: Optional[TaskGroup] = None
            self.used_group_ids: Set[Optional[str]] = set()
            return
        if not isinstance(group_id, str):
            raise ValueError("group_id must be str")
        if not group_id:
            raise ValueError("group_id must not be empty")
        validate_group_key(group_id)
        if parent is None and dag is None:
            dag = DagContext.get_current()
        if parent is None:
            if dag is None:
                raise RuntimeError("TaskGroup can only be used inside a dag")
            parent = TaskGroupContext.get_current(dag)
        if parent is None:
            raise RuntimeError("TaskGroup must have a parent_group except for the root TaskGroup")
        self.parent_group = parent
        self.task_group = parent
        self.dag = dag if dag is not None else parent.dag
        if self.dag is not None and parent.dag is not self.dag:
            raise RuntimeError(f"Cannot mix TaskGroups from different Dags: {self.dag} and {parent.dag}")
        self.default_args = {**copy.copy(parent.default_args), **self.default_args}
        self.used_group_ids = parent.used_group_ids
        self._rename_on_collision()
        self.used_group_ids.add(self.group_id)
        parent.add(self)

    def _rename_on_collision(self) -> None:
        if self.group_id not in self.used_group_ids:
            return
        if not self.add_suffix_on_collision:
            raise DuplicateTaskIdFound(f"group_id '{self._group_id}' has already been added to the DAG")
        base = re.split(r"__\d+$", str(self._group_id))[0]
        number = 1
        while True:
            self._group_id = f"{base}__{number}"
            if self.group_id not in self.used_group_ids:
                return
            number += 1

    @classmethod
    def create_root(cls, dag: "DAG") -> "TaskGroup":
        return cls(group_id=None, dag=dag)

    @property
    def is_root(self) -> bool:
        return self._group_id is None

    @property
    def group_id(self) -> Optional[str]:
        """The id with the prefixes of the groups around it; None for the root."""
        parent = self.parent_group
        if parent is not None and parent.prefix_group_id and parent._group_id is not None:
            return parent.child_id(self._group_id)
        return self._group_id

    @property
    def node_id(self) -> str:  # type: ignore[override]
        return self.group_id  # type: ignore[return-value]

    @property
    def label(self) -> Optional[str]:  # type: ignore[override]
        return self._group_id

    @property
    def task_group_display_name(self) -> str:
        return self.group_display_name or str(self._group_id)

    def child_id(self, label: Any) -> Any:
        if self.prefix_group_id and self.group_id:
            return f"{self.group_id}.{label}"
        return label

    def add(self, task: Any) -> Any:
        """Takes in a task or a group. Raises DuplicateTaskIdFound, TaskAlreadyInTaskGroup."""
        if not isinstance(task, TaskGroup):
            old = task.task_group
            if old is not None and old is not self and task.node_id in old.children:
                raise TaskAlreadyInTaskGroup(
                    f"cannot add '{task.node_id}' to '{self.group_id}': it is in task group '{old.group_id}'"
                )
        key = task.node_id
        present = self.children.get(key)
        if present is task:
            return task
        if present is not None:
            kind = "Task group" if isinstance(present, TaskGroup) else "Task"
            raise DuplicateTaskIdFound(f"{kind} id '{key}' has already been added to the DAG")
        if isinstance(task, TaskGroup):
            if self.dag is not None and task.dag is not None and task.dag is not self.dag:
                raise RuntimeError(f"Cannot mix TaskGroups from different Dags: {self.dag} and {task.dag}")
            if task.children:
                raise AirflowException("Cannot add a non-empty TaskGroup")
            task.parent_group = self
        task.task_group = self
        self.children[key] = task
        return task

    def __iter__(self) -> Iterator[Any]:
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                yield from child
            else:
                yield child

    def iter_tasks(self) -> Iterator[Any]:
        return iter(self)

    def has_task(self, task: Any) -> bool:
        return any(task is one for one in self)

    def __getitem__(self, label: str) -> Any:
        return self.get_child_by_label(label)

    def get_child_by_label(self, label: str) -> Any:
        try:
            return self.children[self.child_id(label)]
        except KeyError:
            raise NodeNotFound(f"Task {label!r} not found") from None

    def get_task_group_dict(self) -> Dict[Optional[str], "TaskGroup"]:
        found: Dict[Optional[str], TaskGroup] = {self.group_id: self}
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                found.update(child.get_task_group_dict())
        return found

    def iter_mapped_task_groups(self) -> Iterator[Any]:
        group: Optional[TaskGroup] = self
        while group is not None:
            if isinstance(group, MappedTaskGroup):
                yield group
            group = group.parent_group

    @property
    def roots(self) -> List[Any]:
        return list(self.get_roots())

    @property
    def leaves(self) -> List[Any]:
        return list(self.get_leaves())

    def get_roots(self) -> Iterator[Any]:
        """Tasks with nothing before them inside of the group."""
        tasks = list(self)
        ids = {task.node_id for task in tasks}
        for task in tasks:
            if task.upstream_task_ids.isdisjoint(ids):
                yield task

    def get_leaves(self) -> Iterator[Any]:
        """Tasks with nothing after them; for a teardown the work before it (teardowns never hold up what follows)."""
        tasks = list(self)
        ids = {task.node_id for task in tasks}
        seen: Set[str] = set()
        for task in tasks:
            if task.downstream_task_ids.isdisjoint(ids):
                found = self._work_before(task, ids) if task.is_teardown else iter([task])
                for leaf in found:
                    if leaf.node_id not in seen:
                        seen.add(leaf.node_id)
                        yield leaf

    def _work_before(self, teardown: Any, ids: Set[str]) -> Iterator[Any]:
        for before in teardown.upstream_list:
            if before.node_id not in ids:
                continue
            if before.is_teardown:
                yield from self._work_before(before, ids)
            elif not (teardown.is_teardown and before.is_setup):
                others = [task for task in before.downstream_list if task.node_id in ids]
                if all(task.is_teardown for task in others):
                    yield before

    def update_relative(self, other: DependencyMixin, upstream: bool = True, edge_modifier: Any = None) -> None:
        nodes, groups = (
            (self.upstream_task_ids, self.upstream_group_ids)
            if upstream
            else (self.downstream_task_ids, self.downstream_group_ids)
        )
        if isinstance(other, TaskGroup):
            groups.add(other.group_id)
            back = other.downstream_group_ids if upstream else other.upstream_group_ids
            back.add(self.group_id)
            return
        for task in other.roots if upstream else other.leaves:
            node_id = getattr(task, "node_id", None)
            if node_id is not None:
                nodes.add(node_id)

    def _set_relatives(self, other: Any, upstream: bool, edge_modifier: Any) -> None:
        others = listed(other)
        for node in others:
            if not isinstance(node, DependencyMixin):
                raise TypeError(f"Relationships can only be set between Operators; received {type(node).__name__}")
            self.update_relative(node, upstream=upstream)
        for task in self.roots if upstream else self.leaves:
            task._set_relatives(others, upstream, edge_modifier)
        for node in others:
            # A label learns of the group itself.
            if not (self.roots if upstream else self.leaves):
                node.update_relative(self, not upstream, edge_modifier=edge_modifier)

    def add_task(self, task: Any) -> None:
        """Of `with group.setup…` blocks: notes a task made elsewhere."""
        self.add(task)

    def as_setup(self) -> DependencyMixin:
        for task in self:
            task.is_setup = True
        return self

    def __enter__(self) -> "TaskGroup":
        TaskGroupContext.push(self)
        return self

    def __exit__(self, *_: Any) -> None:
        TaskGroupContext.pop()

    def __repr__(self) -> str:
        return f"<TaskGroup: {self.group_id}>"

    def hierarchical_alphabetical_sort(self) -> List[Any]:
        return sorted(self.children.values(), key=lambda node: (not isinstance(node, TaskGroup), node.node_id))

    def topological_sort(self, **_: Any) -> List[Any]:
        if self.dag is None:
            return list(self.children.values())
        order = {task.task_id: at for at, task in enumerate(self.dag.topological_sort())}

        def place(node: Any) -> int:
            tasks = list(node) if isinstance(node, TaskGroup) else [node]
            return max((order.get(task.node_id, 0) for task in tasks), default=0)

        return sorted(self.children.values(), key=place)


class MappedTaskGroup(TaskGroup):
    """A group that is expanded as a whole."""

    def __init__(self, *, expand_input: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expand_input = expand_input
        self._set_expansion_dependencies()

    def _set_expansion_dependencies(self) -> None:
        self._expansion_sources = [source for source, _ in self.expand_input.iter_references()]

    def __exit__(self, *exc: Any) -> None:
        for source in self._expansion_sources:
            self.set_upstream(source)
        super().__exit__(*exc)
