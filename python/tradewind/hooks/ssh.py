"""SSHHook over paramiko."""

from __future__ import annotations

import contextlib
import io
import os
import time
from base64 import decodebytes
from typing import Any, Dict, Optional, Tuple

from ..airflow_compat.exceptions import AirflowException
from .base import BaseHook
from .client_library import client_library

CMD_TIMEOUT = 10.0
_KEY_TYPES = {"dss": "DSSKey", "ecdsa": "ECDSAKey", "ed25519": "Ed25519Key", "rsa": "RSAKey"}


def _paramiko() -> Any:
    return client_library("paramiko", "paramiko", "SSH")


class SSHHook(BaseHook):
    """A client for the host of `ssh_conn_id`; arguments go before what the connection and its extra say.

    Of the extra: key_file, private_key, private_key_passphrase, conn_timeout, cmd_timeout, no_host_key_check,
    allow_host_key_change, host_key, look_for_keys, disabled_algorithms, compress.
    """

    conn_name_attr = "ssh_conn_id"
    default_conn_name = "ssh_default"
    conn_type = "ssh"
    hook_name = "SSH"

    def __init__(
        self,
        ssh_conn_id: Optional[str] = None,
        remote_host: str = "",
        username: Optional[str] = None,
        password: Optional[str] = None,
        key_file: Optional[str] = None,
        port: Optional[int] = None,
        timeout: Optional[int] = None,
        conn_timeout: Optional[int] = None,
        cmd_timeout: Any = CMD_TIMEOUT,
        keepalive_interval: int = 30,
        banner_timeout: float = 30.0,
        disabled_algorithms: Optional[dict] = None,
        ciphers: Any = None,
        auth_timeout: Optional[int] = None,
        host_proxy_cmd: Optional[str] = None,
        no_host_key_check: Optional[bool] = None,
        **_: Any,
    ) -> None:
        super().__init__()
        connection = self.get_connection(ssh_conn_id) if ssh_conn_id is not None else None
        extra: Dict[str, Any] = connection.extra_dejson if connection is not None else {}
        self.ssh_conn_id = ssh_conn_id
        self.remote_host = remote_host or (connection.host if connection else None) or ""
        self.username = username or (connection.login if connection else None)
        self.password = password or (connection.password if connection else None)
        self.port = int(port or (connection.port if connection else None) or 22)
        self.key_file = key_file or extra.get("key_file")
        self.conn_timeout = conn_timeout or timeout or int(extra.get("conn_timeout") or extra.get("timeout") or 10)
        self.cmd_timeout = extra.get("cmd_timeout", cmd_timeout) if cmd_timeout == CMD_TIMEOUT else cmd_timeout
        self.keepalive_interval = keepalive_interval
        self.banner_timeout = banner_timeout
        self.disabled_algorithms = disabled_algorithms or extra.get("disabled_algorithms")
        self.ciphers = ciphers or extra.get("ciphers")
        self.auth_timeout = auth_timeout
        self.host_proxy_cmd = host_proxy_cmd or extra.get("host_proxy_cmd")
        self.look_for_keys = _truth(extra.get("look_for_keys", True))
        self.compress = _truth(extra.get("compress", True))
        self.host_key: Optional[str] = extra.get("host_key")
        checked = no_host_key_check if no_host_key_check is not None else _truth(extra.get("no_host_key_check", self.host_key is None))
        self.no_host_key_check = checked
        self.allow_host_key_change = _truth(extra.get("allow_host_key_change", False))
        self._private_key = (extra.get("private_key"), extra.get("private_key_passphrase"))
        if not self.remote_host:
            raise AirflowException("Missing required param: remote_host")

    def get_conn(self) -> Any:
        """A connected paramiko.SSHClient; the caller closes it (it is a context manager)."""
        paramiko = _paramiko()
        client = paramiko.SSHClient()
        if not self.allow_host_key_change:
            client.load_system_host_keys()
        if self.no_host_key_check:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        elif self.host_key is not None:
            self._expect(client, self.host_key)
        options: Dict[str, Any] = {
            "hostname": self.remote_host,
            "username": self.username,
            "port": self.port,
            "timeout": self.conn_timeout,
            "compress": self.compress,
            "look_for_keys": self.look_for_keys,
            "banner_timeout": self.banner_timeout,
            "auth_timeout": self.auth_timeout,
        }
        if self.password:
            options.update(password=self.password.strip(), look_for_keys=False, allow_agent=False)
        if self._private_key[0]:
            options["pkey"] = _key_of(*self._private_key)
        if self.key_file:
            options["key_filename"] = os.path.expanduser(self.key_file)
        if self.disabled_algorithms:
            options["disabled_algorithms"] = self.disabled_algorithms
        if self.host_proxy_cmd:
            options["sock"] = paramiko.ProxyCommand(self.host_proxy_cmd)
        client.connect(**{name: value for name, value in options.items() if value is not None})
        transport = client.get_transport()
        if self.keepalive_interval and transport is not None:
            transport.set_keepalive(self.keepalive_interval)
        self.client = client
        return client

    def _expect(self, client: Any, host_key: str) -> None:
        """The key as `ssh-keyscan` gives it, or its base64 alone (then it is RSA)."""
        paramiko = _paramiko()
        kind, _, text = host_key.rpartition(" ") if " " in host_key else ("ssh-rsa", "", host_key)
        name = _KEY_TYPES.get(kind.split()[-1].replace("ssh-", "").split("-")[0], "RSAKey")
        name_of_host = self.remote_host if self.port == 22 else f"[{self.remote_host}]:{self.port}"
        key = getattr(paramiko, name)(data=decodebytes(text.encode()))
        client.get_host_keys().add(name_of_host, key.get_name(), key)

    @contextlib.contextmanager
    def get_sftp(self) -> Any:
        with self.get_conn() as client:
            sftp = client.open_sftp()
            try:
                yield sftp
            finally:
                sftp.close()

    def get_tunnel(self, remote_port: int, remote_host: str = "localhost", local_port: Optional[int] = None) -> Any:
        """A SSHTunnelForwarder of the package sshtunnel, to be started by the caller."""
        forwarder = client_library("sshtunnel", "sshtunnel", "SSHHook.get_tunnel").SSHTunnelForwarder
        return forwarder(
            self.remote_host,
            ssh_port=self.port,
            ssh_username=self.username,
            ssh_password=self.password,
            ssh_pkey=self.key_file,
            local_bind_address=("localhost", local_port) if local_port else ("localhost",),
            remote_bind_address=(remote_host, remote_port),
        )

    def exec_ssh_client_command(
        self, ssh_client: Any, command: str, get_pty: bool = False, environment: Optional[dict] = None, timeout: Any = CMD_TIMEOUT
    ) -> Tuple[int, bytes, bytes]:
        """Exit code, output and error output, whose lines go to the log as they come. No timeout with None."""
        self.log.info("Running command: %s", command)
        limit = self.cmd_timeout if timeout == CMD_TIMEOUT else timeout
        stdin, stdout, _ = ssh_client.exec_command(command=command, get_pty=get_pty, environment=environment)
        stdin.close()
        channel = stdout.channel
        channel.shutdown_write()
        found = _Output(self.log)
        end = None if limit is None else time.monotonic() + float(limit)
        while not channel.exit_status_ready() or channel.recv_ready() or channel.recv_stderr_ready():
            if end is not None and time.monotonic() > end:
                channel.close()
                raise AirflowException(f"SSH command timed out: {command!r} ran longer than {limit} s")
            if not found.take(channel):
                # The transport's own thread fills the buffers; its event is set by nothing else than this.
                channel.status_event.wait(0.05)
        while found.take(channel):
            pass
        found.end()
        code = channel.recv_exit_status()
        channel.close()
        return code, bytes(found.out), bytes(found.err)

    def test_connection(self) -> "tuple[bool, str]":
        try:
            with self.get_conn() as client:
                client.exec_command("pwd")
            return True, "Connection successfully tested"
        except Exception as error:
            return False, str(error)


