"""HttpHook: with `requests` where it is installed, else with the standard library behind the same few methods."""

from __future__ import annotations

import json as json_module
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Callable, Dict, Optional

from ..airflow_compat.exceptions import AirflowException
from .base import BaseHook


class PlainResponse:
    """The part of `requests.Response` that response checks and filters use."""

    def __init__(self, status_code: int, reason: str, headers: Any, content: bytes, url: str) -> None:
        self.status_code = status_code
        self.reason = reason
        self.headers = headers
        self.content = content
        self.url = url
        self.encoding = (headers.get_content_charset() if hasattr(headers, "get_content_charset") else None) or "utf-8"

    @property
    def text(self) -> str:
        return self.content.decode(self.encoding, errors="replace")

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    def json(self) -> Any:
        return json_module.loads(self.content)

    def raise_for_status(self) -> None:
        if not self.ok:
            raise AirflowException(f"{self.status_code}:{self.reason}")


class HttpHook(BaseHook):
    """`run(endpoint, data, headers)` on the host of `http_conn_id`; 4xx and 5xx raise AirflowException."""

    conn_name_attr = "http_conn_id"
    default_conn_name = "http_default"
    conn_type = "http"
    hook_name = "HTTP"

    def __init__(
        self,
        method: str = "POST",
        http_conn_id: str = "http_default",
        auth_type: Any = None,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        adapter: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.method = method.upper()
        self.http_conn_id = http_conn_id
        self.auth_type = auth_type
        self.adapter = adapter
        self.base_url = ""
        self._attempts: Optional[Dict[str, Any]] = None

    def get_conn(self, headers: Optional[Dict[str, Any]] = None, extra_options: Any = None) -> Any:
        """A session of `requests`, with the connection's login and the headers of its extra."""
        import requests

        session = requests.Session()
        connection = self._read_connection()
        if self.adapter is not None:
            session.mount("http://", self.adapter)
            session.mount("https://", self.adapter)
        auth = self._auth(connection)
        if auth is not None:
            session.auth = auth if not isinstance(auth, tuple) or self.auth_type is None else self.auth_type(*auth)
        session.headers.update({key: str(value) for key, value in self._headers(connection, headers).items()})
        return session

    def _read_connection(self) -> Any:
        if not self.http_conn_id:
            return None
        connection = self.get_connection(self.http_conn_id)
        host = connection.host or ""
        if "://" in host:
            self.base_url = host
        else:
            scheme = connection.schema or "http"
            self.base_url = f"{scheme}://{host}"
        if connection.port:
            self.base_url += f":{connection.port}"
        return connection

    def _auth(self, connection: Any) -> Any:
        if connection is not None and connection.login:
            return (connection.login, connection.password or "")
        return self.auth_type() if self.auth_type is not None else None

    _OPTIONS = ("stream", "verify", "proxies", "cert", "timeout", "allow_redirects", "max_redirects", "check_response", "trust_env")

    def _headers(self, connection: Any, headers: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        extra = connection.extra_dejson if connection is not None else {}
        own = {key: value for key, value in extra.items() if key not in self._OPTIONS and not isinstance(value, dict)}
        own.update(extra.get("headers") or {})
        return {**own, **(headers or {})}

    def url_from_endpoint(self, endpoint: Optional[str]) -> str:
        if self.base_url and not self.base_url.endswith("/") and endpoint and not endpoint.startswith("/"):
            return f"{self.base_url}/{endpoint}"
        return self.base_url + (endpoint or "")

    def run(
        self,
        endpoint: Optional[str] = None,
        data: Any = None,
        headers: Optional[Dict[str, Any]] = None,
        extra_options: Optional[Dict[str, Any]] = None,
        **request_kwargs: Any,
    ) -> Any:
        """GET sends `data` as the query, HEAD nothing, others as the body (or `json=`)."""
        options = {**(extra_options or {})}
        try:
            import requests  # noqa: F401
        except ImportError:
            return self._run_plain(endpoint, data, headers, options, request_kwargs)
        return self._run_requests(endpoint, data, headers, options, request_kwargs)

    def _run_requests(self, endpoint: Any, data: Any, headers: Any, options: Dict[str, Any], more: Dict[str, Any]) -> Any:
        import requests

        session = self.get_conn(headers)
        url = self.url_from_endpoint(endpoint)
        self.log.debug("Sending '%s' to url: %s", self.method, url)
        if self.method == "GET":
            more.setdefault("params", data)
        elif self.method != "HEAD":
            more.setdefault("data", data)
        known = {name: options[name] for name in ("stream", "verify", "proxies", "cert", "allow_redirects") if name in options}
        try:
            response = session.request(self.method, url, timeout=options.get("timeout"), **known, **more)
        except requests.exceptions.ConnectionError as error:
            self.log.warning("%s Tenacity will retry to execute the operation", error)
            raise
        if options.get("check_response", True):
            self.check_response(response)
        return response

    def _run_plain(self, endpoint: Any, data: Any, headers: Any, options: Dict[str, Any], more: Dict[str, Any]) -> Any:
        connection = self._read_connection()
        url = self.url_from_endpoint(endpoint)
        sent = dict(self._headers(connection, headers))
        body: Optional[bytes] = None
        if more.get("json") is not None:
            body = json_module.dumps(more["json"]).encode()
            sent.setdefault("Content-Type", "application/json")
        elif data and self.method in ("GET", "HEAD"):
            url += ("&" if "?" in url else "?") + (data if isinstance(data, str) else urllib.parse.urlencode(data, doseq=True))
        elif data:
            body = data if isinstance(data, bytes) else str(data).encode() if isinstance(data, str) else urllib.parse.urlencode(data, doseq=True).encode()
        auth = self._auth(connection)
        if isinstance(auth, tuple):
            import base64

            sent.setdefault("Authorization", "Basic " + base64.b64encode(":".join(auth).encode()).decode())
        request = urllib.request.Request(url, data=body, headers={k: str(v) for k, v in sent.items()}, method=self.method)
        context = ssl._create_unverified_context() if options.get("verify") is False else None
        try:
            answer = urllib.request.urlopen(request, timeout=options.get("timeout"), context=context)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            response = PlainResponse(answer.status, answer.reason, answer.headers, answer.read(), url)
        if options.get("check_response", True):
            self.check_response(response)
        return response

    def check_response(self, response: Any) -> None:
        if response.status_code >= 400:
            self.log.error("HTTP error: %s", response.reason)
            self.log.error(response.text)
            raise AirflowException(f"{response.status_code}:{response.reason}")

    def run_with_advanced_retry(self, _retry_args: Dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Retries as tenacity would where it is installed; else a few times with growing pauses."""
        try:
            import tenacity
        except ImportError:
            return _retry(lambda: self.run(*args, **kwargs))
        return tenacity.Retrying(**_retry_args)(self.run, *args, **kwargs)

    def test_connection(self) -> "tuple[bool, str]":
        try:
            self.run()
            return True, "Connection successfully tested"
        except Exception as error:
            return False, str(error)


def _retry(call: Callable[[], Any], times: int = 3) -> Any:
    for attempt in range(times):
        try:
            return call()
        except Exception:
            if attempt == times - 1:
                raise
            time.sleep(2**attempt)
    return None
