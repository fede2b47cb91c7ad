"""S3Hook over boto3, for the calls that Dag files make of it."""

from __future__ import annotations

import fnmatch
import gzip
import datetime as dt
import io
import os
import re
import sys
import tempfile
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

from ..airflow_compat.exceptions import AirflowException, AirflowNotFoundException, AirflowOptionalProviderFeatureException
from .base import BaseHook


class AwsBaseHook(BaseHook):
    """`get_session`, `get_client_type`, `get_resource_type`, `conn` from the connection `aws_conn_id`.

    Login and password are the access key, `region_name`, `endpoint_url`, `role_arn`, `aws_session_token` and
    `profile_name` come from its extra. Without a connection boto3 finds credentials by itself.
    """

    conn_name_attr = "aws_conn_id"
    default_conn_name = "aws_default"
    conn_type = "aws"
    hook_name = "Amazon Web Services"

    def __init__(
        self,
        aws_conn_id: Optional[str] = "aws_default",
        verify: Any = None,
        region_name: Optional[str] = None,
        client_type: Optional[str] = None,
        resource_type: Optional[str] = None,
        config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        self.aws_conn_id = aws_conn_id
        self.verify = verify
        self.region_name = region_name
        self.client_type = client_type
        self.resource_type = resource_type
        self.config = config

    def _settings(self) -> "tuple[Any, Dict[str, Any]]":
        if not self.aws_conn_id:
            return None, {}
        try:
            connection = self.get_connection(self.aws_conn_id)
        except AirflowNotFoundException:
            if self.aws_conn_id != self.default_conn_name:
                raise
            return None, {}
        return connection, connection.extra_dejson

    def get_session(self, region_name: Optional[str] = None, **_: Any) -> Any:
        boto3 = _boto3()
        connection, extra = self._settings()
        options = {
            "aws_access_key_id": (connection.login if connection else None) or extra.get("aws_access_key_id"),
            "aws_secret_access_key": (connection.password if connection else None) or extra.get("aws_secret_access_key"),
            "aws_session_token": extra.get("aws_session_token"),
            "profile_name": extra.get("profile_name"),
            "region_name": region_name or self.region_name or extra.get("region_name"),
        }
        session = boto3.session.Session(**{key: value for key, value in options.items() if value})
        role = extra.get("role_arn")
        if not role:
            return session
        assumed = session.client("sts").assume_role(RoleArn=role, RoleSessionName="tradewind")["Credentials"]
        return boto3.session.Session(
            aws_access_key_id=assumed["AccessKeyId"],
            aws_secret_access_key=assumed["SecretAccessKey"],
            aws_session_token=assumed["SessionToken"],
            region_name=session.region_name,
        )

    def _endpoint(self) -> Optional[str]:
        connection, extra = self._settings()
        return extra.get("endpoint_url") or extra.get("host") or (connection.host if connection and "://" in (connection.host or "") else None)

    def get_client_type(self, client_type: Optional[str] = None, region_name: Optional[str] = None, config: Any = None, **_: Any) -> Any:
        return self.get_session(region_name).client(
            client_type or self.client_type, endpoint_url=self._endpoint(), config=config or self.config, verify=self.verify
        )

    def get_resource_type(self, resource_type: Optional[str] = None, region_name: Optional[str] = None, config: Any = None, **_: Any) -> Any:
        return self.get_session(region_name).resource(
            resource_type or self.resource_type or self.client_type, endpoint_url=self._endpoint(), config=config or self.config, verify=self.verify
        )

    @property
    def conn(self) -> Any:
        return self.get_resource_type() if self.resource_type else self.get_client_type()

    def get_conn(self) -> Any:
        return self.conn

    def get_credentials(self, region_name: Optional[str] = None) -> Any:
        return self.get_session(region_name).get_credentials().get_frozen_credentials()


AwsGenericHook = AwsBaseHook
AwsHook = AwsBaseHook


class S3Hook(AwsBaseHook):
    """Keys may be given with their bucket as `s3://bucket/key`."""

    def __init__(self, aws_conn_id: Optional[str] = "aws_default", transfer_config_args: Any = None, extra_args: Any = None, **kwargs: Any) -> None:
        kwargs["client_type"] = "s3"
        super().__init__(aws_conn_id, **kwargs)
        self._extra_args = extra_args or {}

    @staticmethod
    def parse_s3_url(s3url: str) -> Tuple[str, str]:
        parts = urlsplit(s3url)
        if parts.scheme.lower() not in ("s3", "s3a", "s3n") or not parts.netloc:
            raise AirflowException(f'Please provide a bucket name using a valid format of the form: s3://bucket_name/… but received "{s3url}"')
        return parts.netloc, parts.path.lstrip("/")

    @classmethod
    def get_s3_bucket_key(cls, bucket: Optional[str], key: str, *_: Any) -> Tuple[str, str]:
        if bucket is None:
            return cls.parse_s3_url(key)
        if "://" in key:
            raise TypeError(f"If a bucket is provided, the key has to be relative; got {key!r}")
        return bucket, key

    def _where(self, key: str, bucket_name: Optional[str]) -> Tuple[str, str]:
        if bucket_name is None and "://" not in key:
            _, extra = self._settings()
            bucket_name = (extra.get("service_config", {}).get("s3", {}) or {}).get("bucket_name")
            if bucket_name is None:
                raise AirflowException(f"no bucket is given for the key {key!r}")
        return self.get_s3_bucket_key(bucket_name, key)

    def check_for_bucket(self, bucket_name: str) -> bool:
        try:
            self.conn.head_bucket(Bucket=bucket_name)
            return True
        except Exception as error:
            self.log.info("Bucket %s cannot be reached: %s", bucket_name, error)
            return False

    def get_bucket(self, bucket_name: str) -> Any:
        return self.get_resource_type("s3").Bucket(bucket_name)

    def create_bucket(self, bucket_name: str, region_name: Optional[str] = None) -> None:
        region = region_name or self.conn.meta.region_name
        if region in (None, "us-east-1"):
            self.conn.create_bucket(Bucket=bucket_name)
        else:
            self.conn.create_bucket(Bucket=bucket_name, CreateBucketConfiguration={"LocationConstraint": region})

    def delete_bucket(self, bucket_name: str, force_delete: bool = False, max_retries: int = 5) -> None:
        if force_delete:
            keys = self.list_keys(bucket_name)
            if keys:
                self.delete_objects(bucket_name, keys)
        self.conn.delete_bucket(Bucket=bucket_name)

    def _pages(self, bucket_name: Optional[str], prefix: Optional[str], delimiter: Optional[str]) -> Any:
        paginator = self.conn.get_paginator("list_objects_v2")
        return paginator.paginate(Bucket=bucket_name, Prefix=prefix or "", Delimiter=delimiter or "")

    def list_keys(
        self,
        bucket_name: Optional[str] = None,
        prefix: Optional[str] = None,
        delimiter: Optional[str] = None,
        page_size: Any = None,
        max_items: Optional[int] = None,
        start_after_key: Optional[str] = None,
        from_datetime: Optional[dt.datetime] = None,
        to_datetime: Optional[dt.datetime] = None,
        object_filter: Any = None,
        apply_wildcard: bool = False,
        **_: Any,
    ) -> List[str]:
        """Keys in order; of those changed from `from_datetime` on and before `to_datetime`. A wildcard is of fnmatch."""
        pattern = prefix if apply_wildcard and prefix else None
        start = prefix if pattern is None else re.split(r"[*?\[]", pattern, maxsplit=1)[0]
        found = [one for page in self._pages(bucket_name, start, delimiter) for one in page.get("Contents", [])]
        found = [
            one
            for one in found
            if (pattern is None or fnmatch.fnmatchcase(one["Key"], pattern))
            and (start_after_key is None or one["Key"] > start_after_key)
            and (from_datetime is None or one["LastModified"] >= from_datetime)
            and (to_datetime is None or one["LastModified"] < to_datetime)
        ]
        if object_filter is not None:
            found = object_filter(found, from_datetime, to_datetime)
        return [one["Key"] for one in found][:max_items]

    def list_prefixes(self, bucket_name: Optional[str] = None, prefix: Optional[str] = None, delimiter: Optional[str] = None, **_: Any) -> List[str]:
        return [one["Prefix"] for page in self._pages(bucket_name, prefix, delimiter or "/") for one in page.get("CommonPrefixes", [])]

    def check_for_prefix(self, prefix: str, delimiter: str, bucket_name: Optional[str] = None) -> bool:
        if not prefix.endswith(delimiter):
            prefix += delimiter
        parent = prefix[: prefix[:-1].rfind(delimiter) + 1]
        return prefix in self.list_prefixes(bucket_name, parent, delimiter)

    def head_object(self, key: str, bucket_name: Optional[str] = None) -> Optional[dict]:
        bucket, name = self._where(key, bucket_name)
        try:
            return self.conn.head_object(Bucket=bucket, Key=name)
        except Exception as error:
            response = getattr(error, "response", {})
            if response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return None
            raise

    def check_for_key(self, key: str, bucket_name: Optional[str] = None) -> bool:
        return self.head_object(key, bucket_name) is not None

    def get_key(self, key: str, bucket_name: Optional[str] = None) -> Any:
        bucket, name = self._where(key, bucket_name)
        found = self.get_resource_type("s3").Object(bucket, name)
        found.load()
        return found

    def read_key(self, key: str, bucket_name: Optional[str] = None) -> str:
        return self.get_key(key, bucket_name).get()["Body"].read().decode("utf-8")

    def get_wildcard_key(self, wildcard_key: str, bucket_name: Optional[str] = None, delimiter: str = "") -> Any:
        bucket, pattern = self._where(wildcard_key, bucket_name)
        stem = pattern.split("*", 1)[0].split("?", 1)[0]
        for name in self.list_keys(bucket, stem, delimiter):
            if fnmatch.fnmatch(name, pattern):
                return self.get_key(name, bucket)
        return None

    def check_for_wildcard_key(self, wildcard_key: str, bucket_name: Optional[str] = None, delimiter: str = "") -> bool:
        return self.get_wildcard_key(wildcard_key, bucket_name, delimiter) is not None

    def _store(self, file: Any, key: str, bucket_name: Optional[str], replace: bool, encrypt: bool, acl_policy: Optional[str]) -> None:
        bucket, name = self._where(key, bucket_name)
        if not replace and self.check_for_key(name, bucket):
            raise ValueError(f"The key {name} already exists.")
        extra = dict(self._extra_args)
        if encrypt:
            extra["ServerSideEncryption"] = "AES256"
        if acl_policy:
            extra["ACL"] = acl_policy
        self.conn.upload_fileobj(file, bucket, name, ExtraArgs=extra)

    def load_file(self, filename: Any, key: str, bucket_name: Optional[str] = None, replace: bool = False, encrypt: bool = False, gzip: bool = False, acl_policy: Optional[str] = None) -> None:
        with open(filename, "rb") as file:
            data: Any = io.BytesIO(_gzipped(file.read())) if gzip else file
            self._store(data, key, bucket_name, replace, encrypt, acl_policy)

    def load_string(self, string_data: str, key: str, bucket_name: Optional[str] = None, replace: bool = False, encrypt: bool = False, encoding: Optional[str] = None, acl_policy: Optional[str] = None, compression: Optional[str] = None) -> None:
        self.load_bytes(string_data.encode(encoding or "utf-8"), key, bucket_name, replace, encrypt, acl_policy, compression)

    def load_bytes(self, bytes_data: bytes, key: str, bucket_name: Optional[str] = None, replace: bool = False, encrypt: bool = False, acl_policy: Optional[str] = None, compression: Optional[str] = None) -> None:
        data = _gzipped(bytes_data) if compression == "gzip" else bytes_data
        self._store(io.BytesIO(data), key, bucket_name, replace, encrypt, acl_policy)

    def load_file_obj(self, file_obj: Any, key: str, bucket_name: Optional[str] = None, replace: bool = False, encrypt: bool = False, acl_policy: Optional[str] = None) -> None:
        self._store(file_obj, key, bucket_name, replace, encrypt, acl_policy)

    def copy_object(
        self,
        source_bucket_key: str,
        dest_bucket_key: str,
        source_bucket_name: Optional[str] = None,
        dest_bucket_name: Optional[str] = None,
        source_version_id: Optional[str] = None,
        acl_policy: Optional[str] = None,
        meta_data_directive: Optional[str] = None,
        kms_key_id: Optional[str] = None,
        kms_encryption_type: Optional[str] = None,
        **more: Any,
    ) -> Any:
        to_bucket, to_key = self._where(dest_bucket_key, dest_bucket_name)
        from_bucket, from_key = self._where(source_bucket_key, source_bucket_name)
        version = {"VersionId": source_version_id} if source_version_id else {}
        settings = {
            "ACL": acl_policy,
            "MetadataDirective": meta_data_directive,
            "SSEKMSKeyId": kms_key_id,
            "ServerSideEncryption": kms_encryption_type or ("aws:kms" if kms_key_id else None),
        }
        given = {name: value for name, value in settings.items() if value}
        return self.conn.copy_object(Bucket=to_bucket, Key=to_key, CopySource={"Bucket": from_bucket, "Key": from_key, **version}, **given, **more)

    def delete_objects(self, bucket: str, keys: Any) -> None:
        names = [keys] if isinstance(keys, str) else list(keys)
        # The service takes at most a thousand names at once.
        for start in range(0, len(names), 1000):
            chunk = [{"Key": name} for name in names[start : start + 1000]]
            answer = self.conn.delete_objects(Bucket=bucket, Delete={"Objects": chunk})
            if answer.get("Errors"):
                raise AirflowException(f"Errors when deleting: {[one['Key'] for one in answer['Errors']]}")

    def download_file(self, key: str, bucket_name: Optional[str] = None, local_path: Optional[str] = None, preserve_file_name: bool = False, use_autogenerated_subdir: bool = True) -> str:
        """Into a new file of `local_path` (or the temporary folder); its path."""
        bucket, name = self._where(key, bucket_name)
        folder = local_path or tempfile.gettempdir()
        if preserve_file_name:
            if use_autogenerated_subdir:
                folder = tempfile.mkdtemp(prefix="airflow_tmp_dir_", dir=folder)
            path = os.path.join(folder, name.rsplit("/", 1)[-1])
        else:
            handle, path = tempfile.mkstemp(prefix="airflow_tmp_", dir=folder)
            os.close(handle)
        self.conn.download_file(bucket, name, path)
        return path

    def generate_presigned_url(self, client_method: str, params: Optional[dict] = None, expires_in: int = 3600, http_method: Optional[str] = None) -> Optional[str]:
        return self.conn.generate_presigned_url(ClientMethod=client_method, Params=params, ExpiresIn=expires_in, HttpMethod=http_method)


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data)


def _boto3() -> Any:
    try:
        import boto3
        import boto3.session
    except ImportError as error:
        raise AirflowOptionalProviderFeatureException(
            f"this hook needs the Python package boto3: `{sys.executable} -m pip install boto3`"
        ) from error
    return boto3
