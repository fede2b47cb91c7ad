"""SnowflakeHook, over snowflake-connector-python."""

from __future__ import annotations

import base64
from typing import Any, Dict, Optional

from .client_library import client_library
from .sql import DbApiHook

# Parts of a session, which arguments of the hook give before the connection's extra does.
_PARTS = ("account", "warehouse", "database", "region", "role", "schema", "authenticator", "session_parameters")
_FROM_EXTRA = ("host", "port", "protocol", "ocsp_fail_open", "client_request_mfa_token", "client_store_temporary_credential", "token")


class SnowflakeHook(DbApiHook):
    """Arguments and fields of the connection's extra are those of Airflow's provider."""

    conn_name_attr = "snowflake_conn_id"
    default_conn_name = "snowflake_default"
    conn_type = "snowflake"
    hook_name = "Snowflake"
    supports_autocommit = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._given: Dict[str, Any] = {name: kwargs.pop(name, None) for name in _PARTS}
        super().__init__(*args, schema=self._given["schema"], **kwargs)
        self.query_ids: list = []

    def _get_conn_params(self) -> Dict[str, Any]:
        """What the connector is called with."""
        found = self.connection
        extra = found.extra_dejson
        field = lambda name: extra.get(name) if extra.get(name) is not None else extra.get(f"extra__snowflake__{name}")  # noqa: E731
        parameters: Dict[str, Any] = {"user": found.login, "password": found.password or "", "application": "AIRFLOW"}
        for name in (*_PARTS, *_FROM_EXTRA):
            value = self._given.get(name) or field(name)
            if value is not None and value != "":
                parameters[name] = value
        parameters.setdefault("schema", self._given["schema"] or found.schema or "")
        parameters.setdefault("authenticator", "snowflake")
        if field("insecure_mode") in (True, "true", "True", "1"):
            parameters["insecure_mode"] = True
        key = self._private_key(field("private_key_file"), field("private_key_content"), found.password)
        if key is not None:
            parameters["private_key"] = key
            parameters.pop("password")
        return parameters

    def _private_key(self, file: Optional[str], content: Optional[str], passphrase: Optional[str]) -> Optional[bytes]:
        """In the form in which the connector takes it (DER)."""
        if not file and not content:
            return None
        if file:
            with open(file, "rb") as opened:
                pem = opened.read()
        else:
            text = str(content)
            pem = text.encode() if "-----BEGIN" in text else base64.b64decode(text)
        serialization = client_library("cryptography.hazmat.primitives.serialization", "cryptography", type(self).__name__)
        key = serialization.load_pem_private_key(pem, password=passphrase.encode() if passphrase else None)
        return key.private_bytes(
            encoding=serialization.Encoding.DER,
            format=serialization.PrivateFormat.PKCS8,
            encryption_algorithm=serialization.NoEncryption(),
        )

    def get_conn(self) -> Any:
        connector = client_library("snowflake.connector", "snowflake-connector-python", type(self).__name__)
        return connector.connect(**self._get_conn_params())

    def get_uri(self) -> str:
        """In the form of snowflake-sqlalchemy."""
        parameters = self._get_conn_params()
        url = client_library("snowflake.sqlalchemy", "snowflake-sqlalchemy", type(self).__name__).URL
        names = ("account", "user", "password", "database", "schema", "warehouse", "role", "region", "authenticator")
        return str(url(**{name: parameters[name] for name in names if parameters.get(name)}))

    def get_sqlalchemy_engine(self, engine_kwargs: Optional[dict] = None) -> Any:
        options = dict(engine_kwargs or {})
        parameters = self._get_conn_params()
        for name in ("insecure_mode", "private_key", "session_parameters"):
            if name in parameters:
                options.setdefault("connect_args", {})[name] = parameters[name]
        return super().get_sqlalchemy_engine(options)

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        conn.autocommit(autocommit)
        # The connector has no question for it.
        conn.autocommit_mode = autocommit

    def get_autocommit(self, conn: Any) -> bool:
        return bool(getattr(conn, "autocommit_mode", False))

    def run(self, sql: Any, autocommit: bool = False, parameters: Any = None, handler: Any = None, split_statements: bool = True, return_last: bool = True, return_dictionaries: bool = False) -> Any:
        """As of DbApiHook; a text with several statements is taken apart, since the connector takes one at a time."""
        self.query_ids = []
        if not return_dictionaries:
            return super().run(sql, autocommit, parameters, handler, split_statements, return_last)
        as_dicts = None if handler is None else lambda cursor: handler(_Dictionaries(cursor))
        return super().run(sql, autocommit, parameters, as_dicts, split_statements, return_last)

    def _run_command(self, cursor: Any, statement: str, parameters: Any) -> None:
        super()._run_command(cursor, statement, parameters)
        query_id = getattr(cursor, "sfqid", None)
        if query_id:
            self.query_ids.append(query_id)
            self.log.info("Snowflake query id: %s", query_id)


class _Dictionaries:
    """A cursor whose rows are dicts by column."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def _named(self, row: Any) -> Any:
        return None if row is None else dict(zip([column[0] for column in self._cursor.description], row))

    def fetchall(self) -> list:
        return [self._named(row) for row in self._cursor.fetchall()]

    def fetchone(self) -> Any:
        return self._named(self._cursor.fetchone())
