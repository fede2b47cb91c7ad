"""A custom XCom backend: the class that `core.xcom_backend` of Airflow's settings names.

Its `serialize_value` puts a value elsewhere and returns what stands for it; `deserialize_value` gets it back. Both run in
tasks only.
"""

from __future__ import annotations

import importlib
import inspect
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional, Tuple

from .errors import TradewindError

_BASE = "BaseXCom"
_found: Optional[Tuple[str, Any]] = None
_passed_by = False


class Stored:
    """What a backend returned for a value."""

    def __init__(self, value: Any, key: str = "return_value") -> None:
        self.value = value
        self.key = key


def store(value: Any, key: str, task: Dict[str, Any]) -> Any:
    """The value as the backend wants it kept; itself where there is no backend."""
    backend = _backend()
    if backend is None:
        return value
    known = {"key": key, "task_id": task["taskId"], "dag_id": task["dagId"], "run_id": task["runId"], "map_index": task["mapIndex"]}
    serialize = backend.serialize_value
    parameters = inspect.signature(serialize).parameters.values()
    takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters)
    # Backends of Airflow 2.0 take nothing but the value.
    return Stored(serialize(value, **{name: item for name, item in known.items() if takes_all or name in [one.name for one in parameters]}))


def load(stored: Any) -> Any:
    """The value behind what `store` kept."""
    backend = _backend()
    return stored if backend is None else backend.deserialize_value(Stored(stored))


@contextmanager
def passed_by() -> Iterator[None]:
    """Meanwhile values stay what they are: nothing of the user's is imported or called."""
    global _passed_by
    _passed_by = True
    try:
        yield
    finally:
        _passed_by = False


def _backend() -> Any:
    global _found
    from .airflow_compat.configuration import conf

    path = str(conf.get("core", "xcom_backend", fallback="") or "")
    if _passed_by:
        return None
    if _found is None or _found[0] != path:
        _found = (path, None if not path or path.endswith(_BASE) else _class_at(path))
    return _found[1]


def _class_at(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise TradewindError("TW_XCOM_VALUE", f"expected core.xcom_backend to name a class, got {path!r}: {error}") from error
