"""PEP 723: what a script says of its own Python, in a comment that begins with `# /// script`."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from .errors import TradewindError

# Of the PEP, word for word.
_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
# Tradewind stands in for it: its packages would bring a hundred others that nothing uses.
_PROVIDED = re.compile(r"^apache[-_.]airflow(?:[-_.](?:core|task[-_.]sdk))?\s*(?:\[.*\])?\s*(?:[<>=!~;@].*)?$", re.IGNORECASE)


@dataclass(frozen=True)
class InlineMetadata:
    requires_python: str = ""
    dependencies: Tuple[str, ...] = ()
    index_urls: Tuple[str, ...] = ()
    #: Named, and not installed.
    provided: Tuple[str, ...] = ()


def block_of(text: str) -> Optional[str]:
    """The TOML of the block, or None. Raises TradewindError TW_OPTION_INVALID for two of them."""
    blocks = [match for match in _BLOCK.finditer(text) if match.group("type") == "script"]
    if len(blocks) > 1:
        raise TradewindError("TW_OPTION_INVALID", f"expected one block `# /// script`, got {len(blocks)}")
    if not blocks:
        return None
    lines = blocks[0].group("content").splitlines(keepends=True)
    return "".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)


def read(toml: str, what: str) -> InlineMetadata:
    """Raises TradewindError TW_OPTION_INVALID for what is no TOML, or has other types than the PEP says."""
    try:
        table = _toml().loads(toml)
    except ValueError as error:
        raise TradewindError("TW_OPTION_INVALID", f"{what}: the block `# /// script` is no TOML: {error}") from error
    requires, dependencies = table.get("requires-python", ""), table.get("dependencies", [])
    if not isinstance(requires, str):
        raise TradewindError("TW_OPTION_INVALID", f"{what}: expected requires-python to be a text, got {requires!r}")
    if not isinstance(dependencies, list) or not all(isinstance(one, str) for one in dependencies):
        raise TradewindError("TW_OPTION_INVALID", f"{what}: expected dependencies to be a list of texts, got {dependencies!r}")
    provided = tuple(one for one in dependencies if _PROVIDED.match(one.strip()))
    return InlineMetadata(requires, tuple(one for one in dependencies if one not in provided), _indexes(table), provided)


def _indexes(table: Dict[str, Any]) -> Tuple[str, ...]:
    """Those of `[tool.uv]`, which other readers of the block understand, too: the default one first."""
    uv = (table.get("tool") or {}).get("uv") or {}
    given = [one for one in uv.get("index") or [] if isinstance(one, dict) and isinstance(one.get("url"), str)]
    named = [one["url"] for one in sorted(given, key=lambda one: not one.get("default", False))]
    single = uv.get("index-url")
    return tuple([single] if isinstance(single, str) else []) + tuple(named) + tuple(uv.get("extra-index-url") or [])


def _toml() -> Any:
    """Of the standard library from 3.11 on; before, what pip has."""
    for name in ("tomllib", "tomli", "pip._vendor.tomli"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise TradewindError("TW_OPTION_INVALID", "reading `# /// script` needs Python 3.11 or newer, or the package tomli, or pip")


def fits(version: str, requires: str) -> bool:
    """Whether a version of Python is one of `>=3.10,<3.13`. Raises TradewindError TW_OPTION_INVALID."""
    return all(_fits(version, one.strip()) for one in requires.split(",") if one.strip())


def _fits(version: str, clause: str) -> bool:
    match = re.fullmatch(r"(~=|==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?", clause)
    if match is None:
        raise TradewindError("TW_OPTION_INVALID", f"expected requires-python such as '>=3.10,<3.13', got {clause!r}")
    operator, wanted, star = match.group(1), _numbers(match.group(2)), match.group(3)
    given = _numbers(version)
    if operator == "~=":
        return given >= wanted and given[: len(wanted) - 1] == wanted[:-1]
    if star:
        return (given[: len(wanted)] == wanted) == (operator == "==")
    length = max(len(given), len(wanted))
    left, right = (numbers + (0,) * (length - len(numbers)) for numbers in (given, wanted))
    return {"==": left == right, "!=": left != right, "<=": left <= right, ">=": left >= right, "<": left < right, ">": left > right}[operator]


def _numbers(version: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
