"""`airflow.utils.log.logging_mixin`."""

from __future__ import annotations

import logging
from typing import Any


log = logging.getLogger("airflow.logging_config")


def configure_logging() -> str:
    """Log lines go to the task's log as they are; nothing waits to be set up."""
    return ""


class LoggingMixin:
    """`self.log`, a logger named after the class."""

    def __init__(self, context: Any = None) -> None:
        pass

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"{type(self).__module__}.{type(self).__qualname__}")

    @classmethod
    def logger(cls) -> logging.Logger:
        return logging.getLogger(f"{cls.__module__}.{cls.__qualname__}")
