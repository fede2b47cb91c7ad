"""FSHook: the folder that a connection of type `fs` names."""

from __future__ import annotations

from typing import Any

from .base import BaseHook


class FSHook(BaseHook):
    """`get_path` is the `path` of the connection's extra; an absent `fs_default` is the root."""

    conn_name_attr = "fs_conn_id"
    default_conn_name = "fs_default"
    conn_type = "fs"
    hook_name = "File (path)"

    def __init__(self, fs_conn_id: str = "fs_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        from ..airflow_compat.exceptions import AirflowNotFoundException
        from ..client import NotConnected

        try:
            connection = self.get_connection(fs_conn_id)
        except (AirflowNotFoundException, NotConnected):
            # Airflow's database holds fs_default from the start, with "/" as its path.
            if fs_conn_id != "fs_default":
                raise
            self.basepath, self.conn = "/", None
            return
        self.conn = connection
        self.basepath = connection.extra_dejson.get("path", "")

    def get_conn(self) -> None:
        pass

    def get_path(self) -> str:
        return self.basepath

    def test_connection(self) -> "tuple[bool, str]":
        import os

        path = self.get_path()
        if not path:
            return False, "File Path is undefined."
        return (True, f"Path {path} is existing.") if os.path.exists(path) else (False, f"Path {path} does not exist.")
