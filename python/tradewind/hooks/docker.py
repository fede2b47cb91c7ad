"""DockerHook over the Docker SDK."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ..airflow_compat.exceptions import AirflowException
from .base import BaseHook
from .client_library import client_library


class DockerHook(BaseHook):
    """The low-level client of a daemon; with `docker_conn_id` logged in to that registry."""

    conn_name_attr = "docker_conn_id"
    default_conn_name = "docker_default"
    conn_type = "docker"
    hook_name = "Docker"

    def __init__(
        self,
        docker_conn_id: Optional[str] = default_conn_name,
        base_url: Any = None,
        version: Optional[str] = None,
        tls: Any = None,
        timeout: int = 60,
        **_: Any,
    ) -> None:
        super().__init__()
        self.docker_conn_id = docker_conn_id
        self.base_url = base_url
        self.version = version or "auto"
        self.tls = tls
        self.timeout = timeout
        self._client: Any = None

    @staticmethod
    def types() -> Any:
        return client_library("docker.types", "docker", "Docker")

    def get_conn(self) -> Any:
        """docker.APIClient; of several addresses the first that answers, DOCKER_HOST or the usual socket without one."""
        if self._client is None:
            docker = client_library("docker", "docker", "Docker")
            urls = [self.base_url] if isinstance(self.base_url, (str, type(None))) else list(self.base_url)
            self._client = self._first(docker, urls)
            self._log_in(self._client)
        return self._client

    @property
    def api_client(self) -> Any:
        return self.get_conn()

    def _first(self, docker: Any, urls: Any) -> Any:
        problems = []
        for url in urls:
            options: Dict[str, Any] = docker.utils.kwargs_from_env() if url is None else {"base_url": url}
            if self.tls is not None:
                options["tls"] = docker.tls.TLSConfig(**self.tls) if isinstance(self.tls, dict) else self.tls
            try:
                client = docker.APIClient(version=self.version, timeout=self.timeout, **options)
                client.ping()
                return client
            except Exception as error:
                problems.append(f"{url or 'the local socket'}: {error}")
        raise AirflowException("no Docker daemon answers at " + "; ".join(problems))

    def _log_in(self, client: Any) -> None:
        if not self.docker_conn_id:
            return
        connection = self.get_connection(self.docker_conn_id)
        registry = f"{connection.host}:{connection.port}" if connection.port else connection.host
        if not registry:
            raise AirflowException("No Docker Registry URL provided.")
        extra = connection.extra_dejson
        client.login(username=connection.login, password=connection.password, registry=registry, email=extra.get("email"), reauth=extra.get("reauth", True))
