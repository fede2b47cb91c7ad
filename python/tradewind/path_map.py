"""Folders that Dag files name and that lie elsewhere here: `/opt/airflow=/home/me/airflow` (`python.path_map`).

The literals of the user's own files are rewritten when they are compiled, so that whatever they are given to (pandas, a
shell command, a database driver) gets a path that exists.
"""

from __future__ import annotations

import ast
import os
import re
from typing import Any, List, Optional, Tuple


class PathMap:
    def __init__(self, pairs: List[Tuple[str, str]]) -> None:
        self._targets = dict(pairs)
        # The longest first, and only whole names: /opt/airflow does not stand in /opt/airflow2.
        names = "|".join(re.escape(name) for name in sorted(self._targets, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![\w.\-/])(?:{names})(?![\w.\-])")

    def apply(self, text: str) -> str:
        return self._pattern.sub(lambda found: self._targets[found.group()], text)

    def rewrite(self, tree: ast.AST) -> ast.AST:
        """In place; lines and columns stay."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                node.value = self._constant(node.value)
        return tree

    def _constant(self, value: Any) -> Any:
        return self.apply(value) if isinstance(value, str) else value


def parse(text: str) -> Optional[PathMap]:
    """`from=to` pairs, separated by commas; None where there are none."""
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, target = part.partition("=")
        if not os.path.isabs(name) or not target:
            raise ValueError(f"python.path_map: expected /from=/to, got {part!r}")
        pairs.append((name.rstrip("/"), os.path.abspath(os.path.expanduser(target))))
    return PathMap(pairs) if pairs else None


def from_settings() -> Optional[PathMap]:
    return parse(os.environ.get("TRADEWIND__PYTHON__PATH_MAP", ""))
