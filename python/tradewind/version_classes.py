"""Classes by their class path (of triggers, of timetables), each as the version of the Dag that names it has it."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Dict, Tuple

from .code_version import CodeVersion, identity_of
from .errors import TradewindError
from .import_file import extend_path, module_name
from .local_modules import LocalModules


class VersionClasses:
    """Not for two threads at once. Local modules leave the interpreter after each import, so that another version finds its own."""

    def __init__(self, what: str, code: str) -> None:
        self._what = what
        self._code = code
        self._found: Dict[Tuple[str, str], Any] = {}
        self._modules = LocalModules()
        self._modules.install()

    def known(self, classpath: str, code: Dict[str, Any]) -> Any:
        """The class if it was found before, else None."""
        return self._found.get((identity_of(code), classpath))

    def find(self, classpath: str, code: Dict[str, Any]) -> Any:
        """Raises TradewindError with the code that was given for a class that is nowhere, and whatever the import of its module raises."""
        key = (identity_of(code), classpath)
        if key not in self._found:
            self._found[key] = self._import(classpath, code)
        return self._found[key]

    def dag(self, code: Dict[str, Any], dag_id: str) -> Any:
        """A Dag as its file defines it. Raises TradewindError TW_DAG_NOT_FOUND, and whatever the import of the file raises."""
        key = (identity_of(code), "")
        if key not in self._found:
            version = CodeVersion(code, self._modules)
            try:
                version.load()
            finally:
                self._modules.forget()
            self._found[key] = version
        return self._found[key].dag(dag_id)

    def _import(self, classpath: str, code: Dict[str, Any]) -> Any:
        module, _, name = classpath.rpartition(".")
        version = CodeVersion(code, self._modules)
        extend_path(code["dagsFolder"])
        try:
            if module == module_name(version.path):
                version.load()
                if version.error is not None:
                    raise version.error
                found = getattr(sys.modules[module], name, None)
            else:
                version.use_texts()
                found = getattr(importlib.import_module(module), name, None) if module else None
        except ModuleNotFoundError as error:
            if error.name is None or not (module == error.name or module.startswith(f"{error.name}.")):
                raise
            raise self._unknown(classpath, f"there is no module {error.name}") from error
        finally:
            self._modules.forget()
        if not isinstance(found, type):
            raise self._unknown(classpath, f"module {module} has no class {name}" if module else "it names no module")
        return found

    def _unknown(self, classpath: str, why: str) -> TradewindError:
        return TradewindError(
            self._code,
            f'expected "{classpath}" to be a class of a {self._what}, but {why}',
            hint="its module has to be in the Dags folder, in the plugins folder or installed",
        )
