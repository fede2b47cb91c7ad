"""The Dags of one version of a file, imported once in a process (CodeLocation of src/runtime/protocol.ts)."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Optional

from . import era
from .errors import TradewindError
from .import_file import extend_path, import_dag_file
from .local_modules import LocalModules


class CodeVersion:
    """Raises what the import raises, each time that a Dag of it is asked for."""

    def __init__(self, code: Dict[str, Any], modules: Optional[LocalModules] = None) -> None:
        self.code = code
        self.path = os.path.normpath(os.path.join(code["dagsFolder"], code["relativeFile"]))
        self.error: Optional[BaseException] = None
        self.texts: List[str] = []
        self._dags: Dict[str, Any] = {}
        self._modules = modules
        self._files = {os.path.normpath(os.path.join(code["dagsFolder"], name)): digest for name, digest in code["files"].items()}

    def use_texts(self) -> LocalModules:
        """Local modules have the texts of this version from now on."""
        modules = self._modules
        if modules is None:
            modules = self._modules = LocalModules()
            modules.install()
        modules.use(self._text, set(self._files))
        return modules

    def load(self) -> None:
        modules = self.use_texts()
        extend_path(self.code["dagsFolder"])
        try:
            for dag in import_dag_file(self.path, modules):
                self._dags[dag.dag_id] = dag
        except BaseException as error:
            self.error = error
            return
        finally:
            self.texts = list(modules.texts.values())
        # The file's tasks run in its era, and what its shims warn of is told with its name.
        self._era = era.for_file(self.path, modules.read(self.path))
        self._era.__enter__()

    def load_again(self) -> None:
        """As if nothing of the file, or of the local modules that it reached, had been imported here."""
        self.use_texts().forget()
        self.error = None
        self._dags.clear()
        self.load()

    def dag(self, dag_id: str) -> Any:
        if self.error is not None:
            raise self.error
        if dag_id not in self._dags:
            found = ", ".join(list(self._dags)[:20]) or "none"
            raise TradewindError("TW_DAG_NOT_FOUND", f'expected Dag "{dag_id}" in {self.code["relativeFile"]}, it defines {found}')
        return self._dags[dag_id]

    def python_texts(self) -> List[str]:
        texts = (self._text(path) for path in self._files if path.endswith(".py"))
        return [text for text in texts if text is not None]

    def _text(self, path: str) -> Optional[str]:
        digest = self._files.get(path)
        if digest is None:
            return None
        try:
            with open(os.path.join(self.code["snapshotFolder"], digest), encoding="utf-8", newline="") as file:
                return file.read()
        except OSError as error:
            raise TradewindError(
                "TW_CODE_MISSING",
                f"expected the text of {path} as {digest} in {self.code['snapshotFolder']}, but it cannot be read: {error}",
                hint="the folder of versions was emptied while a run needed it; the scheduler restores it from the database",
            ) from error


_loaded: Dict[str, CodeVersion] = {}


def identity_of(code: Dict[str, Any]) -> str:
    """Names the texts behind a version: the Dags of one file have a version each, but one text."""
    return json.dumps([code["relativeFile"], sorted(code["files"].items())])


def load_dag(code: Dict[str, Any], dag_id: str) -> Any:
    """The Dag of a version; imports its file at the first call."""
    version = _loaded.get(identity_of(code))
    if version is None:
        version = CodeVersion(code)
        version.load()
        adopt(version)
    return version.dag(dag_id)


def import_again(code: Dict[str, Any]) -> None:
    """Imports what was imported before; what was not is imported when a Dag of it is asked for."""
    version = _loaded.get(identity_of(code))
    if version is not None:
        version.load_again()


def texts_of(code: Dict[str, Any]) -> List[str]:
    """The texts of a version: of the Dag file and local modules that it imported here, else of all its Python files."""
    version = _loaded.get(identity_of(code))
    return CodeVersion(code).python_texts() if version is None else version.texts


def adopt(version: CodeVersion) -> None:
    """Keeps a version for all later calls of this process and of those that are forked from it."""
    _loaded[identity_of(version.code)] = version
