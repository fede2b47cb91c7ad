"""Follows a pod: until it has started, what it writes, until it has ended, and what it leaves behind."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Set, Tuple

from ..airflow_compat.exceptions import AirflowException
from ..hooks.kubernetes import kubernetes_library
from .pod_request import SIDECAR, XCOM_FILE

# Kubernetes goes on trying these for ever, and they do not heal.
_HOPELESS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError")
EMPTY_RESULT = "__airflow_xcom_result_empty__"
# A result that takes longer to read is no result: it would hold the task for ever.
_EXEC_SECONDS = 300
# In a row, one a second.
_MOST_PROBLEMS = 5


class PodLaunchFailedException(AirflowException):
    """The pod did not come to run."""


class PodFollower:
    """One pod. Times are in seconds; `pause` waits between two looks, and tests pass their own."""

    def __init__(self, core: Any, name: str, namespace: str, log: logging.Logger, pause: Callable[[float], None] = time.sleep) -> None:
        self._core = core
        self.name = name
        self.namespace = namespace
        self._log = log
        self._pause = pause
        self._told: Set[str] = set()

    def read(self) -> Any:
        return self._core.read_namespaced_pod(self.name, self.namespace)

    # --- start -----------------------------------------------------------------------------

    def await_start(self, timeout: float, every: float) -> Any:
        """The pod once it runs or has ended. PodLaunchFailedException after `timeout`, or where it never will."""
        deadline = time.time() + timeout
        while True:
            pod = self.started(timeout, deadline)
            if pod is not None:
                return pod
            self._pause(every)

    def started(self, timeout: float, deadline: float) -> Any:
        """One look: the pod if it runs or has ended, else None. Raises as `await_start`."""
        pod = self.read()
        if pod.status.phase != "Pending":
            return pod
        waiting = _waiting(pod)
        for one in waiting:
            if one.text not in self._told:
                self._told.add(one.text)
                self._log.info("The pod %s waits: %s", self.name, one.text)
            if one.reason in _HOPELESS:
                raise PodLaunchFailedException(f"Pod {self.name} does not start: {one.text}")
        if time.time() < deadline:
            return None
        raise PodLaunchFailedException(
            f"Pod took too long to start. More than {timeout:g}s. Check the pod events in kubernetes. {self._why_pending(waiting)}".rstrip()
        )

    def _why_pending(self, waiting: List["_Waiting"]) -> str:
        return " ".join([*(one.text for one in waiting), *(f"{event.reason}: {event.message}" for event in self.events()[-3:])])

    def events(self) -> List[Any]:
        """What the cluster says about the pod; none where the account may not read them."""
        try:
            return list(self._core.list_namespaced_event(self.namespace, field_selector=f"involvedObject.name={self.name}").items)
        except kubernetes_library().client.exceptions.ApiException as error:
            self._log.debug("The events of pod %s cannot be read: %s", self.name, error.reason)
            return []

    # --- work ------------------------------------------------------------------------------

    def follow_logs(self, containers: List[str], line: Callable[[str, str], None]) -> None:
        """Each line of each container, until the container ends. One that cannot be read is said once."""
        for container in containers:
            try:
                self._follow_container(container, line)
            except _LogsAway as error:
                self._log.warning(
                    "The log of container %s of pod %s cannot be read: %s. The task goes on without it.", container, self.name, error
                )

    def _follow_container(self, container: str, line: Callable[[str, str], None]) -> None:
        since: Optional[dt.datetime] = None
        problems = 0
        while True:
            done = _terminated(self.read(), container) is not None
            try:
                for stamp, text in self._log_lines(container, since):
                    if stamp is not None:
                        if since is not None and stamp <= since:
                            continue
                        since = stamp
                    line(container, text)
                    problems = 0
            except _LogsAway:
                # A stream breaks now and then, and the first read may come before the container's file is there.
                problems += 1
                if problems == _MOST_PROBLEMS or done:
                    raise
            if done:
                return
            self._pause(1)

    def _log_lines(self, container: str, since: Optional[dt.datetime]) -> Iterator[Tuple[Optional[dt.datetime], str]]:
        exceptions = (kubernetes_library().client.exceptions.ApiException, *_stream_errors())
        seconds = None if since is None else max(1, int((dt.datetime.now(dt.timezone.utc) - since).total_seconds()) + 1)
        more = {} if seconds is None else {"since_seconds": seconds}
        try:
            answer = self._core.read_namespaced_pod_log(
                self.name, self.namespace, container=container, follow=True, timestamps=True, _preload_content=False, **more
            )
            yield from (_stamped(text) for text in _lines(answer))
        except exceptions as error:
            raise _LogsAway(_reason(error)) from error

    def await_end(self, container: str, every: float) -> Any:
        """The pod once this container has ended. AirflowException where the pod has gone meanwhile."""
        client = kubernetes_library().client
        while True:
            try:
                pod = self.read()
            except client.exceptions.ApiException as error:
                if error.status == 404:
                    raise AirflowException(f"Pod {self.name} was deleted while its task waited for it") from error
                raise
            if has_ended(pod, container):
                return pod
            self._pause(every)

    # --- result ----------------------------------------------------------------------------

    def result(self) -> Any:
        """What the container wrote for XCom, read from the sidecar, which ends then."""
        try:
            text = self._execute(f"if [ -s {XCOM_FILE} ]; then cat {XCOM_FILE}; else echo {EMPTY_RESULT}; fi")
        finally:
            self._execute("kill -2 $(pgrep -u $(id -u) -f 'sh' | head -1)")
        text = text.strip()
        if text == EMPTY_RESULT or not text:
            self._log.info("The pod left no result")
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            raise AirflowException(f"expected JSON in {XCOM_FILE} of pod {self.name}, got {text[:200]!r}") from error

    def _execute(self, command: str) -> str:
        stream = kubernetes_library("kubernetes.stream").stream
        # Read by hand: older versions of the library turn an output that is JSON into Python's words for it.
        channel = stream(
            self._core.connect_get_namespaced_pod_exec,
            self.name,
            self.namespace,
            container=SIDECAR,
            command=["/bin/sh", "-c", command],
            stdin=False,
            stdout=True,
            stderr=False,
            tty=False,
            _preload_content=False,
        )
        channel.run_forever(timeout=_EXEC_SECONDS)
        return str(channel.read_all())

    def delete(self, grace: Optional[int] = None) -> None:
        client = kubernetes_library().client
        more = {} if grace is None else {"grace_period_seconds": grace}
        try:
            self._core.delete_namespaced_pod(self.name, self.namespace, **more)
        except client.exceptions.ApiException as error:
            if error.status != 404:
                raise


class _LogsAway(Exception):
    """The log endpoint did not answer with a log."""


def has_ended(pod: Any, container: str) -> bool:
    return pod.status.phase in ("Succeeded", "Failed") or _terminated(pod, container) is not None


def exit_code(pod: Any, container: str) -> Optional[int]:
    ended = _terminated(pod, container)
    return None if ended is None else ended.exit_code


def ended_well(pod: Any, container: str) -> bool:
    """The base container counts: a sidecar that is killed by it makes a pod fail and no task."""
    code = exit_code(pod, container)
    return pod.status.phase == "Succeeded" if code is None else code == 0


def why_failed(pod: Any, container: str) -> str:
    """In words: exit code, reason and message of each container that did not end well, or the pod's own."""
    parts = []
    for status in [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]:
        ended = status.state.terminated if status.state else None
        if ended is not None and ended.exit_code != 0:
            more = ", ".join(text for text in (ended.reason, (ended.message or "").strip()) if text)
            parts.append(f"container {status.name} ended with exit code {ended.exit_code}" + (f" ({more})" if more else ""))
    if not parts:
        parts = [text for text in (pod.status.reason, pod.status.message) if text]
    return "; ".join(parts) or f"its phase is {pod.status.phase}"


