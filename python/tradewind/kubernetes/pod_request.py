"""The manifest of the pod that a KubernetesPodOperator asks for."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Optional

from ..airflow_compat.exceptions import AirflowException
from ..hooks.client_library import client_library
from .manifest import Manifest, label_value, merged, plain, pod_name, without_empty

BASE_CONTAINER = "base"
SIDECAR = "airflow-xcom-sidecar"
XCOM_FOLDER = "/airflow/xcom"
XCOM_FILE = f"{XCOM_FOLDER}/return.json"
SIDECAR_IMAGE = "alpine"
# Holds the volume with the result until somebody has read it, and ends on SIGINT.
_SIDECAR_COMMAND = ["sh", "-c", 'trap "exit 0" INT; while true; do sleep 1; done;']


def pod_of(operator: Any, namespace: str, labels: Dict[str, str]) -> Manifest:
    """From `pod_template_file` (or dict), `full_pod_spec` and the operator's own arguments, the last of them winning."""
    own: Manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": operator.name, "namespace": operator.namespace, "labels": operator.labels, "annotations": operator.annotations},
        "spec": _spec(operator),
    }
    pod = merged(_template(operator), without_empty(plain(own)))
    metadata = pod.setdefault("metadata", {})
    metadata["name"] = pod_name(metadata.get("name"), operator.task_id, operator.random_name_suffix)
    metadata["namespace"] = metadata.get("namespace") or namespace
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    if not pod["spec"]["containers"][0].get("image"):
        raise AirflowException(f"task {operator.task_id!r} expects an image: of the argument image, of full_pod_spec or of the pod template")
    for secret in operator.secrets:
        _add(pod, *secret.parts())
    if operator.do_xcom_push:
        _add_sidecar(pod, operator)
    return pod


def _template(operator: Any) -> Manifest:
    base: Manifest = {}
    if operator.pod_template_file:
        base = read_template(operator.pod_template_file)
    elif operator.pod_template_dict:
        base = plain(operator.pod_template_dict)
    if operator.full_pod_spec is not None:
        base = merged(base, without_empty(plain(operator.full_pod_spec)))
    return base


def read_template(path: str) -> Manifest:
    """A pod's YAML or JSON. AirflowException where it cannot be read as one."""
    path = os.path.expanduser(str(path))
    if not os.path.exists(path):
        raise AirflowException(f"expected a pod template at {path}, but there is no such file")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = json.loads(text) if path.endswith(".json") else client_library("yaml", "pyyaml", "pod_template_file").safe_load(text)
    if not isinstance(found, dict) or "spec" not in found:
        raise AirflowException(f"expected the manifest of a pod, with a spec, in {path}")
    return found


def _spec(operator: Any) -> Manifest:
    return {
        "containers": [_container(operator)],
        "initContainers": operator.init_containers,
        "volumes": operator.volumes,
        "nodeSelector": operator.node_selector,
        "affinity": operator.affinity,
        "tolerations": operator.tolerations,
        "hostAliases": operator.host_aliases,
        "imagePullSecrets": pull_secrets(operator.image_pull_secrets),
        "serviceAccountName": operator.service_account_name,
        "automountServiceAccountToken": operator.automount_service_account_token,
        "hostNetwork": operator.hostnetwork or None,
        "hostname": operator.hostname,
        "subdomain": operator.subdomain,
        "securityContext": operator.security_context,
        "dnsPolicy": operator.dnspolicy,
        "dnsConfig": operator.dns_config,
        "schedulerName": operator.schedulername,
        "runtimeClassName": operator.runtime_class_name,
        "restartPolicy": "Never",
        "priorityClassName": operator.priority_class_name,
        "activeDeadlineSeconds": operator.active_deadline_seconds,
        "terminationGracePeriodSeconds": operator.termination_grace_period,
    }


def _container(operator: Any) -> Manifest:
    maps = [{"configMapRef": {"name": name}} for name in operator.configmaps]
    return {
        "name": operator.base_container_name,
        "image": operator.image,
        "imagePullPolicy": operator.image_pull_policy,
        "command": [str(one) for one in operator.cmds],
        "args": [str(one) for one in operator.arguments],
        "ports": operator.ports,
        "env": [*env_list(operator.env_vars), *operator.pod_runtime_info_envs],
        "envFrom": [*operator.env_from, *maps],
        "resources": operator.container_resources,
        "volumeMounts": operator.volume_mounts,
        "securityContext": operator.container_security_context,
        "terminationMessagePolicy": operator.termination_message_policy,
    }


def env_list(env_vars: Any) -> List[Any]:
    """V1EnvVar objects, dicts `{"name", "value"}`, or one dict of names and values."""
    if isinstance(env_vars, dict):
        return [{"name": name, "value": str(value)} for name, value in env_vars.items()]
    if isinstance(env_vars, (list, tuple)):
        return list(env_vars)
    raise AirflowException(f"expected env_vars to be a dict or a list, got {type(env_vars).__name__}")


def pull_secrets(given: Any) -> Any:
    """Names with commas between them, or a list of names or of references."""
    names = given.split(",") if isinstance(given, str) else given or []
    return [{"name": one.strip()} if isinstance(one, str) else one for one in names]


def resources_of(given: Any) -> Any:
    """What requests and limits: of today's form, or Airflow 1's `request_memory`, `limit_cpu` and the like."""
    if not isinstance(given, dict) or not any(key.startswith(("request_", "limit_")) for key in given):
        return given
    from .secret import Resources

    return Resources(**given)


def _add(pod: Manifest, spec: Manifest, container: Manifest) -> None:
    first = pod["spec"]["containers"][0]
    for target, parts in ((pod["spec"], spec), (first, container)):
        for name, values in parts.items():
            target[name] = [*(target.get(name) or []), *plain(values)]


def _add_sidecar(pod: Manifest, operator: Any) -> None:
    mount = {"name": "xcom", "mountPath": XCOM_FOLDER}
    _add(pod, {"volumes": [{"name": "xcom", "emptyDir": {}}]}, {"volumeMounts": [mount]})
    sidecar = {
        "name": SIDECAR,
        "image": operator.sidecar_image() or SIDECAR_IMAGE,
        "command": _SIDECAR_COMMAND,
        "volumeMounts": [mount],
        "resources": {"requests": {"cpu": "1m", "memory": "10Mi"}},
        "securityContext": plain(operator.xcom_sidecar_container_security_context),
    }
    pod["spec"]["containers"].append(without_empty(sidecar))


def identity_labels(ti: Any, run_id: str, parent: Optional[str] = None) -> Dict[str, str]:
    """What tells the pod of a task instance from all others; by them it is found again after a restart."""
    labels = {"dag_id": ti.dag_id, "task_id": ti.task_id, "run_id": run_id, "kubernetes_pod_operator": "True"}
    if ti.map_index >= 0:
        labels["map_index"] = str(ti.map_index)
    return {name: label_value(value) for name, value in labels.items()}
