"""The real Airflow of the interpreter, where it or one of its providers is installed beside us."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any, List, Optional

ABSENT = object()

_OWN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def folders(fullname: str) -> List[str]:
    """The folders that real packages of this name have on sys.path; ours is not among them."""
    found = []
    for entry in sys.path:
        folder = os.path.join(os.path.abspath(entry or os.curdir), *fullname.split("."))
        if os.path.dirname(folder) != _OWN and os.path.isdir(folder) and not folder.startswith(_OWN + os.sep):
            if _is_airflow(folder, fullname) and folder not in found:
                found.append(folder)
    return found


def _is_airflow(folder: str, fullname: str) -> bool:
    """A Dags folder may hold a folder named `airflow`, too: only a package of site-packages counts."""
    top = folder
    for _ in fullname.split(".")[1:]:
        top = os.path.dirname(top)
    return os.path.isfile(os.path.join(top, "version.py")) or os.path.isdir(os.path.join(top, "providers"))


def module_file(fullname: str) -> Optional[str]:
    parent, _, last = fullname.rpartition(".")
    for folder in folders(parent):
        for candidate in (os.path.join(folder, last + ".py"), os.path.join(folder, last, "__init__.py")):
            if os.path.isfile(candidate):
                return candidate
    return None


def name_of_real_module(fullname: str, name: str) -> Any:
    """`name` of the real module whose place a module of ours has taken, or ABSENT.

    The file runs under a name of its own, so that what it imports from `airflow` is ours.
    """
    if name.startswith("__") or "." not in fullname:
        return ABSENT
    path = module_file(fullname)
    if path is None:
        return ABSENT
    alias = "tradewind_real." + fullname
    module = sys.modules.get(alias)
    if module is None:
        spec = importlib.util.spec_from_file_location(alias, path)
        if spec is None or spec.loader is None:
            return ABSENT
        module = importlib.util.module_from_spec(spec)
        module.__package__ = fullname if path.endswith("__init__.py") else fullname.rpartition(".")[0]
        sys.modules[alias] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[alias]
            raise
    return getattr(module, name, ABSENT)


def version() -> Optional[str]:
    """The version of the Airflow that is installed in this interpreter, if one is."""
    try:
        from importlib.metadata import PackageNotFoundError, version as version_of
    except ImportError:
        return None
    for package in ("apache-airflow-core", "apache-airflow"):
        try:
            return version_of(package)
        except PackageNotFoundError:
            continue
    return None
