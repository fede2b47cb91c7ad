"""Prints what plugins bring, as JSON on descriptor 3: for `tradewind plugins`, and for the list of the API."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, List

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
_LOOK: Dict[str, Any] = {"icon": None, "icon_dark_mode": None, "url_route": None, "category": None, "nav_top_level": None}
# Those of them that are described by dicts: fields that are shown, with what stands there when a plugin says nothing.
_DESCRIBED: Dict[str, Dict[str, Any]] = {
    "fastapi_apps": {"app": "", "url_prefix": "", "name": ""},
    "fastapi_root_middlewares": {"middleware": "", "name": ""},
    "external_views": {"name": "", **_LOOK, "href": "", "destination": "nav"},
    "react_apps": {"name": "", **_LOOK, "bundle_url": "", "destination": "nav"},
    "appbuilder_views": {"name": None, "category": None, "view": None, "label": None},
    "appbuilder_menu_items": {"name": "", "href": "", "category": None},
}
_PLACES = {"nav", "dag", "dag_run", "task", "task_instance", "base", "dashboard"}


def report() -> Dict[str, Any]:
    plugins = plugin_loader.current()
    return {
        "plugins": [
            {
                "name": plugin.name,
                "source": str(plugin.source),
                **{kind: [_name(one) for one in getattr(plugin, kind, None) or []] for kind in _KINDS},
                "ignored": [kind for kind in _IGNORED if getattr(plugin, kind, None)],
                "views": _views(plugin),
            }
            for plugin in plugins.classes
        ],
        "errors": [{"source": source, "error": error} for source, error in plugins.errors.items()],
    }


def _name(one: Any) -> str:
    return str(getattr(one, "__name__", None) or type(one).__name__)


def _views(plugin: Any) -> Dict[str, List[Any]]:
    described = {
        kind: [_fields(one, fields) for one in getattr(plugin, kind, None) or [] if isinstance(one, dict)]
        for kind, fields in _DESCRIBED.items()
    }
    blueprints = [str(getattr(one, "name", None) or _name(one)) for one in getattr(plugin, "flask_blueprints", None) or []]
    return {**described, "flask_blueprints": blueprints}


def _fields(one: Dict[str, Any], fields: Dict[str, Any]) -> Dict[str, Any]:
    shown = {name: other if one.get(name) is None else _plain(name, one[name]) for name, other in fields.items()}
    if shown.get("destination", "nav") not in _PLACES:
        shown["destination"] = "nav"
    return shown


def _plain(name: str, value: Any) -> Any:
    if name == "nav_top_level":
        return bool(value)
    return value if isinstance(value, str) else _name(value)


def main() -> None:
    task_log.install("critical")
    apply_settings()
    extend_path(sys.argv[sys.argv.index("--dags-folder") + 1])
    with os.fdopen(3, "w", encoding="utf-8") as out:
        json.dump(report(), out)
