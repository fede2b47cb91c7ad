"""The process in which the Dag processor imports Python files, one at a time, by frames on descriptor 3.

What a file does to the process (exits, leaves threads, changes folders) ends in an answer, or in the process, never
in silence. Packages stay imported from file to file, local modules do not.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from typing import Any, Dict, List, Tuple

from . import plugin_loader
from . import supervisor as supervisors
from . import task_log
from .import_file import apply_settings, extend_path, import_dag_file
from .called_files import add_called_files
from .import_problem import import_problem
from .local_modules import LocalModules
from .protocol import FrameStream, encode_frame
from .supervisor import RequestRefused, Supervisor


class Importer:
    def __init__(self, stream: FrameStream) -> None:
        self._stream = stream
        self._pid = os.getpid()
        self._ids = iter(range(1, sys.maxsize))
        self._modules = LocalModules()
        self._modules.install()

    def run(self) -> None:
        supervisors.set_current(Supervisor(self._ask, lambda message: None))
        task_log.install("warning")
        while True:
            request = self._stream.receive()
            if request is None:
                os._exit(0)
            if request.get("type") == "import":
                self._stream.send(self._answer(request))

    def _answer(self, request: Dict[str, Any]) -> Dict[str, Any]:
        begun = time.perf_counter()
        surroundings = _Surroundings()
        outcome = self._import(request)
        if os.getpid() != self._pid:
            # The file forked: the copy must not answer, too.
            os._exit(0)
        tainted = surroundings.restore()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        answer = {
            "type": "imported",
            "id": request["id"],
            **outcome,
            "interpreter": sys.executable,
            "seconds": time.perf_counter() - begun,
            "tainted": tainted,
        }
        self._modules.forget()
        return answer

    def _import(self, request: Dict[str, Any]) -> Dict[str, Any]:
        folder, relative = request["dagsFolder"], request["relativeFile"]
        path = os.path.normpath(os.path.join(folder, relative))
        extend_path(folder)
        # Before the file, which may ask for them; its own modules are none of theirs.
        plugin_loader.current()
        self._modules.forget()
        dags: List[Dict[str, Any]] = []
        problem = None
        missing: List[str] = []
        try:
            from .serialize import serialize_dag

            specs = [serialize_dag(dag, relative) for dag in import_dag_file(path, self._modules)]
            dags = [{"spec": spec} for spec in specs]
            add_called_files(specs, folder, self._modules.texts)
            encode_frame({"type": "imported", "dags": dags})
        except BaseException as error:
            dags = []
            problem = import_problem(error, folder, path)
            missing = self._missing(error)
        files = {os.path.relpath(name, folder).replace(os.sep, "/"): text for name, text in self._modules.texts.items()}
        return {"dags": dags, "problem": problem, "files": files, "missing": missing}

    def _missing(self, error: BaseException) -> List[str]:
        """Files whose coming may mend the import: of the module that was not found."""
        if not isinstance(error, ModuleNotFoundError) or not error.name:
            return []
        tail = error.name.rpartition(".")[2]
        ends: Tuple[str, ...] = (os.sep + tail + ".py", os.sep + os.path.join(tail, "__init__.py"))
        return sorted(path for path in self._modules.missing if path.endswith(ends))

    def _ask(self, method: str, params: Dict[str, Any]) -> Any:
        number = next(self._ids)
        self._stream.send({"type": "request", "id": number, "method": method, "params": params})
        while True:
            message = self._stream.receive()
            if message is None:
                os._exit(0)
            if message.get("id") != number:
                continue
            if message["type"] == "response":
                return message["result"]
            if message["type"] == "response-error":
                raise RequestRefused(message["error"]["code"], message["error"]["message"])


class _Surroundings:
    """What a file may change in its process, put back after it."""

    def __init__(self) -> None:
        self._path = list(sys.path)
        self._folder = os.getcwd()
        self._environment = dict(os.environ)
        self._threads = set(threading.enumerate())
        self._handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGCHLD)}

    def restore(self) -> bool:
        """Whether something is left that cannot be put back."""
        sys.path[:] = self._path
        try:
            os.chdir(self._folder)
        except OSError:
            os.chdir("/")
        if dict(os.environ) != self._environment:
            os.environ.clear()
            os.environ.update(self._environment)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        return any(thread not in self._threads for thread in threading.enumerate()) or _has_children()


def _has_children() -> bool:
    try:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        return True if pid >= 0 else False
    except ChildProcessError:
        return False


def _end_with_parent() -> None:
    """A file in an endless loop would outlive the Dag processor: nothing of the main thread runs any more."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def main() -> None:
    faulthandler.enable()
    apply_settings()
    stream = FrameStream.of_descriptor(3)
    threading.Thread(target=_end_with_parent, name="tradewind-parent", daemon=True).start()
    Importer(stream).run()
