"""Timetables of both eras, as data for the scheduler; one of the user's own is asked in Python."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Union

from tradewind import client, time_values
from tradewind.xcom import encode_json

from .assets import AssetAll, BaseAsset
from .exceptions import AirflowTimetableInvalid

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class DataInterval(NamedTuple):
    """What the run is about: from `start` up to but without `end`."""

    start: Any
    end: Any

    @classmethod
    def exact(cls, at: Any) -> "DataInterval":
        return cls(start=at, end=at)


class TimeRestriction(NamedTuple):
    earliest: Any
    latest: Any
    catchup: bool


class DagRunInfo(NamedTuple):
    """When a run is made, and its interval."""

    run_after: Any
    data_interval: Any
    partition_date: Any = None
    partition_key: Optional[str] = None

    @classmethod
    def exact(cls, at: Any) -> "DagRunInfo":
        return cls(run_after=at, data_interval=DataInterval.exact(at))

    @classmethod
    def interval(cls, start: Any, end: Any) -> "DagRunInfo":
        return cls(run_after=end, data_interval=DataInterval(start, end))

    @property
    def logical_date(self) -> Any:
        return self.data_interval.start


class Timetable:
    """Base of all; a subclass of the user's own defines `next_dagrun_info` and `infer_manual_data_interval`."""

    description = ""
    periodic = True
    can_be_scheduled = True
    active_runs_limit: Optional[int] = None
    run_ordering: Any = ("data_interval_end", "execution_date")
    asset_condition: Any = None
    spec_kind = "custom"

    def infer_manual_data_interval(self, *, run_after: Any) -> DataInterval:
        raise NotImplementedError

    def next_dagrun_info(self, *, last_automated_data_interval: Any, restriction: TimeRestriction) -> Optional[DagRunInfo]:
        raise NotImplementedError

    def next_dagrun_info_v2(self, *, last_dagrun_info: Any, restriction: TimeRestriction) -> Optional[DagRunInfo]:
        last = None if last_dagrun_info is None else last_dagrun_info.data_interval
        return self.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)

    def generate_run_id(self, *, run_type: Any, **given: Any) -> str:
        at = given.get("run_after") or given.get("logical_date")
        return f"{run_type}__{'' if at is None else at.isoformat()}"

    def validate(self) -> None:
        """Raises AirflowTimetableInvalid."""

    def serialize(self) -> Dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: Dict[str, Any]) -> "Timetable":
        return cls(**data)

    @property
    def summary(self) -> str:
        return type(self).__name__

    @property
    def type_name(self) -> str:
        return type(self).__name__

    def spec(self) -> Dict[str, Any]:
        """The TimetableSpec."""
        cls = type(self)
        data = self.serialize()
        classpath = f"{cls.__module__}.{cls.__qualname__}"
        try:
            cls.deserialize(data)
        except Exception as error:
            raise AirflowTimetableInvalid(
                f"timetable {classpath} cannot be made again from what its serialize() gives, {data!r}: "
                f"{type(error).__name__}: {error}"
            ) from error
        limit = self.active_runs_limit
        return {
            "kind": "custom",
            "classpath": classpath,
            "data": encode_json(data, f"what serialize() of timetable {classpath} gives"),
            "summary": str(self.summary),
            **({"description": str(self.description)} if self.description else {}),
            **({} if self.periodic else {"periodic": False}),
            **({} if self.can_be_scheduled else {"canBeScheduled": False}),
            **({} if limit is None else {"activeRunsLimit": limit}),
        }

    def assets(self) -> List[BaseAsset]:
        return []


class _Known(Timetable):
    """Known to the scheduler; equal when their data is."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.spec() == other.spec()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(repr(self.spec()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.summary}>"

    def infer_manual_data_interval(self, *, run_after: Any) -> DataInterval:
        answer = client.request("timetable", ask="manual", timetable=self.spec(), runAfter=_iso(run_after))
        return _interval(answer)

    def next_dagrun_info(self, *, last_automated_data_interval: Any, restriction: TimeRestriction) -> Optional[DagRunInfo]:
        """The scheduler's own answer, for timetables of users that are made of this one."""
        last = last_automated_data_interval
        answer = client.request(
            "timetable",
            ask="next",
            timetable=self.spec(),
            last=None if last is None else {"start": _iso(last.start), "end": _iso(last.end)},
            start=_iso(restriction.earliest),
            end=_iso(restriction.latest),
            catchup=bool(restriction.catchup),
        )
        return None if answer is None else DagRunInfo(_date(answer["runAfter"]), _interval(answer))


