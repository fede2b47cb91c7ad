"""A small cluster for tests: the part of the Kubernetes API that pods need, and a kubelet that runs their commands.

`api_server` keeps pods in memory and speaks HTTP. `Kubelet` is a client of the API, of this server's or of a real
one: it sees new pods, runs the command of the first container as a process of this machine, and reports its state.
Paths of mounted volumes are replaced in commands by folders of the test.
"""

import base64
import contextlib
import datetime as dt
import hashlib
import http.server
import json
import os
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import uuid

XCOM_FOLDER = "/airflow/xcom"


def now():
    return dt.datetime.now(dt.timezone.utc)


def instant():
    return now().strftime("%Y-%m-%dT%H:%M:%SZ")


class Pods:
    """What the API keeps; `changed` is told of each write."""

    def __init__(self):
        self.lock = threading.RLock()
        self.pods = {}
        self.events = []
        self.deleted = []
        self.changed = threading.Event()

    def create(self, namespace, manifest):
        with self.lock:
            metadata = manifest.setdefault("metadata", {})
            key = (namespace, metadata["name"])
            if key in self.pods:
                return None
            metadata.update({"namespace": namespace, "uid": str(uuid.uuid4()), "creationTimestamp": instant()})
            manifest["status"] = {"phase": "Pending"}
            self.pods[key] = manifest
            self.changed.set()
            return manifest

    def matching(self, namespace, selector):
        with self.lock:
            return [pod for (where, _), pod in self.pods.items() if namespace in (None, where) and _selected(pod, selector)]

    def patch(self, key, change):
        with self.lock:
            pod = self.pods.get(key)
            if pod is not None:
                _merge(pod, change)
                self.changed.set()
            return pod

    def delete(self, key):
        with self.lock:
            pod = self.pods.pop(key, None)
            if pod is not None:
                self.deleted.append(key[1])
                self.changed.set()
            return pod


def _selected(pod, selector):
    labels = pod["metadata"].get("labels") or {}
    for one in filter(None, selector.split(",")):
        if one.startswith("!"):
            fits = one[1:] not in labels
        elif "!=" in one:
            name, _, value = one.partition("!=")
            fits = labels.get(name) != value
        else:
            name, _, value = one.partition("=")
            fits = labels.get(name) == value
        if not fits:
            return False
    return True


def _merge(target, change):
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value


