"""What plain and mapped operators share: ids, edges, setups and teardowns, `.output`."""

from __future__ import annotations

import logging
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from tradewind.templates import Templater

from .constants import TriggerRule
from .current import SetupTeardownContext, SetupTeardownScope
from .node import DAGNode, DependencyMixin, OrderedIds

DEFAULT_OWNER = "airflow"
DEFAULT_POOL_NAME = "default_pool"
DEFAULT_POOL_SLOTS = 1
DEFAULT_PRIORITY_WEIGHT = 1
DEFAULT_QUEUE = "default"
DEFAULT_RETRIES = 0
DEFAULT_RETRY_DELAY_SECONDS = 300
DEFAULT_TRIGGER_RULE = TriggerRule.ALL_SUCCESS
DEFAULT_WEIGHT_RULE = "downstream"


class AbstractOperator(Templater, DAGNode):
    """A task of a Dag, expanded or not."""

    task_id: str
    operator_class: Any
    template_fields: Sequence[str] = ()
    template_ext: Sequence[str] = ()
    template_fields_renderers: Dict[str, str] = {}
    operator_extra_links: Sequence[Any] = ()
    ui_color = "#fff"
    ui_fgcolor = "#000"
    is_setup = False
    is_teardown = False
    on_failure_fail_dagrun = False
    is_mapped = False
    line: Optional[int] = None
    HIDE_ATTRS_FROM_UI = frozenset(["log", "dag", "node_id", "task_group", "inlets", "outlets", "priority_weight_total"])

    @property
    def node_id(self) -> str:
        return self.task_id

    @property
    def task_type(self) -> str:
        return type(self).__name__

    @property
    def operator_name(self) -> str:
        return getattr(self, "custom_operator_name", None) or self.task_type

    @property
    def task_display_name(self) -> str:
        return getattr(self, "_task_display_name", None) or self.task_id

    @property
    def roots(self) -> List[Any]:
        return [self]

    @property
    def leaves(self) -> List[Any]:
        return [self]

    @property
    def output(self) -> Any:
        """What the task will have returned, as an argument for others."""
        from .xcom_arg import XComArg

        return XComArg(operator=self)

    @property
    def log(self) -> logging.Logger:
        name = getattr(self, "_logger_name", None)
        return logging.getLogger(name or f"airflow.task.operators.{type(self).__module__}.{type(self).__qualname__}")

    @property
    def priority_weight_total(self) -> int:
        weight, rule = self.priority_weight, str(self.weight_rule)
        if rule == "absolute" or self.dag is None:
            return weight
        others = self.get_flat_relatives(upstream=rule == "upstream")
        return weight + sum(task.priority_weight for task in others)

    def get_closest_mapped_task_group(self) -> Any:
        return next(self.iter_mapped_task_groups(), None)

    def iter_mapped_task_groups(self) -> Iterator[Any]:
        group = self.task_group
        return iter(()) if group is None else group.iter_mapped_task_groups()

    def iter_mapped_dependants(self) -> Iterator[Any]:
        """Mapped tasks and groups that are expanded over what this task returns."""
        if self.dag is None:
            return
        for task in self.dag.tasks:
            inputs = [group.expand_input for group in task.iter_mapped_task_groups()]
            if task.is_mapped:
                inputs.append(task.expand_input)
            if any(source is self for one in inputs for source, _ in one.iter_references()):
                yield task

    # --- setup and teardown -------------------------------------------------

    def as_setup(self) -> "AbstractOperator":
        self.is_setup = True
        return self

    def as_teardown(
        self, *, setups: Any = None, on_failure_fail_dagrun: Optional[bool] = None
    ) -> "AbstractOperator":
        """Runs after its setups' work, whatever became of that; `setups` are set before it."""
        self.is_teardown = True
        self.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        if on_failure_fail_dagrun is not None:
            self.on_failure_fail_dagrun = on_failure_fail_dagrun
        if setups is not None:
            for setup in [setups] if isinstance(setups, DependencyMixin) else list(setups):
                setup.as_setup()
                setup.set_downstream(self)
        return self

    def __enter__(self) -> "AbstractOperator":
        if not self.is_setup and not self.is_teardown:
            raise ValueError("Only setup/teardown tasks can be used as context managers.")
        open_scope([self])
        return self

    def __exit__(self, *_: Any) -> None:
        close_scope()

    # --- XCom -----------------------------------------------------------------

    def _set_xcomargs_dependencies(self) -> None:
        for name in self._fields_with_references():
            self._set_xcomargs_dependency(name, getattr(self, name, None))

    def _fields_with_references(self) -> Iterable[str]:
        return self.template_fields

    def _set_xcomargs_dependency(self, name: str, value: Any) -> None:
        from .xcom_arg import XComArg

        for source, _ in XComArg.iter_xcom_references(value):
            if source is not self:
                self.set_upstream(source)

    def _init_edges(self) -> None:
        object.__setattr__(self, "upstream_task_ids", OrderedIds())
        object.__setattr__(self, "downstream_task_ids", OrderedIds())


def open_scope(tasks: List[AbstractOperator]) -> None:
    """`with setup:`, `with teardown:`; the other half is found along the edges that are there already."""
    if any(task.is_setup != tasks[0].is_setup for task in tasks):
        raise ValueError("All tasks in the list must be either setup or teardown tasks")
    if tasks[0].is_teardown:
        teardowns = list(tasks)
        setups = [task for task in _unique(t for one in tasks for t in one.upstream_list) if task.is_setup]
    else:
        setups = list(tasks)
        teardowns = [task for task in _unique(t for one in tasks for t in one.downstream_list) if task.is_teardown]
    SetupTeardownContext._stack.append(SetupTeardownScope(setups, teardowns))


def close_scope() -> None:
    """Setups before the first of the work inside, teardowns after its last."""
    scope = SetupTeardownContext._stack.pop()
    work = [task for task in scope.tasks if not task.is_setup and not task.is_teardown]
    firsts, lasts = _ends(work)
    for task in firsts:
        task.set_upstream(scope.setups)
    for task in lasts:
        task.set_downstream(scope.teardowns)
    if SetupTeardownContext._stack:
        outer = SetupTeardownContext._stack[-1]
        for setup in outer.setups:
            setup.set_downstream(scope.setups)
        for teardown in outer.teardowns:
            teardown.set_upstream(scope.teardowns)


def _ends(work: List[Any]) -> Tuple[List[Any], List[Any]]:
    if not work:
        return [], []
    firsts = [task for task in work if not task.upstream_task_ids]
    lasts = [task for task in work if not task.downstream_task_ids]
    return firsts or [work[0]], lasts or [work[-1]]


def _unique(tasks: Iterable[Any]) -> List[Any]:
    found: List[Any] = []
    for task in tasks:
        if all(task is not one for one in found):
            found.append(task)
    return found
