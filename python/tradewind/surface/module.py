"""A module of the surface: its names are resolved when they are asked for."""

from __future__ import annotations

import importlib
import opcode
import sys
import types
from typing import Any, Dict, Optional

_IMPORT_FROM = opcode.opmap["IMPORT_FROM"]


def resolve(target: str) -> Any:
    """The object at `module:name`, or the module itself where no name is given."""
    module_name, _, name = target.partition(":")
    module = importlib.import_module(module_name)
    if not name:
        return module
    return getattr(module, name)


class SurfaceModule(types.ModuleType):
    """`names` maps each name to its target; what is not there is asked of `_surface_missing`."""

    _surface_names: Dict[str, str]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__version__",):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        target = self._surface_names.get(name)
        if target is not None:
            value = resolve(target)
        else:
            value = self._find_elsewhere(name)
        setattr(self, name, value)
        return value

    def __dir__(self):
        return sorted({*super().__dir__(), *self._surface_names})

    def _find_elsewhere(self, name: str) -> Any:
        from . import finder, real

        child = f"{self.__name__}.{name}"
        if finder.has_module(child):
            return importlib.import_module(child)
        value = real.name_of_real_module(self.__name__, name)
        if value is not real.ABSENT:
            return value
        return finder.missing_name(self.__name__, name, _is_import())


def _is_import() -> bool:
    """Whether the attribute is asked for by `from … import …` (which would hide the message of an AttributeError)."""
    frame = sys._getframe(3)
    if frame.f_code.co_name == "_handle_fromlist":
        return False
    code = frame.f_code.co_code
    return 0 <= frame.f_lasti < len(code) and code[frame.f_lasti] == _IMPORT_FROM


def user_frame() -> Optional[types.FrameType]:
    """The nearest frame that is neither the import machinery nor this package: where the import stands."""
    frame: Optional[types.FrameType] = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(("tradewind.surface", "importlib", "airflow")) and "importlib" not in frame.f_code.co_filename:
            return frame
        frame = frame.f_back
    return None
