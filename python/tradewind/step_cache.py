"""`step_cache` of a task: what the Dag's spec says of it, and the look of a task's process (src/scheduler/step-cache.ts)."""

from __future__ import annotations

import datetime
import hashlib
import inspect
import logging
from typing import Any, Dict, Optional

from .errors import TradewindError
from .supervisor import Supervisor
from .xcom import encode_json

log = logging.getLogger("step-cache")

_NAMES = {"key", "ttl", "code"}


def cache_spec(task: Any) -> Optional[Dict[str, Any]]:
    """None for a task that is not cached. Raises TW_OPTION_INVALID for what cannot be meant."""
    option = getattr(task, "step_cache", None)
    if option is None or option is False:
        return None
    given = {} if option is True else option
    if not isinstance(given, dict) or set(given) - _NAMES:
        raise _refusal(task, f"True, or a dict of {', '.join(sorted(_NAMES))}", option)
    key, ttl, code = given.get("key"), given.get("ttl"), given.get("code", "files")
    if code not in ("files", "handler"):
        raise _refusal(task, 'code to be "files" or "handler"', code)
    spec: Dict[str, Any] = {"code": code}
    if code == "handler":
        spec["handler"] = hashlib.sha256(_text_of(task).encode()).hexdigest()
    if callable(key):
        spec["key"] = "function"
    elif isinstance(key, str) and key:
        spec["key"] = {"text": key}
    elif key is not None:
        raise _refusal(task, "key to be a text or a function", key)
    if ttl is not None:
        seconds = ttl.total_seconds() if isinstance(ttl, datetime.timedelta) else ttl
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
            raise _refusal(task, "ttl to be a timedelta, or seconds above 0", ttl)
        spec["ttl"] = seconds
    return spec


def _refusal(task: Any, expected: str, got: Any) -> TradewindError:
    return TradewindError("TW_OPTION_INVALID", f"step_cache of task {task.task_id}: expected {expected}, got {got!r}")


def _text_of(task: Any) -> str:
    function = getattr(task, "python_callable", None) or type(task)
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return repr(function)


def _inputs(task: Any) -> Dict[str, Any]:
    """Arguments of the function by their names."""
    args, kwargs = getattr(task, "op_args", None) or (), getattr(task, "op_kwargs", None) or {}
    function = getattr(task, "python_callable", None)
    if not args or function is None:
        return dict(kwargs)
    return dict(inspect.signature(function).bind_partial(*args, **kwargs).arguments)


def look(task: Any, context: Any, supervisor: Supervisor) -> Optional[Dict[str, Any]]:
    """The end of an earlier attempt for which the key's function gave the same; None where the task has to run."""
    function = task.step_cache["key"]
    value = function(_inputs(task), context)
    answer = supervisor.request("step-cache.look", {"value": encode_json(value, "the key of the step cache")})
    found = answer["result"]
    log.info("step cache %s: %s", "miss" if found is None else "hit", answer["explanation"])
    return found
