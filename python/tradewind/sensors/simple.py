"""Sensors of Airflow's standard provider: bash, files, times and days."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import tempfile
from typing import Any, Dict, Optional, Sequence

from ..airflow_compat import timezones
from ..airflow_compat.exceptions import AirflowException, AirflowFailException
from ..hooks.filesystem import FSHook
from ..operators.datetime_branch import WeekDay
from ..operators.deferral import deferrable_or_default
from ..triggers.base import StartTriggerArgs
from ..triggers.file import FileTrigger, found
from ..triggers.temporal import DateTimeTrigger, TimeDeltaTrigger
from .base import BaseSensorOperator

_AT = "airflow.providers.standard.triggers.temporal.DateTimeTrigger"


class BashSensor(BaseSensorOperator):
    """Waits until the command ends with 0; `retry_exit_code` alone goes on poking when it is given."""

    template_fields: Sequence[str] = ("bash_command", "env")

    def __init__(
        self,
        *,
        bash_command: str,
        env: Optional[Dict[str, str]] = None,
        output_encoding: str = "utf-8",
        retry_exit_code: Optional[int] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        self.retry_exit_code = retry_exit_code

    def poke(self, context: Any) -> bool:
        with tempfile.TemporaryDirectory(prefix="airflowtmp") as folder:
            done = subprocess.run(
                ["bash", "-c", self.bash_command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=self.env,
                close_fds=True,
            )
        for line in done.stdout.decode(self.output_encoding, errors="replace").splitlines():
            self.log.info("%s", line)
        self.log.info("Command exited with return code %s", done.returncode)
        if done.returncode == 0:
            return True
        if self.retry_exit_code is None or done.returncode == self.retry_exit_code:
            return False
        raise AirflowFailException(f"Command exited with return code {done.returncode}")


class FileSensor(BaseSensorOperator):
    """Waits for a file, a glob that matches, or a folder with a file in it, below the path of `fs_conn_id`."""

    template_fields: Sequence[str] = ("filepath", "fs_conn_id")
    ui_color = "#91818a"
    start_trigger_args = StartTriggerArgs("airflow.providers.standard.triggers.file.FileTrigger", "execute_complete")

    def __init__(
        self,
        *,
        filepath: str,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        deferrable: Optional[bool] = None,
        start_from_trigger: bool = False,
        trigger_kwargs: Optional[dict] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filepath = filepath
        self.fs_conn_id = fs_conn_id
        self.recursive = recursive
        self.deferrable = deferrable_or_default(deferrable)
        self.start_from_trigger = bool(start_from_trigger and self.deferrable)
        if self.start_from_trigger:
            given = {"filepath": filepath, "recursive": recursive, "poke_interval": self.poke_interval}
            self.start_trigger_args.trigger_kwargs = {**given, **(trigger_kwargs or {})}

    @property
    def path(self) -> str:
        return os.path.join(FSHook(self.fs_conn_id).get_path(), self.filepath)

    def poke(self, context: Any) -> bool:
        path = self.path
        self.log.info("Poking for file %s", path)
        match = found(path, self.recursive)
        if match is None:
            return False
        self.log.info("Found File %s", match)
        return True

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            trigger = FileTrigger(self.path, recursive=self.recursive, poke_interval=self.poke_interval)
            self.defer(timeout=dt.timedelta(seconds=self.timeout), trigger=trigger, method_name="execute_complete")
        return None

    def execute_complete(self, context: Any, event: Any = None) -> None:
        if not event:
            raise AirflowException(f"{self.task_id} task failed as {self.filepath} not found.")
        self.log.info("%s completed successfully as %s found.", self.task_id, self.filepath)


class DateTimeSensor(BaseSensorOperator):
    """Waits for a moment (a date, or text that is one after rendering)."""

    template_fields: Sequence[str] = ("target_time",)

    def __init__(self, *, target_time: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(target_time, (str, dt.datetime)):
            raise TypeError(f"Expected str or datetime.datetime type for target_time. Got {type(target_time)}")
        self.target_time = target_time.isoformat() if isinstance(target_time, dt.datetime) else target_time

    @property
    def _moment(self) -> dt.datetime:
        return self.target_time if isinstance(self.target_time, dt.datetime) else timezones.parse(self.target_time)

    def poke(self, context: Any) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return timezones.utcnow() > self._moment


class DateTimeSensorAsync(DateTimeSensor):
    """As DateTimeSensor, without holding a slot."""

    start_trigger_args = StartTriggerArgs(_AT, "execute_complete")

    def __init__(self, *, start_from_trigger: bool = False, end_from_trigger: bool = False, trigger_kwargs: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.end_from_trigger = end_from_trigger
        self.start_from_trigger = start_from_trigger
        if start_from_trigger:
            given = {"moment": self._moment, "end_from_trigger": end_from_trigger}
            self.start_trigger_args.trigger_kwargs = {**given, **(trigger_kwargs or {})}

    def execute(self, context: Any) -> None:
        self.defer(trigger=DateTimeTrigger(self._moment, end_from_trigger=self.end_from_trigger), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The moment has come."""


