"""The Dag, the task group and the setups that a `with` statement has opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Optional

if TYPE_CHECKING:
    from .dag import DAG
    from .taskgroup import TaskGroup


class DagContext:
    """Stack of `with DAG(...)`, and the Dags that registered themselves on leaving it."""

    _stack: List["DAG"] = []
    autoregistered_dags: List["DAG"] = []
    current_autoregister_module_name: Optional[str] = None

    @classmethod
    def push(cls, dag: "DAG") -> None:
        cls._stack.append(dag)

    @classmethod
    def pop(cls) -> Optional["DAG"]:
        dag = cls._stack.pop()
        if dag.auto_register and all(known is not dag for known in cls.autoregistered_dags):
            cls.autoregistered_dags.append(dag)
        return dag

    push_context_managed_dag = push
    pop_context_managed_dag = pop

    @classmethod
    def get_current(cls) -> Optional["DAG"]:
        return cls._stack[-1] if cls._stack else None

    get_current_dag = get_current


class TaskGroupContext:
    """Stack of `with TaskGroup(...)`, one level of groups per Dag."""

    _stack: List["TaskGroup"] = []

    @classmethod
    def push(cls, group: "TaskGroup") -> None:
        cls._stack.append(group)

    @classmethod
    def pop(cls) -> Optional["TaskGroup"]:
        return cls._stack.pop() if cls._stack else None

    @classmethod
    def get_current(cls, dag: Optional["DAG"]) -> Optional["TaskGroup"]:
        """The innermost open group of the Dag; its root when none is open."""
        if dag is None:
            return cls._stack[-1] if cls._stack else None
        for group in reversed(cls._stack):
            if group.dag is dag:
                return group
        return dag.task_group

    get_current_task_group = get_current


class SetupTeardownContext:
    """`with setup_task:` and `with task.as_teardown(...):`."""

    _stack: List["SetupTeardownScope"] = []

    @classmethod
    def active(cls) -> bool:
        return bool(cls._stack)

    @classmethod
    def note(cls, task: Any) -> None:
        """Every task made inside belongs to all open scopes."""
        for scope in cls._stack:
            if task not in scope.tasks:
                scope.tasks.append(task)


class SetupTeardownScope:
    def __init__(self, setups: List[Any], teardowns: List[Any]) -> None:
        self.setups = setups
        self.teardowns = teardowns
        self.tasks: List[Any] = []
