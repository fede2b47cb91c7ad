"""KubernetesPodOperator: a pod for a task."""

from __future__ import annotations

import datetime as dt
import enum
from functools import cached_property
from typing import Any, Callable, Container, Dict, Iterable, List, Optional, Sequence, Union

from ..airflow_compat.exceptions import AirflowException, AirflowSkipException
from ..hooks.kubernetes import KubernetesHook
from ..kubernetes.manifest import Manifest, as_model, plain
from ..kubernetes.pod_follow import PodFollower, PodLaunchFailedException, ended_well, exit_code, why_failed
from ..kubernetes.pod_request import BASE_CONTAINER, identity_labels, pod_of, resources_of
from ..triggers.kubernetes_pod import KubernetesPodTrigger
from .base import BaseOperator
from .deferral import deferrable_or_default

__all__ = ["KubernetesPodOperator", "OnFinishAction", "PodLaunchFailedException"]

# Set on a pod whose end a task has seen, so that the next try starts one of its own.
_SEEN = "already_checked"


class OnFinishAction(str, enum.Enum):
    """What becomes of the pod when its task has ended."""

    KEEP_POD = "keep_pod"
    DELETE_POD = "delete_pod"
    DELETE_SUCCEEDED_POD = "delete_succeeded_pod"
    DELETE_ACTIVE_POD = "delete_active_pod"


