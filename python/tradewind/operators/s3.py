"""The operators and the sensor of S3 that Dag files use most."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import tempfile
from typing import Any, List, Optional, Sequence

from ..airflow_compat import timezones
from ..airflow_compat.exceptions import AirflowException
from ..hooks.s3 import S3Hook
from ..sensors.base import BaseSensorOperator
from .base import BaseOperator


class _S3Operator(BaseOperator):
    def __init__(self, *, aws_conn_id: Optional[str] = "aws_default", region_name: Optional[str] = None, verify: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.verify = verify

    @property
    def hook(self) -> S3Hook:
        return S3Hook(self.aws_conn_id, region_name=self.region_name, verify=self.verify)


class S3CreateBucketOperator(_S3Operator):
    template_fields: Sequence[str] = ("bucket_name",)

    def __init__(self, *, bucket_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket_name = bucket_name

    def execute(self, context: Any) -> None:
        if self.hook.check_for_bucket(self.bucket_name):
            self.log.info("Bucket with name: %s already exists", self.bucket_name)
            return
        self.hook.create_bucket(self.bucket_name, self.region_name)


class S3DeleteBucketOperator(_S3Operator):
    template_fields: Sequence[str] = ("bucket_name",)

    def __init__(self, *, bucket_name: str, force_delete: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket_name = bucket_name
        self.force_delete = force_delete

    def execute(self, context: Any) -> None:
        if self.hook.check_for_bucket(self.bucket_name):
            self.hook.delete_bucket(self.bucket_name, self.force_delete)


class S3CreateObjectOperator(_S3Operator):
    template_fields: Sequence[str] = ("s3_bucket", "s3_key", "data")

    def __init__(
        self,
        *,
        s3_key: str,
        data: Any,
        s3_bucket: Optional[str] = None,
        replace: bool = False,
        encrypt: bool = False,
        acl_policy: Optional[str] = None,
        encoding: Optional[str] = None,
        compression: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.s3_bucket = s3_bucket
        self.s3_key = s3_key
        self.data = data
        self.replace = replace
        self.encrypt = encrypt
        self.acl_policy = acl_policy
        self.encoding = encoding
        self.compression = compression

    def execute(self, context: Any) -> None:
        data = self.data.encode(self.encoding or "utf-8") if isinstance(self.data, str) else self.data
        self.hook.load_bytes(data, self.s3_key, self.s3_bucket, self.replace, self.encrypt, self.acl_policy, self.compression)


class S3CopyObjectOperator(_S3Operator):
    template_fields: Sequence[str] = ("source_bucket_key", "dest_bucket_key", "source_bucket_name", "dest_bucket_name")

    def __init__(
        self,
        *,
        source_bucket_key: str,
        dest_bucket_key: str,
        source_bucket_name: Optional[str] = None,
        dest_bucket_name: Optional[str] = None,
        source_version_id: Optional[str] = None,
        acl_policy: Optional[str] = None,
        meta_data_directive: Optional[str] = None,
        kms_key_id: Optional[str] = None,
        kms_encryption_type: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_version_id = source_version_id
        self.acl_policy = acl_policy
        self.meta_data_directive = meta_data_directive
        self.kms_key_id = kms_key_id
        self.kms_encryption_type = kms_encryption_type
        self.source_bucket_key = source_bucket_key
        self.dest_bucket_key = dest_bucket_key
        self.source_bucket_name = source_bucket_name
        self.dest_bucket_name = dest_bucket_name

    def execute(self, context: Any) -> None:
        self.hook.copy_object(
            self.source_bucket_key,
            self.dest_bucket_key,
            self.source_bucket_name,
            self.dest_bucket_name,
            source_version_id=self.source_version_id,
            acl_policy=self.acl_policy,
            meta_data_directive=self.meta_data_directive,
            kms_key_id=self.kms_key_id,
            kms_encryption_type=self.kms_encryption_type,
        )


class S3DeleteObjectsOperator(_S3Operator):
    """By their keys, or those with a prefix, changed between two instants, or both."""

    template_fields: Sequence[str] = ("keys", "bucket", "prefix", "from_datetime", "to_datetime")

    def __init__(
        self,
        *,
        bucket: str,
        keys: Any = None,
        prefix: Optional[str] = None,
        from_datetime: Any = None,
        to_datetime: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (keys is None) == (prefix is None and from_datetime is None and to_datetime is None):
            raise ValueError("Exactly one of keys, or prefix, from_datetime and to_datetime, has to be given")
        self.bucket = bucket
        self.keys = keys
        self.prefix = prefix
        self.from_datetime = from_datetime
        self.to_datetime = to_datetime

    def execute(self, context: Any) -> None:
        begin, end = _instant(self.from_datetime), _instant(self.to_datetime)
        keys = self.keys or self.hook.list_keys(self.bucket, self.prefix, from_datetime=begin, to_datetime=end)
        if keys:
            self.hook.delete_objects(self.bucket, keys)


class S3ListOperator(_S3Operator):
    template_fields: Sequence[str] = ("bucket", "prefix", "delimiter")

    def __init__(self, *, bucket: str, prefix: str = "", delimiter: str = "", apply_wildcard: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter
        self.apply_wildcard = apply_wildcard

    def execute(self, context: Any) -> List[str]:
        return self.hook.list_keys(self.bucket, self.prefix, self.delimiter, apply_wildcard=self.apply_wildcard)


class S3ListPrefixesOperator(_S3Operator):
    """The next level of folders below a prefix."""

    template_fields: Sequence[str] = ("bucket", "prefix", "delimiter")

    def __init__(self, *, bucket: str, prefix: str, delimiter: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter

    def execute(self, context: Any) -> List[str]:
        return self.hook.list_prefixes(self.bucket, self.prefix, self.delimiter)


class S3FileTransformOperator(_S3Operator):
    """Gets a file, runs `transform_script SOURCE DEST ARGUMENTS…` on it, and puts what came out."""

    template_fields: Sequence[str] = ("source_s3_key", "dest_s3_key", "script_args")

    def __init__(
        self,
        *,
        source_s3_key: str,
        dest_s3_key: str,
        transform_script: Optional[str] = None,
        script_args: Optional[Sequence[str]] = None,
        source_aws_conn_id: Optional[str] = "aws_default",
        source_verify: Any = None,
        dest_aws_conn_id: Optional[str] = "aws_default",
        dest_verify: Any = None,
        replace: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("select_expression", None) or kwargs.pop("select_expr_serialization_config", None):
            raise ValueError("select_expression is of Airflow's amazon provider, and Tradewind does not have it: install apache-airflow-providers-amazon")
        super().__init__(**kwargs)
        self.source_s3_key = source_s3_key
        self.dest_s3_key = dest_s3_key
        self.transform_script = transform_script
        self.script_args = script_args or []
        self.source_aws_conn_id = source_aws_conn_id
        self.source_verify = source_verify
        self.dest_aws_conn_id = dest_aws_conn_id
        self.dest_verify = dest_verify
        self.replace = replace

    def execute(self, context: Any) -> None:
        if self.transform_script is None:
            raise AirflowException("expected a transform_script, the path of a program")
        source = S3Hook(self.source_aws_conn_id, verify=self.source_verify)
        with tempfile.TemporaryDirectory(prefix="s3-transform") as folder:
            here, there = os.path.join(folder, "source"), os.path.join(folder, "dest")
            self.log.info("Downloading source S3 file %s", self.source_s3_key)
            if not source.check_for_key(self.source_s3_key):
                raise AirflowException(f"The source key {self.source_s3_key} does not exist")
            source.get_key(self.source_s3_key).download_file(here)
            self._transform([self.transform_script, here, there, *map(str, self.script_args)])
            target = S3Hook(self.dest_aws_conn_id, verify=self.dest_verify)
            target.load_file(filename=there, key=self.dest_s3_key, replace=self.replace)

    def _transform(self, command: List[str]) -> None:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            self.log.info("%s", line)
        if done.returncode != 0:
            raise AirflowException(f"Transform script failed: {command[0]} ended with {done.returncode}")


class S3KeySensor(BaseSensorOperator):
    """Waits for one key or several, or for a pattern with `wildcard_match`."""

    template_fields: Sequence[str] = ("bucket_key", "bucket_name")

    def __init__(
        self,
        *,
        bucket_key: Any,
        bucket_name: Optional[str] = None,
        wildcard_match: bool = False,
        check_fn: Any = None,
        aws_conn_id: Optional[str] = "aws_default",
        verify: Any = None,
        deferrable: bool = False,
        use_regex: bool = False,
        metadata_keys: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bucket_key = bucket_key
        self.bucket_name = bucket_name
        self.wildcard_match = wildcard_match
        self.check_fn = check_fn
        self.aws_conn_id = aws_conn_id
        self.verify = verify

    def poke(self, context: Any) -> bool:
        hook = S3Hook(self.aws_conn_id, verify=self.verify)
        keys = [self.bucket_key] if isinstance(self.bucket_key, str) else list(self.bucket_key)
        return all(self._there(hook, key) for key in keys)

    def _there(self, hook: S3Hook, key: str) -> bool:
        self.log.info("Poking for key : %s", key)
        if self.wildcard_match:
            found = hook.get_wildcard_key(key, self.bucket_name)
            size = None if found is None else found.content_length
        else:
            head = hook.head_object(key, self.bucket_name)
            size = None if head is None else head["ContentLength"]
        if size is None:
            return False
        return bool(self.check_fn([{"Size": size}])) if self.check_fn is not None else True


def _instant(given: Any) -> Optional[dt.datetime]:
    """A date may be the text that a template gave."""
    return timezones.parse(given) if isinstance(given, str) and given else given or None
