"""`DagRun.state == "failed"`: fields of models in the filters and orders of a query, evaluated on rows in this process."""

from __future__ import annotations

import datetime as dt
import enum
import re
from typing import Any, Callable, Iterable, List, Optional

from . import timezones


class Condition:
    """What a row has to fulfil. `equal` are the values that its field may have, where the condition is that simple."""

    def __init__(self, field: str, test: Callable[[Any], bool], equal: Optional[List[Any]] = None) -> None:
        self.field = field
        self.test = test
        self.equal = equal

    def holds(self, row: Any) -> bool:
        return self.test(plain(getattr(row, self.field, None)))

    def __invert__(self) -> "Condition":
        return Condition(self.field, lambda value: not self.test(value))

    def __and__(self, other: "Condition") -> "Combined":
        return Combined(all, [self, other])

    def __or__(self, other: "Condition") -> "Combined":
        return Combined(any, [self, other])


class Combined:
    """Conditions put together by `&` and `|`."""

    equal = None
    field = ""

    def __init__(self, together: Callable[[Iterable[bool]], bool], parts: List[Any]) -> None:
        self._together = together
        self.parts = parts

    @property
    def is_conjunction(self) -> bool:
        return self._together is all

    def holds(self, row: Any) -> bool:
        return self._together(part.holds(row) for part in self.parts)

    def __and__(self, other: Any) -> "Combined":
        return Combined(all, [self, other])

    def __or__(self, other: Any) -> "Combined":
        return Combined(any, [self, other])


class Order:
    def __init__(self, field: str, descending: bool) -> None:
        self.field = field
        self.descending = descending


class Field:
    """A column. Comparisons give conditions, as SQLAlchemy's columns do."""

    def __init__(self, name: str, owner: Any = None) -> None:
        self.name = name
        self.owner = owner

    def __set_name__(self, owner: Any, name: str) -> None:
        self.owner = owner

    def __eq__(self, value: object) -> Any:  # type: ignore[override]
        return Condition(self.name, lambda found: found == plain(value), [plain(value)])

    def __ne__(self, value: object) -> Any:  # type: ignore[override]
        return Condition(self.name, lambda found: found != plain(value))

    def __lt__(self, value: Any) -> Condition:
        return self._compared(lambda found: found < plain(value))

    def __le__(self, value: Any) -> Condition:
        return self._compared(lambda found: found <= plain(value))

    def __gt__(self, value: Any) -> Condition:
        return self._compared(lambda found: found > plain(value))

    def __ge__(self, value: Any) -> Condition:
        return self._compared(lambda found: found >= plain(value))

    def _compared(self, test: Callable[[Any], bool]) -> Condition:
        """As in SQL: nothing compares to NULL."""
        return Condition(self.name, lambda found: found is not None and test(found))

    __hash__ = object.__hash__

    def in_(self, values: Iterable[Any]) -> Condition:
        wanted = [plain(value) for value in values]
        return Condition(self.name, lambda found: found in wanted, wanted)

    def not_in(self, values: Iterable[Any]) -> Condition:
        wanted = [plain(value) for value in values]
        return Condition(self.name, lambda found: found not in wanted)

    notin_ = not_in

    def is_(self, value: Any) -> Condition:
        return Condition(self.name, lambda found: found is value)

    def is_not(self, value: Any) -> Condition:
        return Condition(self.name, lambda found: found is not value)

    isnot = is_not

    def like(self, pattern: str) -> Condition:
        return self._matching(pattern, 0)

    def ilike(self, pattern: str) -> Condition:
        return self._matching(pattern, re.IGNORECASE)

    def notlike(self, pattern: str) -> Condition:
        return ~self._matching(pattern, 0)

    def _matching(self, pattern: str, flags: int) -> Condition:
        words = {"%": ".*", "_": "."}
        expression = re.compile("".join(words.get(one) or re.escape(one) for one in pattern), flags | re.DOTALL)
        return Condition(self.name, lambda found: found is not None and expression.fullmatch(str(found)) is not None)

    def startswith(self, text: str) -> Condition:
        return self._compared(lambda found: str(found).startswith(text))

    def endswith(self, text: str) -> Condition:
        return self._compared(lambda found: str(found).endswith(text))

    def contains(self, text: str) -> Condition:
        return self._compared(lambda found: text in str(found))

    def between(self, low: Any, high: Any) -> Condition:
        return self._compared(lambda found: plain(low) <= found <= plain(high))

    def desc(self) -> Order:
        return Order(self.name, True)

    def asc(self) -> Order:
        return Order(self.name, False)

    def label(self, _name: str) -> "Field":
        return self


def plain(value: Any) -> Any:
    """A state as its text, a date in UTC: what rows and users' values are compared as."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return timezones.convert_to_utc(value)
    return value


def sort_key(row: Any, field: str) -> Any:
    """NULLs come first."""
    value = plain(getattr(row, field, None))
    return (value is not None, value)
