"""What a task or a group is expanded over: `.expand(a=[…], b=result)` or `.expand_kwargs([…])`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Any, Dict, Iterator, Tuple

from .xcom_arg import PlainXComArg, XComArg, element


def is_mappable(value: Any) -> bool:
    if isinstance(value, (str, bytes)):
        return False
    return isinstance(value, (MappedArgument, XComArg, Mapping, Sequence, set, frozenset, range))


class MappedArgument:
    """One name of what a mapped group is expanded over, as its tasks see it."""

    def __init__(self, expand_input: "DictOfListsExpandInput", key: str) -> None:
        self._input = expand_input
        self._key = key
        self.group: Any = None

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        yield from self._input.iter_references()

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        return self._input.resolve(context)[self._key]

    def __iter__(self) -> Any:
        raise TypeError("an argument of a mapped task group is not known while the file is read; loop inside of a task")


class DictOfListsExpandInput:
    """The cross product; the last name runs fastest."""

    def __init__(self, value: Dict[str, Any]) -> None:
        self.value = value

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        for one in self.value.values():
            if isinstance(one, (XComArg, MappedArgument)):
                yield from one.iter_references()

    def resolve(self, context: Any) -> Dict[str, Any]:
        """The arguments of this instance."""
        index = context["ti"].map_index
        if index is None or index < 0:
            raise RuntimeError("can't resolve task-mapping argument without expanding")
        if len(self.value) == 1:
            [(name, one)] = self.value.items()
            found, value = one.pick(context, index) if isinstance(one, PlainXComArg) else ("none", None)
            if found == "element":
                return {name: value}
            values = {name: value if found == "whole" else _resolved(one, context)}
        else:
            values = {name: _resolved(one, context) for name, one in self.value.items()}
        found: Dict[str, Any] = {}
        for name in reversed(list(values)):
            value = _sequence(name, values[name])
            if not len(value):
                raise RuntimeError(f"cannot expand field mapped to length 0: {name!r}")
            found[name] = element(value, index % len(value))
            index //= len(value)
        return {name: found[name] for name in values}

    def parse_time_length(self) -> Any:
        """The number of instances where it is known already, else None."""
        product = 1
        for one in self.value.values():
            if isinstance(one, (XComArg, MappedArgument)):
                return None
            product *= len(one)
        return product


def _resolved(value: Any, context: Any) -> Any:
    return value.resolve(context) if isinstance(value, (XComArg, MappedArgument)) else value


def _sequence(name: str, value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if not isinstance(value, Sized) or isinstance(value, (str, bytes)):
        raise TypeError(f"can't map over value of type {type(value).__name__} (argument {name!r})")
    return value


class ListOfDictsExpandInput:
    """One dict of arguments for each instance."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        if isinstance(self.value, XComArg):
            yield from self.value.iter_references()
        else:
            for one in self.value:
                if isinstance(one, XComArg):
                    yield from one.iter_references()

    def resolve(self, context: Any) -> Dict[str, Any]:
        index = context["ti"].map_index
        if index < 0:
            raise RuntimeError("can't resolve task-mapping argument without expanding")
        one = self._one(context, index)
        if isinstance(one, XComArg):
            one = one.resolve(context)
        if not isinstance(one, Mapping):
            raise ValueError(f"expand_kwargs() expects a list[dict], not list[{type(one).__name__}]")
        for key in one:
            if not isinstance(key, str):
                raise ValueError(f"expand_kwargs() input dict keys must all be str, but {key!r} is of type {type(key).__name__}")
        return dict(one)

    def _one(self, context: Any, index: int) -> Any:
        found, value = self.value.pick(context, index) if isinstance(self.value, PlainXComArg) else ("none", None)
        if found == "element":
            return value
        values = value if found == "whole" else _resolved(self.value, context)
        if not isinstance(values, Sequence):
            raise ValueError(f"expand_kwargs() expects a list[dict], not {type(values).__name__}")
        return values[index]

    def parse_time_length(self) -> Any:
        return None if isinstance(self.value, XComArg) else len(self.value)
