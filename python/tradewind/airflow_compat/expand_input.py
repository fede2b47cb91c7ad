"""What a task or a group is expanded over: `.expand(a=[…], b=result)` or `.expand_kwargs([…])`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Any, Dict, Iterator, Tuple, Union

from .not_set import NOTSET
from .xcom_arg import Unpicked, XComArg, element


def is_mappable(value: Any) -> bool:
    if isinstance(value, (str, bytes)):
        return False
    return isinstance(value, (MappedArgument, XComArg, Mapping, Sequence, set, frozenset, range))


class MappedArgument:
    """One name of what a mapped group is expanded over, as its tasks see it."""

    def __init__(self, expand_input: "Union[DictOfListsExpandInput, ListOfDictsExpandInput]", key: str) -> None:
        self._input = expand_input
        self._key = key
        self.group: Any = None

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        yield from self._input.iter_references()

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        return self._input.argument(context, self._key)

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
        indexes = self._indexes(context)
        return {name: values.at(index) for name, (values, index) in indexes.items()}

    def argument(self, context: Any, name: str) -> Any:
        """One of them, without the values of the others."""
        values, index = self._indexes(context)[name]
        return values.at(index)

    def _indexes(self, context: Any) -> "Dict[str, Tuple[_Expanded, int]]":
        """Which element of each value is this instance's."""
        index = context["ti"].map_index
        if index is None or index < 0:
            raise RuntimeError("can't resolve task-mapping argument without expanding")
        found: "Dict[str, Tuple[_Expanded, int]]" = {}
        first = next(iter(self.value))
        for name in reversed(list(self.value)):
            values = _Expanded(name, self.value[name], context)
            # What the others leave is the first one's, whose length need not be known.
            length = index + 1 if name == first else values.length()
            found[name] = (values, index % length)
            index //= length
        return {name: found[name] for name in self.value}

    def parse_time_length(self) -> Any:
        """The number of instances where it is known already, else None."""
        product = 1
        for one in self.value.values():
            if isinstance(one, (XComArg, MappedArgument)):
                return None
            product *= len(one)
        return product


class _Expanded:
    """One value that is expanded over, read as a whole only where its length or its element cannot be had alone."""

    def __init__(self, name: str, source: Any, context: Any) -> None:
        self._name = name
        self._source = source
        self._context = context
        self._whole: Any = NOTSET

    def length(self) -> int:
        length = self._known_length()
        if not length:
            raise RuntimeError(f"cannot expand field mapped to length 0: {self._name!r}")
        return length

    def _known_length(self) -> int:
        if self._whole is NOTSET and isinstance(self._source, XComArg):
            try:
                return self._source.count(self._context)
            except Unpicked:
                pass
        return len(self._all())

    def at(self, index: int) -> Any:
        if isinstance(self._source, XComArg) and self._whole is NOTSET:
            try:
                return self._source.pick(self._context, index)
            except Unpicked as unpicked:
                self._whole = unpicked.whole if unpicked.whole is NOTSET else _sequence(self._name, unpicked.whole)
        return element(self._all(), index % self.length())

    def _all(self) -> Any:
        if self._whole is NOTSET:
            self._whole = _sequence(self._name, _resolved(self._source, self._context))
        return self._whole


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

    def argument(self, context: Any, wanted: str) -> Any:
        return self.resolve(context)[wanted]

    def _one(self, context: Any, index: int) -> Any:
        values: Any = NOTSET
        if isinstance(self.value, XComArg):
            try:
                return self.value.pick(context, index)
            except Unpicked as unpicked:
                values = unpicked.whole
        if values is NOTSET:
            values = _resolved(self.value, context)
        if not isinstance(values, Sequence):
            raise ValueError(f"expand_kwargs() expects a list[dict], not {type(values).__name__}")
        return values[index]

    def parse_time_length(self) -> Any:
        return None if isinstance(self.value, XComArg) else len(self.value)
