"""Triggers that ask HTTP servers. The requests are made in threads: any hook and any authentication works in them."""

from __future__ import annotations

import asyncio
import base64
from typing import Any, AsyncIterator, Dict, Optional, Tuple

from ..airflow_compat.exceptions import AirflowException
from ..hooks.http import HttpHook, PlainResponse
from .base import BaseTrigger, TriggerEvent

_PATH = "airflow.providers.http.triggers.http"


class HttpTrigger(BaseTrigger):
    """Makes one request: `{"status": "success", "response": …}` or `{"status": "error", "message": …}`."""

    def __init__(
        self,
        http_conn_id: str = "http_default",
        auth_type: Any = None,
        method: str = "POST",
        endpoint: Optional[str] = None,
        headers: Optional[Dict[str, str]] = None,
        data: Any = None,
        extra_options: Optional[Dict[str, Any]] = None,
    ) -> None:
        super().__init__()
        self.http_conn_id = http_conn_id
        self.auth_type = _imported(auth_type) if isinstance(auth_type, str) else auth_type
        self.method = method
        self.endpoint = endpoint
        self.headers = headers
        self.data = data
        self.extra_options = extra_options

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        kind = self.auth_type
        names = ("http_conn_id", "method", "endpoint", "headers", "data", "extra_options")
        auth = None if kind is None else f"{kind.__module__}.{kind.__qualname__}"
        return f"{_PATH}.HttpTrigger", {**{name: getattr(self, name) for name in names}, "auth_type": auth}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        try:
            event = {"status": "success", "response": packed(await asyncio.to_thread(self._request))}
        except Exception as error:
            event = {"status": "error", "message": str(error)}
        yield TriggerEvent(event)

    def _request(self) -> Any:
        hook = HttpHook(self.method, http_conn_id=self.http_conn_id, auth_type=self.auth_type)
        return hook.run(self.endpoint, data=self.data, headers=self.headers, extra_options=self.extra_options)


class HttpSensorTrigger(BaseTrigger):
    """Fires with True when the request succeeds; a 404 means not yet."""

    def __init__(
        self,
        endpoint: str,
        http_conn_id: str = "http_default",
        method: str = "GET",
        data: Any = None,
        headers: Optional[Dict[str, str]] = None,
        extra_options: Optional[Dict[str, Any]] = None,
        poke_interval: float = 5.0,
    ) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.http_conn_id = http_conn_id
        self.method = method
        self.data = data
        self.headers = headers
        self.extra_options = extra_options
        self.poke_interval = poke_interval

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        names = ("endpoint", "http_conn_id", "method", "data", "headers", "extra_options", "poke_interval")
        return f"{_PATH}.HttpSensorTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while True:
            try:
                await asyncio.to_thread(self._request)
                yield TriggerEvent(True)
                return
            except AirflowException as error:
                if not str(error).startswith("404"):
                    raise
            await asyncio.sleep(self.poke_interval)

    def _request(self) -> Any:
        hook = HttpHook(self.method, http_conn_id=self.http_conn_id)
        return hook.run(self.endpoint, data=self.data, headers=self.headers, extra_options=self.extra_options)


def packed(response: Any) -> Dict[str, Any]:
    """A response as data. Not pickled, as Airflow does it: whoever can write to the database must not run code by it."""
    return {
        "status_code": response.status_code,
        "reason": response.reason,
        "headers": dict(response.headers),
        "content": base64.b64encode(response.content).decode("ascii"),
        "url": str(response.url),
        "encoding": response.encoding,
    }


def unpacked(response: Dict[str, Any]) -> PlainResponse:
    content = base64.b64decode(response["content"])
    made = PlainResponse(response["status_code"], response["reason"], response["headers"], content, response["url"])
    made.encoding = response["encoding"] or "utf-8"
    return made


def _imported(path: str) -> Any:
    import importlib

    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)