def _iso(date: Any) -> Optional[str]:
    return None if date is None else time_values.iso(date)


def _date(text: str) -> Any:
    return time_values.pendulum_or_plain(time_values.parse_instant(text))


def _interval(answer: Dict[str, Any]) -> DataInterval:
    return DataInterval(_date(answer["start"]), _date(answer["end"]))


def timetable_spec(timetable: Timetable) -> Dict[str, Any]:
    """The TimetableSpec; a subclass of a known timetable that decides itself is one of the user's own."""
    own = type(timetable).__dict__
    if "next_dagrun_info" in own or "infer_manual_data_interval" in own:
        return Timetable.spec(timetable)
    return timetable.spec()


class NullTimetable(_Known):
    spec_kind = "none"
    can_be_scheduled = False
    description = "Never, external triggers only"
    summary = "None"  # type: ignore[assignment]

    def spec(self) -> Dict[str, Any]:
        return {"kind": "none"}


class OnceTimetable(_Known):
    spec_kind = "once"
    description = "Once, as soon as possible"
    summary = "@once"  # type: ignore[assignment]

    def spec(self) -> Dict[str, Any]:
        return {"kind": "once"}


class ContinuousTimetable(_Known):
    spec_kind = "continuous"
    description = "As frequently as possible, but only one run at a time."
    summary = "@continuous"  # type: ignore[assignment]
    active_runs_limit = 1

    def spec(self) -> Dict[str, Any]:
        return {"kind": "continuous"}


def cron_text(cron: str, dag_id: Optional[str] = None) -> str:
    """A preset as it is, a cron expression checked for its number of fields. Raises AirflowTimetableInvalid."""
    text = {"@midnight": "@daily", "@annually": "@yearly"}.get(cron.strip(), cron.strip())
    if text in PRESETS:
        return text
    if text.startswith("@") or len(text.split()) not in (5, 6, 7):
        raise AirflowTimetableInvalid(
            f"expected a cron expression of five fields or a preset such as @daily, got {cron!r}"
            + (f" as the schedule of Dag '{dag_id}'" if dag_id else "")
        )
    return text


class _Cron(_Known):
    def __init__(self, cron: str, timezone: Any = "UTC") -> None:
        self._cron = cron
        self._expression = cron_text(cron)
        self._timezone = timezone

    @property
    def expression(self) -> str:
        return PRESETS.get(self._expression, self._expression)

    @property
    def timezone(self) -> Any:
        return time_values.zone_of(self._timezone)

    @property
    def summary(self) -> str:  # type: ignore[override]
        return self.expression

    def _zone(self) -> str:
        return time_values.zone_name(self._timezone)

    def serialize(self) -> Dict[str, Any]:
        return {"expression": self._cron, "timezone": self._zone()}

    @classmethod
    def deserialize(cls, data: Dict[str, Any]) -> "Timetable":
        return cls(data["expression"], timezone=data["timezone"])


class CronDataIntervalTimetable(_Cron):
    spec_kind = "cron-data-interval"

    def spec(self) -> Dict[str, Any]:
        return {"kind": "cron-data-interval", "cron": self._expression, "timezone": self._zone()}


class CronTriggerTimetable(_Cron):
    spec_kind = "cron-trigger"

    def __init__(
        self, cron: str, *, timezone: Any, interval: Any = datetime.timedelta(), run_immediately: Any = False
    ) -> None:
        super().__init__(cron, timezone)
        self._interval = interval
        self._run_immediately = run_immediately

    def serialize(self) -> Dict[str, Any]:
        return {**super().serialize(), "interval": self._interval, "run_immediately": self._run_immediately}

    @classmethod
    def deserialize(cls, data: Dict[str, Any]) -> "Timetable":
        given = {name: data[name] for name in ("timezone", "interval", "run_immediately") if name in data}
        return cls(data["expression"], **given)

    def spec(self) -> Dict[str, Any]:
        spec = {"kind": "cron-trigger", "cron": self._expression, "timezone": self._zone()}
        return _with_trigger(spec, self._interval, self._run_immediately)


