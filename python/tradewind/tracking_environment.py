"""MLflow in an attempt: its clients find Tradewind's server by themselves, unless the environment or the Dag file names another one."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict

from . import code_version

_URI = "MLFLOW_TRACKING_URI"
_TOKEN = "MLFLOW_TRACKING_TOKEN"
_EXPERIMENT_ID = "MLFLOW_EXPERIMENT_ID"


def enter(start: Dict[str, Any]) -> None:
    """Before the Dag of a start message is asked for.

    What a Dag file asks of MLflow while it is imported, as `mlflow.set_experiment("churn")` or `MlflowClient()`, it asks of
    MLflow's own default, a file, where it was imported before there was an attempt. Such a file is imported once more: an
    experiment's number there would be that of another one on the server, and its runs would silently go to that.
    """
    tracking = start.get("tracking")
    if not tracking or _URI in os.environ:
        return
    os.environ[_URI] = tracking["uri"]
    os.environ[_TOKEN] = tracking["token"]
    if _has_opened_its_default():
        _forget()
        code_version.import_again(start["code"])


def _has_opened_its_default() -> bool:
    utils: Any = sys.modules.get("mlflow.tracking._tracking_service.utils")
    registry = getattr(utils, "_tracking_store_registry", None)
    # A cache of the stores that were opened in this process: of MLflow 1.23 and later.
    opened = getattr(registry, "_get_store_with_resolved_uri", None)
    return opened is not None and opened.cache_info().currsize > 0


def _forget() -> None:
    """As a process has it that imported MLflow, and no more."""
    fluent: Any = sys.modules.get("mlflow.tracking.fluent")
    if fluent is None:
        return
    if os.environ.get(_EXPERIMENT_ID) == fluent._active_experiment_id:
        os.environ.pop(_EXPERIMENT_ID, None)
    fluent._active_experiment_id = None
