"""FTPHook and FTPSHook over the standard library."""

from __future__ import annotations

import datetime as dt
import ftplib
from typing import Any, Callable, List, Optional

from .base import BaseHook


def mlsd(conn: Any, path: str = "", facts: Optional[List[str]] = None) -> Any:
    return conn.mlsd(path, facts or [])


class FTPHook(BaseHook):
    """Files on the host of `ftp_conn_id`. Of its extra: passive (default true), encoding, timeout."""

    conn_name_attr = "ftp_conn_id"
    default_conn_name = "ftp_default"
    conn_type = "ftp"
    hook_name = "FTP"

    def __init__(self, ftp_conn_id: str = "ftp_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ftp_conn_id = ftp_conn_id
        self.conn: Optional[ftplib.FTP] = None

    def __enter__(self) -> "FTPHook":
        return self

    def __exit__(self, *_: Any) -> None:
        if self.conn is not None:
            self.close_conn()

    def _new(self, extra: Any) -> ftplib.FTP:
        return ftplib.FTP(timeout=float(extra.get("timeout", 60)), encoding=extra.get("encoding", "utf-8"))

    def get_conn(self) -> ftplib.FTP:
        """The same one until `close_conn`."""
        if self.conn is None:
            connection = self.get_connection(self.ftp_conn_id)
            conn = self._new(connection.extra_dejson)
            conn.connect(connection.host or "localhost", connection.port or 21)
            conn.login(connection.login or "", connection.password or "")
            conn.set_pasv(str(connection.extra_dejson.get("passive", True)).lower() == "true")
            self.conn = conn
        return self.conn

    def close_conn(self) -> None:
        conn, self.conn = self.conn, None
        if conn is not None:
            conn.quit()

    def describe_directory(self, path: str) -> dict:
        """By name: what the server tells of each entry (size, type, modify, ...)."""
        return {name: facts for name, facts in self.get_conn().mlsd(path) if name not in (".", "..")}

    def list_directory(self, path: str) -> List[str]:
        return [name.rsplit("/", 1)[-1] for name in self.get_conn().nlst(path) if name.rsplit("/", 1)[-1] not in (".", "..")]

    def create_directory(self, path: str) -> None:
        self.get_conn().mkd(path)

    def delete_directory(self, path: str) -> None:
        self.get_conn().rmd(path)

    def retrieve_file(self, remote_full_path: str, local_full_path_or_buffer: Any, callback: Optional[Callable] = None, block_size: int = 8192) -> None:
        """Into a path, into a file object, or piece by piece to `callback`."""
        command = f"RETR {remote_full_path}"
        if callback is not None:
            self.get_conn().retrbinary(command, callback, block_size)
        elif hasattr(local_full_path_or_buffer, "write"):
            self.get_conn().retrbinary(command, local_full_path_or_buffer.write, block_size)
        else:
            with open(local_full_path_or_buffer, "wb") as file:
                self.get_conn().retrbinary(command, file.write, block_size)

    def store_file(self, remote_full_path: str, local_full_path_or_buffer: Any, block_size: int = 8192) -> None:
        command = f"STOR {remote_full_path}"
        if hasattr(local_full_path_or_buffer, "read"):
            self.get_conn().storbinary(command, local_full_path_or_buffer, block_size)
        else:
            with open(local_full_path_or_buffer, "rb") as file:
                self.get_conn().storbinary(command, file, block_size)

    def delete_file(self, path: str) -> None:
        self.get_conn().delete(path)

    def rename(self, from_name: str, to_name: str) -> str:
        return self.get_conn().rename(from_name, to_name)

    def get_mod_time(self, path: str) -> dt.datetime:
        text = self.get_conn().sendcmd(f"MDTM {path}")[4:]
        return dt.datetime.strptime(text, "%Y%m%d%H%M%S.%f" if "." in text else "%Y%m%d%H%M%S")

    def get_size(self, path: str) -> Optional[int]:
        conn = self.get_conn()
        # Servers tell the size in binary mode only.
        conn.voidcmd("TYPE I")
        return conn.size(path)

    def test_connection(self) -> "tuple[bool, str]":
        try:
            self.get_conn().pwd()
            return True, "Connection successfully tested"
        except Exception as error:
            return False, str(error)


class FTPSHook(FTPHook):
    """By TLS, the data as well as the commands."""

    hook_name = "FTPS"

    def _new(self, extra: Any) -> ftplib.FTP:
        return ftplib.FTP_TLS(timeout=float(extra.get("timeout", 60)), encoding=extra.get("encoding", "utf-8"))

    def get_conn(self) -> ftplib.FTP:
        fresh = self.conn is None
        conn = super().get_conn()
        if fresh and isinstance(conn, ftplib.FTP_TLS):
            conn.prot_p()
        return conn
