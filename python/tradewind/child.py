"""The process of a task: one attempt after the other, by frames on descriptor 3 or on a socket of the fork server."""

from __future__ import annotations

import faulthandler
import logging
import os
import queue
import signal
import sys
import threading
from typing import Any, Callable, Dict, Optional, Sequence

from . import supervisor as supervisors
from . import task_environment
from . import task_log
from . import tracking_environment
from .attempt import Attempt, Interruption, TaskCancelled, failed
from .errors import TradewindError
from .protocol import PROTOCOL_VERSION, FrameStream
from .supervisor import RequestRefused, Supervisor

VERSION = "0.1.0"

LoadDag = Callable[[Dict[str, Any], str], Any]


class Child:
    """A thread reads frames; tasks run in the main thread, where signals and timeouts reach them."""

    def __init__(self, stream: FrameStream, load_dag: LoadDag, notices: Sequence[str] = ()) -> None:
        """`notices` are warnings for the log of each attempt."""
        self._stream = stream
        self._notices = notices
        self._load_dag = load_dag
        self._work: "queue.SimpleQueue[Optional[Dict[str, Any]]]" = queue.SimpleQueue()
        self._answers: Dict[int, "queue.SimpleQueue[Dict[str, Any]]"] = {}
        self._ids = iter(range(1, sys.maxsize))
        self._interruption = Interruption()
        self._running = False
        self._sending = False
        self._interrupted = False

    def give(self, start: Dict[str, Any]) -> None:
        """A start message that came before there were frames."""
        self._work.put(start)

    def run(self, rehearse: Optional[Callable[[], None]] = None) -> int:
        """Until it is told to end. Returns the exit code."""
        signal.signal(signal.SIGTERM, self._terminated)
        handler = task_log.install()
        handler.send = self._send
        self._send({"type": "ready", "protocol": PROTOCOL_VERSION, "pid": os.getpid(), "language": "python", "version": VERSION})
        threading.Thread(target=self._read, name="tradewind-frames", daemon=True).start()
        if rehearse is not None and self._work.empty():
            rehearse()
        while True:
            message = self._work.get()
            if message is None:
                return 0
            if message["type"] == "start":
                self._attempt(message)
            else:
                self._callback(message)

    def _attempt(self, start: Dict[str, Any]) -> None:
        supervisor = Supervisor(self._ask, self._tell)
        supervisor.start = start
        supervisors.set_current(supervisor)
        task_log.install(start["logLevel"])
        for notice in self._notices:
            logging.getLogger("tradewind").warning(notice)
        report: Dict[str, Any]
        self._running = True
        try:
            tracking_environment.enter(start)
            dag = self._dag_of(start)
            self._enter_environment(start, dag)
            report = Attempt(start, dag, supervisor, self._interruption).run()
        except BaseException as error:
            self._interruption.open = False
            report = {"result": failed(error, not isinstance(error, TaskCancelled)), "xcoms": []}
        self._running = False
        self._result(start["task"]["attemptId"], report)

    def _dag_of(self, start: Dict[str, Any]) -> Any:
        if start.get("call") is None:
            return self._load_dag(start["code"], start["task"]["dagId"])
        from .called_function import load_called

        return load_called(start)

    def _enter_environment(self, start: Dict[str, Any], dag: Any) -> None:
        """Making an environment takes long, so it can be cancelled."""
        self._interruption.open = True
        if self._interruption.reason is None:
            task_environment.enter(start, dag, self._stream)
        self._interruption.open = False

    def _callback(self, message: Dict[str, Any]) -> None:
        supervisor = Supervisor(self._ask, self._tell)
        supervisors.set_current(supervisor)
        report: Dict[str, Any] = {"result": {"outcome": "success"}, "xcoms": []}
        self._running = True
        try:
            from .dag_callbacks import run_dag_callback

            run_dag_callback(message, self._load_dag(message["code"], message["dagId"]), supervisor)
        except BaseException as error:
            report["result"] = failed(error, False)
        self._running = False
        self._result("callback", report)

    def _result(self, attempt_id: str, report: Dict[str, Any]) -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                # Closed or replaced by user code; the result counts all the same.
                pass
        message = {"type": "result", "attemptId": attempt_id, **report}
        try:
            self._send(message)
        except (TradewindError, ValueError, TypeError) as error:
            self._send({"type": "result", "attemptId": attempt_id, "result": failed(error, False), "xcoms": []})

    def _read(self) -> None:
        try:
            while True:
                message = self._stream.receive()
                if message is None:
                    break
                self._received(message)
        except Exception as error:
            print(f"the supervisor's frames cannot be read: {error}", file=sys.stderr)
        # Nobody listens any more: a task that goes on would be work for nobody.
        os._exit(0 if not self._running else 1)

    def _received(self, message: Dict[str, Any]) -> None:
        kind = message.get("type")
        if kind in ("response", "response-error"):
            waiting = self._answers.pop(message["id"], None)
            if waiting is not None:
                waiting.put(message)
        elif kind in ("start", "run-callback"):
            self._work.put(message)
        elif kind == "cancel":
            self._end_soon(f"the task was told to end: {message['reason']}")
            if self._running:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
        elif kind == "shutdown":
            if not self._running:
                os._exit(0)
            self._work.put(None)

    def _terminated(self, _signal: int, _frame: Any) -> None:
        self._end_soon("the process of the task received SIGTERM")
        # In the middle of a frame the rest of it has to go out first.
        self._interrupted = self._sending
        if self._interruption.open and not self._sending:
            raise TaskCancelled(self._interruption.reason)

    def _end_soon(self, reason: str) -> None:
        """No other attempt begins; what is in the queue before this is told why it ends."""
        if self._interruption.reason is None:
            self._interruption.reason = reason
            self._work.put(None)

    def _send(self, message: Dict[str, Any]) -> None:
        main = threading.current_thread() is threading.main_thread()
        if not main:
            return self._stream.send(message)
        nested, self._sending = self._sending, True
        try:
            self._stream.send(message)
        except (BrokenPipeError, ConnectionResetError):
            os._exit(1)
        finally:
            self._sending = nested
        if self._interrupted and not nested:
            self._interrupted = False
            if self._interruption.open:
                raise TaskCancelled(self._interruption.reason)

    def _tell(self, message: Dict[str, Any]) -> None:
        self._send({**message, "id": next(self._ids)} if message["type"] == "request" else message)

    def _ask(self, method: str, params: Dict[str, Any]) -> Any:
        number = next(self._ids)
        answer: "queue.SimpleQueue[Dict[str, Any]]" = queue.SimpleQueue()
        self._answers[number] = answer
        self._send({"type": "request", "id": number, "method": method, "params": params})
        message = answer.get()
        if message["type"] == "response":
            return message["result"]
        error = message["error"]
        raise RequestRefused(error["code"], error["message"])


def main() -> None:
    from .code_version import load_dag
    from .import_file import apply_settings

    faulthandler.enable()
    apply_settings()
    stream = FrameStream.of_descriptor(3)
    child = Child(stream, load_dag)
    start = task_environment.given_start()
    if start is not None:
        child.give(start)
    code = child.run()
    stream.close()
    os._exit(code)


if __name__ == "__main__":
    main()
