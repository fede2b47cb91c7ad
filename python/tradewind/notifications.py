"""Notifiers: objects that may be given wherever Airflow takes a callback."""

from __future__ import annotations

import logging
from typing import Any, Dict, Sequence

from .templates import Templater


class BaseNotifier(Templater):
    """Subclasses name their `template_fields` and write `notify(context)`; being called renders and notifies."""

    template_fields: Sequence[str] = ()
    template_ext: Sequence[str] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.resolve_template_files = getattr(self, "resolve_template_files", lambda: None)

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"airflow.notifier.{type(self).__module__}.{type(self).__qualname__}")

    def notify(self, context: Any) -> None:
        raise NotImplementedError

    async def async_notify(self, context: Any) -> None:
        raise NotImplementedError

    def __call__(self, *args: Any) -> None:
        # Airflow 2 called SLA callbacks with five arguments; every other callback gets the context.
        context: Dict[str, Any] = args[0] if len(args) == 1 else {
            "dag": args[0],
            "task_list": args[1],
            "blocking_task_list": args[2],
            "slas": args[3],
            "blocking_tis": args[4],
        }
        self.context = context
        try:
            self._render(context)
            self.notify(context)
        except Exception as error:
            self.log.exception("Failed to send notification: %s", error)

    def _render(self, context: Any) -> None:
        if self.template_fields:
            self.render_template_fields(context)

    def __await__(self) -> Any:
        return self.async_notify(getattr(self, "context", {})).__await__()
