"""KubernetesHook over the Python client of Kubernetes."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, Dict, List, Optional

from ..airflow_compat.exceptions import AirflowException, AirflowNotFoundException
from .base import BaseHook
from .client_library import client_library


def kubernetes_library(module: str = "kubernetes") -> Any:
    """A module of the client library. AirflowOptionalProviderFeatureException with the pip line where it is not there."""
    return client_library(module, "kubernetes", "Kubernetes")


class KubernetesHook(BaseHook):
    """Clients of one cluster: the one around this process, that of a kubeconfig, or what the connection says.

    Nearest wins: an argument, then the connection's extra (`in_cluster`, `kube_config_path`, `kube_config`,
    `cluster_context`, `namespace`, `disable_verify_ssl`), then the pod that this runs in, then the usual kubeconfig.
    """

    conn_name_attr = "kubernetes_conn_id"
    default_conn_name = "kubernetes_default"
    conn_type = "kubernetes"
    hook_name = "Kubernetes Cluster Connection"
    DEFAULT_NAMESPACE = "default"

    def __init__(
        self,
        conn_id: Optional[str] = default_conn_name,
        client_configuration: Any = None,
        cluster_context: Optional[str] = None,
        config_file: Optional[str] = None,
        in_cluster: Optional[bool] = None,
        disable_verify_ssl: Optional[bool] = None,
        disable_tcp_keepalive: Optional[bool] = None,
        config_dict: Optional[Dict[str, Any]] = None,
        kubernetes_conn_id: Optional[str] = None,
    ) -> None:
        super().__init__()
        self.conn_id = kubernetes_conn_id or conn_id
        self.client_configuration = client_configuration
        self.cluster_context = cluster_context
        self.config_file = config_file
        self.config_dict = config_dict
        self.in_cluster = in_cluster
        self.disable_verify_ssl = disable_verify_ssl
        self.disable_tcp_keepalive = disable_tcp_keepalive
        self._is_in_cluster: Optional[bool] = None

    # --- what the connection says ------------------------------------------------------

    @cached_property
    def conn_extras(self) -> Dict[str, Any]:
        """The extra of the connection; empty where the default connection was never made."""
        if not self.conn_id:
            return {}
        try:
            return dict(self.get_connection(self.conn_id).extra_dejson)
        except AirflowNotFoundException:
            if self.conn_id == self.default_conn_name:
                return {}
            raise

    def _field(self, name: str) -> Any:
        extras = self.conn_extras
        found = extras.get(name, extras.get(f"extra__kubernetes__{name}"))
        return None if found == "" else found

    def get_namespace(self) -> Optional[str]:
        return self._field("namespace")

    def get_xcom_sidecar_container_image(self) -> Optional[str]:
        return self._field("xcom_sidecar_container_image")

    # --- clients ---------------------------------------------------------------------------

    def get_conn(self) -> Any:
        """A kubernetes.client.ApiClient. Raises AirflowException where no cluster can be found."""
        library, config = kubernetes_library(), kubernetes_library("kubernetes.config")
        settings = self.client_configuration or library.client.Configuration.get_default_copy()
        in_cluster = _first(self.in_cluster, self._field("in_cluster"))
        path = _first(self.config_file, self._field("kube_config_path"))
        inline = _first(self.config_dict, self._field("kube_config"))
        given = [name for name, value in (("in_cluster", in_cluster), ("kube_config_path", path), ("kube_config", inline)) if value]
        if len(given) > 1:
            raise AirflowException(f"expected one way to the cluster of connection {self.conn_id!r}, got {', '.join(given)}")
        context = _first(self.cluster_context, self._field("cluster_context"))
        try:
            self._load(config, settings, bool(in_cluster), path, inline, context)
        except (config.ConfigException, OSError, ValueError) as error:
            nowhere = f"this process is not in a cluster, there is no kubeconfig (KUBECONFIG, ~/.kube/config), and connection {self.conn_id!r} names none"
            where = f"{given[0]} cannot be used" if given else nowhere
            raise AirflowException(f"no Kubernetes cluster to talk to: {where} ({error})") from error
        if _truth(_first(self.disable_verify_ssl, self._field("disable_verify_ssl"))):
            settings.verify_ssl = False
        return library.client.ApiClient(settings)

    def _load(self, config: Any, settings: Any, in_cluster: bool, path: Any, inline: Any, context: Any) -> None:
        self._is_in_cluster = in_cluster
        if in_cluster:
            config.load_incluster_config(client_configuration=settings)
        elif inline:
            text = json.loads(inline) if isinstance(inline, str) else inline
            config.load_kube_config_from_dict(text, client_configuration=settings, context=context)
        elif path:
            config.load_kube_config(str(path), client_configuration=settings, context=context)
        else:
            try:
                config.load_incluster_config(client_configuration=settings)
                self._is_in_cluster = True
            except config.ConfigException:
                config.load_kube_config(client_configuration=settings, context=context)

    @property
    def is_in_cluster(self) -> bool:
        if self._is_in_cluster is None:
            self.api_client  # noqa: B018 - finding the cluster tells
        return bool(self._is_in_cluster)

    @cached_property
    def api_client(self) -> Any:
        return self.get_conn()

    @cached_property
    def core_v1_client(self) -> Any:
        return kubernetes_library().client.CoreV1Api(self.api_client)

    @cached_property
    def apps_v1_client(self) -> Any:
        return kubernetes_library().client.AppsV1Api(self.api_client)

    @cached_property
    def batch_v1_client(self) -> Any:
        return kubernetes_library().client.BatchV1Api(self.api_client)

    @cached_property
    def custom_object_client(self) -> Any:
        return kubernetes_library().client.CustomObjectsApi(self.api_client)

    # --- what Dag files call ------------------------------------------------------------------

    def _in(self, namespace: Optional[str]) -> str:
        return namespace or self.get_namespace() or self.DEFAULT_NAMESPACE

    def get_pod(self, name: str, namespace: Optional[str] = None) -> Any:
        return self.core_v1_client.read_namespaced_pod(name, self._in(namespace))

    def get_namespaced_pod_list(self, label_selector: str = "", namespace: Optional[str] = None, watch: bool = False, **kwargs: Any) -> Any:
        return self.core_v1_client.list_namespaced_pod(self._in(namespace), watch=watch, label_selector=label_selector, **kwargs)

    def get_pod_logs(self, pod_name: str, container: Optional[str] = "", namespace: Optional[str] = None) -> Any:
        """The log of a pod until now."""
        return self.core_v1_client.read_namespaced_pod_log(pod_name, self._in(namespace), container=container or None, _preload_content=False)

    def create_custom_object(self, group: str, version: str, plural: str, body: Any, namespace: Optional[str] = None) -> Any:
        body = _from_yaml(body) if isinstance(body, str) else body
        return self.custom_object_client.create_namespaced_custom_object(
            group=group, version=version, namespace=self._in(namespace), plural=plural, body=body
        )

    def get_custom_object(self, group: str, version: str, plural: str, name: str, namespace: Optional[str] = None) -> Any:
        return self.custom_object_client.get_namespaced_custom_object(
            group=group, version=version, namespace=self._in(namespace), plural=plural, name=name
        )

    def delete_custom_object(self, group: str, version: str, plural: str, name: str, namespace: Optional[str] = None, **kwargs: Any) -> Any:
        return self.custom_object_client.delete_namespaced_custom_object(
            group=group, version=version, namespace=self._in(namespace), plural=plural, name=name, **kwargs
        )

    def create_job(self, job: Any, **kwargs: Any) -> Any:
        body = self.api_client.sanitize_for_serialization(job)
        return self.batch_v1_client.create_namespaced_job(body["metadata"].get("namespace") or self._in(None), body, **kwargs)

    def get_job(self, job_name: str, namespace: Optional[str] = None) -> Any:
        return self.batch_v1_client.read_namespaced_job(job_name, self._in(namespace))

    def test_connection(self) -> Any:
        try:
            items: List[Any] = self.core_v1_client.list_namespace(limit=1).items
        except Exception as error:
            return False, str(error)
        return True, f"the cluster answers ({len(items)} namespace read)"


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _truth(value: Any) -> bool:
    return value.strip().lower() in ("true", "1", "yes", "on") if isinstance(value, str) else bool(value)


def _from_yaml(text: str) -> Any:
    # The client library brings PyYAML.
    return client_library("yaml", "pyyaml", "Kubernetes").safe_load(text)