class KubernetesPodOperator(BaseOperator):
    """Starts a pod, writes its log into the task's, and ends as its base container ends.

    The pod is `pod_template_file` (or `pod_template_dict`), with `full_pod_spec` laid over it, with the arguments laid
    over both. Objects of the client library, plain dicts as in a manifest, and Airflow 1's classes all do. With
    `do_xcom_push` the value is what the container wrote as JSON to /airflow/xcom/return.json.
    """

    BASE_CONTAINER_NAME = BASE_CONTAINER
    template_fields: Sequence[str] = (
        "image",
        "name",
        "hostname",
        "cmds",
        "annotations",
        "arguments",
        "env_vars",
        "labels",
        "config_file",
        "pod_template_file",
        "pod_template_dict",
        "namespace",
        "container_resources",
        "volumes",
        "volume_mounts",
        "cluster_context",
        "env_from",
        "configmaps",
        "node_selector",
        "kubernetes_conn_id",
        "base_container_name",
        "trigger_kwargs",
    )
    template_fields_renderers = {"env_vars": "py"}
    ui_color = "#326ce5"

    def __init__(
        self,
        *,
        kubernetes_conn_id: Optional[str] = KubernetesHook.default_conn_name,
        namespace: Optional[str] = None,
        image: Optional[str] = None,
        name: Optional[str] = None,
        random_name_suffix: bool = True,
        cmds: Optional[List[str]] = None,
        arguments: Optional[List[str]] = None,
        ports: Optional[List[Any]] = None,
        volume_mounts: Optional[List[Any]] = None,
        volumes: Optional[List[Any]] = None,
        env_vars: Any = None,
        env_from: Optional[List[Any]] = None,
        secrets: Optional[List[Any]] = None,
        in_cluster: Optional[bool] = None,
        cluster_context: Optional[str] = None,
        labels: Optional[Dict[str, str]] = None,
        reattach_on_restart: Optional[bool] = None,
        durable: Optional[bool] = None,
        startup_timeout_seconds: float = 120,
        startup_check_interval_seconds: float = 5,
        schedule_timeout_seconds: Optional[float] = None,
        get_logs: bool = True,
        base_container_name: Optional[str] = None,
        base_container_status_polling_interval: float = 1,
        init_container_logs: Union[Iterable[str], str, bool, None] = None,
        container_logs: Union[Iterable[str], str, bool, None] = None,
        image_pull_policy: Optional[str] = None,
        annotations: Optional[Dict[str, str]] = None,
        container_resources: Any = None,
        resources: Any = None,
        affinity: Any = None,
        config_file: Optional[str] = None,
        runtime_class_name: Optional[str] = None,
        node_selector: Optional[Dict[str, str]] = None,
        node_selectors: Optional[Dict[str, str]] = None,
        image_pull_secrets: Any = None,
        service_account_name: Optional[str] = None,
        automount_service_account_token: Optional[bool] = None,
        hostnetwork: bool = False,
        host_aliases: Optional[List[Any]] = None,
        tolerations: Optional[List[Any]] = None,
        security_context: Any = None,
        container_security_context: Any = None,
        xcom_sidecar_container_security_context: Any = None,
        dnspolicy: Optional[str] = None,
        dns_config: Any = None,
        hostname: Optional[str] = None,
        subdomain: Optional[str] = None,
        schedulername: Optional[str] = None,
        full_pod_spec: Any = None,
        init_containers: Optional[List[Any]] = None,
        log_events_on_failure: bool = False,
        log_events_on_startup: bool = True,
        do_xcom_push: bool = False,
        pod_template_file: Optional[str] = None,
        pod_template_dict: Optional[Dict[str, Any]] = None,
        priority_class_name: Optional[str] = None,
        pod_runtime_info_envs: Optional[List[Any]] = None,
        termination_grace_period: Optional[int] = None,
        configmaps: Optional[List[str]] = None,
        skip_on_exit_code: Union[int, Container[int], None] = None,
        deferrable: Optional[bool] = None,
        poll_interval: float = 2,
        log_pod_spec_on_failure: bool = True,
        on_finish_action: str = "delete_pod",
        on_kill_action: str = "delete_pod",
        is_delete_operator_pod: Optional[bool] = None,
        termination_message_policy: str = "File",
        active_deadline_seconds: Optional[int] = None,
        callbacks: Any = None,
        progress_callback: Optional[Callable[[str], None]] = None,
        logging_interval: Optional[int] = None,
        trigger_kwargs: Optional[Dict[str, Any]] = None,
        container_name_log_prefix_enabled: bool = True,
        log_formatter: Optional[Callable[[str, str], str]] = None,
        **kwargs: Any,
    ) -> None:
        if "xcom_push" in kwargs:
            do_xcom_push = kwargs.pop("xcom_push")
        # Of Airflow 1 and older providers, without effect on the pod.
        for name_of_old in ("is_delete_pod_operator", "pod_override"):
            kwargs.pop(name_of_old, None)
        super().__init__(do_xcom_push=do_xcom_push, **kwargs)
        self.kubernetes_conn_id = kubernetes_conn_id
        self.namespace = namespace
        self.image = image
        self.name = name
        self.random_name_suffix = random_name_suffix
        self.cmds = _listed(cmds, "cmds")
        self.arguments = _listed(arguments, "arguments")
        self.ports = ports or []
        self.volume_mounts = volume_mounts or []
        self.volumes = volumes or []
        self.env_vars = env_vars or []
        self.env_from = env_from or []
        self.secrets = secrets or []
        self.in_cluster = in_cluster
        self.cluster_context = cluster_context
        self.labels = labels or {}
        self.durable = next((one for one in (durable, reattach_on_restart) if one is not None), True)
        self.startup_timeout_seconds = startup_timeout_seconds
        self.startup_check_interval_seconds = startup_check_interval_seconds
        self.schedule_timeout_seconds = schedule_timeout_seconds
        self.get_logs = get_logs
        self.base_container_name = base_container_name or self.BASE_CONTAINER_NAME
        self.base_container_status_polling_interval = base_container_status_polling_interval
        self.init_container_logs = init_container_logs
        self.container_logs = container_logs
        self.image_pull_policy = image_pull_policy
        self.annotations = annotations or {}
        self.container_resources = container_resources if container_resources is not None else resources_of(resources)
        self.affinity = affinity
        self.config_file = config_file
        self.runtime_class_name = runtime_class_name
        self.node_selector = node_selector or node_selectors or {}
        self.image_pull_secrets = image_pull_secrets
        self.service_account_name = service_account_name
        self.automount_service_account_token = automount_service_account_token
        self.hostnetwork = hostnetwork
        self.host_aliases = host_aliases
        self.tolerations = tolerations or []
        self.security_context = security_context
        self.container_security_context = container_security_context
        self.xcom_sidecar_container_security_context = xcom_sidecar_container_security_context
        self.dnspolicy = dnspolicy
        self.dns_config = dns_config
        self.hostname = hostname
        self.subdomain = subdomain
        self.schedulername = schedulername
        self.full_pod_spec = full_pod_spec
        self.init_containers = init_containers or []
        self.log_events_on_failure = log_events_on_failure
        self.log_events_on_startup = log_events_on_startup
        self.pod_template_file = pod_template_file
        self.pod_template_dict = pod_template_dict
        self.priority_class_name = priority_class_name
        self.pod_runtime_info_envs = pod_runtime_info_envs or []
        self.termination_grace_period = termination_grace_period
        self.configmaps = configmaps or []
        self.skip_on_exit_code = _codes(skip_on_exit_code)
        self.deferrable = deferrable_or_default(deferrable)
        self.poll_interval = poll_interval
        self.log_pod_spec_on_failure = log_pod_spec_on_failure
        self.on_finish_action = _finish_action(on_finish_action, is_delete_operator_pod)
        self.on_kill_action = str(getattr(on_kill_action, "value", on_kill_action))
        self.termination_message_policy = termination_message_policy
        self.active_deadline_seconds = active_deadline_seconds
        self.callbacks = callbacks if isinstance(callbacks, (list, tuple)) else [] if callbacks is None else [callbacks]
        self.progress_callback = progress_callback
        self.logging_interval = logging_interval
        self.trigger_kwargs = trigger_kwargs
        self.container_name_log_prefix_enabled = container_name_log_prefix_enabled
        self.log_formatter = log_formatter
        self.pod: Any = None

    # --- before --------------------------------------------------------------------------

    def render_template_fields(self, context: Any, *args: Any, **kwargs: Any) -> None:
        """Objects of the client library become plain data first: the texts in them are templates, too."""
        for field in ("env_vars", "env_from", "volumes", "volume_mounts", "container_resources"):
            setattr(self, field, plain(getattr(self, field)))
        super().render_template_fields(context, *args, **kwargs)

    @cached_property
    def hook(self) -> KubernetesHook:
        return KubernetesHook(
            conn_id=self.kubernetes_conn_id, in_cluster=self.in_cluster, config_file=self.config_file, cluster_context=self.cluster_context
        )

    @cached_property
    def client(self) -> Any:
        return self.hook.core_v1_client

    def sidecar_image(self) -> Optional[str]:
        """Of the container that keeps the value for XCom; the connection may name another one."""
        return self.hook.get_xcom_sidecar_container_image()

    def build_pod_request_obj(self, context: Any = None) -> Any:
        """The pod as the client library's V1Pod. Without a context its labels name no task instance."""
        return as_model(self._manifest(context))

    def _manifest(self, context: Any) -> Manifest:
        labels = {} if context is None else {**self._identity(context), "try_number": str(context["ti"].try_number)}
        return pod_of(self, self.hook.get_namespace() or KubernetesHook.DEFAULT_NAMESPACE, labels)

    def _identity(self, context: Any) -> Dict[str, str]:
        return identity_labels(context["ti"], context["run_id"])

    def dry_run(self) -> None:
        print(self._manifest(None))

    # --- the task --------------------------------------------------------------------------

    def execute(self, context: Any) -> Any:
        self.pod = self._get_or_create(context)
        context["ti"].xcom_push(key="pod_name", value=self.pod.metadata.name)
        context["ti"].xcom_push(key="pod_namespace", value=self.pod.metadata.namespace)
        if self.deferrable:
            self._defer()
        follower = self._follower()
        try:
            follower.await_start(self.startup_timeout_seconds, self.startup_check_interval_seconds)
            self._call_back("on_pod_starting", context)
            if self.get_logs:
                follower.follow_logs(self._followed_containers(), self._line)
            ended = follower.await_end(self.base_container_name, self.base_container_status_polling_interval)
            self._call_back("on_pod_completion", context)
            result = follower.result() if self.do_xcom_push else None
        except BaseException:
            self._finish(follower, None)
            raise
        self._finish(follower, ended)
        self._judge(ended, follower)
        return result

    def _get_or_create(self, context: Any) -> Any:
        """The pod that an earlier process of this task left running, or a new one."""
        manifest = self._manifest(context)
        namespace = manifest["metadata"]["namespace"]
        found = self.find_pod(namespace, context) if self.durable else None
        if found is not None:
            self.log.info("Found matching pod %s with labels %s", found.metadata.name, found.metadata.labels)
            return found
        self.log.info("Starting pod %s of image %s in namespace %s", manifest["metadata"]["name"], manifest["spec"]["containers"][0]["image"], namespace)
        pod = self.client.create_namespaced_pod(namespace, manifest)
        self.pod = pod
        self._call_back("on_pod_creation", context)
        return pod

    def find_pod(self, namespace: str, context: Any, **_: Any) -> Any:
        """The newest pod of this task instance whose end nobody has seen yet."""
        selector = ",".join([*(f"{name}={value}" for name, value in self._identity(context).items()), f"{_SEEN}!=True", "!airflow-worker"])
        pods = self.client.list_namespaced_pod(namespace, label_selector=selector).items
        alive = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
        return max(alive, key=lambda pod: pod.metadata.creation_timestamp, default=None)

    def _follower(self) -> PodFollower:
        return PodFollower(self.client, self.pod.metadata.name, self.pod.metadata.namespace, self.log)

    def _followed_containers(self) -> List[str]:
        inits = _names(self.init_container_logs, [one.name for one in self.pod.spec.init_containers or []])
        wanted = [self.base_container_name] if self.container_logs is None else self.container_logs
        return [*inits, *_names(wanted, [one.name for one in self.pod.spec.containers])]

    def _line(self, container: str, text: str) -> None:
        if self.log_formatter is not None:
            self.log.info("%s", self.log_formatter(container, text))
        elif self.container_name_log_prefix_enabled:
            self.log.info("[%s] %s", container, text)
        else:
            self.log.info("%s", text)
        if self.progress_callback is not None:
            self.progress_callback(text)

    def _call_back(self, name: str, context: Any) -> None:
        for callback in self.callbacks:
            function = getattr(callback, name, None)
            if function is not None:
                function(pod=self.pod, client=self.client, mode="sync", context=context, operator=self)

    # --- after ---------------------------------------------------------------------------

    def _finish(self, follower: PodFollower, ended: Any) -> None:
        """Deletes the pod or keeps it, marked as seen; never hides the error that led here."""
        try:
            if ended is None and self.log_events_on_failure:
                self._log_events(follower)
            if self._deletes(ended):
                self.log.info("Deleting pod: %s", follower.name)
                follower.delete(self.termination_grace_period)
            else:
                self.log.info("Keeping pod: %s", follower.name)
                self.client.patch_namespaced_pod(follower.name, follower.namespace, {"metadata": {"labels": {_SEEN: "True"}}})
        except Exception as error:
            self.log.warning("Pod %s could not be cleaned up: %s", follower.name, error)

    def _deletes(self, ended: Any) -> bool:
        if self.on_finish_action == "delete_succeeded_pod":
            return ended is not None and ended_well(ended, self.base_container_name)
        if self.on_finish_action == "delete_active_pod":
            return ended is None or ended.status.phase in ("Pending", "Running")
        return self.on_finish_action == "delete_pod"

    def _judge(self, ended: Any, follower: PodFollower) -> None:
        """Raises for a pod that did not end well."""
        if ended_well(ended, self.base_container_name):
            return
        code = exit_code(ended, self.base_container_name)
        if code is not None and code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Pod {follower.name} returned exit code {code}. Skipping.")
        if self.log_events_on_failure:
            self._log_events(follower)
        raise AirflowException(f"Pod {follower.name} returned a failure: {why_failed(ended, self.base_container_name)}")

    def _log_events(self, follower: PodFollower) -> None:
        for event in follower.events():
            self.log.error("Pod Event: %s - %s", event.reason, event.message)

    def on_kill(self) -> None:
        if self.pod is not None and self.on_kill_action != "keep_pod":
            self.log.info("Deleting pod %s of a task that is ended", self.pod.metadata.name)
            self._follower().delete(self.termination_grace_period)

    # --- waiting in the triggerer ------------------------------------------------------------

    def _defer(self) -> None:
        trigger = KubernetesPodTrigger(
            pod_name=self.pod.metadata.name,
            pod_namespace=self.pod.metadata.namespace,
            trigger_start_time=dt.datetime.now(dt.timezone.utc).isoformat(),
            base_container_name=self.base_container_name,
            kubernetes_conn_id=self.kubernetes_conn_id,
            cluster_context=self.cluster_context,
            config_file=self.config_file,
            in_cluster=self.in_cluster,
            poll_interval=self.poll_interval,
            startup_timeout=self.startup_timeout_seconds,
        )
        self.defer(trigger=trigger, method_name="trigger_reentry", timeout=self.execution_timeout)

    def trigger_reentry(self, context: Any, event: Dict[str, Any]) -> Any:
        """Goes on when the trigger has seen the end of the pod, or why it does not start."""
        self.pod = self.hook.get_pod(event["name"], event["namespace"])
        follower = self._follower()
        if event["status"] == "error":
            self._finish(follower, None)
            raise PodLaunchFailedException(event["message"])
        if self.get_logs:
            follower.follow_logs(self._followed_containers(), self._line)
        result = follower.result() if self.do_xcom_push else None
        ended = follower.read()
        self._finish(follower, ended)
        self._judge(ended, follower)
        return result

    execute_complete = trigger_reentry


def _listed(value: Any, name: str) -> List[str]:
    """Text is a mistake that Kubernetes reports late and in its own words; a template may still become a list."""
    if value is None:
        return []
    if isinstance(value, str) and "{{" not in value:
        raise AirflowException(f"expected {name} to be a list of texts, got the text {value!r}")
    return value


def _codes(given: Union[int, Container[int], None]) -> Container[int]:
    return [] if given is None else [given] if isinstance(given, int) else given


def _names(wanted: Any, known: List[str]) -> List[str]:
    """True means all of them; one name or several otherwise."""
    if wanted is True:
        return known
    return [wanted] if isinstance(wanted, str) else list(wanted or [])


def _finish_action(action: Any, is_delete_operator_pod: Optional[bool]) -> str:
    if is_delete_operator_pod is not None:
        return "delete_pod" if is_delete_operator_pod else "keep_pod"
    text = str(getattr(action, "value", action))
    known = [one.value for one in OnFinishAction]
    if text not in known:
        raise AirflowException(f"expected on_finish_action to be one of {', '.join(known)}, got {text!r}")
    return text
