"""Keeps imported Dag files ready for a worker and forks a process from them for each attempt.

The worker speaks to the server by frames on descriptor 3, and listens on a Unix socket for everything that is forked:

- server: `{"type": "warm", "key", "code"}` forks a process that imports the file of `code` once (a template). It connects
  to the socket with the line `template <key>`; from then on the worker speaks to it directly.
- template: `{"type": "fork", "token", "env", "cwd", "spare"}` forks a child (a spare one rehearses before its task comes), which connects three times, with the lines
  `child <token> frames|stdout|stderr`, and leads a session of its own. The template answers `{"type": "forked", "token", "pid"}`
  and, when the child has ended, `{"type": "exited", "pid", "code", "signal", "alone"}`: `alone` says that it left no process behind.
- `{"type": "imported", "seconds", "error", "modules"}` tells when a template is ready; one whose import failed forks children that fail with it.

A template ends when its connection closes, the server when descriptor 3 closes. Children go on: they end with their own
connection.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from typing import Any, Callable, Container, Dict, List, Optional

from . import plugin_loader, rehearsal
from . import supervisor as supervisors
from . import task_log
from .child import Child
from .code_version import CodeVersion, adopt, load_dag
from .error_info import describe_error
from .import_file import apply_settings
from .protocol import FrameStream
from .random_state import RandomState
from .supervisor import RequestRefused, Supervisor

# Imported before any fork: every template and child has them for nothing.
_PRELOADED = ("ctypes", "tradewind.attempt", "tradewind.context", "tradewind.templates", "tradewind.dag_collection", "airflow", "jinja2", "pendulum", "dateutil.parser", "zoneinfo")

# The interpreter adapts code that ran eight times.
_REHEARSALS = 16


def _connect(path: str, line: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(path)
    sock.sendall(f"{line}\n".encode("utf-8"))
    return sock


_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PAGE = 4096


def _set_of_process(option: int, value: int) -> bool:
    """prctl; False where the system has none."""
    try:
        import ctypes

        return ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0
    except (ImportError, OSError, AttributeError):
        # Not Linux.
        return False


class _Orphans:
    """What ended children left behind: the system gives their own children to this process."""

    def __init__(self) -> None:
        self._file = -1
        if _set_of_process(_PR_SET_CHILD_SUBREAPER, 1):
            try:
                self._file = os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                # A kernel that does not tell.
                pass

    def has_none(self, leader: int, known: Container[int]) -> bool:
        """Whether for certain nothing is left of what a child led that has ended; `known` are the living children."""
        if self._file < 0:
            return False
        try:
            os.killpg(leader, 0)
            return False
        except ProcessLookupError:
            pass
        except OSError:
            return False
        try:
            told = os.pread(self._file, _PAGE, 0)
        except OSError:
            return False
        # More than a page may be cut.
        return len(told) < _PAGE - 20 and all(int(pid) in known for pid in told.split())

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class _Forker:
    """A loop over one connection and the ends of forked processes."""

    def __init__(self, stream: FrameStream, orphans: Optional[_Orphans] = None) -> None:
        self.stream = stream
        self.children: Dict[int, Any] = {}
        self._orphans = orphans
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._wake_out.fileno(), warn_on_full_buffer=False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.stream.fileno(), selectors.EVENT_READ, "frames")
        self._selector.register(self._wake_in, selectors.EVENT_READ, "children")

    def loop(self, received: Callable[[Dict[str, Any]], None]) -> None:
        """Until the connection closes."""
        while True:
            for key, _ in self._selector.select():
                if key.data == "children":
                    self._drain()
                    self._reap()
                    continue
                message = self.stream.receive()
                while message is not None:
                    received(message)
                    if not self.stream.pending():
                        break
                    message = self.stream.receive()
                if message is None:
                    return

    def fork(self, run: Callable[[], None]) -> int:
        """Runs `run` in a new process, which never returns here. Signals are as a fresh process has them."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        pid = os.fork()
        if pid != 0:
            return pid
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            self._wake_in.close()
            self._wake_out.close()
            self.stream.close()
            if self._orphans is not None:
                self._orphans.close()
            run()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _drain(self) -> None:
        try:
            while self._wake_in.recv(4096):
                pass
        except BlockingIOError:
            pass

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            known = self.children.pop(pid, None)
            if known is not None:
                signaled = os.WIFSIGNALED(status)
                end = {"code": None if signaled else os.WEXITSTATUS(status), "signal": signal.Signals(os.WTERMSIG(status)).name if signaled else None}
                alone = {} if self._orphans is None else {"alone": self._orphans.has_none(pid, self.children)}
                self.stream.send({"type": "exited", "pid": pid, **known, **end, **alone})


