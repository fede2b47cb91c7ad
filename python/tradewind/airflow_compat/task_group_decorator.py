"""`@task_group`: a function whose tasks form a group; the group can be expanded as a whole."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Dict, Mapping, Optional

from .expand_input import DictOfListsExpandInput, ListOfDictsExpandInput, MappedArgument, is_mappable
from .taskgroup import MappedTaskGroup, TaskGroup
from .xcom_arg import XComArg


class TaskGroupFunction:
    """A decorated function; each call makes a group."""

    _is_task_group_decorator = True

    def __init__(self, function: Callable, kwargs: Dict[str, Any], partial_kwargs: Optional[Dict[str, Any]] = None) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.tg_kwargs = dict(kwargs)
        self.partial_kwargs = partial_kwargs or {}
        self.tg_kwargs.setdefault("group_id", function.__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._make(TaskGroup, args, {**self.partial_kwargs, **kwargs})

    def _make(self, group_class: Any, args: Any, kwargs: Any) -> Any:
        """The group, or what the function returned, so that edges bind to that."""
        with group_class(**{"add_suffix_on_collision": True, **self.tg_kwargs}) as group:
            group.tooltip = group.tooltip or self.function.__doc__ or ""
            returned = self.function(*args, **kwargs)
        return group if returned is None else returned

    def override(self, **kwargs: Any) -> "TaskGroupFunction":
        return TaskGroupFunction(self.function, {**self.tg_kwargs, **kwargs}, self.partial_kwargs)

    def partial(self, **kwargs: Any) -> "TaskGroupFunction":
        self._check_names("partial", kwargs)
        twice = sorted(set(self.partial_kwargs) & set(kwargs))
        if twice:
            raise TypeError(f"duplicate partial argument: {', '.join(map(repr, twice))}")
        return TaskGroupFunction(self.function, self.tg_kwargs, {**self.partial_kwargs, **kwargs})

    def expand(self, **kwargs: Any) -> Any:
        if not kwargs:
            raise TypeError("no arguments to expand against")
        self._check_names("expand", kwargs)
        for name, value in kwargs.items():
            if isinstance(value, MappedArgument):
                raise ValueError("Nested Mapped TaskGroups are not yet supported")
            if not is_mappable(value):
                raise ValueError(f"expand() got an unexpected type {type(value).__name__!r} for keyword argument {name!r}")
        return self._expand(DictOfListsExpandInput(kwargs), list(kwargs))

    def expand_kwargs(self, kwargs: Any) -> Any:
        if not isinstance(kwargs, (XComArg, list, tuple)):
            raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        known = set(self.partial_kwargs)
        if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in inspect.signature(self.function).parameters.values()):
            raise TypeError("calling expand_kwargs() on task group function with * or ** is not supported")
        names = [name for name in inspect.signature(self.function).parameters if name not in known]
        return self._expand(ListOfDictsExpandInput(kwargs), names)

    def _expand(self, expand_input: Any, names: Any) -> Any:
        values = {name: MappedArgument(expand_input, name) for name in names}
        made: Dict[str, Any] = {}

        def group_class(**kwargs: Any) -> MappedTaskGroup:
            made["group"] = MappedTaskGroup(expand_input=expand_input, **kwargs)
            for value in values.values():
                value.group = made["group"]
            return made["group"]

        return self._make(group_class, (), {**self.partial_kwargs, **values})

    def _check_names(self, what: str, kwargs: Mapping) -> None:
        parameters = inspect.signature(self.function).parameters
        if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            return
        unknown = [name for name in kwargs if name not in parameters]
        if unknown:
            plural = "s" if len(unknown) > 1 else ""
            raise TypeError(
                f"{what}() got {'' if plural else 'an '}unexpected keyword argument{plural} {', '.join(map(repr, unknown))}"
            )


def task_group(group_id: Any = None, **kwargs: Any) -> Any:
    """`@task_group` or `@task_group(group_id=…, …)` with the arguments of TaskGroup."""
    if callable(group_id):
        return TaskGroupFunction(group_id, kwargs)
    if group_id is not None:
        kwargs["group_id"] = group_id

    def decorate(function: Callable) -> TaskGroupFunction:
        return TaskGroupFunction(function, kwargs)

    return decorate
