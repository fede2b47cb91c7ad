"""Splits SQL text at the semicolons that end statements."""

from __future__ import annotations

import re
from typing import List

# What a semicolon may stand in without ending anything: strings, names, comments, PostgreSQL's dollar quotes.
_OPAQUE = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|(\$\w*\$).*?\1", re.DOTALL
)
_COMMENT = re.compile(r"\s*(?:--[^\n]*(?:\n|$)|/\*.*?\*/)\s*", re.DOTALL)


def split_statements(sql: str, strip_semicolon: bool = False) -> List[str]:
    """The statements in order, each with its semicolon unless told otherwise; comments alone are no statement."""
    ends, position = [], 0
    for opaque in [*_OPAQUE.finditer(sql), None]:
        limit = opaque.start() if opaque else len(sql)
        ends.extend(position + offset + 1 for offset, letter in enumerate(sql[position:limit]) if letter == ";")
        position = opaque.end() if opaque else limit
    parts, start = [], 0
    for end in [*ends, len(sql)]:
        text = sql[start:end].strip()
        start = end
        if _COMMENT.sub("", text).strip(" \n\t;"):
            parts.append(text.rstrip(";").rstrip() if strip_semicolon else text)
    return parts

