"""Partitioned schedules of Airflow 3.2 and later.

Runs of a CronPartitionTimetable have a key by their date. What a mapper would make of a key is not worked out: a Dag on
a PartitionedAssetTimetable imports, is drawn, and runs when somebody starts it (with a partition key); it is not started
by assets, and says so.
"""

from __future__ import annotations

import datetime
import enum
from typing import Any, Dict, List, Optional

from .. import era
from .timetables import AssetTriggeredTimetable, CronTriggerTimetable, DagRunInfo, DataInterval, NullTimetable, TimeRestriction, _one_asset


class PartitionMapper:
    """From the key of an upstream partition to that of a downstream one."""

    is_rollup = False

    def __init__(self, *mappers: Any, max_downstream_keys: Optional[int] = None, **arguments: Any) -> None:
        self.mappers = list(mappers)
        self.max_downstream_keys = max_downstream_keys
        for name, value in arguments.items():
            setattr(self, name, value)


class IdentityMapper(PartitionMapper):
    pass


class AllowedKeyMapper(PartitionMapper):
    def __init__(self, allowed_keys: List[str], **arguments: Any) -> None:
        super().__init__(allowed_keys=list(allowed_keys), **arguments)


class FixedKeyMapper(PartitionMapper):
    def __init__(self, downstream_key: str, **arguments: Any) -> None:
        super().__init__(downstream_key=downstream_key, **arguments)


class ProductMapper(PartitionMapper):
    pass


class ChainMapper(PartitionMapper):
    pass


class RollupMapper(PartitionMapper):
    is_rollup = True


class FanOutMapper(PartitionMapper):
    pass


class StartOfHourMapper(PartitionMapper):
    pass


class StartOfDayMapper(PartitionMapper):
    pass


class StartOfWeekMapper(PartitionMapper):
    pass


class StartOfMonthMapper(PartitionMapper):
    pass


class StartOfQuarterMapper(PartitionMapper):
    pass


class StartOfYearMapper(PartitionMapper):
    pass


class Window:
    """Which partitions belong together."""

    class Direction(str, enum.Enum):
        FORWARD = "forward"
        BACKWARD = "backward"

    def __init__(self, *, direction: "Window.Direction" = Direction.FORWARD) -> None:
        self.direction = direction


class HourWindow(Window):
    pass


class DayWindow(Window):
    pass


class WeekWindow(Window):
    pass


class MonthWindow(Window):
    pass


class QuarterWindow(Window):
    pass


class YearWindow(Window):
    pass


class SegmentWindow(Window):
    def __init__(self, segments: Any, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.segments = frozenset(segments)


class WaitPolicy:
    """When a rollup starts."""


class WaitForAll(WaitPolicy):
    pass


class MinimumCount(WaitPolicy):
    def __init__(self, n: int) -> None:
        self.n = n


class CronPartitionTimetable(CronTriggerTimetable):
    """Runs as CronTriggerTimetable does, each with its date in `key_format` as `dag_run.partition_key`.

    `run_offset` moves that date: a timedelta, or so many fires of the cron expression.
    """

    def __init__(self, cron: str, *, timezone: Any = "UTC", run_offset: Any = None, run_immediately: Any = False, key_format: str = "%Y-%m-%dT%H:%M:%S") -> None:
        super().__init__(cron, timezone=timezone, run_immediately=run_immediately)
        self.run_offset = run_offset
        self.key_format = key_format

    def next_dagrun_info(self, *, last_automated_data_interval: Any, restriction: TimeRestriction) -> Optional[DagRunInfo]:
        info = super().next_dagrun_info(last_automated_data_interval=last_automated_data_interval, restriction=restriction)
        if info is None:
            return None
        date = self._partition_date(info.run_after)
        return info._replace(partition_date=date, partition_key=date.astimezone(self.timezone).strftime(self.key_format))

    def _partition_date(self, run_after: Any) -> Any:
        if not isinstance(self.run_offset, int):
            return run_after + self.run_offset if self.run_offset else run_after
        if self.run_offset < 0:
            return self._before(run_after, -self.run_offset)
        for _ in range(self.run_offset):
            run_after = self._after(run_after, None)
        return run_after

    def _after(self, last: Any, earliest: Any) -> Any:
        interval = None if last is None else DataInterval.exact(last)
        info = super().next_dagrun_info(last_automated_data_interval=interval, restriction=TimeRestriction(earliest, None, True))
        if info is None:
            raise ValueError(f"{self.summary} fires no more after {last or earliest}")
        return info.run_after

    def _before(self, date: Any, count: int) -> Any:
        """The count-th fire before the date: looked for in spans that grow, since a schedule is asked forwards."""
        span = datetime.timedelta(minutes=count)
        while span < datetime.timedelta(days=20_000):
            fires = []
            fire = self._after(None, date - span)
            while fire < date:
                fires.append(fire)
                fire = self._after(fire, None)
            if len(fires) >= count:
                return fires[-count]
            span *= 2
        raise ValueError(f"{self.summary} fires less than {count} times before {date}")

    def serialize(self) -> Dict[str, Any]:
        return {**super().serialize(), "run_offset": self.run_offset, "key_format": self.key_format}

    @classmethod
    def deserialize(cls, data: Dict[str, Any]) -> "CronPartitionTimetable":
        names = ("timezone", "run_offset", "run_immediately", "key_format")
        return cls(data["expression"], **{name: data[name] for name in names if name in data})


class PartitionedAssetTimetable(AssetTriggeredTimetable):
    can_be_scheduled = False
    spec_kind = "none"
    summary = "Partitioned Asset"  # type: ignore[assignment]

    def __init__(self, assets: Any, partition_mapper_config: Optional[Dict[Any, PartitionMapper]] = None, default_partition_mapper: Optional[PartitionMapper] = None) -> None:
        super().__init__(_one_asset(assets))
        self.partition_mapper_config = partition_mapper_config or {}
        self.default_partition_mapper = default_partition_mapper or IdentityMapper()
        era.warn("PartitionedAssetTimetable", "a Dag on a PartitionedAssetTimetable is not started by its assets: start its runs by hand")

    def spec(self) -> Dict[str, Any]:
        return {"kind": "none"}

    def assets(self) -> List[Any]:
        return []


class PartitionedAtRuntime(NullTimetable):
    """Started from outside; its tasks name the partitions that they made."""

    summary = "PartitionedAtRuntime"  # type: ignore[assignment]


class AssetAccessControl:
    """Which teams may use an asset; there are no teams here."""

    def __init__(self, producer_teams: Optional[List[str]] = None, consumer_teams: Optional[List[str]] = None, allow_global: bool = True, **_: Any) -> None:
        self.producer_teams = list(producer_teams or [])
        self.consumer_teams = list(consumer_teams or [])
        self.allow_global = allow_global
        era.warn("AssetAccessControl", "access_control of an asset has no effect: there are no teams")
