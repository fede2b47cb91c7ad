"""Partition mappers of Airflow 3.2 and later: from the key of an upstream partition to those of a Dag's own.

They work in the process that asks timetables of users, for the scheduler (`timetable_server.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar, Dict, FrozenSet, Iterable, List, Optional, Tuple, Union

from tradewind import time_values

from .partition_windows import WaitForAll, WaitPolicy, Window

Keys = Union[str, Iterable[str]]


class PartitionMapper:
    """Base of all. A subclass of the user's own writes `to_downstream`."""

    is_rollup: ClassVar[bool] = False

    def __init__(self, *, max_downstream_keys: Optional[int] = None) -> None:
        self.max_downstream_keys = max_downstream_keys

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        decodes = cls.decode_downstream is not PartitionMapper.decode_downstream
        if decodes != (cls.encode_upstream is not PartitionMapper.encode_upstream):
            raise TypeError(f"{cls.__qualname__} has to override both decode_downstream and encode_upstream, or neither")

    def to_downstream(self, key: str) -> Keys:
        """The key, or keys, that an upstream key belongs to. Raises ValueError for a key that is none of it."""
        raise NotImplementedError

    def decode_downstream(self, downstream_key: str) -> Any:
        """What a window counts from: the key itself, or the date that it stands for."""
        return downstream_key

    def encode_upstream(self, decoded: Any) -> str:
        return decoded  # type: ignore[no-any-return]


class IdentityMapper(PartitionMapper):
    def to_downstream(self, key: str) -> str:
        return key


class AllowedKeyMapper(PartitionMapper):
    def __init__(self, allowed_keys: List[str], **more: Any) -> None:
        super().__init__(**more)
        self.allowed_keys = list(allowed_keys)

    def to_downstream(self, key: str) -> str:
        if key not in self.allowed_keys:
            raise ValueError(f"expected one of the allowed keys {self.allowed_keys}, got {key!r}")
        return key


class FixedKeyMapper(PartitionMapper):
    """Every upstream key belongs to one downstream key."""

    def __init__(self, downstream_key: str, **more: Any) -> None:
        super().__init__(**more)
        if not isinstance(downstream_key, str) or not downstream_key:
            raise ValueError(f"expected downstream_key to be a text, got {downstream_key!r}")
        self.downstream_key = downstream_key

    def to_downstream(self, key: str) -> str:
        return self.downstream_key


class ProductMapper(PartitionMapper):
    """A mapper for each part of a key such as `us|2024-03-13T10:00:00`."""

    def __init__(self, *mappers: PartitionMapper, delimiter: str = "|", **more: Any) -> None:
        super().__init__(**more)
        _at_least_two(self, mappers)
        self.mappers = list(mappers)
        self.delimiter = delimiter

    def to_downstream(self, key: str) -> str:
        parts = key.split(self.delimiter)
        if len(parts) != len(self.mappers):
            raise ValueError(f"expected {len(self.mappers)} parts between {self.delimiter!r} in the key, got {key!r}")
        return self.delimiter.join(_single(mapper, part) for mapper, part in zip(self.mappers, parts))


class ChainMapper(PartitionMapper):
    """One mapper after the other."""

    def __init__(self, *mappers: PartitionMapper, **more: Any) -> None:
        super().__init__(**more)
        _at_least_two(self, mappers)
        self.mappers = list(mappers)

    def to_downstream(self, key: str) -> Keys:
        keys = [key]
        for mapper in self.mappers:
            keys = [mapped for one in keys for mapped in keys_of(mapper, one)]
        return keys[0] if len(keys) == 1 else keys


