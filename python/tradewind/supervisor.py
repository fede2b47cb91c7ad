"""The line from user code to the scheduler: requests and their answers, in a task and while a file is imported."""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import Any, Awaitable, Callable, Dict, Iterable, List, Optional

from .errors import TradewindError

Request = Callable[[str, Dict[str, Any]], Any]

# Airflow's list of names whose values are hidden ("Masking sensitive data").
_SENSITIVE = re.compile(
    r"access_key|access_token|api_key|apikey|authorization|connection_string|passphrase|passwd|password|private_key"
    r"|proxy_password|proxies|secret|token|keyfile_dict|service_account",
    re.IGNORECASE,
)
_current: Optional["Supervisor"] = None


def is_sensitive(name: str) -> bool:
    """Whether a value of this name is a secret by Airflow's rules."""
    return _SENSITIVE.search(name) is not None


def current() -> Optional["Supervisor"]:
    """The line of this process; None in an interpreter that Tradewind did not start."""
    return _current


def set_current(supervisor: Optional["Supervisor"]) -> None:
    global _current
    _current = supervisor


class RequestRefused(TradewindError):
    """The question could not be answered: the database is away, the request is not allowed here."""


class Supervisor:
    """Asks by `ask(method, params)`; `tell` sends what needs no answer."""

    def __init__(
        self,
        ask: Request,
        tell: Callable[[Dict[str, Any]], None],
        ask_async: Optional[Callable[[str, Dict[str, Any]], Awaitable[Any]]] = None,
    ) -> None:
        self._ask = ask
        self._ask_async = ask_async
        self._tell = tell
        self.start: Optional[Dict[str, Any]] = None
        """The start message of the running attempt; None while a Dag file is imported."""

    def request(self, method: str, params: Dict[str, Any]) -> Any:
        """The answer to a request of src/runtime/protocol.ts (ChildRequest). Raises RequestRefused."""
        return self._ask(method, params)

    async def request_async(self, method: str, params: Dict[str, Any]) -> Any:
        """As `request`, without holding up the event loop."""
        if self._ask_async is None:
            return await asyncio.to_thread(self.request, method, params)
        return await self._ask_async(method, params)

    def tell_request(self, method: str, params: Dict[str, Any]) -> None:
        """A request whose answer nobody waits for."""
        self._tell({"type": "request", "method": method, "params": params})

    def mask(self, values: Iterable[str]) -> None:
        """Hides these values in every later log line."""
        hidden = [value for value in values if isinstance(value, str) and value]
        if hidden:
            self._tell({"type": "mask", "values": hidden})

    def get_variable(self, key: str) -> Optional[str]:
        value = _from_environment("VAR_", key)
        if value is None:
            value = self.request("variable.get", {"key": key})
        if value is not None and _SENSITIVE.search(key):
            self.mask([value])
        return value

    def set_variable(self, key: str, value: str, description: Optional[str] = None) -> None:
        params = {"key": key, "value": value}
        if description:
            params["description"] = description
        self.request("variable.set", params)

    def delete_variable(self, key: str) -> None:
        self.request("variable.delete", {"key": key})

    def get_connection(self, conn_id: str) -> Optional[Dict[str, Any]]:
        """As ConnectionAnswer: connId, connType, host, schema, login, password, port, extra (JSON text), description.

        A connection of the environment comes as {"connId", "uri"} or {"connId", "json"} instead.
        """
        text = _from_environment("CONN_", conn_id)
        if text is not None:
            kind = "json" if text.lstrip().startswith("{") else "uri"
            return {"connId": conn_id, kind: text}
        found = self.request("connection.get", {"connId": conn_id})
        if found is not None:
            self.mask(_secrets_of(found))
        return found


def _from_environment(kind: str, key: str) -> Optional[str]:
    for prefix in ("TRADEWIND_", "AIRFLOW_"):
        value = os.environ.get(f"{prefix}{kind}{key.upper()}")
        if value is not None:
            return value
    return None


def _secrets_of(connection: Dict[str, Any]) -> List[str]:
    secrets = [connection["password"]] if connection.get("password") else []
    try:
        _collect(json.loads(connection.get("extra") or "null"), secrets)
    except ValueError:
        # An extra that is not JSON is one opaque text; nothing in it has a name.
        pass
    return secrets


def _collect(value: Any, secrets: List[str]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and inner and _SENSITIVE.search(name):
                secrets.append(inner)
            else:
                _collect(inner, secrets)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, secrets)