class MultipleCronTriggerTimetable(_Known):
    spec_kind = "multiple-cron-trigger"

    def __init__(
        self, *crons: str, timezone: Any, interval: Any = datetime.timedelta(), run_immediately: Any = False
    ) -> None:
        if not crons:
            raise ValueError("cron expression required")
        self._crons = [cron_text(cron) for cron in crons]
        self._timezone = timezone
        self._interval = interval
        self._run_immediately = run_immediately

    @property
    def summary(self) -> str:  # type: ignore[override]
        return ", ".join(self._crons)

    def spec(self) -> Dict[str, Any]:
        zone = time_values.zone_name(self._timezone)
        spec = {"kind": "multiple-cron-trigger", "crons": list(self._crons), "timezone": zone}
        return _with_trigger(spec, self._interval, self._run_immediately)


def _with_trigger(spec: Dict[str, Any], interval: Any, run_immediately: Any) -> Dict[str, Any]:
    seconds = seconds_of(interval)
    if seconds:
        spec["interval"] = seconds
    if run_immediately is not False and run_immediately is not None:
        spec["runImmediately"] = True if run_immediately is True else seconds_of(run_immediately)
    return spec


def seconds_of(delta: Any) -> float:
    """Of a timedelta, a relativedelta without months and years, or a number."""
    if isinstance(delta, datetime.timedelta):
        return _whole(delta.total_seconds())
    if isinstance(delta, (int, float)):
        return delta
    fields = delta_fields(delta)
    units = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
    return _whole(sum(fields.get(name, 0) * unit for name, unit in units.items()))


