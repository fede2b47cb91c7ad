"""Secret, Volume, VolumeMount, Port and the like of `airflow.kubernetes`, as the parts of a pod's manifest."""

from __future__ import annotations

import uuid
from typing import Any, Dict, List, Optional, Tuple

from ..airflow_compat.exceptions import AirflowConfigException
from ..hooks.kubernetes import kubernetes_library

Manifest = Dict[str, Any]


class Secret:
    """A secret of the cluster as a variable of the container (`env`) or as files in it (`volume`).

    Without `key` an `env` secret gives all of its keys, under their own names.
    """

    def __init__(self, deploy_type: str, deploy_target: Optional[str], secret: str, key: Optional[str] = None, items: Optional[List[Any]] = None) -> None:
        if deploy_type not in ("env", "volume"):
            raise AirflowConfigException(f"deploy_type must be env or volume, got {deploy_type!r}")
        if key is not None and deploy_target is None:
            raise AirflowConfigException("If `key` is set, `deploy_target` should not be None")
        self.deploy_type = deploy_type
        self.deploy_target = deploy_target.upper() if deploy_type == "env" and deploy_target else deploy_target
        self.secret = secret
        self.key = key
        self.items = items or []

    def parts(self) -> Tuple[Manifest, Manifest]:
        """What it adds to the spec of the pod, and what to the container."""
        if self.deploy_type == "volume":
            name = f"secretvol{uuid.uuid4()}"
            source = {"secretName": self.secret, **({"items": self.items} if self.items else {})}
            mount = {"name": name, "mountPath": self.deploy_target, "readOnly": True}
            return {"volumes": [{"name": name, "secret": source}]}, {"volumeMounts": [mount]}
        if self.key is None:
            return {}, {"envFrom": [{"secretRef": {"name": self.secret}}]}
        reference = {"secretKeyRef": {"name": self.secret, "key": self.key}}
        return {}, {"env": [{"name": self.deploy_target, "valueFrom": reference}]}

    def to_env_secret(self) -> Any:
        return _model("V1EnvVar", {"name": self.deploy_target, "valueFrom": {"secretKeyRef": {"name": self.secret, "key": self.key}}})

    def to_env_from_secret(self) -> Any:
        return _model("V1EnvFromSource", {"secretRef": {"name": self.secret}})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> Tuple[Any, ...]:
        return self.deploy_type, self.deploy_target, self.secret, self.key

    def __repr__(self) -> str:
        return f"Secret({self.deploy_type}, {self.deploy_target}, {self.secret}, {self.key})"


class _Part:
    """Airflow 1's classes: `manifest` is the part, `to_k8s_client_obj` the client library's object."""

    kind = ""

    def manifest(self) -> Manifest:
        raise NotImplementedError

    def to_k8s_client_obj(self) -> Any:
        return _model(self.kind, self.manifest())


class Volume(_Part):
    """`configs` is the source of the volume, as in a manifest."""

    kind = "V1Volume"

    def __init__(self, name: str, configs: Manifest) -> None:
        self.name = name
        self.configs = configs

    def manifest(self) -> Manifest:
        return {"name": self.name, **self.configs}


class VolumeMount(_Part):
    kind = "V1VolumeMount"

    def __init__(self, name: str, mount_path: str, sub_path: Optional[str] = None, read_only: bool = False) -> None:
        self.name = name
        self.mount_path = mount_path
        self.sub_path = sub_path
        self.read_only = read_only

    def manifest(self) -> Manifest:
        path = {"subPath": self.sub_path} if self.sub_path else {}
        return {"name": self.name, "mountPath": self.mount_path, "readOnly": self.read_only, **path}


class Port(_Part):
    kind = "V1ContainerPort"

    def __init__(self, name: Optional[str] = None, container_port: Optional[int] = None) -> None:
        self.name = name
        self.container_port = container_port

    def manifest(self) -> Manifest:
        return {"name": self.name, "containerPort": self.container_port}


class PodRuntimeInfoEnv(_Part):
    """A variable from a field of the pod itself (`status.podIP`)."""

    kind = "V1EnvVar"

    def __init__(self, name: Optional[str] = None, field_path: Optional[str] = None) -> None:
        self.name = name
        self.field_path = field_path

    def manifest(self) -> Manifest:
        return {"name": self.name, "valueFrom": {"fieldRef": {"fieldPath": self.field_path}}}


class Resources(_Part):
    """Airflow 1's requests and limits."""

    kind = "V1ResourceRequirements"

    def __init__(
        self,
        request_memory: Any = None,
        request_cpu: Any = None,
        request_ephemeral_storage: Any = None,
        limit_memory: Any = None,
        limit_cpu: Any = None,
        limit_gpu: Any = None,
        limit_ephemeral_storage: Any = None,
    ) -> None:
        self.requests = {"memory": request_memory, "cpu": request_cpu, "ephemeral-storage": request_ephemeral_storage}
        self.limits = {"memory": limit_memory, "cpu": limit_cpu, "nvidia.com/gpu": limit_gpu, "ephemeral-storage": limit_ephemeral_storage}

    def manifest(self) -> Manifest:
        both = {"requests": self.requests, "limits": self.limits}
        named = {name: {key: value for key, value in values.items() if value is not None} for name, values in both.items()}
        return {name: values for name, values in named.items() if values}


def _model(kind: str, manifest: Manifest) -> Any:
    from .manifest import as_model

    kubernetes_library()
    return as_model(manifest, kind)
