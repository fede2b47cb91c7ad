"""A value that is asked for when it is first used; it stands in contexts that are handed on as **kwargs."""

from __future__ import annotations

from typing import Any, Callable

_NOTHING: Any = object()


class LazyValue:
    """Behaves as the value. `None` inside is falsy, equals None, and prints as None."""

    def __init__(self, make: Callable[[], Any]) -> None:
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_value", _NOTHING)

    @property
    def __wrapped__(self) -> Any:
        if self._value is _NOTHING:
            object.__setattr__(self, "_value", self._make())
        return self._value

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __bool__(self) -> bool:
        return bool(self.__wrapped__)

    def __str__(self) -> str:
        return str(self.__wrapped__)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __format__(self, spec: str) -> str:
        return format(self.__wrapped__, spec)

    def __eq__(self, other: object) -> bool:
        return bool(self.__wrapped__ == _plain(other))

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __lt__(self, other: Any) -> bool:
        return bool(self.__wrapped__ < _plain(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.__wrapped__ <= _plain(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.__wrapped__ > _plain(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.__wrapped__ >= _plain(other))

    def __sub__(self, other: Any) -> Any:
        return self.__wrapped__ - _plain(other)

    def __rsub__(self, other: Any) -> Any:
        return _plain(other) - self.__wrapped__

    def __add__(self, other: Any) -> Any:
        return self.__wrapped__ + _plain(other)


def _plain(value: Any) -> Any:
    return value.__wrapped__ if isinstance(value, LazyValue) else value
