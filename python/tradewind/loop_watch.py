"""Tells when code of a trigger holds up the event loop, and with it all other triggers."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback

from .error_info import is_own_file

log = logging.getLogger("airflow.triggerer")


class LoopWatch:
    """A thread that asks the loop for a sign of life, and shows where it stands when none comes in time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, patience: float = 1.0, every: float = 1.0) -> None:
        self._loop = loop
        self._patience = patience
        self._every = every
        self._thread = threading.main_thread().ident

    def start(self) -> None:
        threading.Thread(target=self._watch, name="tradewind-loop-watch", daemon=True).start()

    def _watch(self) -> None:
        while True:
            alive = threading.Event()
            asked = time.monotonic()
            self._loop.call_soon_threadsafe(alive.set)
            if not alive.wait(self._patience):
                where = self._where()
                alive.wait()
                log.warning(
                    "code of a trigger held up all triggers of this process for %.1f s; in run() await asyncio.sleep() "
                    "and other coroutines instead of calls that block:\n%s",
                    time.monotonic() - asked,
                    where,
                )
            time.sleep(self._every)

    def _where(self) -> str:
        frame = sys._current_frames().get(self._thread or 0)
        frames = [one for one in traceback.extract_stack(frame) if not is_own_file(one.filename)]
        return "".join(traceback.format_list(frames)).rstrip()
