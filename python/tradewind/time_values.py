"""Instants and zones, with the standard library; pendulum's own values pass through as they are."""

from __future__ import annotations

import datetime
import re
from typing import Any, Optional
from zoneinfo import ZoneInfo

UTC = datetime.timezone.utc


def zone_name(zone: Any) -> str:
    """The IANA name of a tzinfo (zoneinfo, pendulum, pytz, dateutil), or "UTC"."""
    if zone is None:
        return "UTC"
    if isinstance(zone, str):
        return zone
    for attribute in ("key", "name", "zone"):
        name = getattr(zone, attribute, None)
        if isinstance(name, str) and name and (name == "UTC" or "/" in name or name.isalpha()):
            return name
    offset = zone.utcoffset(datetime.datetime(2000, 1, 1))
    if not offset:
        return "UTC"
    minutes = int(offset.total_seconds() // 60)
    return f"{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def zone_of(name: Any) -> datetime.tzinfo:
    if isinstance(name, datetime.tzinfo):
        return name
    return UTC if name in (None, "UTC", "utc") else ZoneInfo(name)


def parse_instant(text: str) -> datetime.datetime:
    """ISO 8601 and the looser forms that Dag files have ("2022-1-5", "2023-01-01 06:00"). Raises ValueError."""
    value = text.strip()
    if value.endswith(("Z", "z")):
        value = value[:-1] + "+00:00"
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        pass
    match = re.fullmatch(
        r"(\d{4})-?(\d{1,2})-?(\d{1,2})(?:[T ](\d{1,2}):?(\d{2})(?::?(\d{2})(?:\.(\d{1,9}))?)?)?\s*(\+00:00|[+-]\d{2}:?\d{2})?",
        value,
    )
    if match is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    micro = int((match.group(7) or "0").ljust(6, "0")[:6])
    zone = match.group(8)
    tz = None
    if zone is not None:
        digits = zone[1:].replace(":", "")
        delta = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        tz = datetime.timezone(-delta if zone[0] == "-" else delta)
    return datetime.datetime(year, month, day, hour, minute, second, micro, tz)


def as_datetime(value: Any, what: str) -> Optional[datetime.datetime]:
    """A datetime, a date or a text as a datetime, its zone kept; None stays None."""
    if value is None or isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except ValueError:
            raise ValueError(f'{what}: expected a date such as datetime(2024, 1, 1), got "{value}"') from None
    raise TypeError(f"{what}: expected a datetime, got {type(value).__name__}: {value!r}")


def iso(value: datetime.datetime, zone: Any = UTC) -> str:
    """ISO 8601 in UTC; a naive value is of the given zone."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone_of(zone))
    value = value.astimezone(UTC)
    text = value.strftime("%Y-%m-%dT%H:%M:%S") if value.year >= 1000 else value.isoformat()[:19]
    return f"{text}.{value.microsecond // 1000:03}Z"


def utcnow() -> datetime.datetime:
    return datetime.datetime.now(UTC)


def pendulum_or_plain(value: Optional[datetime.datetime]) -> Any:
    """A pendulum DateTime where pendulum is installed (templates use its methods), else a plain datetime."""
    if value is None:
        return None
    try:
        import pendulum
    except ImportError:
        from .date_time import DateTime

        return DateTime.of(value)
    return pendulum.instance(value)
