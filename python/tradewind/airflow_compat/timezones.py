"""`airflow.utils.timezone`: with pendulum's types where it is installed, else with the standard library's."""

from __future__ import annotations

import datetime as dt
from typing import Any, Optional

from ..time_values import UTC, parse_instant, zone_of

utc: Any = UTC
try:
    import pendulum

    utc = pendulum.UTC if hasattr(pendulum, "UTC") else pendulum.timezone("UTC")
except ImportError:
    pendulum = None  # type: ignore[assignment]


def is_localized(value: dt.datetime) -> bool:
    return value.utcoffset() is not None


def is_naive(value: dt.datetime) -> bool:
    return value.utcoffset() is None


def utcnow() -> dt.datetime:
    return dt.datetime.now(tz=utc)


def utc_epoch() -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=utc)


def convert_to_utc(value: Optional[dt.datetime]) -> Optional[dt.datetime]:
    if value is None:
        return None
    if is_naive(value):
        value = value.replace(tzinfo=utc)
    return coerce_datetime(value.astimezone(utc))


def make_aware(value: Optional[dt.datetime], timezone: Any = None) -> Any:
    """A naive date taken as one of the zone (default UTC). Raises ValueError for an aware one."""
    if value is None:
        return None
    if is_localized(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    zone = utc if timezone is None else zone_of(timezone)
    if hasattr(zone, "localize"):
        return zone.localize(value)
    return value.replace(tzinfo=zone)


def make_naive(value: dt.datetime, timezone: Any = None) -> dt.datetime:
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    return value.astimezone(utc if timezone is None else zone_of(timezone)).replace(tzinfo=None)


def datetime(*args: Any, **kwargs: Any) -> dt.datetime:
    """datetime.datetime with UTC as the zone where none is given."""
    if "tzinfo" not in kwargs:
        kwargs["tzinfo"] = utc
    return dt.datetime(*args, **kwargs)


def parse(string: str, timezone: Any = None, *, strict: bool = False) -> dt.datetime:
    """An ISO 8601 text as an aware date."""
    value = parse_instant(string)
    if is_naive(value):
        value = value.replace(tzinfo=utc if timezone is None else zone_of(timezone))
    return coerce_datetime(value)


def coerce_datetime(value: Any, tz: Any = None) -> Any:
    """pendulum's DateTime where the interpreter has it."""
    if value is None:
        return None
    if is_naive(value):
        value = value.replace(tzinfo=utc if tz is None else zone_of(tz))
    return value if pendulum is None or isinstance(value, pendulum.DateTime) else pendulum.instance(value)


def parse_timezone(name: Any) -> Any:
    if pendulum is not None:
        return pendulum.timezone(name)
    if isinstance(name, int):
        return dt.timezone(dt.timedelta(seconds=name))
    return zone_of(name)


def local_timezone() -> Any:
    return dt.datetime.now().astimezone().tzinfo


def from_timestamp(timestamp: float, tz: Any = None) -> Any:
    zone = utc if tz is None else local_timezone() if tz == "local" else zone_of(tz)
    return coerce_datetime(dt.datetime.fromtimestamp(timestamp, tz=zone))


def td_format(delta: Any) -> Optional[str]:
    """`3h:25m:13s`, or None for nothing."""
    if delta is None:
        return None
    left = int(delta.total_seconds() if isinstance(delta, dt.timedelta) else delta)
    parts = []
    for letter, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{letter}")
    return ":".join(parts) or "<1s"