class _Output:
    """What a command wrote, and the part of a line that is still to be ended."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self.out = bytearray()
        self.err = bytearray()
        self._rest = b""

    def take(self, channel: Any) -> bool:
        """False when nothing was there."""
        out = channel.recv(65536) if channel.recv_ready() else b""
        err = channel.recv_stderr(65536) if channel.recv_stderr_ready() else b""
        self.out += out
        self.err += err
        *lines, self._rest = (self._rest + out).split(b"\n")
        for line in lines:
            self._log.info("%s", line.decode("utf-8", "replace").rstrip("\r"))
        for line in err.splitlines():
            self._log.warning("%s", line.decode("utf-8", "replace"))
        return bool(out or err)

    def end(self) -> None:
        if self._rest:
            self._log.info("%s", self._rest.decode("utf-8", "replace"))


def _key_of(text: str, passphrase: Optional[str]) -> Any:
    paramiko = _paramiko()
    for kind in ("Ed25519Key", "ECDSAKey", "RSAKey"):
        with contextlib.suppress(paramiko.SSHException, ValueError):
            return getattr(paramiko, kind).from_private_key(io.StringIO(text), password=passphrase)
    raise AirflowException("the private_key of the connection's extra is of no type that paramiko reads, or its passphrase is wrong")


def _truth(value: Any) -> bool:
    return str(value).strip().lower() == "true"
