"""Errors that a person reads: a code, what was expected and what came, and what to do about it."""

from __future__ import annotations

from typing import Optional


class TradewindError(Exception):
    """`code` is one of the error catalogue (TW_…); `hint` says what to do; `line` is 1-based in the Dag file."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: Optional[str] = None,
        line: Optional[int] = None,
        column: Optional[int] = None,
    ) -> None:
        super().__init__(message if hint is None else f"{message} ({hint})")
        self.code = code
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column