class Server:
    def __init__(self, stream: FrameStream, socket_path: str) -> None:
        self._socket_path = socket_path
        self._forker = _Forker(stream)
        stream.send({"type": "ready", "pid": os.getpid(), "executable": sys.executable, "version": sys.version.split()[0]})

    def run(self) -> None:
        self._forker.loop(self._received)

    def _received(self, message: Dict[str, Any]) -> None:
        if message["type"] == "warm":
            key, code = message["key"], message["code"]
            pid = self._forker.fork(lambda: Template(key, code, self._socket_path).run())
            self._forker.children[pid] = {"key": key}
            self._forker.stream.send({"type": "warming", "key": key, "pid": pid})


class Template:
    """A process that has imported one version of a Dag file."""

    def __init__(self, key: str, code: Dict[str, Any], socket_path: str) -> None:
        # A session of its own, so that what the file starts can be ended with it.
        os.setsid()
        # An import that never ends would not notice that its connection closed: the system ends it with the server.
        _set_of_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
        self._socket_path = socket_path
        self._code = code
        self._stream = FrameStream(_connect(socket_path, f"template {key}"))
        # What came while the file was being imported.
        self._early: List[Dict[str, Any]] = []
        self._notices: List[str] = []

    def run(self) -> None:
        begun = time.perf_counter()
        version = CodeVersion(self._code)
        supervisors.set_current(Supervisor(self._ask, lambda message: None))
        own = os.getpid()
        version.load()
        if os.getpid() != own:
            # The file forked: the copy is no template.
            os._exit(0)
        adopt(version)
        # Here once, for all tasks of the file.
        plugin_loader.current()
        self._random = RandomState(version.texts)
        self._tell_imported(version, time.perf_counter() - begun)
        # What is here stays: no collector of a child touches its pages.
        gc.collect()
        gc.freeze()
        forker = _Forker(self._stream, _Orphans())

        def received(message: Dict[str, Any]) -> None:
            if message["type"] == "fork":
                pid = forker.fork(lambda: self._child(message))
                forker.children[pid] = {}
                self._stream.send({"type": "forked", "token": message["token"], "pid": pid})

        for message in self._early:
            received(message)
        forker.loop(received)

    def _ask(self, method: str, params: Dict[str, Any]) -> Any:
        """What the file asks while it is imported: variables, connections."""
        self._stream.send({"type": "request", "id": 1, "method": method, "params": params})
        while True:
            message = self._stream.receive()
            if message is None:
                os._exit(0)
            if message["type"] == "response":
                return message["result"]
            if message["type"] == "response-error":
                raise RequestRefused(message["error"]["code"], message["error"]["message"])
            self._early.append(message)

    def _tell_imported(self, version: CodeVersion, seconds: float) -> None:
        error = None if version.error is None else describe_error(version.error)
        threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        if threads:
            # A fork has the thread that forks, and no other.
            self._notices.append(
                f"the Dag file started threads when it was imported ({', '.join(threads)}), which do not run in this process: "
                "start them in the task, or set python.start to spawn"
            )
        self._stream.send({"type": "imported", "seconds": seconds, "error": error, "threads": threads})

    def _child(self, message: Dict[str, Any]) -> None:
        os.setsid()
        token = message["token"]
        frames = _connect(self._socket_path, f"child {token} frames")
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            sock = _connect(self._socket_path, f"child {token} {name}")
            os.dup2(sock.fileno(), descriptor, inheritable=True)
            sock.close()
        os.environ.update(message.get("env") or {})
        if message.get("cwd"):
            os.chdir(message["cwd"])
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        self._random.give()
        gc.enable()
        os._exit(Child(FrameStream(frames), load_dag, self._notices).run(_rehearse if message.get("spare") else None))


def _rehearse() -> None:
    try:
        rehearsal.rehearse(_rehearsal_dag)
    except Exception:
        # Nothing depends on it.
        pass


_rehearsal_dag: Any = None


def main() -> None:
    import importlib

    global _rehearsal_dag

    faulthandler.enable()
    socket_path = sys.argv[sys.argv.index("--socket") + 1]
    task_log.install("info")
    apply_settings()
    for name in _PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            # Not installed; a file that needs it says so.
            pass
    _rehearsal_dag = rehearsal.make_dag()
    for _ in range(_REHEARSALS):
        _rehearse()
    stream = FrameStream.of_descriptor(3)
    gc.freeze()
    Server(stream, socket_path).run()
    os._exit(0)
