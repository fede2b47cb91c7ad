"""The value of an argument that was not given."""

from __future__ import annotations


class ArgNotSet:
    """Sentinel; None is a value that people pass."""

    def __repr__(self) -> str:
        return "NOTSET"

    def __bool__(self) -> bool:
        return False

    def __copy__(self) -> "ArgNotSet":
        return self

    def __deepcopy__(self, memo: object) -> "ArgNotSet":
        return self

    def __reduce__(self) -> str:
        return "NOTSET"


NOTSET = ArgNotSet()


def is_arg_set(value: object) -> bool:
    return not isinstance(value, ArgNotSet)
