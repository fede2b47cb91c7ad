"""Bases of triggers, and the events that end a task without waking it."""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass
from typing import Any, AsyncIterator, Dict, Optional, Tuple


class TriggerEvent:
    """What a trigger saw; `payload` is given to the method that the task goes on with."""

    def __init__(self, payload: Any = None) -> None:
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TriggerEvent) and other.payload == self.payload

    def __hash__(self) -> int:
        return hash(repr(self.payload))

    def __repr__(self) -> str:
        return f"TriggerEvent<{self.payload!r}>"


class BaseTaskEndEvent(TriggerEvent):
    """Ends the task in `task_instance_state` without starting it again."""

    task_instance_state = "success"

    def __init__(self, *, xcoms: Optional[Dict[str, Any]] = None, **_: Any) -> None:
        super().__init__(payload=str(self.task_instance_state))
        self.xcoms = xcoms


class TaskSuccessEvent(BaseTaskEndEvent):
    pass


class TaskFailedEvent(BaseTaskEndEvent):
    task_instance_state = "failed"


class TaskSkippedEvent(BaseTaskEndEvent):
    task_instance_state = "skipped"


class BaseTrigger:
    """`serialize` gives the class path and the arguments; `run` yields a TriggerEvent when it is time."""

    supports_triggerer_queue = True

    def __init__(self, **kwargs: Any) -> None:
        self.task_instance: Any = None
        self.trigger_id: Optional[int] = None

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"airflow.task.triggers.{type(self).__module__}.{type(self).__qualname__}")

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        raise NotImplementedError("Triggers must implement serialize()")

    async def run(self) -> AsyncIterator[TriggerEvent]:
        raise NotImplementedError("Triggers must implement run()")
        yield TriggerEvent(None)

    async def cleanup(self) -> None:
        """Called when `run` has ended, or the trigger is not needed any more."""

    async def on_kill(self) -> None:
        """Called before `cleanup` when its task was cleared, marked, deleted or timed out while it waited."""

    def __repr__(self) -> str:
        classpath, kwargs = self.serialize()
        return f"<{classpath} {', '.join(f'{key}={value}' for key, value in kwargs.items())}>"


class BaseEventTrigger(BaseTrigger):
    """A trigger that assets may be watched with: it may fire again and again."""

    supports_triggerer_queue = False

    @staticmethod
    def hash(classpath: str, kwargs: Dict[str, Any]) -> int:
        import json

        return hash((classpath, json.dumps(kwargs, sort_keys=True, default=str)))


class TriggerFailureReason(str, enum.Enum):
    """Why a task goes on in `__fail__`: its `error`."""

    TRIGGER_TIMEOUT = "Trigger timeout"
    TRIGGER_FAILURE = "Trigger failure"

    def __str__(self) -> str:
        return str(self.value)


@dataclass
class StartTriggerArgs:
    """For operators that wait for their trigger before they start. Each task has its own, which its `__init__` may change."""

    trigger_cls: str
    next_method: str
    trigger_kwargs: Optional[Dict[str, Any]] = None
    next_kwargs: Optional[Dict[str, Any]] = None
    timeout: Any = None
