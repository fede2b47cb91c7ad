"""The module finder behind `import airflow.…`."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from typing import Any, Dict, Optional, Set

from .. import era
from . import real
from .module import SurfaceModule, resolve, user_frame
from .table import LEGACY, SURFACE, known_place, legacy_name, reexported

_PREFIX = "airflow."
_packages: Set[str] = set()


def _index_packages() -> None:
    for name in (*SURFACE, *LEGACY):
        parts = name.split(".")
        for end in range(1, len(parts)):
            _packages.add(".".join(parts[:end]))


def has_module(fullname: str) -> bool:
    """Whether the module can be imported: ours, a real one, or one of a provider that is not installed."""
    from .providers import placeholder_module

    return (
        fullname in SURFACE
        or fullname in LEGACY
        or fullname in _packages
        or real.module_file(fullname) is not None
        or bool(real.folders(fullname))
        or placeholder_module(fullname)
    )


class _Loader(importlib.abc.Loader):
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> SurfaceModule:
        return SurfaceModule(spec.name)

    def exec_module(self, module: Any) -> None:
        vars(module).update(_of_plugin(module.__name__))
        module._surface_names = SURFACE.get(module.__name__, {})
        module.__all__ = sorted(name for name in module._surface_names if not name.startswith("_"))


# Providers whose classes others extend by their inner parts (GKE, EKS and Spark on Kubernetes; all of AWS on one hook): where
# the real one is installed, it is taken, and ours is for interpreters without it.
_REAL_FIRST = ("airflow.providers.cncf.kubernetes.", "airflow.providers.amazon.", "airflow.providers.snowflake.")


class SurfaceFinder(importlib.abc.MetaPathFinder):
    """Serves what stands in our tables; everything else is left to the finders after it."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        if not fullname.startswith(_PREFIX):
            return None
        if fullname.startswith(_REAL_FIRST) and real.module_file(fullname) is not None:
            return None
        if fullname in SURFACE or fullname in LEGACY or fullname in _packages:
            return _spec(fullname, fullname in _packages)
        return None


class AbsentFinder(importlib.abc.MetaPathFinder):
    """Comes last: modules of providers that are not installed, and words for those that are nowhere."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        if not fullname.startswith(_PREFIX):
            return None
        from .providers import placeholder_module

        if _of_plugin(fullname) or placeholder_module(fullname, named=True):
            return _spec(fullname, True)
        place = known_place(fullname)
        if place is None:
            return None
        raise ModuleNotFoundError(
            f"'{fullname}' is {place}, and Tradewind does not have it; where apache-airflow is installed in "
            f"{sys.executable}, it is taken from there",
            name=fullname,
        )


def _of_plugin(fullname: str) -> Dict[str, Any]:
    """Members of `airflow.operators.<plugin>`, `airflow.hooks.<plugin>`, … as Airflow 1 made them of plugins."""
    _, _, rest = fullname.partition(".")
    kind, _, name = rest.partition(".")
    if kind not in ("operators", "hooks", "sensors", "macros", "executors") or not name or "." in name:
        return {}
    from ..plugin_loader import legacy_members

    return legacy_members(kind, name)


def _spec(fullname: str, is_package: bool) -> importlib.machinery.ModuleSpec:
    spec = importlib.machinery.ModuleSpec(fullname, _Loader(), origin="tradewind", is_package=is_package)
    if is_package:
        spec.submodule_search_locations = real.folders(fullname)
    return spec


def activate(name: str) -> None:
    """Make the package of this name (`airflow`) the root of the surface. Called once, while it is imported."""
    module = sys.modules[name]
    module.__class__ = SurfaceModule
    module._surface_names = SURFACE[name]  # type: ignore[attr-defined]
    module.__path__ = [*module.__path__, *real.folders(name)]  # type: ignore[attr-defined]
    if not _packages:
        _index_packages()
        sys.meta_path.insert(0, SurfaceFinder())
        sys.meta_path.append(AbsentFinder())


def missing_name(module_name: str, name: str, is_import: bool) -> Any:
    """A legacy name, a placeholder of a provider, or the error that says what the name is in Airflow."""
    from .providers import placeholder

    path = legacy_name(module_name, name)
    if path is not None:
        value = _import_path(path)
        _warn(f"{module_name}.{name}", path)
        return value
    elsewhere = reexported(module_name, name) or _of_today(module_name, name)
    if elsewhere is not None:
        return resolve(elsewhere)
    stand_in = placeholder(_provider_module(module_name), name)
    if stand_in is not None:
        return stand_in
    place = known_place(module_name, name)
    message = f"cannot import name {name!r} from {module_name!r}"
    if place is not None:
        message = f"{message}: it is {place}, and Tradewind does not have it"
    else:
        message = f"{message}: Tradewind knows no such name there{_suggestion(module_name, name)}"
    if is_import:
        raise ImportError(message, name=module_name)
    raise AttributeError(message)


def _provider_module(module_name: str) -> str:
    """Of a module of Airflow 1 the one of a provider that has its classes today; its constants are there, too."""
    today = {path.rpartition(".")[0] for path in LEGACY.get(module_name, {}).values()}
    return today.pop() if len(today) == 1 else module_name


def _of_today(module_name: str, name: str) -> Optional[str]:
    """What a module of Airflow 1 has only because it imports it: what Airflow 2's module has so, too."""
    today = _provider_module(module_name)
    known = None if today == module_name else SURFACE.get(today, {}).get(name) or reexported(today, name)
    if known is None and module_name.endswith(("_operator", "_sensor", "_hook")):
        later = module_name.rpartition("_")[0]
        known = SURFACE.get(later, {}).get(name) or reexported(later, name)
    return known


def _import_path(path: str) -> Any:
    module_name, _, name = path.rpartition(".")
    __import__(module_name)
    return getattr(sys.modules[module_name], name)


def _warn(old: str, new: str) -> None:
    """Say once for each file and name what a legacy path is called today."""
    frame = user_frame()
    line = frame.f_lineno if frame is not None else None
    era.warn(old, f"'{old}' is gone from Airflow 3; it is '{new}' now", line)


def _suggestion(module_name: str, name: str) -> str:
    import difflib

    names: Dict[str, str] = SURFACE.get(module_name, {})
    near = difflib.get_close_matches(name, names, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
