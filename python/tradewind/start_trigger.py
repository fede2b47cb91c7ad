"""Operators that wait for a trigger before they run (`start_from_trigger`, `start_trigger_args`)."""

from __future__ import annotations

from typing import Any, Dict, Tuple


class StartTrigger:
    """The trigger of a task that has no object of it yet, only its class path and arguments."""

    def __init__(self, classpath: str, kwargs: Dict[str, Any]) -> None:
        self._classpath = classpath
        self._kwargs = kwargs

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        return self._classpath, self._kwargs


def wait_for_start_trigger(task: Any, context: Any) -> None:
    """Defers a task that is to start from its trigger. Text in the trigger's arguments is rendered."""
    if not getattr(task, "start_from_trigger", False):
        return
    args = getattr(task, "start_trigger_args", None)
    if args is None:
        return
    kwargs = task.render_template(dict(args.trigger_kwargs or {}), context)
    task.defer(
        trigger=StartTrigger(args.trigger_cls, kwargs),
        method_name=args.next_method,
        kwargs=args.next_kwargs,
        timeout=args.timeout,
    )
