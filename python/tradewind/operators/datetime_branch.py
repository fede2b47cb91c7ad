"""BranchDateTimeOperator, BranchDayOfWeekOperator and LatestOnlyOperator: what the calendar decides."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any, Iterable, List, Optional, Set, Tuple, Union

from .. import client
from ..airflow_compat import timezones
from ..airflow_compat.exceptions import AirflowException
from .skip import BaseBranchOperator

Bound = Union[dt.datetime, dt.time, None]


class WeekDay(enum.IntEnum):
    """Days as in ISO 8601: Monday is 1."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str: str) -> int:
        name = week_day_str.strip().upper()
        if name in cls.__members__:
            return cls[name]
        raise AttributeError(f'Invalid Week Day passed: "{week_day_str}"')

    @classmethod
    def convert(cls, day: Any) -> int:
        return cls.get_weekday_number(day) if isinstance(day, str) else int(day)

    @classmethod
    def validate_week_day(cls, week_day: Any) -> Set[int]:
        """One day or several, as names or as WeekDay."""
        if not isinstance(week_day, (str, WeekDay)) and not isinstance(week_day, Iterable):
            raise TypeError(
                f"Unsupported Type for week_day parameter: {type(week_day)}. "
                "Input should be iterable type: str, set, list, dict or Weekday enum type"
            )
        days = [week_day] if isinstance(week_day, (str, WeekDay)) else list(week_day)
        return {cls.convert(day) for day in days}


class BranchDateTimeOperator(BaseBranchOperator):
    """Chooses by whether now (or the logical date) lies between two dates or times of day."""

    def __init__(
        self,
        *,
        follow_task_ids_if_true: Union[str, Iterable[str]],
        follow_task_ids_if_false: Union[str, Iterable[str]],
        target_lower: Bound,
        target_upper: Bound,
        use_task_logical_date: bool = False,
        use_task_execution_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AirflowException(
                "Both target_upper and target_lower are None. At least one must be defined to be compared to the current datetime"
            )
        self.target_lower = target_lower
        self.target_upper = target_upper
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.use_task_logical_date = use_task_logical_date or use_task_execution_date

    def choose_branch(self, context: Any) -> Any:
        at = context["logical_date"] if self.use_task_logical_date else timezones.coerce_datetime(timezones.utcnow())
        naive = timezones.make_naive(at, getattr(self.dag, "timezone", None))
        lower, upper = target_times_as_dates(naive, self.target_lower, self.target_upper)
        inside = (lower is None or naive >= lower) and (upper is None or naive <= upper)
        return self.follow_task_ids_if_true if inside else self.follow_task_ids_if_false


def target_times_as_dates(base: dt.datetime, lower: Bound, upper: Bound) -> Tuple[Optional[dt.datetime], Optional[dt.datetime]]:
    """Bounds as naive dates; times of day are of the base's day, and 22:00 to 06:00 goes over midnight."""

    def bound(value: Any) -> Optional[dt.datetime]:
        if isinstance(value, dt.datetime):
            return value.replace(tzinfo=None)
        if isinstance(value, dt.time):
            return dt.datetime.combine(base.date(), value.replace(tzinfo=None))
        return value

    first, last = bound(lower), bound(upper)
    if isinstance(lower, dt.time) and isinstance(upper, dt.time) and first and last and last < first:
        last += dt.timedelta(days=1)
    return first, last


class BranchDayOfWeekOperator(BaseBranchOperator):
    """Chooses by the day of the week of now, or of the logical date."""

    def __init__(
        self,
        *,
        follow_task_ids_if_true: Union[str, Iterable[str]],
        follow_task_ids_if_false: Union[str, Iterable[str]],
        week_day: Any,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def choose_branch(self, context: Any) -> Any:
        at = context["logical_date"] if self.use_task_logical_date else timezones.utcnow()
        local = at.astimezone(timezones.zone_of(getattr(self.dag, "timezone", None)))
        return self.follow_task_ids_if_true if local.isoweekday() in self._week_day_num else self.follow_task_ids_if_false


class LatestOnlyOperator(BaseBranchOperator):
    """Lets only the newest run of a schedule go on; a run that was started by hand always goes on."""

    ui_color = "#e9ffdb"

    def choose_branch(self, context: Any) -> List[str]:
        after = list(self.downstream_task_ids)
        run = context["dag_run"]
        if str(run.run_type) not in ("scheduled", "backfill"):
            self.log.info("%s Dag run: allowing execution to proceed.", run.run_type)
            return after
        start, end = run.data_interval_start, run.data_interval_end
        now = dt.datetime.now(dt.timezone.utc)
        if start is None or end is None or not self._later_run_is_due(run, start, end, now):
            self.log.info("Latest, allowing execution to proceed.")
            return after
        self.log.info("Not latest execution, skipping downstream.")
        return []

    def _later_run_is_due(self, run: Any, start: dt.datetime, end: dt.datetime, now: dt.datetime) -> bool:
        """By the interval's length where there is one; else by whether the scheduler has made a later run."""
        if end > start:
            return now > end + (end - start)
        found = client.request("dag-run.list", dagId=run.dag_id, orderBy="-logical_date", limit=10)
        dates = [timezones.parse(one["logicalDate"]) for one in found if one["runType"] == "scheduled" and one["logicalDate"]]
        return any(date > start for date in dates)

