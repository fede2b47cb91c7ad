"""FTPFileTransmitOperator and FTPSensor, and those of FTPS."""

from __future__ import annotations

import ftplib
import os
from typing import Any, List, Sequence, Type

from ..hooks.ftp import FTPHook, FTPSHook
from ..sensors.base import BaseSensorOperator
from .base import BaseOperator


class FTPOperation:
    PUT = "put"
    GET = "get"


class FTPFileTransmitOperator(BaseOperator):
    """Puts or gets files; local and remote paths go in pairs."""

    template_fields: Sequence[str] = ("local_filepath", "remote_filepath", "ftp_conn_id")
    hook_class: Type[FTPHook] = FTPHook

    def __init__(
        self,
        *,
        local_filepath: Any,
        remote_filepath: Any,
        ftp_conn_id: str = "ftp_default",
        operation: str = FTPOperation.PUT,
        create_intermediate_dirs: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.local_filepath = local_filepath
        self.remote_filepath = remote_filepath
        self.ftp_conn_id = ftp_conn_id
        self.operation = operation
        self.create_intermediate_dirs = create_intermediate_dirs

    @property
    def hook(self) -> FTPHook:
        return self.hook_class(self.ftp_conn_id)

    def execute(self, context: Any) -> Any:
        local, remote = _listed(self.local_filepath), _listed(self.remote_filepath)
        if len(local) != len(remote):
            raise ValueError(f"{len(local)} paths in local_filepath != {len(remote)} paths in remote_filepath")
        operation = str(self.operation).lower()
        if operation not in (FTPOperation.PUT, FTPOperation.GET):
            raise TypeError(f"Unsupported operation value {self.operation}, expected get or put")
        with self.hook as hook:
            for here, there in zip(local, remote):
                self.log.info("Starting to transfer %s %s %s", here, "from" if operation == "get" else "to", there)
                if operation == FTPOperation.GET:
                    if self.create_intermediate_dirs:
                        os.makedirs(os.path.dirname(os.path.abspath(here)), exist_ok=True)
                    hook.retrieve_file(there, here)
                else:
                    if self.create_intermediate_dirs:
                        _make_folders(hook, os.path.dirname(there))
                    hook.store_file(there, here)
        return self.local_filepath


class FTPSFileTransmitOperator(FTPFileTransmitOperator):
    hook_class = FTPSHook


class FTPSensor(BaseSensorOperator):
    """Waits for a file or a folder."""

    template_fields: Sequence[str] = ("path",)
    hook_class: Type[FTPHook] = FTPHook

    def __init__(self, *, path: str, ftp_conn_id: str = "ftp_default", fail_on_transient_errors: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.ftp_conn_id = ftp_conn_id
        self.fail_on_transient_errors = fail_on_transient_errors

    def poke(self, context: Any) -> bool:
        with self.hook_class(self.ftp_conn_id) as hook:
            self.log.info("Poking for %s", self.path)
            try:
                hook.get_mod_time(self.path)
                return True
            except ftplib.error_perm as error:
                # 550: no such file, or no permission to see it.
                if str(error).startswith("550"):
                    return False
                raise
            except ftplib.error_temp:
                if self.fail_on_transient_errors:
                    raise
                return False


class FTPSSensor(FTPSensor):
    hook_class = FTPSHook


def _listed(value: Any) -> List[str]:
    return [value] if isinstance(value, (str, os.PathLike)) else list(value)


def _make_folders(hook: FTPHook, path: str) -> None:
    """As `mkdir -p`; a server tells of a folder that is there as it tells of one that cannot be made."""
    made = "/" if path.startswith("/") else ""
    for part in filter(None, path.split("/")):
        made = os.path.join(made, part)
        try:
            hook.create_directory(made)
        except ftplib.error_perm as error:
            if not str(error).startswith(("550", "521")):
                raise