@contextlib.contextmanager
def api_server(logs=None, execute=None):
    """(Pods, kubeconfig as a dict). `logs(namespace, pod, container)` yields bytes, None where there is no kubelet to
    ask; `execute(namespace, pod, container, command)` gives the output of a command."""
    pods = Pods()
    handler = type("Handler", (_Handler,), {"pods": pods, "logs": staticmethod(logs or (lambda *_: None)), "run": staticmethod(execute or (lambda *_: b""))})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield pods, kubeconfig(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()


def kubeconfig(address, **user):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": address}}],
        "users": [{"name": "test", "user": user or {"token": "t"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _route(self):
        """(namespace, pod, sub-resource, query); None of each where the path has none."""
        parsed = urllib.parse.urlsplit(self.path)
        query = {name: values for name, values in urllib.parse.parse_qs(parsed.query).items()}
        found = re.fullmatch(r"/api/v1(?:/namespaces/([^/]+))?/(pods|events)(?:/([^/]+))?(?:/(log|exec|status))?", parsed.path)
        return (None, None, None, None, query) if found is None else (*found.groups(), query)

    def _body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")

    def _answer(self, value, status=200):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _refuse(self, status, reason, message):
        self._answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "reason": reason, "message": message}, status)

    def _found(self, pod, name):
        return self._answer(pod) if pod is not None else self._refuse(404, "NotFound", f'pods "{name}" not found')

    def do_POST(self):
        namespace, kind, name, _, _ = self._route()
        if kind != "pods" or name is not None:
            return self._refuse(404, "NotFound", self.path)
        manifest = self._body()
        pod = self.pods.create(namespace, manifest)
        return self._answer(pod, 201) if pod else self._refuse(409, "AlreadyExists", f'pods "{manifest["metadata"]["name"]}" already exists')

    def do_GET(self):
        namespace, kind, name, part, query = self._route()
        selector = query.get("labelSelector", [""])[0]
        if kind == "events":
            return self._answer({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": self.pods.events})
        if kind != "pods":
            return self._refuse(404, "NotFound", self.path)
        if name is None:
            return self._answer({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": self.pods.matching(namespace, selector)})
        pod = self.pods.pods.get((namespace, name))
        if pod is None or part is None or part == "status":
            return self._found(pod, name)
        container = query.get("container", [None])[0]
        if part == "log":
            return self._log(namespace, name, container)
        return self._exec(namespace, name, container, query.get("command", []))

    def do_PATCH(self):
        namespace, _, name, _, _ = self._route()
        return self._found(self.pods.patch((namespace, name), self._body()), name)

    def do_DELETE(self):
        namespace, _, name, _, _ = self._route()
        self._body()
        return self._found(self.pods.delete((namespace, name)), name)

    def _log(self, namespace, name, container):
        lines = self.logs(namespace, name, container)
        if lines is None:
            # What an API server says that cannot reach the kubelet of the node.
            return self._refuse(500, "InternalError", f'Get "https://node:10250/containerLogs/{namespace}/{name}/{container}": dial tcp: lookup node: no such host')
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in lines:
            self.wfile.write(piece)
            self.wfile.flush()
        self.close_connection = True

    def _exec(self, namespace, name, container, command):
        """A WebSocket (RFC 6455) whose frames begin with the number of their stream: 1 is stdout, 3 the outcome."""
        accept = base64.b64encode(hashlib.sha1((self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        self.send_response(101)
        for header, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept.decode()), ("Sec-WebSocket-Protocol", "v4.channel.k8s.io")):
            self.send_header(header, value)
        self.end_headers()
        self._frame(2, b"\x01" + self.run(namespace, name, container, command))
        self._frame(2, b"\x03" + json.dumps({"metadata": {}, "status": "Success"}).encode())
        self._frame(8, struct.pack(">H", 1000))
        self.close_connection = True

    def _frame(self, code, data):
        length = bytes([len(data)]) if len(data) < 126 else bytes([126]) + struct.pack(">H", len(data))
        self.wfile.write(bytes([0x80 | code]) + length + data)
        self.wfile.flush()


class Kubelet:
    """Plays a node for all pods of the API. `hold` keeps pods pending, with this reason of their container; `node` is the
    name of one that pods are bound to and that nobody reaches (a real API answers for an unbound pod that its log is empty)."""

    def __init__(self, core, hold=None, pods=None, node=None):
        self.core = core
        self.hold = hold
        self.node = node
        self.pods = pods
        self.files = {}
        self.outputs = {}
        self.done = {}
        self._seen = set()
        self._stopped = threading.Event()
        self._folder = tempfile.TemporaryDirectory()
        self._programs = os.path.join(self._folder.name, "bin")
        os.mkdir(self._programs)
        with open(os.path.join(self._programs, "python"), "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        os.chmod(file.name, 0o755)
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join(10)
        self._folder.cleanup()

    def _watch(self):
        while not self._stopped.is_set():
            for pod in self.core.list_pod_for_all_namespaces().items:
                key = (pod.metadata.namespace, pod.metadata.name)
                if key not in self._seen:
                    self._seen.add(key)
                    threading.Thread(target=self._run, args=(key, pod), daemon=True).start()
            # The real API has no one to tell us here.
            (self.pods.changed if self.pods else self._stopped).wait(0.05)
            if self.pods:
                self.pods.changed.clear()

    def _report(self, key, phase, containers):
        statuses = [
            {"name": name, "image": "x", "imageID": "", "ready": False, "restartCount": 0, "state": state} for name, state in containers.items()
        ]
        from kubernetes.client.exceptions import ApiException

        try:
            self.core.patch_namespaced_pod_status(key[1], key[0], {"status": {"phase": phase, "containerStatuses": statuses}})
        except ApiException as error:
            # Somebody has deleted it meanwhile.
            if error.status != 404:
                raise

    def _run(self, key, pod):
        base, *others = pod.spec.containers
        if self.hold is not None:
            self._report(key, "Pending", {base.name: {"waiting": {"reason": self.hold, "message": f"cannot pull {base.image}"}}})
            return
        if self.node is not None:
            target = {"target": {"apiVersion": "v1", "kind": "Node", "name": self.node}, "metadata": {"name": key[1]}}
            # The client cannot read the answer, which has no target.
            self.core.create_namespaced_pod_binding(key[1], key[0], target, _preload_content=False)
        folder = self.files[key] = os.path.join(self._folder.name, key[1])
        os.makedirs(folder)
        running = {"running": {"startedAt": instant()}}
        self.outputs[key] = []
        self.done[key] = threading.Event()
        self._report(key, "Running", {one.name: running for one in pod.spec.containers})
        code = self._process(key, [*(base.command or []), *(base.args or [])], {one.name: one.value or "" for one in base.env or []}, folder)
        ended = {"terminated": {"exitCode": code, "reason": "Completed" if code == 0 else "Error", "finishedAt": instant()}}
        phase = "Running" if others else "Succeeded" if code == 0 else "Failed"
        self.done[key].set()
        self._report(key, phase, {base.name: ended, **{one.name: running for one in others}})

    def _process(self, key, command, env, folder):
        command = [one.replace(XCOM_FOLDER, folder).replace("/tmp/script", f"{folder}/script") for one in command]
        # An image of Python has `python` on its path; the machine that stands in for it need not.
        path = os.pathsep.join([self._programs, os.environ.get("PATH", os.defpath)])
        with subprocess.Popen(command, env={**os.environ, "PATH": path, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            for line in process.stdout:
                self.outputs[key].append(f"{now().strftime('%Y-%m-%dT%H:%M:%S.%f')}000Z ".encode() + line)
        return process.returncode

    # --- what an API server asks of a kubelet -----------------------------------------------------

    def logs(self, namespace, name, container):
        key = (namespace, name)
        at = 0
        while True:
            ended = self.done[key].is_set()
            lines = self.outputs[key][at:]
            at += len(lines)
            yield from lines
            if ended:
                return
            self.done[key].wait(0.02)

    def execute(self, namespace, name, _container, command):
        if "kill" in command[-1]:
            ended = {"terminated": {"exitCode": 0, "reason": "Completed"}}
            self._report((namespace, name), "Succeeded", {"base": ended, "airflow-xcom-sidecar": ended})
            return b""
        text = command[-1].replace(XCOM_FOLDER, self.files[(namespace, name)])
        return subprocess.run(["sh", "-c", text], capture_output=True, check=False).stdout
