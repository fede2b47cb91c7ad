"""`task`, `setup`, `teardown`, `task_group`, `dag`, as Dag files import them."""

from __future__ import annotations

import functools
import importlib
from typing import Any, Callable, Optional

from tradewind.suggest import did_you_mean

from .dag_decorator import dag
from .exceptions import AirflowSkipException
from .task_group_decorator import task_group
from .taskflow import TaskFunction, task_decorator_factory
from .taskflow_variants import PROVIDERS, VARIANTS, missing_provider_class, operator_class

__all__ = ["TaskDecoratorCollection", "dag", "setup", "task", "task_decorator_factory", "task_group", "teardown"]


class TaskDecoratorCollection:
    """`@task`, `@task(...)`, `@task.branch`, …; `always` are arguments that each task gets (`@dag.task`)."""

    def __init__(self, **always: Any) -> None:
        self._always = always

    def __call__(self, python_callable: Optional[Callable] = None, multiple_outputs: Optional[bool] = None, **kwargs: Any) -> Any:
        return self.python(python_callable, multiple_outputs=multiple_outputs, **kwargs)

    def python(self, python_callable: Optional[Callable] = None, **kwargs: Any) -> Any:
        return _decorate("task", python_callable, **{**self._always, **kwargs})

    def sensor(self, python_callable: Optional[Callable] = None, **kwargs: Any) -> Any:
        return _decorate("task.sensor", python_callable, **{**self._always, **kwargs})

    def run_if(self, condition: Any, skip_message: Optional[str] = None) -> Callable:
        """The task runs only where the condition (a function of the context) holds; else it is skipped."""
        return _conditional(condition, skip_message, run_when=True)

    def skip_if(self, condition: Any, skip_message: Optional[str] = None) -> Callable:
        return _conditional(condition, skip_message, run_when=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        variant = f"task.{name}"
        if variant in VARIANTS or name in ("bash", "stub"):
            return functools.partial(_decorate, variant, **self._always)
        if name in PROVIDERS:
            return _of_provider(name)
        known = [*(one.partition(".")[2] for one in VARIANTS), "python", "bash", "stub", "run_if", "skip_if", *PROVIDERS]
        near = did_you_mean(name, [one for one in known if one])
        raise AttributeError(f"task decorator {name!r} not found" + (f": did you mean task.{near}?" if near else ""))


def _decorate(variant: str, python_callable: Optional[Callable] = None, **kwargs: Any) -> Any:
    return task_decorator_factory(python_callable, decorated_operator_class=operator_class(variant), **kwargs)


def _of_provider(name: str) -> Any:
    module, attribute, package = PROVIDERS[name]
    try:
        found = getattr(importlib.import_module(module), attribute)
        if callable(found) and not hasattr(found, "tradewind_missing"):
            return found
    except Exception:
        pass
    missing = missing_provider_class(name, package)

    def decorate(python_callable: Optional[Callable] = None, **kwargs: Any) -> Any:
        return task_decorator_factory(python_callable, decorated_operator_class=missing, **kwargs)

    return decorate


def _conditional(condition: Any, skip_message: Optional[str], *, run_when: bool) -> Callable:
    def decorate(decorated: TaskFunction) -> TaskFunction:
        if not isinstance(decorated, TaskFunction):
            raise TypeError("run_if and skip_if stand above @task, not below it")
        before = decorated.kwargs.get("pre_execute")

        def pre_execute(context: Any) -> None:
            if before is not None:
                before(context)
            holds, message = _asked(condition, context)
            if bool(holds) is not run_when:
                raise AirflowSkipException(message or skip_message or "Task was skipped due to condition.")

        decorated.kwargs["pre_execute"] = pre_execute
        return decorated

    return decorate


def _asked(condition: Any, context: Any) -> Any:
    answer = condition(context)
    if isinstance(answer, tuple) and len(answer) == 2:
        return answer
    return answer, None


def setup(func: Any) -> Any:
    """What the decorated task brings up is there for the tasks up to its teardown."""
    if not hasattr(func, "is_setup") and not callable(func):
        raise TypeError("@setup decorates tasks, task groups and functions")
    if not getattr(func, "_airflow_is_task_decorator", False) and not hasattr(func, "_is_task_group_decorator"):
        func = task.python(func)
    elif getattr(func, "_is_task_group_decorator", False):
        raise TypeError("Task groups cannot be marked as setup or teardown.")
    func.is_setup = True
    return func


def teardown(_func: Any = None, *, on_failure_fail_dagrun: bool = False) -> Any:
    """Runs after the work that needs its setups, whatever became of that."""

    def mark(func: Any) -> Any:
        if getattr(func, "_is_task_group_decorator", False):
            raise TypeError("Task groups cannot be marked as setup or teardown.")
        if not getattr(func, "_airflow_is_task_decorator", False):
            func = task.python(func)
        func.is_teardown = True
        func.on_failure_fail_dagrun = on_failure_fail_dagrun
        return func

    return mark if _func is None else mark(_func)


task = TaskDecoratorCollection()
