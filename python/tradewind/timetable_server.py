"""The process that asks timetables of users, by frames on descriptor 3 (src/executor/timetable-host.ts)."""

from __future__ import annotations

import datetime as dt
import faulthandler
import inspect
import itertools
import os
import signal
from typing import Any, Dict, Iterator, List, Optional

from . import supervisor as supervisors
from . import partition_answers, task_log, time_values
from .airflow_compat.constants import DagRunType
from .airflow_compat.timetables import DagRunInfo, DataInterval, TimeRestriction, Timetable
from .child import VERSION
from .error_info import error_name, last_user_frame, message_of
from .errors import TradewindError
from .import_file import apply_settings
from .protocol import PROTOCOL_VERSION, FrameStream
from .supervisor import RequestRefused, Supervisor
from .version_classes import VersionClasses
from .xcom import decode_json


class TimetableServer:
    def __init__(self, stream: FrameStream) -> None:
        self._stream = stream
        self._classes = VersionClasses("timetable", "TW_TIMETABLE")
        # Questions that came while one of ours was open.
        self._waiting: List[Dict[str, Any]] = []

    def run(self) -> None:
        self._stream.send({"type": "ready", "protocol": PROTOCOL_VERSION, "pid": os.getpid(), "language": "python", "version": VERSION})
        while True:
            message = self._waiting.pop(0) if self._waiting else self._stream.receive()
            if message is None or message["type"] == "shutdown":
                return
            if message["type"] == "timetable":
                self._stream.send({"id": message["id"], **self._answer(message)})

    def ask(self, method: str, params: Dict[str, Any]) -> Any:
        """Timetables that the scheduler knows are its own to evaluate, also where one of the user's is made of them."""
        if method != "timetable":
            raise RequestRefused("TW_PROTOCOL", f"a timetable may not ask for {method}: its answer has to depend on its arguments alone")
        self._stream.send({"type": "request", "id": 1, "method": method, "params": params})
        while True:
            message = self._stream.receive()
            if message is None:
                os._exit(0)
            if message["type"] == "response":
                return message["result"]
            if message["type"] == "response-error":
                raise RequestRefused(message["error"]["code"], message["error"]["message"])
            self._waiting.append(message)

    def _answer(self, message: Dict[str, Any]) -> Dict[str, Any]:
        try:
            timetable = self._timetable(message)
            return {"type": "answer", "answer": answer(timetable, message["question"])}
        except TradewindError as error:
            return {"type": "no-answer", "message": str(error)}
        except Exception as error:
            text = f"timetable {message['classpath'] or 'of ' + message['dagId']} raised {error_name(error)}: {message_of(error)}{_place(error)}"
            return {"type": "no-answer", "message": text}


    def _timetable(self, message: Dict[str, Any]) -> Any:
        """Made again from its data; where there is none, that of the Dag as its file defines it."""
        if message["classpath"] is not None:
            kind = self._classes.find(message["classpath"], message["code"])
            return kind.deserialize(decode_json(message["data"]))
        return self._classes.dag(message["code"], message["dagId"]).timetable


def answer(timetable: Any, question: Dict[str, Any]) -> Any:
    """One of TimetableAnswers of src/executor/timetable-host.ts; None where there is no run any more."""
    if question["ask"] == "partitions":
        return partition_answers.partitions(timetable, question["events"])
    if question["ask"] == "complete":
        return partition_answers.complete(timetable, question["partitions"])
    if question["ask"] == "manual":
        run_after = _instant(question["runAfter"])
        interval = timetable.infer_manual_data_interval(run_after=run_after)
        return _run(timetable, DagRunInfo(run_after, interval), DagRunType.MANUAL)
    last = question["last"]
    interval = None if last is None else DataInterval(_instant(last["start"]), _instant(last["end"]))
    restriction = TimeRestriction(_instant(question["start"]), _instant(question["end"]), question["catchup"])
    if question["ask"] == "runs":
        run_type = DagRunType(question["runType"])
        infos = itertools.islice(_following(timetable, interval, restriction), question["limit"])
        return [_run(timetable, info, run_type) for info in infos]
    info = _next(timetable, interval, restriction)
    return None if info is None else _run(timetable, info, DagRunType.SCHEDULED)


def _following(timetable: Any, last: Optional[DataInterval], restriction: TimeRestriction) -> Iterator[Any]:
    while True:
        info = _next(timetable, last, restriction)
        if info is None or (restriction.latest is not None and info.logical_date > restriction.latest):
            return
        if info.data_interval == last:
            raise ValueError(f"next_dagrun_info gave the interval {last.start} to {last.end} again for the run after it")  # type: ignore[union-attr]
        yield info
        last = info.data_interval


def _next(timetable: Any, last: Optional[DataInterval], restriction: TimeRestriction) -> Any:
    if type(timetable).next_dagrun_info_v2 is not Timetable.next_dagrun_info_v2:
        before = None if last is None else DagRunInfo(last.end, last)
        return timetable.next_dagrun_info_v2(last_dagrun_info=before, restriction=restriction)
    return timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)


def _run(timetable: Any, info: Any, run_type: Any) -> Dict[str, Any]:
    if not hasattr(info, "run_after"):
        raise TypeError(f"expected a DagRunInfo or None, got {type(info).__name__}")
    interval = info.data_interval if info.data_interval is not None else DataInterval.exact(info.run_after)
    result: Dict[str, Any] = {
        "runAfter": _iso(info.run_after),
        "dataInterval": {"start": _iso(interval.start), "end": _iso(interval.end)},
    }
    if type(timetable).generate_run_id is not Timetable.generate_run_id:
        result["runId"] = str(_run_id(timetable, run_type, info.run_after, interval))
    if getattr(info, "partition_key", None) is not None:
        result["partitionKey"] = str(info.partition_key)
    return result


def _run_id(timetable: Any, run_type: Any, run_after: Any, interval: Any) -> Any:
    """Airflow 2 names the logical date, Airflow 3 the date after which the run starts."""
    given = {"run_type": run_type, "run_after": run_after, "logical_date": interval.start, "data_interval": interval}
    parameters = inspect.signature(timetable.generate_run_id).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return timetable.generate_run_id(**given)
    return timetable.generate_run_id(**{one.name: given[one.name] for one in parameters if one.name in given})


def _instant(text: Optional[str]) -> Any:
    return None if text is None else time_values.pendulum_or_plain(time_values.parse_instant(text))


def _iso(date: Any) -> str:
    if not isinstance(date, dt.datetime):
        raise TypeError(f"expected a datetime, got {type(date).__name__}: {date!r}")
    if date.tzinfo is None:
        raise ValueError(f"expected a datetime with a time zone, got {date.isoformat()}")
    return time_values.iso(date.astimezone(dt.timezone.utc))


def _place(error: BaseException) -> str:
    frame = last_user_frame(error)
    return "" if frame is None else f" ({frame.filename}, line {frame.lineno}, in {frame.name})"


def main() -> None:
    faulthandler.enable()
    apply_settings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    task_log.install("info")
    server = TimetableServer(FrameStream.of_descriptor(3))
    supervisors.set_current(Supervisor(server.ask, lambda message: None))
    server.run()
    os._exit(0)
