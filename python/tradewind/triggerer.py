"""The process in which the triggers of Dags in Python wait, thousands on one event loop (TriggererMessage and
TriggererEvent of src/runtime/protocol.ts, frames on descriptor 3). It ends when the descriptor closes.

A thread reads frames, so that what a trigger asks (a variable, a connection, the state of a run) may be asked from the
loop and from any thread. Classes are imported in a thread of their own: a module that takes long delays no other trigger.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import faulthandler
import inspect
import itertools
import logging
import os
import queue
import signal
import sys
import threading
from typing import Any, Callable, Dict, Optional

from . import supervisor as supervisors
from . import task_log
from .child import VERSION
from .error_info import describe_error, stack_of
from .errors import TradewindError
from .import_file import apply_settings
from .loop_watch import LoopWatch
from .protocol import PROTOCOL_VERSION, FrameStream
from .supervisor import RequestRefused, Supervisor
from .version_classes import VersionClasses
from .xcom import decode_json, encode_json

log = logging.getLogger("airflow.triggerer")

HEARTBEAT_SECONDS = 5.0
WATCH_AGAIN_SECONDS = 1.0

_trigger_id: "contextvars.ContextVar[Optional[str]]" = contextvars.ContextVar("tradewind_trigger_id", default=None)


class WaitingTask:
    """Whose trigger it is: `trigger.task_instance`, as far as a trigger may know it."""

    def __init__(self, given: Dict[str, Any]) -> None:
        self.dag_id: str = given["dagId"]
        self.task_id: str = given["taskId"]
        self.run_id: str = given["runId"]
        self.map_index: int = given["mapIndex"]
        self.try_number: int = given["tryNumber"]
        self.id: str = given["attemptId"]

    @property
    def key(self) -> "tuple[str, str, str, int, int]":
        return (self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index)

    def __repr__(self) -> str:
        return f"<{self.dag_id}.{self.task_id} {self.run_id}>"


class Triggerer:
    def __init__(self, stream: FrameStream) -> None:
        self._stream = stream
        self._ids = itertools.count(1)
        self._answers: Dict[int, Callable[[Dict[str, Any]], Any]] = {}
        self._classes = VersionClasses("trigger", "TW_TRIGGER_UNKNOWN")
        self._importing = concurrent.futures.ThreadPoolExecutor(1, "tradewind-import")
        self._waiting: Dict[str, "asyncio.Task[None]"] = {}
        self._ended: "set[asyncio.Task[None]]" = set()

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_stray)
        self._send({"type": "ready", "protocol": PROTOCOL_VERSION, "pid": os.getpid(), "language": "python", "version": VERSION})
        threading.Thread(target=self._read, name="tradewind-frames", daemon=True).start()
        LoopWatch(self._loop).start()
        while True:
            self._send({"type": "heartbeat"})
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def _read(self) -> None:
        try:
            while True:
                message = self._stream.receive()
                if message is None:
                    break
                if message["type"] in ("response", "response-error"):
                    answered = self._answers.pop(message["id"], None)
                    if answered is not None:
                        answered(message)
                else:
                    self._loop.call_soon_threadsafe(self._received, message)
        except Exception as error:
            print(f"the supervisor's frames cannot be read: {error}", file=sys.stderr)
        # Nobody listens any more; the triggers are rows of the database.
        os._exit(0)

    def _received(self, message: Dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "trigger":
            self._stop(message["triggerId"], False)
            self._begin(message)
        elif kind == "cancel-trigger":
            self._stop(message["triggerId"], True)
        elif kind == "shutdown":
            os._exit(0)

    def _begin(self, message: Dict[str, Any]) -> None:
        context = contextvars.copy_context()
        context.run(_trigger_id.set, message["triggerId"])
        task = context.run(self._loop.create_task, self._follow(message))
        self._waiting[message["triggerId"]] = task

    def _stop(self, trigger_id: str, unwanted: bool) -> None:
        task = self._waiting.pop(trigger_id, None)
        if task is None:
            return
        task.unwanted = unwanted  # type: ignore[attr-defined]
        # The loop holds tasks weakly, and this one still has to clean up.
        self._ended.add(task)
        task.add_done_callback(self._ended.discard)
        task.cancel()

    async def _follow(self, message: Dict[str, Any]) -> None:
        trigger_id = message["triggerId"]
        task = asyncio.current_task()
        try:
            await self._run_once(message, task)
            while message["task"] is None and self._waiting.get(trigger_id) is task:
                # Of an asset's watcher: it saw something, and watches again from the beginning.
                await asyncio.sleep(WATCH_AGAIN_SECONDS)
                await self._run_once(message, task)
        except asyncio.CancelledError:
            if self._waiting.get(trigger_id) is not task:
                return
            # The trigger cancelled itself.
            self._failed(trigger_id, TradewindError("TW_TRIGGER_ENDED", f"trigger {message['trigger']['classpath']} was cancelled by its own code"))
        except BaseException as error:
            if self._waiting.get(trigger_id) is task:
                self._failed(trigger_id, error)
        finally:
            if self._waiting.get(trigger_id) is task:
                del self._waiting[trigger_id]

    async def _run_once(self, message: Dict[str, Any], task: Any) -> None:
        trigger = await self._make(message)
        try:
            await self._wait(trigger, message, task)
        except asyncio.CancelledError:
            if getattr(task, "unwanted", False):
                await _call(trigger, "on_kill")
            raise
        finally:
            await _call(trigger, "cleanup")

    async def _make(self, message: Dict[str, Any]) -> Any:
        classpath, code = message["trigger"]["classpath"], message["code"]
        kind = self._classes.known(classpath, code)
        if kind is None:
            context = contextvars.copy_context()
            kind = await self._loop.run_in_executor(self._importing, context.run, self._classes.find, classpath, code)
        kwargs = {name: decode_json(value) for name, value in message["trigger"]["kwargs"].items()}
        trigger = kind(**kwargs)
        trigger.trigger_id = int(message["triggerId"]) if message["triggerId"].isdigit() else message["triggerId"]
        trigger.task_instance = WaitingTask(message["task"]) if message["task"] is not None else None
        return trigger

    async def _wait(self, trigger: Any, message: Dict[str, Any], task: Any) -> None:
        trigger_id, classpath = message["triggerId"], message["trigger"]["classpath"]
        running = trigger.run()
        if not hasattr(running, "__aiter__"):
            if inspect.iscoroutine(running):
                running.close()
            raise TradewindError(
                "TW_TRIGGER_ENDED",
                f"expected run() of trigger {classpath} to be an asynchronous generator that yields a TriggerEvent, got {type(running).__name__}",
            )
        # A task's trigger fires once, that of an asset's watcher again and again.
        once = message["task"] is not None
        seen = False
        async for event in running:
            seen = True
            if self._waiting.get(trigger_id) is not task:
                return
            self._send({"type": "fired", "triggerId": trigger_id, "last": once, **event_fields(event, classpath)})
            if once:
                return
        if not seen:
            raise TradewindError("TW_TRIGGER_ENDED", f'expected trigger "{classpath}" to give an event, it ended without one')

    def _failed(self, trigger_id: str, error: BaseException) -> None:
        log.error("Trigger failed:\n%s", stack_of(error))
        self._send({"type": "trigger-failed", "triggerId": trigger_id, "error": describe_error(error)})

    def _send(self, message: Dict[str, Any]) -> None:
        try:
            self._stream.send(message)
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)

    def log(self, message: Dict[str, Any]) -> None:
        """A line of `logging`, to the log of the attempt whose trigger wrote it."""
        trigger_id = _trigger_id.get()
        self._send(message if trigger_id is None else {**message, "triggerId": trigger_id})

    def ask(self, method: str, params: Dict[str, Any]) -> Any:
        answer: "queue.SimpleQueue[Dict[str, Any]]" = queue.SimpleQueue()
        self._request(method, params, answer.put)
        return _result_of(answer.get())

    async def ask_async(self, method: str, params: Dict[str, Any]) -> Any:
        """As `ask`, for what runs in the loop itself: the others go on meanwhile."""
        answer: "asyncio.Future[Dict[str, Any]]" = self._loop.create_future()

        def resolve(message: Dict[str, Any]) -> None:
            if not answer.done():
                answer.set_result(message)

        self._request(method, params, lambda message: self._loop.call_soon_threadsafe(resolve, message))
        return _result_of(await answer)

    def _request(self, method: str, params: Dict[str, Any], answered: Callable[[Dict[str, Any]], Any]) -> None:
        number = next(self._ids)
        self._answers[number] = answered
        self._send({"type": "request", "id": number, "triggerId": _trigger_id.get() or "", "method": method, "params": params})

    def tell(self, message: Dict[str, Any]) -> None:
        if message["type"] == "mask":
            self._send(message)


def _result_of(message: Dict[str, Any]) -> Any:
    if message["type"] == "response":
        return message["result"]
    raise RequestRefused(message["error"]["code"], message["error"]["message"])


def event_fields(event: Any, classpath: str) -> Dict[str, Any]:
    """`event`, and `end` for an event that ends its task without waking it (BaseTaskEndEvent)."""
    if not hasattr(event, "payload"):
        raise TradewindError("TW_TRIGGER_ENDED", f"expected trigger {classpath} to yield a TriggerEvent, got {type(event).__name__}")
    fields = {"event": encode_json(event.payload, f"the event of trigger {classpath}")}
    state = getattr(event, "task_instance_state", None)
    if state is None:
        return fields
    xcoms = getattr(event, "xcoms", None) or {}
    pushed = [{"key": key, "value": {"json": encode_json(value, f"the value {key!r} of trigger {classpath}")}} for key, value in xcoms.items()]
    return {**fields, "end": {"state": str(getattr(state, "value", state)), "xcoms": pushed}}


async def _call(trigger: Any, name: str) -> None:
    """`cleanup` and `on_kill` change nothing by their failure."""
    method = getattr(trigger, name, None)
    if method is None:
        return
    try:
        answer = method()
        if inspect.isawaitable(answer):
            await answer
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("%s() of the trigger failed", name)


def _stray(_loop: Any, context: Dict[str, Any]) -> None:
    """One trigger's stray error must not end the thousands beside it."""
    error = context.get("exception")
    log.error("an error outside of any trigger: %s", context.get("message"), exc_info=error)


def main() -> None:
    faulthandler.enable()
    apply_settings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    triggerer = Triggerer(FrameStream.of_descriptor(3))
    supervisors.set_current(Supervisor(triggerer.ask, triggerer.tell, triggerer.ask_async))
    task_log.install("info").send = triggerer.log
    asyncio.run(triggerer.run())
    os._exit(0)
