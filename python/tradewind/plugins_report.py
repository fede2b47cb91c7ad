"""Prints what plugins bring, as JSON on descriptor 3: for `tradewind plugins`."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict

from . import plugin_loader, task_log
from .import_file import apply_settings, extend_path

_KINDS = (
    "macros",
    "operators",
    "hooks",
    "sensors",
    "timetables",
    "listeners",
    "priority_weight_strategies",
    "operator_extra_links",
    "global_operator_extra_links",
)
# Of Airflow's web server and executors: accepted, without effect.
_IGNORED = (
    "executors",
    "admin_views",
    "flask_blueprints",
    "fastapi_apps",
    "fastapi_root_middlewares",
    "external_views",
    "react_apps",
    "menu_links",
    "appbuilder_views",
    "appbuilder_menu_items",
    "hook_lineage_readers",
)


def report() -> Dict[str, Any]:
    plugins = plugin_loader.current()
    return {
        "plugins": [
            {
                "name": plugin.name,
                "source": str(plugin.source),
                **{kind: [_name(one) for one in getattr(plugin, kind, None) or []] for kind in _KINDS},
                "ignored": [kind for kind in _IGNORED if getattr(plugin, kind, None)],
            }
            for plugin in plugins.classes
        ],
        "errors": [{"source": source, "error": error} for source, error in plugins.errors.items()],
    }


def _name(one: Any) -> str:
    return str(getattr(one, "__name__", None) or type(one).__name__)


def main() -> None:
    task_log.install("critical")
    apply_settings()
    extend_path(sys.argv[sys.argv.index("--dags-folder") + 1])
    with os.fdopen(3, "w", encoding="utf-8") as out:
        json.dump(report(), out)
