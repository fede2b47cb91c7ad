"""SSHOperator."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Optional, Sequence

from ..airflow_compat.exceptions import AirflowException, AirflowSkipException
from ..hooks.ssh import CMD_TIMEOUT, SSHHook
from .base import BaseOperator


class SSHOperator(BaseOperator):
    """Runs a command on the host of `ssh_conn_id` or `ssh_hook`; returns its output in base64, as Airflow does."""

    template_fields: Sequence[str] = ("command", "environment", "remote_host", "ssh_conn_id")
    template_ext: Sequence[str] = (".sh", ".bash", ".csh", ".zsh", ".dash", ".ksh")
    template_fields_renderers = {"command": "bash", "environment": "python"}

    def __init__(
        self,
        *,
        ssh_hook: Any = None,
        ssh_conn_id: Optional[str] = None,
        remote_host: Optional[str] = None,
        command: Optional[str] = None,
        timeout: Optional[int] = None,
        conn_timeout: Optional[int] = None,
        cmd_timeout: Any = CMD_TIMEOUT,
        environment: Optional[dict] = None,
        get_pty: bool = False,
        banner_timeout: float = 30.0,
        skip_on_exit_code: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.ssh_hook = ssh_hook
        self.ssh_conn_id = ssh_conn_id
        self.remote_host = remote_host
        self.command = command
        self.conn_timeout = conn_timeout or timeout
        self.cmd_timeout = timeout if timeout and cmd_timeout == CMD_TIMEOUT else cmd_timeout
        self.environment = environment
        self.get_pty = get_pty or bool(command and command.startswith("sudo"))
        self.banner_timeout = banner_timeout
        codes = skip_on_exit_code if skip_on_exit_code is not None else []
        self.skip_on_exit_code = [codes] if isinstance(codes, int) else list(codes)

    @property
    def hook(self) -> SSHHook:
        if isinstance(self.ssh_hook, SSHHook):
            if self.remote_host:
                self.ssh_hook.remote_host = self.remote_host
            return self.ssh_hook
        if not self.ssh_conn_id:
            raise AirflowException("Cannot operate without ssh_hook or ssh_conn_id.")
        return SSHHook(
            self.ssh_conn_id,
            remote_host=self.remote_host or "",
            conn_timeout=self.conn_timeout,
            cmd_timeout=self.cmd_timeout,
            banner_timeout=self.banner_timeout,
        )

    def get_hook(self) -> SSHHook:
        return self.hook

    def execute(self, context: Any) -> str:
        if not self.command:
            raise AirflowException("SSH operator error: SSH command not specified. Aborting.")
        hook = self.hook
        with hook.get_conn() as client:
            code, out, err = hook.exec_ssh_client_command(
                client, self.command, get_pty=self.get_pty, environment=self.environment, timeout=self.cmd_timeout
            )
        if code in self.skip_on_exit_code:
            raise AirflowSkipException(f"SSH command returned exit code {code}. Skipping.")
        if code != 0:
            raise AirflowException(f"SSH operator error: exit status = {code}: {err.decode('utf-8', 'replace').strip()}")
        return b64encode(out).decode()
