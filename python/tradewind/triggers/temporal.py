"""Triggers that wait for a moment."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, AsyncIterator, Dict, Tuple

from .base import BaseTrigger, TaskSuccessEvent, TriggerEvent


class DateTimeTrigger(BaseTrigger):
    """Fires once `moment` has come; with `end_from_trigger` the task ends there."""

    def __init__(self, moment: dt.datetime, *, end_from_trigger: bool = False) -> None:
        super().__init__()
        if not isinstance(moment, dt.datetime):
            raise TypeError(f"Expected datetime.datetime type for moment. Got {type(moment)}")
        if moment.tzinfo is None:
            raise ValueError("You cannot pass naive datetimes")
        self.moment = moment.astimezone(dt.timezone.utc)
        self.end_from_trigger = end_from_trigger

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        return (
            "airflow.providers.standard.triggers.temporal.DateTimeTrigger",
            {"moment": self.moment, "end_from_trigger": self.end_from_trigger},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while True:
            left = (self.moment - dt.datetime.now(dt.timezone.utc)).total_seconds()
            if left <= 0:
                break
            # A machine that slept, or a clock that was set, is noticed within the minute.
            await asyncio.sleep(min(left, 60))
        yield TaskSuccessEvent() if self.end_from_trigger else TriggerEvent(self.moment)


class TimeDeltaTrigger(DateTimeTrigger):
    """Fires `delta` after it was made."""

    def __init__(self, delta: dt.timedelta, *, end_from_trigger: bool = False) -> None:
        super().__init__(moment=dt.datetime.now(dt.timezone.utc) + delta, end_from_trigger=end_from_trigger)
