"""`airflow.__version__`: of the era of the file that asks."""

from __future__ import annotations

from typing import Any

from .. import era
from . import real

_OF_ERA = {2: "2.10.5", 3: "3.3.2"}


def __getattr__(name: str) -> Any:
    if name in ("__version__", "version"):
        # Providers that are installed choose their imports by it: theirs is the Airflow beside them.
        return real.version() or _OF_ERA[int(era.current())]
    raise AttributeError(name)