class RollupMapper(PartitionMapper):
    """A downstream key waits for all upstream keys of its window."""

    is_rollup = True

    def __init__(self, *, upstream_mapper: PartitionMapper, window: Window, wait_policy: Optional[WaitPolicy] = None, **more: Any) -> None:
        super().__init__(**more)
        decodes = type(upstream_mapper).decode_downstream is not PartitionMapper.decode_downstream
        if not decodes and window.expected_decoded_type is not str:
            raise TypeError(
                f"{type(window).__name__} counts in {window.expected_decoded_type.__name__}, which {type(upstream_mapper).__name__} "
                "does not make of a key: it has no decode_downstream of its own"
            )
        self.upstream_mapper = upstream_mapper
        self.window = window
        self.wait_policy = wait_policy or WaitForAll()

    def to_downstream(self, key: str) -> Keys:
        return self.upstream_mapper.to_downstream(key)

    def to_upstream(self, downstream_key: str) -> FrozenSet[str]:
        decoded = self.upstream_mapper.decode_downstream(downstream_key)
        return frozenset(self.upstream_mapper.encode_upstream(one) for one in self.window.to_upstream(decoded))


_DIRECTIVES = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2, "%V": 2, "%U": 2, "%W": 2}


class _TemporalMapper(PartitionMapper):
    """Keys are dates: in `input_format` those of the assets, in `output_format` those of the Dag."""

    default_output_format: ClassVar[str]

    def __init__(self, *, timezone: Any = "UTC", input_format: str = "%Y-%m-%dT%H:%M:%S", output_format: Optional[str] = None, **more: Any) -> None:
        super().__init__(**more)
        self.input_format = input_format
        self.output_format = output_format or self.default_output_format
        self._timezone = time_values.zone_of(timezone)

    def to_downstream(self, key: str) -> str:
        date = dt.datetime.strptime(key, self.input_format)
        local = date.replace(tzinfo=self._timezone) if date.tzinfo is None else date.astimezone(self._timezone)
        return self.format(self.normalize(local))

    def normalize(self, date: dt.datetime) -> dt.datetime:
        """The start of the period that the date lies in."""
        raise NotImplementedError

    def format(self, date: dt.datetime) -> str:
        return date.strftime(self.output_format)

    def decode_downstream(self, downstream_key: str) -> dt.datetime:
        return dt.datetime.strptime(downstream_key, self.output_format)

    def encode_upstream(self, decoded: dt.datetime) -> str:
        local = decoded.replace(tzinfo=self._timezone) if decoded.tzinfo is None else decoded.astimezone(self._timezone)
        return local.strftime(self.input_format)

    def _parts(self, key: str, *wanted: str) -> Dict[str, int]:
        """For formats that strptime does not take back. Raises ValueError."""
        match = re.fullmatch(_pattern(self.output_format), key)
        if match is None or not set(wanted) <= set(match.groupdict()):
            raise ValueError(f"expected a key of the format {self.output_format!r} with {', '.join(wanted)}, got {key!r}")
        return {name: int(value) for name, value in match.groupdict().items()}


def _pattern(form: str) -> str:
    parts = []
    for token in re.findall(r"%[a-zA-Z]|\{quarter\}|.", form, re.DOTALL):
        if token in _DIRECTIVES:
            parts.append(f"(?P<{token[1]}>\\d{{{_DIRECTIVES[token]}}})")
        else:
            parts.append("(?P<quarter>[1-4])" if token == "{quarter}" else re.escape(token))
    return "".join(parts)


_MIDNIGHT = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


class StartOfHourMapper(_TemporalMapper):
    default_output_format = "%Y-%m-%dT%H"

    def normalize(self, date: dt.datetime) -> dt.datetime:
        return date.replace(minute=0, second=0, microsecond=0)


class StartOfDayMapper(_TemporalMapper):
    default_output_format = "%Y-%m-%d"

    def normalize(self, date: dt.datetime) -> dt.datetime:
        return date.replace(**_MIDNIGHT)  # type: ignore[arg-type]


class StartOfWeekMapper(_TemporalMapper):
    """Its Monday."""

    default_output_format = "%Y-%m-%d (W%V)"

    def normalize(self, date: dt.datetime) -> dt.datetime:
        return (date - dt.timedelta(days=date.weekday())).replace(**_MIDNIGHT)  # type: ignore[arg-type]

    def decode_downstream(self, downstream_key: str) -> dt.datetime:
        parts = self._parts(downstream_key, "Y", "m", "d")
        return dt.datetime(parts["Y"], parts["m"], parts["d"])


