"""`var.value`, `var.json` and `conn` of templates."""

from __future__ import annotations

import json
from typing import Any, Optional

from .airflow_compat.not_set import NOTSET
from .errors import TradewindError


class VariableAccessor:
    """`var.value.name`, `var.value.get("name", default)`."""

    def __init__(self, supervisor: Any, deserialize_json: bool) -> None:
        self._supervisor = supervisor
        self._json = deserialize_json

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        text = self._read(key)
        if text is None:
            raise KeyError(f"Variable {key} does not exist")
        return json.loads(text) if self._json else text

    def __getitem__(self, key: str) -> Any:
        return getattr(self, key)

    def get(self, key: str, default: Any = NOTSET, default_var: Any = NOTSET) -> Any:
        text = self._read(key)
        if text is not None:
            return json.loads(text) if self._json else text
        for one in (default, default_var):
            if one is not NOTSET:
                return one
        return None

    def _read(self, key: str) -> Optional[str]:
        if self._supervisor is None:
            from . import supervisor

            return supervisor._from_environment("VAR_", key)
        return self._supervisor.get_variable(key)


class Variables:
    """`var`; functions write `context["var"]["value"].get("name")`, too."""

    def __init__(self, supervisor: Any) -> None:
        self.value = VariableAccessor(supervisor, False)
        self.json = VariableAccessor(supervisor, True)

    def __getitem__(self, name: str) -> VariableAccessor:
        if name not in ("value", "json"):
            raise KeyError(name)
        return getattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in ("value", "json") else default


class ConnectionAccessor:
    """`conn.my_id.host`, `conn.get("my_id", default)`."""

    def __getattr__(self, conn_id: str) -> Any:
        if conn_id.startswith("__"):
            raise AttributeError(conn_id)
        from .connection import Connection

        return Connection.get_connection_from_secrets(conn_id)

    __getitem__ = __getattr__

    def get(self, conn_id: str, default_conn: Any = None) -> Any:
        try:
            return getattr(self, conn_id)
        except (TradewindError, KeyError, AttributeError):
            raise
        except Exception as error:
            if type(error).__name__ in ("AirflowNotFoundException", "AirflowRuntimeError"):
                return default_conn
            raise
