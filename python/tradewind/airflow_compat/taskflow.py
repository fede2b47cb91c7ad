"""TaskFlow: `@task` and what can be done with a decorated function before it is called."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Dict, Optional

from . import operator_arguments as arguments
from .constants import TriggerRule
from .context_keys import KNOWN_CONTEXT_KEYS
from .current import DagContext, TaskGroupContext
from .expand_input import DictOfListsExpandInput, ListOfDictsExpandInput, is_mappable
from .mappedoperator import MappedOperator
from .taskflow_operator import unique_task_id
from .xcom_arg import XCOM_RETURN_KEY, PlainXComArg, XComArg


def is_decorated_task(value: Any) -> bool:
    return isinstance(value, TaskFunction)


class TaskFunction:
    """A decorated function; calling it places a task and gives the reference to its result."""

    _airflow_is_task_decorator = True

    def __init__(
        self,
        function: Callable,
        operator_class: Any,
        multiple_outputs: Optional[bool],
        kwargs: Dict[str, Any],
        name: str = "task",
    ) -> None:
        if not callable(function):
            raise TypeError(f"@{name} decorates functions, got {type(function).__name__}")
        functools.update_wrapper(self, function)
        self.function = function
        self.operator_class = operator_class
        self.decorator_name = name
        self.kwargs = dict(kwargs)
        self.is_setup = False
        self.is_teardown = False
        self.on_failure_fail_dagrun = False
        if "self" in self._parameters():
            raise TypeError(f"@{name} does not support methods")
        self.multiple_outputs = _returns_dict(function) if multiple_outputs is None else multiple_outputs
        self.kwargs.setdefault("task_id", getattr(function, "__name__", "task"))
        for key, value in self.kwargs.items():
            if key in arguments.DEFAULTS and value is not None:
                arguments.checked(key, value, self.kwargs["task_id"])

    def _parameters(self) -> Mapping:
        try:
            return inspect.signature(self.function).parameters
        except (TypeError, ValueError):
            return {}

    def __repr__(self) -> str:
        return f"<@{self.decorator_name} {getattr(self.function, '__name__', self.function)}>"

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        options = self._options()
        on_failure_fail_dagrun = options.pop("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
        preset = options.pop("op_kwargs", {})
        operator = self.operator_class(
            python_callable=self.function,
            op_args=args,
            op_kwargs={**preset, **kwargs},
            multiple_outputs=self.multiple_outputs,
            **options,
        )
        self._mark(operator, on_failure_fail_dagrun)
        docs = (operator.doc, operator.doc_json, operator.doc_md, operator.doc_rst, operator.doc_yaml)
        if getattr(self.function, "__doc__", None) and not any(docs):
            operator.doc_md = self.function.__doc__
        return XComArg(operator)

    def _options(self) -> Dict[str, Any]:
        options = dict(self.kwargs)
        if self.is_teardown:
            if "trigger_rule" in options:
                raise ValueError("Trigger rule not configurable for teardown tasks.")
            options["trigger_rule"] = TriggerRule.ALL_DONE_SETUP_SUCCESS
        return options

    def _mark(self, operator: Any, on_failure_fail_dagrun: bool) -> None:
        operator.is_setup = self.is_setup
        operator.is_teardown = self.is_teardown
        operator.on_failure_fail_dagrun = on_failure_fail_dagrun

    def override(self, **kwargs: Any) -> "TaskFunction":
        """The same function with other arguments of its operator."""
        multiple = kwargs.pop("multiple_outputs", self.multiple_outputs)
        return self._copy({**self.kwargs, **kwargs}, multiple)

    def partial(self, **kwargs: Any) -> "TaskFunction":
        """Arguments of the function that all instances share."""
        self._check_names("partial", kwargs)
        given = self.kwargs.get("op_kwargs", {})
        twice = sorted(set(given) & set(kwargs))
        if twice:
            raise TypeError(f"duplicate partial argument: {', '.join(map(repr, twice))}")
        return self._copy({**self.kwargs, "op_kwargs": {**given, **kwargs}}, self.multiple_outputs)

    def _copy(self, kwargs: Dict[str, Any], multiple_outputs: bool) -> "TaskFunction":
        other = TaskFunction(self.function, self.operator_class, multiple_outputs, kwargs, self.decorator_name)
        other.is_setup = self.is_setup
        other.is_teardown = self.is_teardown
        other.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        return other

    def expand(self, **mapped: Any) -> XComArg:
        if not mapped:
            raise TypeError("no arguments to expand against")
        self._check_names("expand", mapped)
        for name, value in mapped.items():
            if not is_mappable(value):
                raise ValueError(f"expand() got an unexpected type {type(value).__name__!r} for keyword argument {name!r}")
        twice = sorted(set(self.kwargs.get("op_kwargs", {})) & set(mapped))
        if twice:
            raise TypeError(f"mapping already partial argument: {', '.join(map(repr, twice))}")
        return self._expand(DictOfListsExpandInput(mapped), strict=False)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        if isinstance(kwargs, Sequence) and not isinstance(kwargs, str):
            for item in kwargs:
                if not isinstance(item, (XComArg, Mapping)):
                    raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        elif not isinstance(kwargs, XComArg):
            raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        return self._expand(ListOfDictsExpandInput(kwargs), strict=strict)

    def _check_names(self, what: str, kwargs: Mapping) -> None:
        context = sorted(KNOWN_CONTEXT_KEYS & set(kwargs))
        if context:
            raise ValueError(f"cannot call {what}() on task context variable {', '.join(map(repr, context))}")
        parameters = self._parameters()
        if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            return
        unknown = [name for name in kwargs if name not in parameters]
        if unknown:
            plural = "s" if len(unknown) > 1 else ""
            raise TypeError(
                f"{what}() got {'' if plural else 'an '}unexpected keyword argument{plural} {', '.join(map(repr, unknown))}"
            )

    def _expand(self, expand_input: Any, *, strict: bool) -> XComArg:
        _only_return_values(expand_input.value)
        options = self._options()
        on_failure_fail_dagrun = options.pop("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
        dag = options.pop("dag", None) or DagContext.get_current()
        group = options.pop("task_group", None) or TaskGroupContext.get_current(dag)
        arguments.translate_old(options, self.operator_class.__name__)
        defaults, params = arguments.merged_defaults(dag, group, options.pop("params", None), options.pop("default_args", None))
        shared = {name: value for name, value in defaults.items() if name in arguments.DEFAULTS}
        shared.update(options)
        task_id = unique_task_id(shared.pop("task_id"), dag, group)
        shared.update(
            task_id=group.child_id(task_id) if group is not None else task_id,
            dag=dag,
            task_group=group,
            python_callable=self.function,
            multiple_outputs=self.multiple_outputs,
        )
        shared.setdefault("op_args", [])
        shared.setdefault("op_kwargs", {})
        from .call_site import call_site

        operator = MappedOperator(self.operator_class, shared, params, expand_input, strict, call_site()[1])
        self._mark(operator, on_failure_fail_dagrun)
        return XComArg(operator)


def _only_return_values(value: Any) -> None:
    """Only what a task returned has a length that the scheduler knows."""
    for one in value.values() if isinstance(value, Mapping) else [value]:
        if isinstance(one, XComArg):
            for source, key in one.iter_references():
                if key != XCOM_RETURN_KEY:
                    raise ValueError(f"cannot map over XCom with custom key {key!r} from {source!r}")


def _returns_dict(function: Callable) -> bool:
    """`-> dict` (and TypedDict, Dict[str, int] …) means multiple_outputs."""
    if "return" not in getattr(function, "__annotations__", {}):
        return False
    try:

        def probe() -> None: ...

        probe.__annotations__ = {"return": function.__annotations__["return"]}
        found = typing.get_type_hints(probe, getattr(function, "__globals__", {})).get("return", Any)
    except Exception:
        return False
    kind = getattr(found, "__origin__", found)
    return isinstance(kind, type) and issubclass(kind, Mapping)


def task_decorator_factory(
    python_callable: Optional[Callable] = None,
    *,
    multiple_outputs: Optional[bool] = None,
    decorated_operator_class: Any,
    **kwargs: Any,
) -> Any:
    """Both `@task` and `@task(...)`."""
    name = getattr(decorated_operator_class, "custom_operator_name", "@task").lstrip("@")
    if python_callable is not None:
        return _decorated(python_callable, decorated_operator_class, multiple_outputs, kwargs, name)
    if "python_callable" in kwargs:
        raise TypeError("No args allowed while using @task, use kwargs instead")
    return _Decorator(decorated_operator_class, multiple_outputs, kwargs, name)


def _decorated(function: Any, operator_class: Any, multiple_outputs: Any, kwargs: Dict[str, Any], name: str) -> TaskFunction:
    if isinstance(function, TaskFunction):
        # `@task` over `@task.run_if` and kin: the conditions stay.
        function = function.function
    if isinstance(function, type) or not callable(function):
        raise TypeError("No args allowed while using @task, use kwargs instead")
    return TaskFunction(function, operator_class, multiple_outputs, kwargs, name)


class _Decorator:
    """`@task(...)` before it has its function."""

    def __init__(self, operator_class: Any, multiple_outputs: Any, kwargs: Dict[str, Any], name: str) -> None:
        self._parts = (operator_class, multiple_outputs, kwargs, name)

    def __call__(self, function: Callable) -> TaskFunction:
        operator_class, multiple_outputs, kwargs, name = self._parts
        return _decorated(function, operator_class, multiple_outputs, kwargs, name)

    def override(self, **kwargs: Any) -> "_Decorator":
        operator_class, multiple_outputs, given, name = self._parts
        return _Decorator(operator_class, multiple_outputs, {**given, **kwargs}, name)


__all__ = ["PlainXComArg", "TaskFunction", "is_decorated_task", "task_decorator_factory"]
