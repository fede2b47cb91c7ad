"""Files of a Dags folder, for code that walks it itself (`airflow.utils.file`). The rules are those of the importer."""

from __future__ import annotations

import io
import os
import re
import zipfile
from typing import Any, Iterator, List, NamedTuple, Optional, Pattern, Tuple

_IN_ZIP = re.compile(r"((.*\.zip){}){}(.*)".format(re.escape(os.sep), "?"))


class _Rule(NamedTuple):
    """Below `base`, paths with `/`."""

    base: str
    pattern: Pattern[str]
    negated: bool
    folders_only: bool

    def matches(self, path: str, is_folder: bool) -> bool:
        relative = os.path.relpath(path, self.base).replace(os.sep, "/")
        return (is_folder or not self.folders_only) and self.pattern.search(relative) is not None


def find_path_from_directory(base_dir_path: Any, ignore_file_name: str = ".airflowignore", ignore_file_syntax: str = "glob") -> Iterator[str]:
    """Files below a folder without what its ignore files name. ValueError for another syntax than `glob` and `regexp`."""
    if ignore_file_syntax not in ("glob", "regexp", ""):
        raise ValueError(f"Unsupported ignore_file_syntax: {ignore_file_syntax}")
    parse = _glob_rule if ignore_file_syntax != "regexp" else _expression_rule
    yield from _walk(os.path.abspath(os.fspath(base_dir_path)), ignore_file_name, parse, [])


def _walk(folder: str, ignore_file: str, parse: Any, rules: List[_Rule]) -> Iterator[str]:
    own = os.path.join(folder, ignore_file)
    if os.path.isfile(own):
        with open(own, encoding="utf-8") as file:
            lines = (re.sub(r"\s*#.*", "", line).rstrip("\n") for line in file)
            rules = [*rules, *(rule for line in lines if line for rule in [parse(line, folder)] if rule is not None)]
    folders = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name == ignore_file or _ignored(path, os.path.isdir(path), rules):
            continue
        if os.path.isdir(path):
            folders.append(path)
        else:
            yield path
    for path in folders:
        yield from _walk(path, ignore_file, parse, rules)


def _ignored(path: str, is_folder: bool, rules: List[_Rule]) -> bool:
    ignored = False
    for rule in rules:
        if rule.matches(path, is_folder):
            ignored = not rule.negated
    return ignored


def _expression_rule(line: str, base: str) -> Optional[_Rule]:
    try:
        return _Rule(base, re.compile(line), False, False)
    except re.error:
        return None


def _glob_rule(line: str, base: str) -> Optional[_Rule]:
    """As in a `.gitignore`."""
    negated = line.startswith("!")
    glob = line[negated:]
    folders_only = glob.endswith("/")
    glob = glob.rstrip("/")
    anchored = "/" in glob
    if not glob.strip("/"):
        return None
    return _Rule(base, re.compile(f"^{'' if anchored else '(?:.*/)?'}{_source(glob.lstrip('/'))}$"), negated, folders_only)


_PIECES = (("**/", "(?:.*/)?"), ("**", ".*"), ("*", "[^/]*"), ("?", "[^/]"))


def _source(glob: str) -> str:
    source = ""
    while glob:
        characters = re.match(r"\[(!?)([^\]]+)\]", glob)
        piece = next((one for one in _PIECES if glob.startswith(one[0])), None)
        if piece is not None:
            source, glob = source + piece[1], glob[len(piece[0]) :]
        elif characters is not None:
            source, glob = f"{source}[{'^' if characters[1] else ''}{characters[2]}]", glob[characters.end() :]
        else:
            source, glob = source + re.escape(glob[0]), glob[1:]
    return source


def might_contain_dag(file_path: str, safe_mode: bool = True, zip_file: Optional[zipfile.ZipFile] = None, **_: Any) -> bool:
    """Whether the text of a file has the words `dag` and `airflow`."""
    if not safe_mode:
        return True
    if zip_file is not None:
        text = zip_file.read(file_path)
    else:
        with open(file_path, "rb") as file:
            text = file.read()
    lower = text.lower()
    return b"dag" in lower and (b"airflow" in lower or b"tradewind" in lower)


def correct_maybe_zipped(fileloc: Optional[str]) -> Optional[str]:
    """Of a file within an archive the archive's path."""
    archive, _ = _parts(fileloc or "")
    return archive if archive is not None else fileloc


def open_maybe_zipped(fileloc: str, mode: str = "r") -> Any:
    archive, name = _parts(fileloc)
    if archive is None:
        return open(fileloc, mode)
    return io.TextIOWrapper(zipfile.ZipFile(archive, mode=mode).open(name))  # type: ignore[arg-type]


def _parts(path: str) -> Tuple[Optional[str], str]:
    found = _IN_ZIP.search(path)
    archive = found.group(2) if found is not None else None
    return (archive, found.group(3)) if found is not None and archive and zipfile.is_zipfile(archive) else (None, path)
