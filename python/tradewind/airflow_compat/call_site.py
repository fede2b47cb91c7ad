"""The line of the Dag file that is being run right now."""

from __future__ import annotations

import os
import sys
from typing import Optional, Tuple

from tradewind import era

_own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_surface = os.path.join(os.path.dirname(_own), "airflow")


def call_site() -> Tuple[Optional[str], Optional[int]]:
    """File and 1-based line: of the Dag file where it is on the stack, else of the nearest code that is not ours."""
    wanted = era.current_file().path
    nearest: Tuple[Optional[str], Optional[int]] = (None, None)
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name == wanted:
            return name, frame.f_lineno
        if nearest[0] is None and not name.startswith((_own, _surface, "<")):
            nearest = (name, frame.f_lineno)
        frame = frame.f_back
    return nearest
