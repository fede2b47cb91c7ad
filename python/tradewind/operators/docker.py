"""DockerOperator over the Docker SDK."""

from __future__ import annotations

import io
import pickle
import tarfile
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional, Sequence

from ..airflow_compat.exceptions import AirflowException, AirflowSkipException
from ..hooks.docker import DockerHook
from .base import BaseOperator


class DockerOperator(BaseOperator):
    """Runs a command in a new container and waits for its end; the last line of its output is the value."""

    template_fields: Sequence[str] = ("image", "command", "environment", "env_file", "container_name", "mounts", "docker_conn_id")
    template_ext: Sequence[str] = (".sh", ".bash", ".env")
    template_fields_renderers = {"env_file": "yaml"}
    ui_color = "#e7feff"

    def __init__(
        self,
        *,
        image: str,
        api_version: Optional[str] = None,
        command: Any = None,
        container_name: Optional[str] = None,
        cpus: float = 1.0,
        docker_url: Any = None,
        environment: Optional[dict] = None,
        private_environment: Optional[dict] = None,
        env_file: Optional[str] = None,
        force_pull: bool = False,
        mem_limit: Any = None,
        host_tmp_dir: Optional[str] = None,
        network_mode: Optional[str] = None,
        mount_tmp_dir: bool = True,
        tmp_dir: str = "/tmp/airflow",
        user: Any = None,
        mounts: Optional[List[Any]] = None,
        volumes: Optional[List[str]] = None,
        entrypoint: Any = None,
        working_dir: Optional[str] = None,
        xcom_all: bool = False,
        docker_conn_id: Optional[str] = None,
        dns: Optional[List[str]] = None,
        dns_search: Optional[List[str]] = None,
        auto_remove: Any = "never",
        shm_size: Optional[int] = None,
        tty: bool = False,
        hostname: Optional[str] = None,
        privileged: bool = False,
        cap_add: Any = None,
        extra_hosts: Optional[dict] = None,
        retrieve_output: bool = False,
        retrieve_output_path: Optional[str] = None,
        timeout: int = 60,
        device_requests: Any = None,
        log_opts_max_size: Optional[str] = None,
        log_opts_max_file: Optional[str] = None,
        ipc_mode: Optional[str] = None,
        skip_on_exit_code: Any = None,
        port_bindings: Optional[dict] = None,
        ulimits: Any = None,
        labels: Any = None,
        tls_ca_cert: Optional[str] = None,
        tls_client_cert: Optional[str] = None,
        tls_client_key: Optional[str] = None,
        tls_verify: bool = True,
        tls_hostname: Any = None,
        tls_ssl_version: Any = None,
        **kwargs: Any,
    ) -> None:
        if "xcom_push" in kwargs:
            kwargs["do_xcom_push"] = kwargs.pop("xcom_push")
        super().__init__(**kwargs)
        self.image = image
        self.api_version = api_version or "auto"
        self.command = command
        self.container_name = container_name
        self.cpus = cpus
        self.docker_url = docker_url
        self.environment = environment or {}
        self._private_environment = private_environment or {}
        self.env_file = env_file
        self.force_pull = force_pull
        self.mem_limit = mem_limit
        self.host_tmp_dir = host_tmp_dir
        self.network_mode = network_mode
        self.mount_tmp_dir = mount_tmp_dir
        self.tmp_dir = tmp_dir
        self.user = user
        self.mounts = mounts or []
        self.volumes = volumes or []
        self.entrypoint = entrypoint
        self.working_dir = working_dir
        self.xcom_all = xcom_all
        self.docker_conn_id = docker_conn_id
        self.dns = dns
        self.dns_search = dns_search
        self.auto_remove = {True: "success", False: "never"}.get(auto_remove, auto_remove)
        if self.auto_remove not in ("never", "success", "force"):
            raise ValueError(f"auto_remove has to be never, success or force; got {auto_remove!r}")
        self.shm_size = shm_size
        self.tty = tty
        self.hostname = hostname
        self.privileged = privileged
        self.cap_add = cap_add
        self.extra_hosts = extra_hosts
        self.retrieve_output = retrieve_output
        self.retrieve_output_path = retrieve_output_path
        self.timeout = timeout
        self.device_requests = device_requests
        self.log_options = {"max-size": log_opts_max_size, "max-file": log_opts_max_file}
        self.ipc_mode = ipc_mode
        codes = [] if skip_on_exit_code is None else skip_on_exit_code
        self.skip_on_exit_code = [codes] if isinstance(codes, int) else list(codes)
        self.port_bindings = port_bindings or {}
        self.ulimits = ulimits or []
        self.labels = labels
        self.tls = {"ca_cert": tls_ca_cert, "client_cert": (tls_client_cert, tls_client_key), "verify": tls_verify} if tls_ca_cert and tls_client_cert else None
        self.container: Optional[Dict[str, Any]] = None

    @property
    def hook(self) -> DockerHook:
        return DockerHook(self.docker_conn_id, base_url=self.docker_url, version=self.api_version, tls=self.tls, timeout=self.timeout)

    def execute(self, context: Any) -> Any:
        client = self.hook.get_conn()
        if self.force_pull or not client.images(name=self.image):
            self.log.info("Pulling docker image %s", self.image)
            repository, _, tag = self.image.rpartition(":") if ":" in self.image.rsplit("/", 1)[-1] else (self.image, "", "latest")
            for step in client.pull(repository, tag, stream=True, decode=True):
                if step.get("error"):
                    raise AirflowException(f"the image {self.image} cannot be pulled: {step['error']}")
        with ExitStack() as stack:
            mounts = list(self.mounts)
            if self.mount_tmp_dir:
                folder = stack.enter_context(TemporaryDirectory(prefix="airflowtmp", dir=self.host_tmp_dir))
                mounts.append(self.hook.types().Mount(target=self.tmp_dir, source=folder, type="bind"))
                self.environment["AIRFLOW_TMP_DIR"] = self.tmp_dir
            return self._run(client, mounts)

    def _run(self, client: Any, mounts: List[Any]) -> Any:
        self.container = client.create_container(
            command=self._command(),
            name=self.container_name,
            environment={**self._env_file(), **self.environment, **self._private_environment},
            ports=list(self.port_bindings) or None,
            host_config=client.create_host_config(**self._host_options(mounts)),
            image=self.image,
            user=self.user,
            entrypoint=self._listed(self.entrypoint),
            working_dir=self.working_dir,
            tty=self.tty,
            hostname=self.hostname,
            labels=self.labels,
        )
        name = self.container["Id"]
        try:
            # Attached before it runs: what it writes at once would be lost otherwise.
            output = client.attach(container=name, stdout=True, stderr=True, stream=True)
            client.start(container=name)
            lines = self._follow(output)
            code = client.wait(name)["StatusCode"]
            if code in self.skip_on_exit_code:
                raise AirflowSkipException(f"Docker container returned exit code {self.skip_on_exit_code}. Skipping.")
            if code != 0:
                tail = "\n".join(lines[-20:])
                raise AirflowException(f"Docker container failed: it ended with {code}. Last lines of its output:\n{tail}")
            if self.retrieve_output:
                return self._file(client, name)
            return lines if self.xcom_all else (lines[-1] if lines else None)
        except BaseException:
            if self.auto_remove == "force":
                client.remove_container(name, force=True)
            raise
        finally:
            if self.auto_remove == "success" and _ended_well(client, name):
                client.remove_container(name)

    def _host_options(self, mounts: List[Any]) -> Dict[str, Any]:
        options: Dict[str, Any] = {
            "auto_remove": False,
            "mounts": mounts,
            "binds": self.volumes or None,
            "network_mode": self.network_mode,
            "shm_size": self.shm_size,
            "dns": self.dns,
            "dns_search": self.dns_search,
            "cpu_shares": int(round(self.cpus * 1024)),
            "port_bindings": self.port_bindings,
            "mem_limit": self.mem_limit,
            "cap_add": self.cap_add,
            "extra_hosts": self.extra_hosts,
            "privileged": self.privileged,
            "device_requests": self.device_requests,
            "ipc_mode": self.ipc_mode,
            "ulimits": self.ulimits,
        }
        log = {name: value for name, value in self.log_options.items() if value}
        if log:
            options["log_config"] = self.hook.types().LogConfig(config=log)
        return options

    def _command(self) -> Any:
        text = self.command.strip() if isinstance(self.command, str) else None
        if text is not None and text.startswith("[") and text.endswith("]"):
            import ast

            return ast.literal_eval(text)
        return self.command

    def _listed(self, entrypoint: Any) -> Any:
        if isinstance(entrypoint, str) and entrypoint.strip().startswith("["):
            import ast

            return ast.literal_eval(entrypoint.strip())
        return entrypoint

    def _env_file(self) -> Dict[str, str]:
        """Of `env_file`, whose text the template engine has read."""
        lines = (line.strip() for line in (self.env_file or "").splitlines())
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#") and "=" in line)

    def _follow(self, stream: Any) -> List[str]:
        lines: List[str] = []
        rest = ""
        for piece in stream:
            *whole, rest = (rest + piece.decode("utf-8", "replace")).split("\n")
            lines.extend(whole)
            for line in whole:
                self.log.info("%s", line)
        if rest:
            lines.append(rest)
            self.log.info("%s", rest)
        return [line.rstrip("\r") for line in lines]

    def _file(self, client: Any, name: str) -> Any:
        """A pickle that the container left at `retrieve_output_path`."""
        archive, _ = client.get_archive(name, self.retrieve_output_path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(archive))) as tar:
            file = tar.extractfile(tar.getmembers()[0])
            return None if file is None else pickle.load(file)

    def on_kill(self) -> None:
        if self.container is not None:
            self.log.info("Stopping docker container")
            client = self.hook.get_conn()
            client.stop(self.container["Id"])
            if self.auto_remove == "force":
                client.remove_container(self.container["Id"], force=True)


def _ended_well(client: Any, name: str) -> bool:
    state = client.inspect_container(name).get("State", {})
    return not state.get("Running") and state.get("ExitCode") == 0
