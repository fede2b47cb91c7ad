"""Errors as they travel (ErrorInfo of src/runtime/protocol.ts): name, message, stack of the user's frames, causes."""

from __future__ import annotations

import os
import traceback
from typing import Any, Dict, Iterator, List, Optional

from .errors import TradewindError

LONGEST_TEXT = 64 * 1024
MOST_CAUSES = 20
_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_SURFACE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "airflow") + os.sep
_COMPAT_EXCEPTIONS = "tradewind.airflow_compat.exceptions"


def describe_error(error: BaseException) -> Dict[str, Any]:
    """The error with the whole chain of causes. Never raises."""
    info = _describe_one(error)
    code = getattr(error, "code", None)
    if isinstance(code, str):
        info["code"] = code
    info["causes"] = [_describe_one(cause) for cause in list(_causes(error))[:MOST_CAUSES]]
    return info


def error_name(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    module = "airflow.exceptions" if kind.__module__ == _COMPAT_EXCEPTIONS else kind.__module__
    return f"{module}.{kind.__qualname__}"


def message_of(error: BaseException) -> str:
    """A user's `__str__` may raise; the report must come out all the same."""
    try:
        return _cut(str(error))
    except Exception:
        return f"<{error_name(error)} whose text cannot be made>"


def stack_of(error: BaseException) -> str:
    """The traceback without frames of this runtime, as Python prints it."""
    try:
        frames = traceback.extract_tb(error.__traceback__)
        shown = [frame for frame in frames if not is_own_file(frame.filename)]
        # What is wrong with a file before any of it runs: the way there says nothing of it.
        if not shown and not isinstance(error, (SyntaxError, TradewindError)):
            shown = list(frames)
        lines = traceback.format_exception_only(type(error), error)
        head = ["Traceback (most recent call last):\n", *traceback.format_list(shown)] if shown else []
        return _cut("".join([*head, *lines]).rstrip())
    except Exception:
        return f"{error_name(error)}: {message_of(error)}"


def is_own_file(filename: str) -> bool:
    return filename.startswith((_OWN, _SURFACE, "<frozen importlib"))


def last_user_frame(error: BaseException) -> Optional[traceback.FrameSummary]:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_own_file(frame.filename)]
    return frames[-1] if frames else None


def _describe_one(error: BaseException) -> Dict[str, str]:
    return {"name": error_name(error), "message": message_of(error), "stack": stack_of(error)}


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: List[int] = [id(error)]
    current: Optional[BaseException] = error
    while current is not None:
        # What `from None` hides is meant to be hidden.
        cause = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if cause is None or id(cause) in seen:
            return
        seen.append(id(cause))
        yield cause
        current = cause


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text) - LONGEST_TEXT} characters cut)"