def _whole(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def delta_fields(delta: Any) -> Dict[str, float]:
    fields = {}
    for name in ("years", "months", "days", "hours", "minutes", "seconds"):
        value = getattr(delta, name, 0)
        if value:
            fields[name] = value
    return fields


def delta_spec(delta: Any) -> Union[float, Dict[str, float]]:
    """A DeltaSpec: seconds, or the calendar fields of a relativedelta."""
    if isinstance(delta, datetime.timedelta):
        return _whole(delta.total_seconds())
    fields = delta_fields(delta)
    return fields if "years" in fields or "months" in fields else seconds_of(delta)


class _Delta(_Known):
    def __init__(self, delta: Any) -> None:
        self._delta = delta
        if seconds_of(delta) <= 0 and not delta_fields(delta):
            raise AirflowTimetableInvalid(f"schedule interval must be positive, not {delta!r}")

    @property
    def summary(self) -> str:  # type: ignore[override]
        return str(self._delta)

    def serialize(self) -> Dict[str, Any]:
        delta = self._delta
        return {"delta": delta if isinstance(delta, datetime.timedelta) else delta_fields(delta)}

    @classmethod
    def deserialize(cls, data: Dict[str, Any]) -> "Timetable":
        delta = data["delta"]
        if isinstance(delta, dict):
            from dateutil.relativedelta import relativedelta

            delta = relativedelta(**delta)
        return cls(delta)


class DeltaDataIntervalTimetable(_Delta):
    spec_kind = "delta-data-interval"

    def spec(self) -> Dict[str, Any]:
        return {"kind": "delta-data-interval", "delta": delta_spec(self._delta)}


class DeltaTriggerTimetable(_Delta):
    spec_kind = "delta-trigger"

    def __init__(self, delta: Any, *, interval: Any = datetime.timedelta()) -> None:
        super().__init__(delta)
        self._interval = interval

    def spec(self) -> Dict[str, Any]:
        spec: Dict[str, Any] = {"kind": "delta-trigger", "delta": delta_spec(self._delta)}
        seconds = seconds_of(self._interval)
        return {**spec, "interval": seconds} if seconds else spec


class EventsTimetable(_Known):
    spec_kind = "events"

    def __init__(
        self,
        event_dates: Iterable[datetime.datetime],
        restrict_to_events: bool = False,
        presorted: bool = False,
        description: Optional[str] = None,
    ) -> None:
        dates = list(event_dates)
        self.event_dates = dates if presorted else sorted(dates)
        self.restrict_to_events = restrict_to_events
        self._description = description

    @property
    def summary(self) -> str:  # type: ignore[override]
        return f"{len(self.event_dates)} events"

    def spec(self) -> Dict[str, Any]:
        spec: Dict[str, Any] = {
            "kind": "events",
            "dates": [time_values.iso(date) for date in self.event_dates],
            "restrictToEvents": self.restrict_to_events,
        }
        return {**spec, "description": self._description} if self._description else spec


def _one_asset(assets: Any) -> BaseAsset:
    if isinstance(assets, BaseAsset):
        return assets
    found = list(assets)
    for one in found:
        if not isinstance(one, BaseAsset):
            raise TypeError(f"All elements in 'schedule' should be either assets, asset references, or asset aliases; got {one!r}")
    if not found:
        raise ValueError("an empty list of assets never triggers a run; write schedule=None")
    return found[0] if len(found) == 1 else AssetAll(*found)


class AssetTriggeredTimetable(_Known):
    spec_kind = "asset"
    description = "Triggered by assets"
    summary = "Asset"  # type: ignore[assignment]

    def __init__(self, assets: Any) -> None:
        self.asset_condition = _one_asset(assets)

    def spec(self) -> Dict[str, Any]:
        return {"kind": "asset", "assets": self.asset_condition.as_expression()}

    def assets(self) -> List[BaseAsset]:
        return [self.asset_condition]


class AssetOrTimeSchedule(_Known):
    spec_kind = "asset-or-time"

    def __init__(self, timetable: Any = None, assets: Any = None, *, datasets: Any = None) -> None:
        if timetable is None or (assets is None and datasets is None):
            raise TypeError("AssetOrTimeSchedule needs timetable= and assets=")
        self.timetable = timetable
        self.asset_condition = _one_asset(assets if assets is not None else datasets)

    @property
    def summary(self) -> str:  # type: ignore[override]
        return f"Asset or {self.timetable.summary}"

    def spec(self) -> Dict[str, Any]:
        return {
            "kind": "asset-or-time",
            "timetable": timetable_spec(self.timetable),
            "assets": self.asset_condition.as_expression(),
        }

    def assets(self) -> List[BaseAsset]:
        return [self.asset_condition]


def timetable_of(schedule: Any, zone: Any, airflow: int, dag_id: str) -> Timetable:
    """Any schedule as a timetable; cron and timedelta mean data intervals in Airflow 2 and triggers in 3."""
    if schedule is None:
        return NullTimetable()
    if isinstance(schedule, Timetable):
        schedule.validate()
        return schedule
    if isinstance(schedule, str):
        return _from_text(schedule, zone, airflow, dag_id)
    if isinstance(schedule, BaseAsset):
        return AssetTriggeredTimetable(schedule)
    if isinstance(schedule, datetime.timedelta) or type(schedule).__name__ == "relativedelta":
        return DeltaDataIntervalTimetable(schedule) if airflow == 2 else DeltaTriggerTimetable(schedule)
    if isinstance(schedule, Collection) and not isinstance(schedule, (bytes, dict)):
        return AssetTriggeredTimetable(schedule)
    raise ValueError(
        f"{schedule!r} is not a valid schedule of Dag '{dag_id}': expected a cron expression, a preset, a timedelta, "
        "a timetable, assets, or None"
    )


def _from_text(text: str, zone: Any, airflow: int, dag_id: str) -> Timetable:
    if text == "@once":
        return OnceTimetable()
    if text == "@continuous":
        return ContinuousTimetable()
    if text in ("None", ""):
        raise ValueError(f'the schedule of Dag \'{dag_id}\' is the text "{text}"; no schedule is written None')
    cron_text(text, dag_id)
    if airflow == 2:
        return CronDataIntervalTimetable(text, zone)
    return CronTriggerTimetable(text, timezone=zone)


DatasetOrTimeSchedule = AssetOrTimeSchedule
DatasetTriggeredTimetable = AssetTriggeredTimetable
