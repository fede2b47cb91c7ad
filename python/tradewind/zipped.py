"""Files in zip archives of the Dags folder: `dags/team.zip/pipeline.py` (Airflow's packaged Dags)."""

from __future__ import annotations

import os
import zipfile
from typing import Dict, Optional, Set, Tuple

_MARK = ".zip" + os.sep
# By path and time of the archive: names of its files.
_names: Dict[Tuple[str, float], Set[str]] = {}


def split(path: str) -> Optional[Tuple[str, str]]:
    """The archive and the name in it; "" for the archive itself. None for a path that leads through no archive."""
    found = (path + os.sep).find(_MARK)
    if found < 0:
        return None
    archive = path[: found + len(".zip")]
    return archive, path[len(archive) + 1 :].replace(os.sep, "/")


def has_file(path: str) -> bool:
    names, inner = _look(path)
    return inner in names


def has_folder(path: str) -> bool:
    names, inner = _look(path)
    return bool(names) and (not inner or any(name.startswith(inner + "/") for name in names))


def read(path: str) -> Optional[bytes]:
    """The content; None where it is in no archive."""
    found = split(path)
    if found is None or not has_file(path):
        return None
    with zipfile.ZipFile(found[0]) as archive:
        return archive.read(found[1])


def _look(path: str) -> Tuple[Set[str], str]:
    found = split(path)
    if found is None:
        return set(), ""
    archive, inner = found
    try:
        key = (archive, os.stat(archive).st_mtime)
        if key not in _names:
            with zipfile.ZipFile(archive) as opened:
                _names[key] = {name for name in opened.namelist() if not name.endswith("/")}
        return _names[key], inner
    except (OSError, zipfile.BadZipFile):
        return set(), inner
