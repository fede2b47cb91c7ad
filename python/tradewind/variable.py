"""`Variable` of Airflow."""

from __future__ import annotations

import json
from typing import Any, Optional

from . import client, supervisor
from .airflow_compat.fields import Field

_NOTHING: Any = object()


class Variable:
    """`get`, `set`, `delete`; values are text, or JSON with `deserialize_json` and `serialize_json`.

    Asked in this order: `TRADEWIND_VAR_*` and `AIRFLOW_VAR_*` of the environment, then the scheduler.
    """

    __NO_DEFAULT_SENTINEL = _NOTHING
    # For filters of queries; an instance has its values.
    key: Any = Field("key")
    val: Any = Field("val")
    description: Any = Field("description")

    def __init__(self, key: Optional[str] = None, val: Any = None, value: Any = None, description: Optional[str] = None) -> None:
        self.key = key
        self.val = val if val is not None else value
        self.value = self.val
        self.description = description

    def get_val(self) -> Any:
        return self.val

    def set_val(self, value: Any) -> None:
        """Stored by the session that is told of it, or that it came from."""
        self.val = self.value = value

    @classmethod
    def get(
        cls,
        key: str,
        default_var: Any = _NOTHING,
        deserialize_json: bool = False,
        default: Any = _NOTHING,
        **_: Any,
    ) -> Any:
        """The value; `default` (Airflow 2: `default_var`) where there is none, and KeyError without a default."""
        text = _read(key)
        if text is not None:
            return json.loads(text) if deserialize_json else text
        given = default if default is not _NOTHING else default_var
        if given is _NOTHING:
            raise KeyError(f"Variable {key} does not exist")
        return given

    @classmethod
    def get_variable_from_secrets(cls, key: str, **_: Any) -> Optional[str]:
        return _read(key)

    @classmethod
    def setdefault(cls, key: str, default: Any, description: Optional[str] = None, deserialize_json: bool = False) -> Any:
        """The value; where there is none, `default` is stored and returned."""
        found = cls.get(key, default_var=None, deserialize_json=deserialize_json)
        if found is not None:
            return found
        if default is None:
            raise ValueError("Default Value must be set")
        cls.set(key, default, description=description, serialize_json=deserialize_json)
        return default

    @classmethod
    def set(cls, key: str, value: Any, description: Optional[str] = None, serialize_json: bool = False, **_: Any) -> None:
        text = json.dumps(value, indent=2) if serialize_json else str(value)
        line = supervisor.current()
        if line is None:
            raise client.NotConnected("variable.set")
        line.set_variable(key, text, description)

    @classmethod
    def update(cls, key: str, value: Any, serialize_json: bool = False, **_: Any) -> None:
        if _read(key) is None:
            raise KeyError(f"Variable {key} does not exist")
        cls.set(key, value, serialize_json=serialize_json)

    @classmethod
    def delete(cls, key: str, **_: Any) -> None:
        line = supervisor.current()
        if line is None:
            raise client.NotConnected("variable.delete")
        line.delete_variable(key)


def _read(key: str) -> Optional[str]:
    line = supervisor.current()
    if line is None:
        return supervisor._from_environment("VAR_", key)
    return line.get_variable(key)
