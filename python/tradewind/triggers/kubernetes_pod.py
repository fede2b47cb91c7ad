"""KubernetesPodTrigger: waits for a pod. The cluster is asked in threads: any way to sign in works in them."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, AsyncIterator, Dict, Optional, Tuple

from ..hooks.kubernetes import KubernetesHook
from ..kubernetes.pod_follow import PodFollower, PodLaunchFailedException, ended_well, has_ended, why_failed
from .base import BaseTrigger, TriggerEvent


class KubernetesPodTrigger(BaseTrigger):
    """Fires once with `{"status", "name", "namespace", "message"}`; status is success, failed or error (it does not start)."""

    def __init__(
        self,
        pod_name: str,
        pod_namespace: str,
        trigger_start_time: Any,
        base_container_name: str,
        kubernetes_conn_id: Optional[str] = None,
        poll_interval: float = 2,
        cluster_context: Optional[str] = None,
        config_file: Optional[str] = None,
        in_cluster: Optional[bool] = None,
        startup_timeout: float = 120,
        **_: Any,
    ) -> None:
        super().__init__()
        self.pod_name = pod_name
        self.pod_namespace = pod_namespace
        self.trigger_start_time = trigger_start_time
        self.base_container_name = base_container_name
        self.kubernetes_conn_id = kubernetes_conn_id
        self.poll_interval = poll_interval
        self.cluster_context = cluster_context
        self.config_file = config_file
        self.in_cluster = in_cluster
        self.startup_timeout = startup_timeout

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        names = (
            "pod_name pod_namespace trigger_start_time base_container_name kubernetes_conn_id poll_interval cluster_context "
            "config_file in_cluster startup_timeout"
        ).split()
        return "airflow.providers.cncf.kubernetes.triggers.pod.KubernetesPodTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        hook = KubernetesHook(
            self.kubernetes_conn_id, in_cluster=self.in_cluster, config_file=self.config_file, cluster_context=self.cluster_context
        )
        core = await asyncio.to_thread(lambda: hook.core_v1_client)
        follower = PodFollower(core, self.pod_name, self.pod_namespace, self.log)
        deadline = dt.datetime.fromisoformat(str(self.trigger_start_time)).timestamp() + self.startup_timeout
        while True:
            try:
                pod = await asyncio.to_thread(follower.started, self.startup_timeout, deadline)
            except PodLaunchFailedException as error:
                yield self._event("error", str(error))
                return
            if pod is not None and has_ended(pod, self.base_container_name):
                well = ended_well(pod, self.base_container_name)
                yield self._event("success" if well else "failed", why_failed(pod, self.base_container_name))
                return
            await asyncio.sleep(self.poll_interval)

    def _event(self, status: str, message: str) -> TriggerEvent:
        return TriggerEvent({"status": status, "name": self.pod_name, "namespace": self.pod_namespace, "message": message})
