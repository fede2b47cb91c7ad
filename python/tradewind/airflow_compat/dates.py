"""`airflow.utils.dates` of Airflow 2."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List, Optional

from .. import era
from . import timezones

cron_presets: Dict[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> dt.datetime:
    """Midnight UTC of the day `n` days before today (or the given time of it)."""
    era.warn("days_ago", "days_ago is gone from Airflow 3: a start_date that moves; write pendulum.datetime(2024, 1, 1)")
    today = timezones.utcnow().replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return timezones.coerce_datetime(today - dt.timedelta(days=n))


def round_time(date: dt.datetime, delta: Any, start_date: Optional[dt.datetime] = None) -> dt.datetime:
    """The multiple of `delta` (a timedelta) since `start_date` that is nearest to `date`."""
    origin = start_date if start_date is not None else timezones.make_aware(dt.datetime.min)
    step = delta.total_seconds()
    count = (date - origin).total_seconds() / step
    return origin + dt.timedelta(seconds=round(count) * step)


def infer_time_unit(time_seconds_arr: List[float]) -> str:
    if not time_seconds_arr:
        return "hours"
    longest = max(time_seconds_arr)
    if longest <= 60 * 2:
        return "seconds"
    if longest <= 60 * 60 * 2:
        return "minutes"
    return "hours" if longest <= 24 * 60 * 60 * 2 else "days"


def scale_time_units(time_seconds_arr: List[float], unit: str) -> List[float]:
    size = {"minutes": 60, "hours": 3600, "days": 86400}.get(unit, 1)
    return [seconds / size for seconds in time_seconds_arr]


def parse_execution_date(execution_date_str: str) -> dt.datetime:
    return timezones.parse(execution_date_str)


def date_range(
    start_date: dt.datetime,
    end_date: Optional[dt.datetime] = None,
    num: Optional[int] = None,
    delta: Any = None,
) -> List[dt.datetime]:
    """Dates from `start_date` by steps of a timedelta, up to `end_date` or `num` of them."""
    if not delta:
        return []
    if not isinstance(delta, dt.timedelta):
        raise TypeError("Wait. delta must be either datetime.timedelta or cron expression as str")
    if end_date is not None and start_date > end_date:
        raise ValueError("Wait. start_date needs to be before end_date")
    found, at = [], start_date
    if num is not None:
        return [start_date + delta * (index if num > 0 else -index) for index in range(abs(num))][:: 1 if num > 0 else -1]
    last = end_date or timezones.utcnow()
    while at <= last:
        found.append(at)
        at += delta
    return found
