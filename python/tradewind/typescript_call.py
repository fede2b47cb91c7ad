"""A TypeScript function as the body of a Python task: `@task.stub(handler="steps.ts:train")`.

The process of the attempt starts Node with the function's file and stands between it and the worker: what the function
asks for, logs and hides goes on, and what it returns is the task's result, as it was written.
"""

from __future__ import annotations

import inspect
import json
import logging
import os
import socket
import subprocess
import sys
from typing import Any, Callable, Dict, List, Optional

from . import lineage
from .errors import TradewindError
from .protocol import FrameStream
from .supervisor import RequestRefused, Supervisor
from .xcom import ValueStore, encode_value

log = logging.getLogger("airflow.task")

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_FRAMES = 3


class ForeignResult:
    """A value that is written already: an XComValue, with what a mapped task downstream needs to know of it."""

    def __init__(self, value: Dict[str, Any], size: Dict[str, Any]) -> None:
        self.value = value
        self.size = size


def target_of(handler: Optional[str], function: Callable[..., Any], dag_file: str) -> Dict[str, Any]:
    """`file.ts:name`; without a handler the function of the same name in the file beside the Dag file.

    Raises TradewindError TW_HANDLER_INVALID.
    """
    name = getattr(function, "__name__", "task")
    text = handler or f"{os.path.splitext(os.path.basename(dag_file))[0]}.ts:{name}"
    file, _, exported = text.partition(":")
    if not file.endswith((".ts", ".mts", ".js", ".mjs")):
        raise TradewindError("TW_HANDLER_INVALID", f'@task.stub: expected handler="file.ts:function", got {text!r}')
    return {"language": "typescript", "file": file, "function": exported or name}


def named_arguments(function: Callable[..., Any], args: Any, kwargs: Dict[str, Any]) -> Dict[str, Any]:
    bound = inspect.signature(function).bind_partial(*args, **kwargs)
    named = dict(bound.arguments)
    for parameter in bound.signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            named.update(named.pop(parameter.name, {}))
    return named


def call(target: Dict[str, Any], arguments: Dict[str, Any], supervisor: Supervisor, multiple_outputs: bool) -> Dict[str, Any]:
    """The result message of the function's process. Raises TradewindError TW_TASK_PROCESS when there is none."""
    start = supervisor.start
    assert start is not None
    store = ValueStore(start["task"], start["artifactRoot"], start["xcomInlineLimit"])
    args = {name: encode_value(value, f"input.{name}", f"the input {name}", store) for name, value in arguments.items()}
    foreign = {"file": target["file"], "function": target["function"], "args": args, "templated": [], "argv": [], "environment": {}}
    message = {**start, "code": {**start["code"], "interpreter": "node"}, "call": {**foreign, "multipleOutputs": multiple_outputs}}
    ours, theirs = socket.socketpair()
    # A model that is loaded there has its packages here.
    environment = {**os.environ, "PYTHON": sys.executable}
    with subprocess.Popen(_command(), env=environment, preexec_fn=_give_frames(theirs), pass_fds=(_FRAMES, theirs.fileno())) as process:
        theirs.close()
        stream = FrameStream(ours)
        try:
            stream.send(message)
            result = _until_result(stream, supervisor)
            if result is None:
                raise TradewindError("TW_TASK_PROCESS", f"a result of {target['file']} was expected, but its process ended with exit code {process.wait()}")
            stream.send({"type": "shutdown"})
            return result
        except BaseException:
            process.terminate()
            raise
        finally:
            stream.close()


def _command() -> List[str]:
    known = os.environ.get("TRADEWIND_NODE_CHILD")
    if not known:
        raise TradewindError("TW_TASK_PROCESS", "what runs in TypeScript runs under Tradewind's worker, which says where Node is; nobody said so here")
    return list(json.loads(known))


def _give_frames(theirs: socket.socket) -> Callable[[], None]:
    descriptor = theirs.fileno()

    def give() -> None:
        if descriptor != _FRAMES:
            os.dup2(descriptor, _FRAMES)
        os.set_inheritable(_FRAMES, True)

    return give


def _until_result(stream: FrameStream, supervisor: Supervisor) -> Optional[Dict[str, Any]]:
    while True:
        message = stream.receive()
        if message is None or message["type"] == "result":
            return message
        if message["type"] == "request":
            stream.send(_answer(message, supervisor))
        elif message["type"] == "mask":
            supervisor.mask(message["values"])
        elif message["type"] == "log":
            log.log(_LEVELS.get(message["level"], 20), "%s", message["message"])


def _answer(message: Dict[str, Any], supervisor: Supervisor) -> Dict[str, Any]:
    try:
        return {"type": "response", "id": message["id"], "result": supervisor.request(message["method"], message["params"])}
    except RequestRefused as error:
        return {"type": "response-error", "id": message["id"], "error": {"code": error.code, "message": error.message}}


def adopt(report: Dict[str, Any], ti: Any) -> None:
    """What the function pushed, and told that it read and made, is the task's."""
    ti.adopt_xcoms(report["xcoms"])
    lineage.adopt(report.get("uses", ()))


def value_of(report: Dict[str, Any]) -> Optional[ForeignResult]:
    """What the function returned; raises what it threw."""
    result = report["result"]
    outcome = result["outcome"]
    if outcome == "success":
        size = {name: report[name] for name in ("length", "keys") if name in report}
        return None if "value" not in result else ForeignResult(result["value"], size)
    from .airflow_compat.exceptions import AirflowException, AirflowFailException, AirflowRescheduleException, AirflowSkipException
    from .task_instance import parse_instant

    if outcome == "skipped":
        raise AirflowSkipException(result["message"])
    if outcome == "reschedule":
        raise AirflowRescheduleException(parse_instant(result["at"]))
    if outcome != "failed":
        raise TradewindError("TW_PROTOCOL", f"a function of TypeScript has to return or throw, got: {outcome}")
    error = result["error"]
    log.error("%s", error.get("stack") or error["message"])
    kind = AirflowException if result["retryable"] else AirflowFailException
    raise kind(f"{error['name']}: {error['message']}")
