"""What templates and functions use of pendulum's dates, for interpreters without pendulum."""

from __future__ import annotations

import calendar
import datetime
from typing import Any

from .time_values import UTC, zone_name, zone_of


class DateTime(datetime.datetime):
    """An aware datetime with pendulum's most used methods."""

    @classmethod
    def of(cls, value: datetime.datetime) -> "DateTime":
        zone = value.tzinfo or UTC
        return cls(
            value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond, zone, fold=value.fold
        )

    def add(self, years: int = 0, months: int = 0, weeks: int = 0, days: int = 0, **fields: Any) -> "DateTime":
        month = self.month - 1 + months + 12 * years
        year, month = self.year + month // 12, month % 12 + 1
        day = min(self.day, calendar.monthrange(year, month)[1])
        moved = datetime.datetime.replace(self, year=year, month=month, day=day)
        return DateTime.of(moved + datetime.timedelta(days=days + 7 * weeks, **fields))

    def subtract(self, **fields: Any) -> "DateTime":
        return self.add(**{name: -value for name, value in fields.items()})

    def in_timezone(self, zone: Any) -> "DateTime":
        return DateTime.of(self.astimezone(zone_of(zone)))

    in_tz = in_timezone

    def to_date_string(self) -> str:
        return self.strftime("%Y-%m-%d")

    def to_datetime_string(self) -> str:
        return self.strftime("%Y-%m-%d %H:%M:%S")

    def to_time_string(self) -> str:
        return self.strftime("%H:%M:%S")

    def to_iso8601_string(self) -> str:
        return self.isoformat().replace("+00:00", "Z")

    def format(self, pattern: str) -> str:
        """pendulum's tokens: YYYY MM DD HH mm ss."""
        for token, code in (("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S")):
            pattern = pattern.replace(token, code)
        return self.strftime(pattern)

    def start_of(self, unit: str) -> "DateTime":
        zero = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}
        names = {
            "second": {"microsecond": 0},
            "minute": {"second": 0, "microsecond": 0},
            "hour": {"minute": 0, "second": 0, "microsecond": 0},
            "day": zero,
            "month": {**zero, "day": 1},
            "year": {**zero, "day": 1, "month": 1},
        }
        if unit == "week":
            return DateTime.of(self.replace(**zero) - datetime.timedelta(days=self.weekday()))  # type: ignore[arg-type]
        return DateTime.of(self.replace(**names[unit]))  # type: ignore[arg-type]

    def end_of(self, unit: str) -> "DateTime":
        step = {unit + "s": 1}
        return self.start_of(unit).add(**step).subtract(microseconds=1)

    def diff(self, other: datetime.datetime) -> datetime.timedelta:
        return abs(other - self)

    @property
    def int_timestamp(self) -> int:
        return int(self.timestamp())

    @property
    def timezone_name(self) -> str:
        return zone_name(self.tzinfo)

    @property
    def day_of_week(self) -> int:
        return self.weekday()
