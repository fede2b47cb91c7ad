"""The XComs of one attempt: what it pushed and what it asks of others."""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from . import xcom_backend
from .supervisor import RequestRefused, Supervisor
from .xcom import ValueStore, decode_value, encode_value

log = logging.getLogger("airflow.task")

Found = Tuple[str, int, Callable[[], Any]]


class AttemptValues:
    def __init__(self, start: Dict[str, Any], supervisor: Supervisor, store: ValueStore) -> None:
        self._start = start
        self._supervisor = supervisor
        self._store = store
        self.pushed: Dict[str, Dict[str, Any]] = {}

    def push(self, key: str, value: Any) -> None:
        """Others read it when this returns."""
        encoded = encode_value(xcom_backend.store(value, key, self._start["task"]), key, f'the value of the key "{key}"', self._store)
        self.pushed.pop(key, None)
        self.pushed[key] = encoded
        try:
            self._supervisor.request("xcom.set", {"key": key, "value": encoded})
        except RequestRefused as error:
            log.warning("the value of the key %r is written when the task ends: %s", key, error)

    def pull(
        self,
        task_ids: Sequence[str],
        key: Optional[str],
        map_indexes: Optional[Sequence[int]],
        dag_id: Optional[str] = None,
        run_id: Optional[str] = None,
        include_prior_dates: bool = False,
    ) -> List[Found]:
        """(task id, map index, the value as a function) of each instance that pushed; all instances without indexes."""
        task = self._start["task"]
        here = dag_id in (None, task["dagId"]) and run_id in (None, task["runId"]) and not include_prior_dates
        own = key if key is not None else next(reversed(self.pushed), None)
        if here and list(task_ids) == [task["taskId"]] and own in self.pushed:
            value = self.pushed[own]
            return [(task["taskId"], task["mapIndex"], lambda: decode_value(value))]
        if here and len(task_ids) == 1 and key is not None:
            known = self._known(task_ids[0], key, map_indexes)
            if known is not None:
                return [known]
        params: Dict[str, Any] = {"taskIds": list(task_ids), "key": key, "mapIndexes": None if map_indexes is None else list(map_indexes)}
        if dag_id is not None:
            params["dagId"] = dag_id
        if run_id is not None:
            params["runId"] = run_id
        if include_prior_dates:
            params["includePriorDates"] = True
        answers = self._supervisor.request("xcom.get", params) or []
        return [(one["taskId"], one["mapIndex"], _decoder(one["value"])) for one in answers]

    def element(self, task_id: str, key: str, index: int, mapped: bool = False) -> Tuple[str, Any]:
        """("element", one element of what a task pushed): of a mapped one what its index-th instance pushed that pushed at all.

        ("entry", (key, value)) of a dict; ("whole", all of it) where the supervisor has not picked it: a tuple, a set, what a
        custom backend of XComs keeps; ("none", None) where nothing was pushed.
        """
        for one in self._start.get("elements", ()):
            if (one["taskId"], one["key"], one["index"]) == (task_id, key, index):
                return _element(one)
        indexes = None if mapped else [-1]
        answers = self._supervisor.request("xcom.get", {"taskIds": [task_id], "key": key, "mapIndexes": indexes, "item": index}) or []
        if len(answers) == 1 and answers[0].get("item"):
            return _element(answers[0])
        return ("whole", decode_value(answers[0]["value"])) if len(answers) == 1 and not mapped else ("none", None)

    def length(self, task_id: str) -> Optional[int]:
        """How much a task returned that this instance is expanded over; None where the supervisor did not say."""
        return (self._start.get("lengths") or {}).get(task_id)

    def _known(self, task_id: str, key: str, map_indexes: Optional[Sequence[int]]) -> Optional[Found]:
        """A value that came with the start; only of an instance that is the only one asked for."""
        for known in self._start.get("xcoms", ()):
            if known["taskId"] == task_id and known["key"] == key:
                if map_indexes is None and known["mapIndex"] < 0 or map_indexes is not None and list(map_indexes) == [known["mapIndex"]]:
                    return (task_id, known["mapIndex"], _decoder(known["value"]))
        return None


def _element(answer: Dict[str, Any]) -> Tuple[str, Any]:
    value = decode_value(answer["value"])
    return ("entry", tuple(value)) if answer.get("entry") else ("element", value)


def _decoder(value: Dict[str, Any]) -> Callable[[], Any]:
    return lambda: decode_value(value)