def _statuses(pod: Any) -> List[Any]:
    return [*(pod.status.container_statuses or []), *(pod.status.init_container_statuses or [])]


def _terminated(pod: Any, container: str) -> Any:
    for status in _statuses(pod):
        if status.name == container and status.state is not None:
            return status.state.terminated
    return None


class _Waiting(NamedTuple):
    reason: str
    text: str


def _waiting(pod: Any) -> List[_Waiting]:
    """Why containers wait, and why no node takes the pod."""
    found = []
    for condition in pod.status.conditions or []:
        if condition.status == "False" and condition.message and condition.reason == "Unschedulable":
            found.append(_Waiting(condition.reason, f"{condition.reason}: {condition.message}"))
    for status in _statuses(pod):
        waiting = status.state.waiting if status.state else None
        if waiting is not None and waiting.reason not in (None, "ContainerCreating", "PodInitializing"):
            text = f"container {status.name} {waiting.reason}: {waiting.message or ''}".rstrip(": ")
            found.append(_Waiting(waiting.reason, text))
    return found


def _lines(answer: Any) -> Iterator[str]:
    rest = b""
    for piece in answer.stream(decode_content=False):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in whole)
    if rest:
        yield rest.decode("utf-8", "replace")


def _stamped(text: str) -> Tuple[Optional[dt.datetime], str]:
    """The time that the kubelet puts before a line (RFC 3339, nanoseconds), and the line."""
    first, _, rest = text.partition(" ")
    try:
        stamp, _, fraction = first.rstrip("Z").partition(".")
        at = dt.datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=dt.timezone.utc)
        return at + dt.timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0"))), rest
    except ValueError:
        return None, text


def _stream_errors() -> Tuple[type, ...]:
    import urllib3.exceptions

    return (urllib3.exceptions.HTTPError,)


def _reason(error: Exception) -> str:
    """The API's own words: its answer is a Status with a message."""
    body = getattr(error, "body", None)
    try:
        return str(json.loads(body)["message"]) if body else str(getattr(error, "reason", None) or error)
    except (ValueError, KeyError, TypeError):
        return str(getattr(error, "reason", None) or error)
