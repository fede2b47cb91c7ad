"""Finds plugins in the plugins folders and among the entry points `airflow.plugins`, and what they bring.

A folder is looked at again whenever something is asked, so that an edited plugin is there for the next task; entry
points are read once. A plugin that breaks is logged and kept with its error, and the others go on.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import logging
import os
import sys
import traceback
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .plugins import AirflowPlugin

log = logging.getLogger("airflow.plugins_manager")

ENTRY_POINTS = "airflow.plugins"

Signature = Tuple[Tuple[str, int, int], ...]


class Plugins:
    """All plugin classes, in the order of their sources, and what went wrong, by source."""

    def __init__(self) -> None:
        self.classes: List[Any] = []
        self.errors: Dict[str, str] = {}

    def of(self, kind: str) -> List[Any]:
        """What all plugins bring of a kind: `timetables`, `listeners`, `operators`, …"""
        return [one for plugin in self.classes for one in getattr(plugin, kind, None) or []]

    def add(self, plugin: Any, source: str) -> None:
        try:
            plugin.validate()
            plugin.source = source
            plugin.on_load()
        except Exception as error:
            self.fail(source, error)
            return
        if plugin.name not in {known.name for known in self.classes}:
            self.classes.append(plugin)

    def fail(self, source: str, error: BaseException) -> None:
        self.errors[source] = "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()
        log.error("Failed to import plugin %s: %s: %s", source, type(error).__name__, error)


_folders: List[str] = []
_entry_points: Optional[Plugins] = None
_found: Tuple[Signature, Plugins] = ((), Plugins())


def use_folders(folders: List[str]) -> None:
    """The plugins folders of this process, first come first."""
    for folder in folders:
        if folder not in _folders:
            _folders.append(folder)


def current() -> Plugins:
    """The plugins as the folders are now."""
    global _found
    signature = _signature()
    if _entry_points is not None and _found[0] == signature:
        return _found[1]
    plugins = Plugins()
    installed = _installed()
    plugins.classes.extend(installed.classes)
    plugins.errors.update(installed.errors)
    # Before the files run: one of them may ask for plugins itself.
    _found = (signature, plugins)
    for path, _, _ in signature:
        _load_file(path, plugins)
    return plugins


def _signature() -> Signature:
    return tuple((entry.path, entry.stat().st_mtime_ns, entry.stat().st_size) for folder in _folders for entry in _files(folder))


def _files(folder: str) -> Iterator[Any]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            if entry.name != "__pycache__" and not entry.name.startswith("."):
                yield from _files(entry.path)
        elif entry.name.endswith(".py"):
            yield entry


def _load_file(path: str, plugins: Plugins) -> None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            if "AirflowPlugin" not in file.read():
                return
        module = _module(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        plugins.fail(path, error)
        return
    for one in list(vars(module).values()):
        if _is_plugin(one) and one.__module__ == module.__name__:
            plugins.add(one, path)


def _module(path: str) -> Any:
    """The module that the Dag file imported, where it did; else one of its own name, so that the next Dag file still
    imports the file by itself, and it belongs to that Dag's version."""
    name = os.path.splitext(os.path.basename(path))[0]
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == path:
        return known
    spec = importlib.util.spec_from_file_location(f"airflow_plugin_{abs(hash(path))}_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _is_plugin(one: Any) -> bool:
    """Told by the name: the class may be the real Airflow's, of a package that was installed with it."""
    return inspect.isclass(one) and any(base.__name__ == AirflowPlugin.__name__ for base in one.__mro__[1:])


def _installed() -> Plugins:
    global _entry_points
    if _entry_points is None:
        _entry_points = Plugins()
        for point in _points():
            source = f"{point.name}={point.value}"
            try:
                plugin = point.load()
            except Exception as error:
                _entry_points.fail(source, error)
                continue
            if _is_plugin(plugin):
                _entry_points.add(plugin, source)
    return _entry_points


def _points() -> List[Any]:
    found: Any = importlib.metadata.entry_points()
    if hasattr(found, "select"):
        return list(found.select(group=ENTRY_POINTS))
    # Python 3.9
    return list(found.get(ENTRY_POINTS, []))


def macros() -> Dict[str, Any]:
    """`macros.<plugin>.<function>` of templates."""
    named = {plugin.name: {function.__name__: function for function in plugin.macros} for plugin in current().classes if plugin.macros}
    return {name: SimpleNamespace(**functions) for name, functions in named.items()}


def legacy_members(kind: str, name: str) -> Dict[str, Any]:
    """Airflow 1 put `operators` of a plugin into `airflow.operators.<plugin>`, and so with hooks and sensors."""
    return {one.__name__: one for plugin in current().classes if plugin.name == name for one in getattr(plugin, kind, None) or []}


def extra_links(task: Any) -> List[Any]:
    """Links of the operator's class, of plugins for that class, and of plugins for all."""
    plugins = current()
    kind = getattr(task, "operator_class", type(task))
    links = [*(getattr(task, "operator_extra_links", None) or [])]
    links += [link for link in plugins.of("operator_extra_links") if any(_same(kind, one) for one in getattr(link, "operators", []))]
    links += plugins.of("global_operator_extra_links")
    return list({link.name: link for link in links}.values())


def _same(one: Any, other: Any) -> bool:
    """The plugin and the Dag file may have imported the class each for itself."""
    return one is other or (one.__qualname__ == other.__qualname__ and one.__module__.rpartition("_")[2] == other.__module__.rpartition("_")[2])


def listeners() -> List[Any]:
    return current().of("listeners")
