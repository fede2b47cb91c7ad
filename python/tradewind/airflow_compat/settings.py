"""`airflow.settings`: paths, time zone, and sessions that answer through the scheduler."""

from __future__ import annotations

from typing import Any

from . import timezones
from .configuration import AIRFLOW_HOME, conf  # noqa: F401 - both are part of the surface
from .session import Session as _Session

TIMEZONE = timezones.utc
DAGS_FOLDER = conf.get("core", "dags_folder")
PLUGINS_FOLDER = conf.get("core", "plugins_folder")
LAZY_LOAD_PLUGINS = True
SQL_ALCHEMY_CONN = ""
LOG_FORMAT = "%(asctime)s %(levelname)s - %(message)s"
SIMPLE_LOG_FORMAT = LOG_FORMAT
STATE_COLORS = {
    "deferred": "mediumpurple",
    "failed": "red",
    "queued": "gray",
    "removed": "lightgrey",
    "restarting": "violet",
    "running": "lime",
    "scheduled": "tan",
    "skipped": "hotpink",
    "success": "green",
    "up_for_reschedule": "turquoise",
    "up_for_retry": "gold",
    "upstream_failed": "orange",
}
engine: Any = None


def Session() -> _Session:  # noqa: N802 - the name is Airflow's
    return _Session()


def initialize() -> None:
    """Nothing waits to be set up."""


def get_airflow_context_vars(context: Any) -> dict:
    return {}


def pod_mutation_hook(pod: Any) -> None:
    """For kubernetes; policies of Airflow's `airflow_local_settings` are not asked here."""
