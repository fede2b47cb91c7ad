"""BaseHook: from a connection's id to a client."""

from __future__ import annotations

import logging
from typing import Any, Dict, List, Optional

from ..connection import Connection, get_connection


class BaseHook:
    """`get_connection(conn_id)` for everyone, `get_conn()` of subclasses makes the client."""

    conn_name_attr = ""
    default_conn_name = ""
    conn_type = ""
    hook_name = ""

    def __init__(self, logger_name: Optional[str] = None, **kwargs: Any) -> None:
        self._logger_name = logger_name

    @property
    def log(self) -> logging.Logger:
        name = getattr(self, "_logger_name", None) or f"{type(self).__module__}.{type(self).__qualname__}"
        return logging.getLogger(f"airflow.task.hooks.{name}")

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """Raises AirflowNotFoundException where there is none."""
        return get_connection(conn_id)

    @classmethod
    async def aget_connection(cls, conn_id: str) -> Connection:
        return get_connection(conn_id)

    @classmethod
    def get_connections(cls, conn_id: str) -> List[Connection]:
        return [cls.get_connection(conn_id)]

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: Optional[Dict[str, Any]] = None) -> Any:
        """The hook that fits the connection's type."""
        return cls.get_connection(conn_id).get_hook(hook_params=hook_params)

    def get_conn(self) -> Any:
        raise NotImplementedError

    @classmethod
    def get_connection_form_widgets(cls) -> Dict[str, Any]:
        return {}

    @classmethod
    def get_ui_field_behaviour(cls) -> Dict[str, Any]:
        return {}
