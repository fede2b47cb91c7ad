"""Plugins of Airflow: macros, timetables, listeners and weight rules of classes in the plugins folder."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import sys
from typing import Any, Dict, List

log = logging.getLogger("airflow.plugins_manager")


class AirflowPlugin:
    """Subclasses name what they bring. Views, menus and Flask blueprints have no place here and are passed over."""

    name = ""
    source: Any = None
    hooks: List[Any] = []
    executors: List[Any] = []
    macros: List[Any] = []
    admin_views: List[Any] = []
    flask_blueprints: List[Any] = []
    fastapi_apps: List[Any] = []
    fastapi_root_middlewares: List[Any] = []
    external_views: List[Any] = []
    react_apps: List[Any] = []
    menu_links: List[Any] = []
    appbuilder_views: List[Any] = []
    appbuilder_menu_items: List[Any] = []
    global_operator_extra_links: List[Any] = []
    operator_extra_links: List[Any] = []
    timetables: List[Any] = []
    listeners: List[Any] = []
    hook_lineage_readers: List[Any] = []
    priority_weight_strategies: List[Any] = []
    operators: List[Any] = []
    sensors: List[Any] = []

    @classmethod
    def validate(cls) -> None:
        if not cls.name:
            raise ValueError("Your plugin needs a name.")

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Called once when the plugin is loaded."""


_loaded: Dict[str, List[Any]] = {}


def load(folder: str) -> List[Any]:
    """The plugin classes of a folder's files; a file that breaks is logged and passed over."""
    folder = os.path.abspath(folder)
    if folder not in _loaded:
        _loaded[folder] = [plugin for path in _files(folder) for plugin in _of_file(path)]
    return _loaded[folder]


def _files(folder: str) -> List[str]:
    return sorted(
        os.path.join(root, name) for root, _, names in os.walk(folder) for name in names if name.endswith(".py")
    )


def _of_file(path: str) -> List[Any]:
    with open(path, encoding="utf-8", errors="replace") as file:
        if "AirflowPlugin" not in file.read():
            return []
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return []
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    try:
        spec.loader.exec_module(module)
        found = [one for one in vars(module).values() if inspect.isclass(one) and issubclass(one, AirflowPlugin) and one is not AirflowPlugin]
        for plugin in found:
            plugin.validate()
            plugin.on_load()
        return found
    except Exception:
        log.exception("Failed to import plugin %s", path)
        return []


def folder() -> str:
    """The plugins folder of the settings."""
    from .airflow_compat.configuration import conf

    return conf.get("core", "plugins_folder")


def macros() -> Dict[str, Dict[str, Any]]:
    """`macros.<plugin>.<function>` of templates."""
    return {plugin.name: {function.__name__: function for function in plugin.macros} for plugin in load(folder()) if plugin.macros}


def classes(kind: str) -> Dict[str, Any]:
    """Classes that plugins register as `operators`, `sensors`, `hooks`, `timetables`, …, by name."""
    return {one.__name__: one for plugin in load(folder()) for one in getattr(plugin, kind, [])}
