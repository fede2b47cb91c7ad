"""Whether an operator that can wait in the triggerer does."""

from __future__ import annotations

from typing import Optional


def deferrable_or_default(deferrable: Optional[bool]) -> bool:
    """What was passed, else `[operators] default_deferrable`, as Airflow's operators take it."""
    if deferrable is not None:
        return deferrable
    from ..airflow_compat.configuration import conf

    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))
