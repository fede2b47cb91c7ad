"""TypeScript files that a Dag's tasks call, with the local files that they import: their texts belong to the version."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Optional

from .errors import TradewindError
from .suggest import did_you_mean

_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
_EXPORT = re.compile(r"^export\s+(?:default\s+)?(?:async\s+)?(?:function\*?|const|let|class)\s+([\w$]+)|^export\s+(default)\b", re.MULTILINE)
_LIST = re.compile(r"^export\s*(?:\{|\*)", re.MULTILINE)


def add_called_files(specs: List[Dict[str, Any]], dags_folder: str, texts: Dict[str, str]) -> None:
    """Adds them to `texts`, by absolute path. Raises TradewindError TW_HANDLER_INVALID with the line of the task."""
    for spec in specs:
        folder = os.path.dirname(os.path.join(dags_folder, spec["relativeFile"]))
        for task in spec["tasks"]:
            call = task.get("call")
            if not call or call["language"] != "typescript":
                continue
            path = os.path.normpath(os.path.join(folder, call["file"]))
            text = _text_of(path)
            if text is None:
                raise TradewindError(
                    "TW_HANDLER_INVALID", f'expected the TypeScript file {path} of task "{task["taskId"]}", but it is not there', line=task.get("line")
                )
            _check(task, text)
            _add(path, text, texts)


def _check(task: Dict[str, Any], text: str) -> None:
    name = task["call"]["function"]
    names = [found.group(1) or found.group(2) for found in _EXPORT.finditer(text)]
    # What is exported by a list may be anything; only a run can tell.
    if name in names or _LIST.search(text):
        return
    near = did_you_mean(name, names)
    raise TradewindError(
        "TW_HANDLER_INVALID",
        f'expected {task["call"]["file"]} to export the function "{name}" of task "{task["taskId"]}", it exports {", ".join(names) or "none"}',
        hint=f"did you mean {near}?" if near else None,
        line=task.get("line"),
    )


def _add(path: str, text: str, texts: Dict[str, str]) -> None:
    if path in texts:
        return
    texts[path] = text
    for specifier in _IMPORT.findall(text):
        inner = os.path.normpath(os.path.join(os.path.dirname(path), specifier))
        found = _text_of(inner)
        if found is not None:
            _add(inner, found, texts)


def _text_of(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    except OSError:
        return None
