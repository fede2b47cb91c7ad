"""SqliteHook, over the standard library."""

from __future__ import annotations

import os
import sqlite3
from typing import Any
from urllib.parse import unquote

from .sql import DbApiHook


class SqliteHook(DbApiHook):
    """The connection's host (or schema) is the path of the file; none is a database in memory."""

    conn_name_attr = "sqlite_conn_id"
    default_conn_name = "sqlite_default"
    conn_type = "sqlite"
    hook_name = "Sqlite"
    placeholder = "?"

    def get_path(self) -> str:
        found = self.connection
        # `sqlite:////tmp/x.db` puts the path where other databases have their schema.
        path = unquote(found.host or "") or found.schema or ""
        return os.path.expanduser(path) if path else ":memory:"

    def get_conn(self) -> sqlite3.Connection:
        return sqlite3.connect(self.get_path())

    def get_uri(self) -> str:
        path = self.get_path()
        return "sqlite://" if path == ":memory:" else f"sqlite:///{path}"

    def get_autocommit(self, conn: Any) -> bool:
        return False
