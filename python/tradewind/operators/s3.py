"""The operators and the sensor of S3 that Dag files use most."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence

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
        **kwargs: Any,
    ) -> None:
        for name in ("source_version_id", "acl_policy", "meta_data_directive"):
            kwargs.pop(name, None)
        super().__init__(**kwargs)
        self.source_bucket_key = source_bucket_key
        self.dest_bucket_key = dest_bucket_key
        self.source_bucket_name = source_bucket_name
        self.dest_bucket_name = dest_bucket_name

    def execute(self, context: Any) -> None:
        self.hook.copy_object(self.source_bucket_key, self.dest_bucket_key, self.source_bucket_name, self.dest_bucket_name)


class S3DeleteObjectsOperator(_S3Operator):
    template_fields: Sequence[str] = ("keys", "bucket", "prefix")

    def __init__(self, *, bucket: str, keys: Any = None, prefix: Optional[str] = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if (keys is None) == (prefix is None):
            raise ValueError("Exactly one of keys or prefix has to be given")
        self.bucket = bucket
        self.keys = keys
        self.prefix = prefix

    def execute(self, context: Any) -> None:
        keys = self.keys or self.hook.list_keys(self.bucket, self.prefix)
        if keys:
            self.hook.delete_objects(self.bucket, keys)


class S3ListOperator(_S3Operator):
    template_fields: Sequence[str] = ("bucket", "prefix", "delimiter")

    def __init__(self, *, bucket: str, prefix: str = "", delimiter: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter

    def execute(self, context: Any) -> List[str]:
        return self.hook.list_keys(self.bucket, self.prefix, self.delimiter)


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
