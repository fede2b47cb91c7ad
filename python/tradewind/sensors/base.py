"""BaseSensorOperator: pokes until something is there, in its slot or by being rescheduled."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import traceback
from typing import Any, Callable, Iterable, Optional, Union

from ..airflow_compat.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferralError,
    TaskDeferralTimeout,
)
from ..operators.base import BaseOperator

Seconds = Union[dt.timedelta, float]
_WEEK = 7 * 24 * 60 * 60


class PokeReturnValue:
    """A poke's answer with a value for the XCom."""

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.xcom_value = xcom_value
        self.is_done = is_done

    def __bool__(self) -> bool:
        return self.is_done


class BaseSensorOperator(BaseOperator):
    """Subclasses write `poke(context)`. Times are seconds or timedelta.

    `timeout` counts from the first poke over all reschedules (default a week); `soft_fail` and `never_fail` end as
    skipped what else would fail; `silent_fail` logs an error of `poke` and goes on.
    """

    ui_color = "#e6f1f2"
    valid_modes: Iterable[str] = ["poke", "reschedule"]
    _is_sensor = True

    def __init__(
        self,
        *,
        poke_interval: Seconds = 60,
        timeout: Optional[Seconds] = None,
        soft_fail: bool = False,
        mode: str = "poke",
        exponential_backoff: bool = False,
        max_wait: Optional[Seconds] = None,
        silent_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poke_interval = _seconds("poke_interval", poke_interval)
        self.timeout = _seconds("timeout", _WEEK if timeout is None else timeout)
        self.soft_fail = soft_fail
        self.mode = mode
        self.exponential_backoff = exponential_backoff
        self.max_wait = None if max_wait is None else dt.timedelta(seconds=_seconds("max_wait", max_wait))
        if soft_fail is True and never_fail is True:
            raise ValueError("soft_fail and never_fail are mutually exclusive, you can not provide both.")
        self.silent_fail = silent_fail
        self.never_fail = never_fail
        if mode not in self.valid_modes:
            raise ValueError(
                f"The mode must be one of {self.valid_modes},'{self.dag_id}.{self.task_id}'; received '{mode}'."
            )

    @property
    def reschedule(self) -> bool:
        return self.mode == "reschedule"

    def poke(self, context: Any) -> Union[bool, PokeReturnValue]:
        raise AirflowException("Override me.")

    def execute(self, context: Any) -> Any:
        elapsed, started = self._clock(context)
        count = 1
        while True:
            answer = self._poke_once(context)
            if answer:
                self.log.info("Success criteria met. Exiting.")
                return answer.xcom_value if isinstance(answer, PokeReturnValue) else None
            if elapsed() > self.timeout:
                message = (
                    f"Sensor has timed out; run duration of {elapsed()} seconds exceeds "
                    f"the specified timeout of {self.timeout}."
                )
                raise AirflowSkipException(message) if self.soft_fail else AirflowSensorTimeout(message)
            pause = self._get_next_poke_interval(started, elapsed, count)
            if self.reschedule:
                raise AirflowRescheduleException(dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=pause))
            time.sleep(pause)
            count += 1

    def _clock(self, context: Any) -> "tuple[Callable[[], float], Any]":
        """Seconds since the first poke. Over reschedules only the wall clock goes on."""
        if not self.reschedule:
            begun = time.monotonic()
            return lambda: time.monotonic() - begun, begun
        first = context["ti"].get_first_reschedule_date(context) or dt.datetime.now(dt.timezone.utc)
        return lambda: (dt.datetime.now(dt.timezone.utc) - first).total_seconds(), first

    def _poke_once(self, context: Any) -> Any:
        try:
            return self.poke(context)
        except AirflowSkipException:
            raise
        except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as error:
            if self.soft_fail or self.never_fail:
                name = "soft_fail" if self.soft_fail else "never_fail"
                raise AirflowSkipException(f"Skipping due to {name} is set to True.") from error
            raise
        except Exception as error:
            if self.silent_fail:
                self.log.error("Sensor poke failed: \n %s", traceback.format_exc())
                return False
            if self.never_fail:
                raise AirflowSkipException("Skipping due to never_fail is set to True.") from error
            raise

    def resume_execution(self, next_method: str, next_kwargs: Any, context: Any) -> Any:
        try:
            try:
                return super().resume_execution(next_method, next_kwargs, context)
            except TaskDeferralTimeout as error:
                raise AirflowSensorTimeout(*error.args) from error
        except (AirflowException, TaskDeferralError) as error:
            if self.soft_fail or self.never_fail:
                name = "soft_fail" if self.soft_fail else "never_fail"
                raise AirflowSkipException(f"Skipping due to {name} is set to True.") from error
            raise

    def _get_next_poke_interval(self, started_at: Any, run_duration: Callable[[], float], poke_count: int) -> float:
        """Seconds to the next poke; with exponential backoff doubled each time, with a jitter that repeats."""
        if not self.exponential_backoff:
            return self.poke_interval
        if self.reschedule:
            poke_count = self._count_from_elapsed(started_at, run_duration())
        pause = min(self.timeout - int(run_duration()), self._backoff(started_at, poke_count))
        if self.max_wait is not None:
            pause = min(self.max_wait.total_seconds(), pause)
        self.log.info("new %s interval is %s", self.mode, pause)
        return max(pause, 0)

    def _backoff(self, started_at: Any, count: int) -> float:
        least = max(int(self.poke_interval * (2 ** (count - 2))), 1)
        text = f"{self.dag_id}#{self.task_id}#{started_at}#{count}"
        jitter = int(hashlib.sha1(text.encode()).hexdigest(), 16) % least
        return min(least + jitter, dt.timedelta.max.total_seconds() - 1)

    def _count_from_elapsed(self, started_at: Any, elapsed: float) -> int:
        """How many pokes fit in the time since the first; a rescheduled process has not counted them."""
        total, count = 0.0, 0
        while total <= elapsed:
            count += 1
            total += self._backoff(started_at, count)
        return count or 1


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"Operator arg `{name}` must be timedelta object or a non-negative number")


def poke_mode_only(cls: Any) -> Any:
    """For sensors that keep something open between pokes: refuses mode `reschedule`."""

    def set_mode(self: Any, value: str) -> None:
        if value != "poke":
            raise ValueError(f"Cannot set mode to '{value}'. Only 'poke' is acceptable")
        self.__dict__["mode"] = value

    cls.mode = property(lambda self: self.__dict__.get("mode", "poke"), set_mode)
    return cls
