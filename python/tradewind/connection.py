"""`Connection` of Airflow: an address and its credentials, from the environment, the scheduler, or made in place."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from . import client, supervisor
from .airflow_compat.exceptions import AirflowException, AirflowNotFoundException
from .airflow_compat.fields import Field

_TYPE_OF_SCHEME = {"postgresql": "postgres", "aws-s3": "s3"}
_FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")


class Connection:
    """Fields are Airflow's; `extra` is JSON text and `extra_dejson` its value. `uri=` fills all of them."""

    EXTRA_KEY = "__extra__"
    # For filters of queries; an instance has its values.
    conn_id: Any = Field("conn_id")
    conn_type: Any = Field("conn_type")
    description: Any = Field("description")
    host: Any = Field("host")
    login: Any = Field("login")
    schema: Any = Field("schema")
    port: Any = Field("port")
    extra: Any = Field("extra")

    def __init__(
        self,
        conn_id: Optional[str] = None,
        conn_type: Optional[str] = None,
        description: Optional[str] = None,
        host: Optional[str] = None,
        login: Optional[str] = None,
        password: Optional[str] = None,
        schema: Optional[str] = None,
        port: Any = None,
        extra: Any = None,
        uri: Optional[str] = None,
        team_name: Optional[str] = None,
    ) -> None:
        if uri and any((conn_type, host, login, password, schema, port, extra)):
            raise AirflowException(
                "You must create an object using the URI or individual values "
                "(conn_type, host, login, password, schema, port or extra). You can't mix these two ways."
            )
        self.conn_id = conn_id
        self.description = description
        self.conn_type = conn_type
        self.host = host
        self.login = login
        self.password = password
        self.schema = schema
        self.port = int(port) if port not in (None, "") else None
        self.extra = json.dumps(extra) if isinstance(extra, dict) else extra
        if uri:
            self._fill_from_uri(uri)
        secrets = [value for value in (self.password,) if value]
        line = supervisor.current()
        if secrets and line is not None:
            line.mask(secrets)

    def _fill_from_uri(self, uri: str) -> None:
        if uri.count("://") > 2:
            raise AirflowException(f"Invalid connection string: {uri}.")
        scheme, _, rest = uri.partition("://")
        # `http://https://host` names the type first and the host's own scheme second.
        inner, found, after = rest.partition("://")
        parts = urlsplit(f"{scheme}://{after if found else rest}")
        self.conn_type = _TYPE_OF_SCHEME.get(scheme, scheme.replace("-", "_"))
        self.host = (f"{inner}://" if found else "") + unquote(parts.hostname or "")
        self.schema = unquote(parts.path[1:]) if parts.path and parts.path != "/" else ""
        self.login = unquote(parts.username) if parts.username else parts.username
        self.password = unquote(parts.password) if parts.password else parts.password
        self.port = parts.port
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if self.EXTRA_KEY in query:
            self.extra = query[self.EXTRA_KEY]
        elif query:
            self.extra = json.dumps(query)

    @property
    def extra_dejson(self) -> Dict[str, Any]:
        """`extra` as a dict; empty where there is none. Text that is no JSON object is an AirflowException."""
        if not self.extra:
            return {}
        try:
            value = json.loads(self.extra)
        except ValueError as error:
            raise AirflowException(
                f"the extra of connection {self.conn_id!r} has to be a JSON object, and it is no JSON: {error}"
            ) from None
        return value if isinstance(value, dict) else {}

    def get_extra_dejson(self, nested: bool = False) -> Dict[str, Any]:
        extra = self.extra_dejson
        if not nested:
            return extra
        return {key: _json_or_text(value) for key, value in extra.items()}

    def set_extra(self, value: Optional[str]) -> None:
        self.extra = value

    def get_extra(self) -> Optional[str]:
        return self.extra

    def get_password(self) -> Optional[str]:
        return self.password

    def set_password(self, value: Optional[str]) -> None:
        self.password = value

    def rotate_fernet_key(self) -> None:
        """The scheduler's store has the secrets; there is nothing here to encrypt anew."""

    def get_uri(self) -> str:
        """The connection as Airflow writes it in AIRFLOW_CONN_*."""
        uri = f"{(self.conn_type or '').lower().replace('_', '-')}://"
        host = self.host or ""
        if "://" in host:
            protocol, host = host.split("://", 1)
            uri += f"{protocol}://"
        block = ""
        if self.login is not None:
            block += quote(self.login, safe="")
        if self.password is not None:
            block += f":{quote(self.password, safe='')}"
        if block:
            uri += f"{block}@"
        if host:
            uri += quote(host, safe="")
        if self.port is not None:
            uri += f":{self.port}"
        if self.schema:
            uri += f"/{quote(self.schema, safe='')}"
        if self.extra:
            extra = self.extra_dejson
            plain = bool(extra) and all(isinstance(value, str) for value in extra.values())
            query = urlencode(extra) if plain else urlencode({self.EXTRA_KEY: self.extra})
            uri += f"{'/' if not self.schema else ''}?{query}"
        return uri

    def as_json(self) -> str:
        data = {name: getattr(self, name) for name in _FIELDS if getattr(self, name) is not None}
        if "extra" in data:
            data["extra"] = self.extra_dejson
        return json.dumps(data)

    def to_dict(self, **_: Any) -> Dict[str, Any]:
        return {"conn_id": self.conn_id, **{name: getattr(self, name) for name in _FIELDS}}

    @classmethod
    def from_json(cls, value: Any, conn_id: Optional[str] = None) -> "Connection":
        fields = dict(json.loads(value) if isinstance(value, str) else value)
        fields.pop("conn_id", None)
        kind = fields.pop("conn_type", None)
        if fields.get("port") == "":
            fields["port"] = None
        known = {name: fields[name] for name in _FIELDS if name in fields and name != "conn_type"}
        return cls(conn_id=conn_id, conn_type=_TYPE_OF_SCHEME.get(kind, kind), **known)

    @classmethod
    def get(cls, conn_id: str) -> "Connection":
        return get_connection(conn_id)

    @classmethod
    def get_connection_from_secrets(cls, conn_id: str) -> "Connection":
        return get_connection(conn_id)

    def get_hook(self, *, hook_params: Optional[Dict[str, Any]] = None) -> Any:
        """The hook of the connection's type."""
        from .hooks.by_type import hook_for

        return hook_for(self, hook_params or {})

    def test_connection(self) -> "tuple[bool, str]":
        try:
            hook = self.get_hook()
        except Exception as error:
            return False, str(error)
        test = getattr(hook, "test_connection", None)
        if test is None:
            return False, f"Hook {type(hook).__name__} doesn't implement or inherit test_connection method"
        return test()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Connection) and self.to_dict() == other.to_dict()

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return self.conn_id or ""


