"""The working folder of a run: `data/…` that one task writes is there for the next task of the same run.

What lies where the program was started, or beside the Dag file, and is named in the Dag's code is seen in it by links:
an existing `data` is the project's own, shared by all runs, as it is for Airflow's worker. A folder that the code
writes to and that is nowhere is made, and belongs to the run.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from typing import Any, Dict, Iterable, Iterator, List, Optional, Set

from .errors import TradewindError

_WORD = re.compile(r"[\w.\-]+")
# A literal that begins with a relative path: its folders, and a last part that has an ending, a placeholder, or nothing.
_PATH = re.compile(r"""["'](?:\./)?((?:[A-Za-z_][\w.\-]*/)+)(?:[^"'/\s]*[.{%][^"'/\s]*)?["']""")
# Folders that pipelines write to, where the code joins their name to a file's: os.path.join("data", name).
_USUAL = ("artifacts", "data", "dataset", "datasets", "images", "model", "models", "output", "outputs", "plots", "reports", "results")
_started_in: Optional[str] = None
_QUOTED = re.compile("""["'](?:\\./)?(%s)/?["']""" % "|".join(_USUAL))


def enter(folder: str, dag_file: str, texts: Iterable[str]) -> None:
    """Makes the folder, where no other task of the run has, and works in it from now on.

    Raises TradewindError TW_TASK_PROCESS when it cannot be made.
    """
    global _started_in

    _started_in = os.getcwd()
    try:
        if not os.path.isdir(folder):
            _make(folder, [os.getcwd(), os.path.dirname(dag_file)], list(texts))
        os.chdir(folder)
    except OSError as error:
        raise TradewindError(
            "TW_TASK_PROCESS",
            f"expected to work in the folder {folder}, got: {error}",
            hint="python.working_directory names where Python tasks work: run, start, or a path",
        ) from error


def explain(error: BaseException) -> Optional[str]:
    """What a task is told that did not find a file which lies where the program was started; None for other errors."""
    name = getattr(error, "filename", None)
    if _started_in is None or not isinstance(error, FileNotFoundError) or not isinstance(name, str) or os.path.isabs(name):
        return None
    if not os.path.exists(os.path.join(_started_in, name)):
        return None
    return (
        f"{name} lies in {_started_in}, where the program was started; the tasks of a run work in a folder of their own, "
        f"which shows what the Dag's code names: name it there, or set python.working_directory to start"
    )


def _make(folder: str, bases: List[str], texts: List[str]) -> None:
    """Filled under another name and renamed, so that no task sees half of it."""
    parent = os.path.dirname(folder)
    os.makedirs(parent, exist_ok=True)
    partial = tempfile.mkdtemp(prefix=".run-", dir=parent)
    os.chmod(partial, 0o755)
    taken = _link(partial, bases, texts)
    for path in _written(texts):
        if path.split("/")[0] not in taken:
            os.makedirs(os.path.join(partial, path), exist_ok=True)
    try:
        os.rename(partial, folder)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        # Another task of the run was first.
        if not os.path.isdir(folder):
            raise


def _link(folder: str, bases: List[str], texts: List[str]) -> Set[str]:
    words: Set[str] = set()
    for text in texts:
        words.update(_WORD.findall(text))
    taken: Set[str] = set()
    for base in bases:
        for name in sorted(words.intersection(_entries(base)) - taken):
            os.symlink(os.path.join(base, name), os.path.join(folder, name))
            taken.add(name)
    return taken


def _entries(folder: str) -> List[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".") and name != "__pycache__"]
    except OSError:
        return []


def _written(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for found in _PATH.finditer(text):
            if ".." not in found.group(1).split("/"):
                yield found.group(1)
        for found in _QUOTED.finditer(text):
            yield found.group(1)


def enter_of(start: Dict[str, Any], texts: Iterable[str]) -> None:
    """As the start message of an attempt says; nothing where it says nothing."""
    folder = start.get("workingFolder")
    if folder:
        code = start["code"]
        enter(folder, os.path.join(code["dagsFolder"], code["relativeFile"]), texts)
