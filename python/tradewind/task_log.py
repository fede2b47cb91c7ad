"""Lines of `logging` as log messages of the protocol; what is printed goes by standard output."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import sys
import traceback
from typing import Any, Callable, Dict, Iterator, Optional

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR, "critical": logging.CRITICAL}


class FrameHandler(logging.Handler):
    """The only handler of the root logger. Without a receiver (while a file is imported) it writes to standard error."""

    send: Optional[Callable[[Dict[str, Any]], None]] = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text}\n{''.join(traceback.format_exception(*record.exc_info)).rstrip()}"
            if self.send is None:
                print(f"{record.levelname} {record.name}: {text}", file=sys.stderr)
                return
            self.send(
                {
                    "type": "log",
                    "level": _level_name(record.levelno),
                    "message": text,
                    "time": dt.datetime.fromtimestamp(record.created, dt.timezone.utc).isoformat(),
                    "logger": record.name,
                }
            )
        except Exception:
            self.handleError(record)


_handler = FrameHandler()


def install(level: str = "info") -> FrameHandler:
    """Puts the handler on the root logger, so that `basicConfig` of user code adds none."""
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
    root.setLevel(LEVELS.get(level, logging.INFO))
    return _handler


@contextlib.contextmanager
def sent_to(receiver: Callable[[Dict[str, Any]], None]) -> Iterator[None]:
    """Meanwhile lines go there."""
    before, _handler.send = _handler.send, receiver
    try:
        yield
    finally:
        _handler.send = before


def _level_name(level: int) -> str:
    for name in ("critical", "error", "warning", "info"):
        if level >= LEVELS[name]:
            return name
    return "debug"
