"""Windows of Airflow 3.3's partitions: which upstream partitions make up a downstream one, and when there are enough."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any, Callable, ClassVar, Iterable, Iterator, Set


class Window:
    """Subclasses write `to_upstream`, in what the mapper beside it makes of a key."""

    class Direction(str, enum.Enum):
        FORWARD = "forward"
        BACKWARD = "backward"

    expected_decoded_type: ClassVar[type] = str

    def __init__(self, *, direction: Any = Direction.FORWARD) -> None:
        self.direction = self.Direction(direction)

    def to_upstream(self, decoded_downstream: Any) -> Iterable[Any]:
        raise NotImplementedError

    def _steps(self, start: dt.datetime, count: int, step: Callable[[dt.datetime, int], dt.datetime]) -> Iterator[dt.datetime]:
        """`count` of them from `start` on or, backward, up to it."""
        first = step(start, 1 - count) if self.direction is Window.Direction.BACKWARD else start
        return (step(first, index) for index in range(count))


class _TimeWindow(Window):
    expected_decoded_type = dt.datetime


class HourWindow(_TimeWindow):
    """Sixty minutes."""

    def to_upstream(self, decoded_downstream: dt.datetime) -> Iterable[dt.datetime]:
        return self._steps(decoded_downstream, 60, lambda date, count: date + dt.timedelta(minutes=count))


class DayWindow(_TimeWindow):
    """Twenty-four hours, whatever the clocks of a zone do on that day."""

    def to_upstream(self, decoded_downstream: dt.datetime) -> Iterable[dt.datetime]:
        return self._steps(decoded_downstream, 24, lambda date, count: date + dt.timedelta(hours=count))


class WeekWindow(_TimeWindow):
    """Seven days."""

    def to_upstream(self, decoded_downstream: dt.datetime) -> Iterable[dt.datetime]:
        return self._steps(decoded_downstream, 7, _days)


class MonthWindow(_TimeWindow):
    """The days of a calendar month; backward as many, up to the first of the month."""

    def to_upstream(self, decoded_downstream: dt.datetime) -> Iterable[dt.datetime]:
        _check_first(self, decoded_downstream)
        backward = self.direction is Window.Direction.BACKWARD
        other = _months(decoded_downstream, -1 if backward else 1)
        return self._steps(decoded_downstream, abs((other - decoded_downstream).days), _days)


class QuarterWindow(_TimeWindow):
    """Three months."""

    def to_upstream(self, decoded_downstream: dt.datetime) -> Iterable[dt.datetime]:
        _check_first(self, decoded_downstream)
        return self._steps(decoded_downstream, 3, _months)


class YearWindow(_TimeWindow):
    """Twelve months."""

    def to_upstream(self, decoded_downstream: dt.datetime) -> Iterable[dt.datetime]:
        _check_first(self, decoded_downstream)
        return self._steps(decoded_downstream, 12, _months)


class SegmentWindow(Window):
    """A fixed set of keys."""

    def __init__(self, segments: Iterable[str], **more: Any) -> None:
        super().__init__(**more)
        self._segments = frozenset(segments)
        if not self._segments or not all(isinstance(one, str) and one for one in self._segments):
            raise ValueError(f"expected segments that are texts, got {sorted(map(repr, self._segments))}")

    @property
    def segments(self) -> Any:
        return self._segments

    def to_upstream(self, decoded_downstream: Any) -> Iterable[str]:
        return self._segments


def _days(date: dt.datetime, count: int) -> dt.datetime:
    return date + dt.timedelta(days=count)


def _months(date: dt.datetime, count: int) -> dt.datetime:
    total = date.month - 1 + count
    return date.replace(year=date.year + total // 12, month=total % 12 + 1)


def _check_first(window: Window, date: dt.datetime) -> None:
    if date.day != 1:
        raise ValueError(f"expected {type(window).__name__} to count from the first of a month, got {date.isoformat()}")


class WaitPolicy:
    """When a rollup has enough of its window."""

    def is_satisfied(self, matched: int, expected: int) -> bool:
        raise NotImplementedError

    def is_satisfied_by(self, matched: Set[str], expected: Set[str]) -> bool:
        return self.is_satisfied(len(matched & expected), len(expected))


class WaitForAll(WaitPolicy):
    def is_satisfied(self, matched: int, expected: int) -> bool:
        return matched == expected

    def __repr__(self) -> str:
        return "WaitForAll()"


class MinimumCount(WaitPolicy):
    """At least so many keys; of a negative number at most so many missing."""

    def __init__(self, n: int) -> None:
        if n == 0:
            raise ValueError("expected MinimumCount of another number than 0, which would never wait")
        self.n = n

    def is_satisfied(self, matched: int, expected: int) -> bool:
        return matched >= (self.n if self.n > 0 else max(0, expected + self.n))

    def __repr__(self) -> str:
        return f"MinimumCount({self.n})"