def _json_or_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _how_to_define(conn_id: str) -> str:
    if conn_id.endswith("_default"):
        return "`tradewind connections create-default-connections` makes Airflow's defaults, `tradewind connections add` others"
    return f"`tradewind connections add {conn_id}` or AIRFLOW_CONN_{conn_id.upper()} defines it"


def get_connection(conn_id: str) -> Connection:
    """The connection of this id. AirflowNotFoundException where neither environment nor scheduler has it."""
    line = supervisor.current()
    if line is not None:
        answer = line.get_connection(conn_id)
    else:
        answer = _from_environment(conn_id)
    if answer is None:
        raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined: {_how_to_define(conn_id)}")
    if "uri" in answer:
        return Connection(conn_id=conn_id, uri=answer["uri"])
    if "json" in answer:
        return Connection.from_json(answer["json"], conn_id)
    return Connection(
        conn_id=conn_id,
        conn_type=answer.get("connType"),
        **{name: answer.get(name) for name in _FIELDS if name != "conn_type"},
    )


def put_connection(connection: Connection) -> None:
    """Stores it under its id, in the place of one that has this id."""
    if not connection.conn_id:
        raise AirflowException("a connection that is stored needs a conn_id")
    client.request(
        "connection.set",
        connId=connection.conn_id,
        connType=connection.conn_type or "generic",
        **{name: getattr(connection, name) for name in _FIELDS if name != "conn_type"},
    )


def delete_connection(conn_id: str) -> None:
    """Nothing where there is none."""
    client.request("connection.delete", connId=conn_id)


def _from_environment(conn_id: str) -> Optional[Dict[str, Any]]:
    text = supervisor._from_environment("CONN_", conn_id)
    if text is None:
        return None
    return {"json" if text.lstrip().startswith("{") else "uri": text}


