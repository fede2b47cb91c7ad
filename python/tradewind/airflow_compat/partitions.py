"""Partitioned schedules of Airflow 3.2 and later.

Runs of a CronPartitionTimetable have a key by their date, and the assets that they make bring it to the Dags on a
PartitionedAssetTimetable, whose mappers say which partitions of their own it is part of.
"""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Optional

from .. import era
from .exceptions import AirflowTimetableInvalid
from .partition_mappers import IdentityMapper, PartitionMapper
from .timetables import AssetTriggeredTimetable, CronTriggerTimetable, DagRunInfo, DataInterval, NullTimetable, TimeRestriction, _one_asset


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
    """A run for each partition for which the assets have brought what the mappers say that it needs."""

    partitioned = True
    summary = "Partitioned Asset"  # type: ignore[assignment]

    def __init__(self, *, assets: Any, partition_mapper_config: Optional[Dict[Any, PartitionMapper]] = None, default_partition_mapper: Optional[PartitionMapper] = None) -> None:
        super().__init__(_one_asset(assets))
        if any(True for _ in self.asset_condition.iter_asset_aliases()):
            raise AirflowTimetableInvalid("expected assets for a PartitionedAssetTimetable, got an alias, which has no partitions")
        self.partition_mapper_config = dict(partition_mapper_config or {})
        self.default_partition_mapper = default_partition_mapper or IdentityMapper()

    def get_partition_mapper(self, *, name: str = "", uri: str = "") -> PartitionMapper:
        for asset, mapper in self.partition_mapper_config.items():
            if (getattr(asset, "name", None), getattr(asset, "uri", None)) in ((name, uri), (name, None), (None, uri)):
                return mapper
        return self.default_partition_mapper

    def spec(self) -> Dict[str, Any]:
        return {**super().spec(), "partitioned": True}


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
