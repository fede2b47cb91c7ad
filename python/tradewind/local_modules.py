"""Local modules of Dag files: found as Python finds them, with the text of a version where there is one.

A path hook serves every folder of `sys.path` that belongs to neither Python nor a package: it notes which files were
read, and takes the text of a version's file from the snapshot, whatever the disk has now.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import linecache
import os
import sys
import sysconfig
from types import CodeType
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from . import path_map, zipped

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PACKAGES = ("site-packages", "dist-packages")

Snapshot = Callable[[str], Optional[str]]


def _library_folders() -> List[str]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {os.path.realpath(path) for path in (sysconfig.get_paths().get(name) for name in names) if path}
    return [*folders, os.path.realpath(_HERE)]


_libraries = _library_folders()


def is_local(path: str) -> bool:
    """Whether the file or folder is the user's own, and not Python's, a package's or ours."""
    real = os.path.realpath(path)
    if any(real == folder or real.startswith(folder + os.sep) for folder in _libraries):
        return False
    return not any(part in _PACKAGES for part in real.split(os.sep))


class LocalModules:
    """Texts that were read, by absolute path, and what was looked for in vain."""

    def __init__(self) -> None:
        self.texts: Dict[str, str] = {}
        self.missing: Set[str] = set()
        self.names: Set[str] = set()
        self._snapshot: Snapshot = lambda path: None
        self._paths: Set[str] = set()
        self._path_map = path_map.from_settings()

    def use(self, snapshot: Snapshot, paths: Set[str]) -> None:
        """From now on files in `paths` are there with the text that `snapshot` gives."""
        self._snapshot = snapshot
        self._paths = paths

    def install(self) -> None:
        sys.path_hooks.insert(0, self._hook)
        for path in list(sys.path_importer_cache):
            if is_local(path):
                del sys.path_importer_cache[path]

    def forget(self) -> None:
        """Takes the local modules out of the interpreter, for the next file."""
        for name in list(self.names):
            sys.modules.pop(name, None)
        self.names.clear()
        self.texts.clear()
        self.missing.clear()
        for path, finder in list(sys.path_importer_cache.items()):
            if isinstance(finder, _FolderFinder):
                del sys.path_importer_cache[path]

    def has(self, path: str) -> bool:
        return path in self._paths or os.path.isfile(path) or zipped.has_file(path)

    def has_folder(self, path: str) -> bool:
        prefix = path + os.sep
        return os.path.isdir(path) or any(known.startswith(prefix) for known in self._paths) or zipped.has_folder(path)

    def read(self, path: str) -> str:
        """The text of the version, else of the disk; kept for tracebacks, too."""
        return self._read(path)[0]

    def compile(self, path: str) -> CodeType:
        text, raw = self._read(path)
        # Bytes tell their encoding themselves; the text of a version is decoded already.
        source = text.lstrip("\ufeff") if raw is None else raw
        if self._path_map is None:
            return compile(source, path, "exec", dont_inherit=True)
        tree = self._path_map.rewrite(ast.parse(source, path))
        return compile(tree, path, "exec", dont_inherit=True)  # type: ignore[arg-type]

    def _read(self, path: str) -> Tuple[str, Optional[bytes]]:
        text, raw = self._snapshot(path), None
        if text is None:
            raw = zipped.read(path)
            if raw is None:
                with open(path, "rb") as file:
                    raw = file.read()
            # As the Dag processor reads it, which compares texts by their hash.
            text = raw.decode("utf-8", "replace")
        self.texts[path] = text
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        return text, raw

    def _hook(self, path: str) -> "_FolderFinder":
        if not os.path.isabs(path) or not is_local(path) or not self.has_folder(path):
            raise ImportError("not a local folder")
        return _FolderFinder(path, self)


class _FolderFinder:
    """Finds modules in one folder, as importlib's FileFinder does, without bytecode caches."""

    def __init__(self, folder: str, modules: LocalModules) -> None:
        self._folder = folder
        self._modules = modules
        details = [
            (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
            (importlib.machinery.SourcelessFileLoader, importlib.machinery.BYTECODE_SUFFIXES),
        ]
        self._others = importlib.machinery.FileFinder(folder, *details)

    def find_spec(self, fullname: str, target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        tail = fullname.rpartition(".")[2]
        base = os.path.join(self._folder, tail)
        package = os.path.join(base, "__init__.py")
        modules = self._modules
        if modules.has(package):
            return self._spec(fullname, package, [base])
        if modules.has(f"{base}.py"):
            return self._spec(fullname, f"{base}.py", None)
        modules.missing.update((package, f"{base}.py"))
        other = self._others.find_spec(fullname)
        if other is not None and other.loader is not None:
            return other
        if modules.has_folder(base):
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [base]
            return spec
        return None

    def _spec(self, fullname: str, path: str, locations: Optional[List[str]]) -> Optional[importlib.machinery.ModuleSpec]:
        loader = VersionLoader(fullname, path, self._modules)
        return importlib.util.spec_from_file_location(fullname, path, loader=loader, submodule_search_locations=locations)

    def invalidate_caches(self) -> None:
        self._others.invalidate_caches()


class VersionLoader(importlib.machinery.SourceFileLoader):
    """Loads the text that `LocalModules` gives; never reads or writes bytecode files."""

    def __init__(self, fullname: str, path: str, modules: LocalModules) -> None:
        super().__init__(fullname, path)
        self._modules = modules

    def get_data(self, path: Any) -> bytes:
        if str(path) == self.path:
            return self._modules.read(self.path).encode("utf-8", "surrogatepass")
        return super().get_data(path)

    def get_code(self, fullname: str) -> Any:
        return self._modules.compile(self.path)

    def get_source(self, fullname: str) -> str:
        return self._modules.read(self.path)

    def exec_module(self, module: Any) -> None:
        self._modules.names.add(module.__name__)
        super().exec_module(module)
