"""What becomes of the Airflow imports of Dag files: `tradewind_process.py airflow_check PATHS`, a JSON list, answers JSON.

Reads the files and does not run them; only Tradewind's own modules are imported.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import os
import re
import sys
import warnings
from typing import Any, Dict, Iterator, List, Optional, Tuple

from . import era
from .surface.providers import package_of
from .surface.table import SURFACE, legacy_name

# What works, in another way than in Airflow.
_OTHERWISE = {
    "SubDagOperator": "becomes a task group",
    "create_session": "answers the queries of tutorials, through the scheduler",
    "provide_session": "answers the queries of tutorials, through the scheduler",
    "Session": "answers the queries of tutorials, through the scheduler",
    "settings": "has a session that answers the queries of tutorials",
    "DagBag": "reads the files of the folder here",
    "conf": "answers from the environment and airflow.cfg; does not steer the engine",
    "send_email": "sends by Tradewind's SMTP settings",
}

Found = Dict[str, Any]


def check(path: str) -> Dict[str, Any]:
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    detected, reason = era.detect(text)
    try:
        tree: Optional[ast.AST] = ast.parse(text, path)
    except (SyntaxError, ValueError):
        # Its import says where and why.
        tree = None
    imports = [] if tree is None else [_described(module, name, line) for module, name, line in _airflow_imports(tree)]
    return {"path": path, "era": detected, "reason": reason, "imports": imports}


def _airflow_imports(tree: ast.AST) -> Iterator[Tuple[str, Optional[str], int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "airflow":
                    yield alias.name, None, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "airflow":
            for alias in node.names:
                yield node.module or "", None if alias.name == "*" else alias.name, node.lineno


def _described(module: str, name: Optional[str], line: int) -> Found:
    outcome, note = _outcome(module, name)
    return {"name": module if name is None else f"{module}.{name}", "line": line, "outcome": outcome, "note": note}


def _outcome(module: str, name: Optional[str]) -> Tuple[str, str]:
    """runs, emulated, missing (a provider to install) or refused, with a note."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            found: Any = importlib.import_module(module)
            if name is not None:
                found = getattr(found, name) if hasattr(found, name) else importlib.import_module(f"{module}.{name}")
        except ImportError as error:
            return "refused", str(error)
    package = _package(found)
    if package is not None:
        return "missing", f"pip install {package}"
    if name in _OTHERWISE:
        return "emulated", _OTHERWISE[name]
    today = None if name is None else legacy_name(module, name)
    return ("runs", "") if today is None else ("emulated", f"is {today} today")


def _package(found: Any) -> Optional[str]:
    if isinstance(found, type(os)):
        return None if found.__name__ in SURFACE else package_of(found.__name__)
    named = re.search(r"provider ([\w-]+)", str(getattr(found, "tradewind_missing", "") or ""))
    return named.group(1) if named else None


def main() -> None:
    warnings.simplefilter("ignore")
    paths: List[str] = json.load(sys.stdin)
    answers = [check(path) for path in paths]
    print(json.dumps(answers))
