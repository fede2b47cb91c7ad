"""`macros` of templates: Airflow's functions and the modules that it offers."""

from __future__ import annotations

import datetime as _datetime
import json as _json
import random as _random
import time as _time
import uuid as _uuid
from types import SimpleNamespace
from typing import Any, Optional

from . import time_values

datetime = _datetime.datetime
timedelta = _datetime.timedelta
json = _json
time = _time
uuid = _uuid
random = _random.random

def ds_add(ds: str, days: int) -> str:
    """`ds_add("2024-01-31", 1)` → "2024-02-01"."""
    if not days:
        return str(ds)
    return (datetime.strptime(str(ds), "%Y-%m-%d") + timedelta(days=days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """`ds_format("2024-01-31", "%Y-%m-%d", "%d/%m")` → "31/01"."""
    return datetime.strptime(str(ds), input_format).strftime(output_format)


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: Any = None) -> str:
    """The same in Babel's patterns and a locale's words."""
    try:
        from babel import Locale
        from babel.dates import LC_TIME, format_datetime
    except ImportError:
        raise ImportError("macros.ds_format_locale needs Babel: pip install babel") from None
    return format_datetime(
        datetime.strptime(str(ds), input_format), format=output_format, locale=locale or LC_TIME or Locale.default("LC_TIME")
    )


def datetime_diff_for_humans(dt: Any, since: Optional[Any] = None) -> str:
    """ "3 days ago"; to `since` "3 days before"."""
    try:
        import pendulum
    except ImportError:
        return _diff_in_words(dt, since)
    return str(pendulum.instance(dt).diff_for_humans(since))


def _diff_in_words(dt: Any, since: Optional[Any]) -> str:
    other = since if since is not None else time_values.utcnow()
    if dt.tzinfo is None:
        dt = dt.replace(tzinfo=time_values.UTC)
    if other.tzinfo is None:
        other = other.replace(tzinfo=time_values.UTC)
    size = abs((dt - other).total_seconds())
    units = (("year", 31536000), ("month", 2592000), ("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
    name, unit = next(((name, unit) for name, unit in units if size >= unit), ("second", 1))
    count = int(size // unit)
    text = "a few seconds" if count == 0 else f"{count} {name}{'' if count == 1 else 's'}"
    if since is not None:
        return f"{text} {'after' if dt >= other else 'before'}"
    return f"in {text}" if dt > other else f"{text} ago"


def __getattr__(name: str) -> Any:
    """dateutil and yaml where they are installed, and what plugins bring."""
    if name == "dateutil":
        try:
            import dateutil.parser
            import dateutil.relativedelta
        except ImportError:
            raise AttributeError("macros.dateutil needs python-dateutil: pip install python-dateutil") from None
        import dateutil

        return dateutil
    if name == "yaml":
        try:
            import yaml
        except ImportError:
            raise AttributeError("macros.yaml needs PyYAML: pip install pyyaml") from None
        return yaml
    if name == "hive":
        return SimpleNamespace()
    if not name.startswith("_"):
        from .plugin_loader import macros

        found = macros().get(name)
        if found is not None:
            return found
    raise AttributeError(f"macros has no {name!r}")