class TimeSensor(BaseSensorOperator):
    """Waits until a time of day, of the Dag's time zone."""

    start_trigger_args = StartTriggerArgs(_AT, "execute_complete")

    def __init__(
        self,
        *,
        target_time: dt.time,
        deferrable: Optional[bool] = None,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.target_time = target_time
        self.deferrable = deferrable_or_default(deferrable)
        self.end_from_trigger = end_from_trigger
        self.start_from_trigger = bool(start_from_trigger and self.deferrable)
        if self.start_from_trigger:
            self.start_trigger_args.trigger_kwargs = {"moment": self.target_datetime, "end_from_trigger": end_from_trigger, **(trigger_kwargs or {})}

    @property
    def target_datetime(self) -> dt.datetime:
        """Of the day on which it is asked for: the file may have been imported yesterday."""
        target_time = self.target_time
        zone = target_time.tzinfo or timezones.zone_of(getattr(self.dag, "timezone", None))
        today = dt.datetime.now(zone).date()
        return dt.datetime.combine(today, target_time.replace(tzinfo=None), tzinfo=zone).astimezone(dt.timezone.utc)

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        self.defer(trigger=DateTimeTrigger(self.target_datetime, end_from_trigger=self.end_from_trigger), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The time has come."""

    def poke(self, context: Any) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return timezones.utcnow() > self.target_datetime


class TimeSensorAsync(TimeSensor):
    """TimeSensor(deferrable=True) under its name of Airflow 2."""

    def __init__(self, *, target_time: dt.time, **kwargs: Any) -> None:
        super().__init__(target_time=target_time, deferrable=True, **kwargs)


class TimeDeltaSensor(BaseSensorOperator):
    """Waits until `delta` (a number is minutes) after the end of the data interval, or the run's date where it has none."""

    template_fields: Sequence[str] = ("delta",)

    def __init__(self, *, delta: Any, deferrable: Optional[bool] = None, end_from_trigger: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.delta = delta
        self.deferrable = deferrable_or_default(deferrable)
        self.end_from_trigger = end_from_trigger

    def _base(self, context: Any) -> dt.datetime:
        run = context["dag_run"]
        for name in ("data_interval_end", "run_after", "logical_date"):
            value = getattr(run, name, None)
            if value is not None:
                return value
        raise AirflowException(f"the run of task {self.task_id!r} has no date to count from")

    def poke(self, context: Any) -> bool:
        target = self._target(context)
        self.log.info("Checking if %s have elapsed, at %s", self.delta, target)
        return timezones.utcnow() > target

    def _target(self, context: Any) -> dt.datetime:
        return self._base(context) + _minutes(self.delta)

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        target = self._target(context)
        if timezones.utcnow() > target:
            return True
        trigger = DateTimeTrigger(target, end_from_trigger=self.end_from_trigger)
        self.defer(trigger=trigger, method_name="execute_complete", timeout=dt.timedelta(seconds=self.timeout))

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The time has come."""


class TimeDeltaSensorAsync(TimeDeltaSensor):
    """TimeDeltaSensor(deferrable=True) under its name of Airflow 2."""

    def __init__(self, *, end_from_trigger: bool = False, delta: Any, **kwargs: Any) -> None:
        super().__init__(delta=delta, deferrable=True, end_from_trigger=end_from_trigger, **kwargs)


class WaitSensor(BaseSensorOperator):
    """Waits for a length of time (a number is minutes) from its first poke."""

    template_fields: Sequence[str] = ("time_to_wait",)

    def __init__(self, time_to_wait: Any = None, deferrable: Optional[bool] = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deferrable = deferrable_or_default(deferrable)
        self.time_to_wait = time_to_wait

    def poke(self, context: Any) -> bool:
        first = context["ti"].get_first_reschedule_date(context) or context["ti"].start_date
        return timezones.utcnow() >= first + _minutes(self.time_to_wait)

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        self.defer(trigger=TimeDeltaTrigger(_minutes(self.time_to_wait), end_from_trigger=True), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The time is over."""


class DayOfWeekSensor(BaseSensorOperator):
    """Waits for a day of the week."""

    def __init__(self, *, week_day: Any, use_task_logical_date: bool = False, use_task_execution_day: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def poke(self, context: Any) -> bool:
        at = context["logical_date"] if self.use_task_logical_date else timezones.utcnow()
        return at.astimezone(timezones.zone_of(getattr(self.dag, "timezone", None))).isoweekday() in self._week_day_num


def _minutes(length: Any) -> dt.timedelta:
    return length if isinstance(length, dt.timedelta) else dt.timedelta(minutes=float(length))
