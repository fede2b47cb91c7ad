"""SFTPOperator and SFTPSensor."""

from __future__ import annotations

import datetime as dt
import os
import posixpath
from typing import Any, List, Optional, Sequence

from ..airflow_compat import timezones
from ..airflow_compat.exceptions import AirflowException
from ..hooks.sftp import SFTPHook, SFTPOperation
from ..sensors.base import BaseSensorOperator, PokeReturnValue
from .base import BaseOperator
from .call import determine_kwargs

__all__ = ["SFTPHook", "SFTPOperation", "SFTPOperator", "SFTPSensor"]


def _listed(value: Any) -> List[str]:
    if value is None:
        return []
    return [value] if isinstance(value, (str, os.PathLike)) else list(value)


class SFTPOperator(BaseOperator):
    """Puts, gets or deletes files or folders; local and remote paths go in pairs."""

    template_fields: Sequence[str] = ("local_filepath", "remote_filepath", "remote_host", "ssh_conn_id")

    def __init__(
        self,
        *,
        ssh_hook: Any = None,
        sftp_hook: Any = None,
        ssh_conn_id: Optional[str] = None,
        remote_host: Optional[str] = None,
        local_filepath: Any = None,
        remote_filepath: Any = None,
        operation: str = SFTPOperation.PUT,
        confirm: bool = True,
        create_intermediate_dirs: bool = False,
        concurrency: int = 1,
        prefetch: bool = True,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.ssh_hook = ssh_hook
        self.sftp_hook = sftp_hook
        self.ssh_conn_id = ssh_conn_id
        self.remote_host = remote_host
        self.local_filepath = local_filepath
        self.remote_filepath = remote_filepath
        self.operation = operation
        self.confirm = confirm
        self.create_intermediate_dirs = create_intermediate_dirs

    def execute(self, context: Any) -> Any:
        operation = str(self.operation).lower()
        local, remote = _listed(self.local_filepath), _listed(self.remote_filepath)
        if operation not in ("put", "get", "delete"):
            raise TypeError(f"Unsupported operation value {self.operation}, expected get or put or delete.")
        if operation != "delete" and len(local) != len(remote):
            raise ValueError(f"{len(local)} paths in local_filepath != {len(remote)} paths in remote_filepath")
        if operation == "delete" and local:
            raise ValueError("local_filepath should not be provided for delete operation")
        hook = self._hook()
        try:
            for at, there in enumerate(remote):
                getattr(self, f"_{operation}")(hook, local[at] if local else "", there)
        except Exception as error:
            raise AirflowException(f"Error while processing {self.operation.upper()} operation of {self.remote_filepath}, error: {error}") from error
        finally:
            hook.close_conn()
        return self.local_filepath

    def _hook(self) -> SFTPHook:
        if self.sftp_hook is not None:
            return self.sftp_hook
        if self.ssh_hook is not None:
            return SFTPHook(ssh_hook=self.ssh_hook)
        if not self.ssh_conn_id:
            raise AirflowException("Cannot operate without sftp_hook or ssh_conn_id.")
        return SFTPHook(self.ssh_conn_id, **({"remote_host": self.remote_host} if self.remote_host else {}))

    def _get(self, hook: SFTPHook, here: str, there: str) -> None:
        if self.create_intermediate_dirs:
            os.makedirs(os.path.dirname(os.path.abspath(here)), exist_ok=True)
        self.log.info("Starting to transfer from %s to %s", there, here)
        (hook.retrieve_directory if hook.isdir(there) else hook.retrieve_file)(there, here)

    def _put(self, hook: SFTPHook, here: str, there: str) -> None:
        parent = posixpath.dirname(there)
        if self.create_intermediate_dirs and parent:
            hook.create_directory(parent)
        self.log.info("Starting to transfer file from %s to %s", here, there)
        (hook.store_directory if os.path.isdir(here) else hook.store_file)(there, here, self.confirm)

    def _delete(self, hook: SFTPHook, _here: str, there: str) -> None:
        self.log.info("Starting to delete %s", there)
        if hook.isdir(there):
            hook.delete_directory(there, include_files=True)
        else:
            hook.delete_file(there)


class SFTPSensor(BaseSensorOperator):
    """Waits for a path, or for files of a folder that fit a pattern and are newer than a date.

    With a `python_callable` the files found are given to it as `files_found`, if it has that parameter, and what it returns
    is part of the value.
    """

    template_fields: Sequence[str] = ("path", "file_pattern", "newer_than", "sftp_conn_id")

    def __init__(
        self,
        *,
        path: str,
        file_pattern: str = "",
        newer_than: Any = None,
        sftp_conn_id: str = "sftp_default",
        python_callable: Any = None,
        op_args: Any = None,
        op_kwargs: Any = None,
        use_managed_conn: bool = True,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.file_pattern = file_pattern
        self.newer_than = newer_than
        self.sftp_conn_id = sftp_conn_id
        self.python_callable = python_callable
        self.op_args = op_args or []
        self.op_kwargs = op_kwargs or {}

    def poke(self, context: Any) -> Any:
        hook = SFTPHook(self.sftp_conn_id)
        try:
            found = self._found(hook)
        finally:
            hook.close_conn()
        if not found or self.python_callable is None:
            return bool(found)
        own = {**self.op_kwargs, "files_found": found}
        value = self.python_callable(*self.op_args, **determine_kwargs(self.python_callable, self.op_args, own))
        return PokeReturnValue(is_done=True, xcom_value={"files_found": found, "decorator_return_value": value})

    def _found(self, hook: SFTPHook) -> List[str]:
        if self.file_pattern:
            names = hook.get_files_by_pattern(self.path, self.file_pattern) if hook.isdir(self.path) else []
            paths = [posixpath.join(self.path, name) for name in names]
        else:
            paths = [self.path] if hook.path_exists(self.path) else []
        if self.newer_than is None:
            return paths
        oldest = timezones.parse(self.newer_than) if isinstance(self.newer_than, str) else timezones.convert_to_utc(self.newer_than)
        return [path for path in paths if _changed(hook.get_mod_time(path)) >= oldest]


def _changed(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y%m%d%H%M%S").astimezone(dt.timezone.utc)
