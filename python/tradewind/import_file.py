"""Importing one Dag file, as the Dag processor and the processes of tasks do."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import os
import re
import sys
from types import ModuleType
from typing import Any, List

from . import era, plugin_loader, zipped
from .local_modules import LocalModules, VersionLoader


def module_name(path: str) -> str:
    """As Airflow names them, so that values which were stored with a class of the file find it again."""
    digest = hashlib.sha1(path.encode("utf-8")).hexdigest()
    return f"unusual_prefix_{digest}_{os.path.splitext(os.path.basename(path))[0].replace('.', '_')}"


def without_prefix(text: str) -> str:
    """What a person calls the modules of Dag files in a text."""
    return re.sub(r"unusual_prefix_[0-9a-f]{40}_", "", text)


DAGS_FOLDER = "TRADEWIND__CORE__DAGS_FOLDER"


def apply_settings() -> None:
    """Section `python` of the settings, as the worker or the Dag processor hands it on."""
    era.set_default({"2": 2, "3": 3}.get(os.environ.get("TRADEWIND__PYTHON__AIRFLOW", "")))


def extend_path(dags_folder: str) -> None:
    """The Dags folder at the end of `sys.path`, as Airflow has it, then `plugins` and `config` of AIRFLOW_HOME.

    Without AIRFLOW_HOME the folder that holds the Dags folder is it; `plugins` beside the Dags folder counts in any case.
    """
    # What `conf.get("core", "dags_folder")` answers.
    os.environ[DAGS_FOLDER] = dags_folder
    beside = os.path.dirname(dags_folder)
    home = os.environ.setdefault("AIRFLOW_HOME", beside)
    named = os.environ.get("AIRFLOW__CORE__PLUGINS_FOLDER")
    plugins = [named] if named else list(dict.fromkeys([os.path.join(home, "plugins"), os.path.join(beside, "plugins")]))
    for folder in (dags_folder, *plugins, os.path.join(home, "config")):
        if folder not in sys.path and os.path.isdir(folder):
            sys.path.append(folder)
    plugin_loader.use_folders(plugins)


def import_dag_file(path: str, modules: LocalModules) -> List[Any]:
    """Runs the file and returns its Dags. Whatever it raises is raised."""
    from . import dag_collection

    name = module_name(path)
    archive = zipped.split(path)
    if archive is not None and archive[0] not in sys.path:
        # Modules beside a packaged Dag are in its archive, and are found before all others, as in Airflow.
        sys.path.insert(0, archive[0])
    sys.modules.pop(name, None)
    dag_collection.reset()
    loader = VersionLoader(name, path, modules)
    text = modules.read(path)
    spec = importlib.util.spec_from_loader(name, loader, origin=path)
    assert isinstance(spec, importlib.machinery.ModuleSpec)
    spec.has_location = True
    module: ModuleType = importlib.util.module_from_spec(spec)
    module.__file__ = path
    sys.modules[name] = module
    with era.for_file(path, text):
        loader.exec_module(module)
        return list(dag_collection.collect(module))
