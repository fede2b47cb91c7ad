"""MySqlHook, over mysqlclient, PyMySQL or Oracle's connector, whichever the interpreter has."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Dict

from ..airflow_compat.exceptions import AirflowOptionalProviderFeatureException
from .sql import DbApiHook

_DRIVERS = (("MySQLdb", "mysql"), ("pymysql", "mysql+pymysql"), ("mysql.connector", "mysql+mysqlconnector"))


class MySqlHook(DbApiHook):
    conn_name_attr = "mysql_conn_id"
    default_conn_name = "mysql_default"
    conn_type = "mysql"
    hook_name = "MySQL"
    supports_autocommit = True

    def __init__(self, *args: Any, local_infile: bool = False, init_command: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.local_infile = local_infile
        self.init_command = init_command

    def get_conn(self) -> Any:
        found = self.connection
        module, _ = _driver()
        arguments: Dict[str, Any] = {
            "user": found.login or "",
            "password": found.password or "",
            "host": found.host or "localhost",
            "database": self._schema or found.schema or "",
            "port": found.port or 3306,
        }
        extra = found.extra_dejson
        if extra.get("charset"):
            arguments["charset"] = extra["charset"]
        if extra.get("unix_socket"):
            arguments["unix_socket"] = extra["unix_socket"]
        if self.local_infile:
            arguments["local_infile"] = 1
        return module.connect(**arguments)

    def get_uri(self) -> str:
        uri = super().get_uri()
        return _driver()[1] + uri[uri.index("://") :]

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        if callable(getattr(conn, "autocommit", None)):
            conn.autocommit(autocommit)
        else:
            conn.autocommit = autocommit

    def get_autocommit(self, conn: Any) -> bool:
        if hasattr(conn, "get_autocommit"):
            return bool(conn.get_autocommit())
        return bool(conn.autocommit)


def _driver() -> "tuple[Any, str]":
    for name, scheme in _DRIVERS:
        try:
            return importlib.import_module(name), scheme
        except ImportError:
            continue
    raise AirflowOptionalProviderFeatureException(
        f"MySqlHook needs a driver: `{sys.executable} -m pip install pymysql` (or mysqlclient)"
    )
