"""SFTPHook over paramiko."""

from __future__ import annotations

import contextlib
import datetime as dt
import fnmatch
import os
import posixpath
import stat
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from .ssh import SSHHook


class SFTPOperation:
    """What SFTPOperator does."""

    PUT = "put"
    GET = "get"
    DELETE = "delete"


class SFTPHook(SSHHook):
    """Files on the host of `ssh_conn_id` (default `sftp_default`); the session is opened with the first call."""

    conn_name_attr = "ssh_conn_id"
    default_conn_name = "sftp_default"
    conn_type = "sftp"
    hook_name = "SFTP"

    def __init__(self, ssh_conn_id: Optional[str] = "sftp_default", ssh_hook: Any = None, ftp_conn_id: Optional[str] = None, **kwargs: Any) -> None:
        kwargs.pop("use_managed_conn", None)
        if ssh_hook is not None:
            ssh_conn_id = ssh_hook.ssh_conn_id
            kwargs = {"remote_host": ssh_hook.remote_host, "username": ssh_hook.username, "password": ssh_hook.password, "port": ssh_hook.port, "key_file": ssh_hook.key_file, **kwargs}
        super().__init__(ftp_conn_id or ssh_conn_id, **kwargs)
        self._clients: Optional[Tuple[Any, Any]] = None

    def get_conn(self) -> Any:
        """The paramiko.SFTPClient, the same one until `close_conn`."""
        if self._clients is None:
            ssh = super().get_conn()
            self._clients = (ssh, ssh.open_sftp())
        return self._clients[1]

    def close_conn(self) -> None:
        if self._clients is not None:
            ssh, sftp = self._clients
            sftp.close()
            ssh.close()
            self._clients = None

    @contextlib.contextmanager
    def get_managed_conn(self) -> Iterator[Any]:
        """The client, closed at the end unless it was open before."""
        was_open = self._clients is not None
        try:
            yield self.get_conn()
        finally:
            if not was_open:
                self.close_conn()

    def describe_directory(self, path: str) -> Dict[str, Dict[str, Any]]:
        """By name: size, type and time of change, as YYYYMMDDHHMMSS."""
        with self.get_managed_conn() as conn:
            entries = sorted(conn.listdir_attr(path), key=lambda one: one.filename)
        return {
            one.filename: {
                "size": one.st_size,
                "type": "dir" if stat.S_ISDIR(one.st_mode) else "file",
                "modify": dt.datetime.fromtimestamp(one.st_mtime).strftime("%Y%m%d%H%M%S"),
            }
            for one in entries
        }

    def list_directory(self, path: str, recursive: bool = False) -> List[str]:
        if recursive:
            files, folders, _ = self.get_tree_map(path)
            return sorted([*files, *folders])
        with self.get_managed_conn() as conn:
            return sorted(conn.listdir(path))

    def list_directory_with_attr(self, path: str) -> List[Any]:
        with self.get_managed_conn() as conn:
            return list(conn.listdir_attr(path))

    def mkdir(self, path: str, mode: int = 0o777) -> None:
        with self.get_managed_conn() as conn:
            conn.mkdir(path, mode=mode)

    def isdir(self, path: str) -> bool:
        return self._is(path, stat.S_ISDIR)

    def isfile(self, path: str) -> bool:
        return self._is(path, stat.S_ISREG)

    def _is(self, path: str, kind: Callable[[int], bool]) -> bool:
        with self.get_managed_conn() as conn:
            try:
                return kind(conn.stat(path).st_mode)
            except OSError:
                return False

    def create_directory(self, path: str, mode: int = 0o777) -> None:
        """With its parents; nothing where it is there."""
        if self.isdir(path):
            return
        parent = posixpath.dirname(posixpath.normpath(path))
        if parent not in ("", "/", path):
            self.create_directory(parent, mode)
        self.mkdir(path, mode)

    def delete_directory(self, path: str, include_files: bool = False) -> None:
        with self.get_managed_conn() as conn:
            if include_files:
                files, folders, _ = self.get_tree_map(path)
                for file in files:
                    conn.remove(file)
                for folder in reversed(folders):
                    conn.rmdir(folder)
            conn.rmdir(path)

    def retrieve_file(self, remote_full_path: str, local_full_path: Any, prefetch: bool = True, **_: Any) -> None:
        """Into a path, or into a file object."""
        with self.get_managed_conn() as conn:
            if hasattr(local_full_path, "write"):
                conn.getfo(remote_full_path, local_full_path, prefetch=prefetch)
            else:
                conn.get(remote_full_path, os.fspath(local_full_path), prefetch=prefetch)

    def store_file(self, remote_full_path: str, local_full_path: Any, confirm: bool = True) -> None:
        with self.get_managed_conn() as conn:
            if hasattr(local_full_path, "read"):
                conn.putfo(local_full_path, remote_full_path, confirm=confirm)
            else:
                conn.put(os.fspath(local_full_path), remote_full_path, confirm=confirm)

    def retrieve_directory(self, remote_full_path: str, local_full_path: str, prefetch: bool = True) -> None:
        os.makedirs(local_full_path, exist_ok=False)
        files, folders, _ = self.get_tree_map(remote_full_path)
        for folder in folders:
            os.makedirs(os.path.join(local_full_path, posixpath.relpath(folder, remote_full_path)), exist_ok=True)
        for file in files:
            self.retrieve_file(file, os.path.join(local_full_path, posixpath.relpath(file, remote_full_path)), prefetch)

    def store_directory(self, remote_full_path: str, local_full_path: str, confirm: bool = True) -> None:
        self.create_directory(remote_full_path)
        for base, folders, files in os.walk(local_full_path):
            inner = posixpath.join(remote_full_path, *[part for part in os.path.relpath(base, local_full_path).split(os.sep) if part != "."])
            for folder in folders:
                self.create_directory(posixpath.join(inner, folder))
            for file in files:
                self.store_file(posixpath.join(inner, file), os.path.join(base, file), confirm)

    def delete_file(self, path: str) -> None:
        with self.get_managed_conn() as conn:
            conn.remove(path)

    def get_mod_time(self, path: str) -> str:
        """As YYYYMMDDHHMMSS."""
        with self.get_managed_conn() as conn:
            return dt.datetime.fromtimestamp(conn.stat(path).st_mtime).strftime("%Y%m%d%H%M%S")

    def path_exists(self, path: str) -> bool:
        return self._is(path, lambda _mode: True)

    def walktree(self, path: str, fcallback: Callable, dcallback: Callable, ucallback: Callable, recurse: bool = True) -> None:
        """Calls one of the three with the path of each file, folder and anything else below `path`."""
        with self.get_managed_conn() as conn:
            for entry in sorted(conn.listdir_attr(path), key=lambda one: one.filename):
                full = posixpath.join(path, entry.filename)
                if stat.S_ISDIR(entry.st_mode):
                    dcallback(full)
                    if recurse:
                        self.walktree(full, fcallback, dcallback, ucallback)
                elif stat.S_ISREG(entry.st_mode):
                    fcallback(full)
                else:
                    ucallback(full)

    def get_tree_map(self, path: str, prefix: Optional[str] = None, delimiter: Optional[str] = None) -> Tuple[List[str], List[str], List[str]]:
        """Files, folders and others below `path`, those whose path begins with `prefix` and ends with `delimiter`."""
        found: Tuple[List[str], List[str], List[str]] = ([], [], [])

        def into(where: List[str]) -> Callable[[str], None]:
            return lambda one: where.append(one) if one.startswith(prefix or "") and one.endswith(delimiter or "") else None

        self.walktree(path, into(found[0]), into(found[1]), into(found[2]))
        return found

    def get_file_by_pattern(self, path: str, fnmatch_pattern: str) -> str:
        """The first name of the folder that fits; empty where none does."""
        return next(iter(self.get_files_by_pattern(path, fnmatch_pattern)), "")

    def get_files_by_pattern(self, path: str, fnmatch_pattern: str) -> List[str]:
        return [name for name in self.list_directory(path) if fnmatch.fnmatch(name, fnmatch_pattern)]

    def test_connection(self) -> "tuple[bool, str]":
        try:
            with self.get_managed_conn() as conn:
                conn.normalize(".")
            return True, "Connection successfully tested"
        except Exception as error:
            return False, str(error)
