"""ObjectStoragePath: paths of local files by the standard library, of other stores by universal_pathlib (fsspec)."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
from typing import Any, Optional
from urllib.parse import urlsplit

from .airflow_compat.exceptions import AirflowOptionalProviderFeatureException


def ObjectStoragePath(*args: Any, conn_id: Optional[str] = None, **options: Any) -> Any:  # noqa: N802
    """`ObjectStoragePath("s3://conn@bucket/key")`, `("file:///tmp/x")`, `("/tmp/x")`."""
    text = os.fspath(args[0]) if args else ""
    parts = urlsplit(text)
    scheme = parts.scheme
    if scheme in ("", "file", "local"):
        path = text if not scheme else parts.path or parts.netloc
        return LocalPath(path, *args[1:])
    try:
        from upath import UPath
    except ImportError:
        return AbsentStore(text)
    account, at, bucket = parts.netloc.rpartition("@")
    found = conn_id or (account if at else None)
    if found:
        options = {**_credentials(found, scheme), **options}
    return UPath(f"{scheme}://{bucket}{parts.path}", *args[1:], **options)


class AbsentStore:
    """A path of a store whose packages are not installed: Dag files may name it, and using it says what to install."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __truediv__(self, name: Any) -> "AbsentStore":
        return AbsentStore(f"{self._text.rstrip('/')}/{name}")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"ObjectStoragePath({self._text!r})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        package = _STORES.get(urlsplit(self._text).scheme, "fsspec")
        raise AirflowOptionalProviderFeatureException(
            f"{self!r}.{name} needs the Python packages universal_pathlib and {package}: "
            f"`{sys.executable} -m pip install universal_pathlib {package}`"
        )


_STORES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}


def _credentials(conn_id: str, scheme: str) -> dict:
    from .connection import get_connection

    connection = get_connection(conn_id)
    extra = connection.extra_dejson
    if scheme in ("s3", "s3a"):
        options = {"key": connection.login, "secret": connection.password, "endpoint_url": extra.get("endpoint_url")}
        return {name: value for name, value in options.items() if value}
    return dict(extra)


class LocalPath(type(pathlib.Path())):  # type: ignore[misc]
    """A local path with the few methods that Airflow's class adds to pathlib's."""

    @property
    def protocol(self) -> str:
        return "file"

    @property
    def bucket(self) -> str:
        return ""

    @property
    def key(self) -> str:
        return str(self).lstrip("/")

    @property
    def path(self) -> str:
        return str(self)

    def as_uri(self) -> str:
        return f"file://{self.absolute()}"

    def copy(self, dst: Any, recursive: bool = False, **_: Any) -> Any:  # type: ignore[override]
        target = os.fspath(dst)
        if self.is_dir():
            return shutil.copytree(self, target, dirs_exist_ok=True)
        return shutil.copy(self, target)

    def move(self, path: Any, **_: Any) -> Any:  # type: ignore[override]
        return shutil.move(os.fspath(self), os.fspath(path))

    def size(self) -> int:
        return self.stat().st_size