class StartOfMonthMapper(_TemporalMapper):
    default_output_format = "%Y-%m"

    def normalize(self, date: dt.datetime) -> dt.datetime:
        return date.replace(day=1, **_MIDNIGHT)  # type: ignore[arg-type]


class StartOfQuarterMapper(_TemporalMapper):
    default_output_format = "%Y-Q{quarter}"

    def normalize(self, date: dt.datetime) -> dt.datetime:
        return date.replace(month=(date.month - 1) // 3 * 3 + 1, day=1, **_MIDNIGHT)  # type: ignore[arg-type]

    def format(self, date: dt.datetime) -> str:
        return date.strftime(self.output_format).format(quarter=(date.month - 1) // 3 + 1)

    def decode_downstream(self, downstream_key: str) -> dt.datetime:
        parts = self._parts(downstream_key, "Y", "quarter")
        return dt.datetime(parts["Y"], (parts["quarter"] - 1) * 3 + 1, 1)


class StartOfYearMapper(_TemporalMapper):
    default_output_format = "%Y"

    def normalize(self, date: dt.datetime) -> dt.datetime:
        return date.replace(month=1, day=1, **_MIDNIGHT)  # type: ignore[arg-type]


class FanOutMapper(PartitionMapper):
    """One upstream key brings a downstream key for each part of its window."""

    default_downstream_mapper_by_window_name: ClassVar[Dict[str, Any]] = {
        "DayWindow": StartOfHourMapper,
        "WeekWindow": StartOfDayMapper,
        "MonthWindow": StartOfDayMapper,
        "QuarterWindow": StartOfMonthMapper,
        "YearWindow": StartOfMonthMapper,
    }

    def __init__(self, *, upstream_mapper: PartitionMapper, window: Window, downstream_mapper: Optional[PartitionMapper] = None, **more: Any) -> None:
        super().__init__(**more)
        self.upstream_mapper = upstream_mapper
        self.window = window
        self.downstream_mapper = downstream_mapper or self._usual(window)

    def _usual(self, window: Window) -> PartitionMapper:
        kind = self.default_downstream_mapper_by_window_name.get(type(window).__name__)
        if kind is None:
            raise ValueError(f"{type(self).__name__} over a {type(window).__name__} needs a downstream_mapper")
        return kind()  # type: ignore[no-any-return]

    def to_downstream(self, key: str) -> List[str]:
        anchor = self.upstream_mapper.decode_downstream(_single(self.upstream_mapper, key))
        return [self._formatted(one) for one in self.window.to_upstream(anchor)]

    def _formatted(self, decoded: Any) -> str:
        form = getattr(self.downstream_mapper, "format", None)
        if callable(form):
            return str(form(decoded))
        return decoded.isoformat() if isinstance(decoded, dt.datetime) else str(decoded)


def keys_of(mapper: PartitionMapper, key: str) -> Tuple[str, ...]:
    """What the mapper makes of a key, each once. Raises TypeError for what is no key."""
    mapped = mapper.to_downstream(key)
    keys = (mapped,) if isinstance(mapped, str) else tuple(dict.fromkeys(mapped))
    for one in keys:
        if not isinstance(one, str) or not one.strip() or len(one) > 250:
            raise TypeError(f"expected {type(mapper).__name__} to give keys of 1 to 250 characters, got {one!r}")
    return keys


def _single(mapper: PartitionMapper, key: str) -> str:
    mapped = mapper.to_downstream(key)
    if not isinstance(mapped, str):
        raise TypeError(f"expected one key from {type(mapper).__name__}, got several")
    return mapped


def _at_least_two(mapper: Any, mappers: Tuple[PartitionMapper, ...]) -> None:
    if len(mappers) < 2:
        raise TypeError(f"expected at least two mappers for {type(mapper).__name__}, got {len(mappers)}")
