"""What the scheduler asks of a Dag on a PartitionedAssetTimetable: TimetableAnswers of src/executor/timetable-host.ts."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .airflow_compat.partition_mappers import keys_of
from .airflow_compat.partition_windows import WaitPolicy
from .error_info import error_name, message_of

#: As `[scheduler] partition_mapper_max_downstream_keys` of Airflow.
_MOST_KEYS = 1000


def partitions(timetable: Any, events: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Which partitions of the Dag each event is of."""
    return [_guarded(lambda event=event: {"keys": _keys(timetable, event)}) for event in events]


def complete(timetable: Any, waiting: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Which assets have brought all that each partition needs of them; what that is, for those that ask to be described."""
    return [{**_guarded(lambda one=one: {"assets": _complete_assets(timetable, one)}), **_described(timetable, one)} for one in waiting]


def _keys(timetable: Any, event: Dict[str, Any]) -> List[str]:
    mapper = timetable.get_partition_mapper(name=event["name"], uri=event["uri"])
    keys = keys_of(mapper, event["key"])
    most = getattr(mapper, "max_downstream_keys", None) or _MOST_KEYS
    if len(keys) > most:
        raise ValueError(f"expected at most {most} partitions of one event, got {len(keys)} from {type(mapper).__name__}")
    return list(keys)


def _complete_assets(timetable: Any, waiting: Dict[str, Any]) -> List[Dict[str, str]]:
    received: Dict[Any, set] = {}
    for event in waiting["events"]:
        received.setdefault((event["name"], event["uri"]), set()).add(event["key"])
    found = []
    for (name, uri), keys in received.items():
        mapper = timetable.get_partition_mapper(name=name, uri=uri)
        if not mapper.is_rollup or mapper.wait_policy.is_satisfied_by(keys, mapper.to_upstream(waiting["key"])):
            found.append({"name": name, "uri": uri})
    return found


def _described(timetable: Any, waiting: Dict[str, Any]) -> Dict[str, Any]:
    if not waiting["describe"]:
        return {}
    return {"needs": [_need(timetable, asset, waiting["key"]) for _, asset in timetable.asset_condition.iter_assets()]}


def _need(timetable: Any, asset: Any, key: str) -> Dict[str, Any]:
    """The keys of one asset that the partition waits for: its own one stands for any, where no window rolls several up."""
    need = {"name": asset.name, "uri": asset.uri, "isRollup": False, "keys": [key], "enough": 1}
    try:
        mapper = timetable.get_partition_mapper(name=asset.name, uri=asset.uri)
        if not mapper.is_rollup:
            return need
        keys = sorted(mapper.to_upstream(key))
        return {**need, "isRollup": True, "keys": keys, "enough": _enough(mapper.wait_policy, len(keys))}
    except Exception as error:
        return {**need, "isRollup": True, "keys": [], "enough": None, "problem": f"{error_name(error)}: {message_of(error)}"}


def _enough(policy: Any, expected: int) -> Optional[int]:
    """How many keys satisfy the policy; None for one that looks at which they are."""
    if type(policy).is_satisfied_by is not WaitPolicy.is_satisfied_by:
        return None
    return next((count for count in range(expected + 1) if policy.is_satisfied(count, expected)), expected)


def _guarded(answer: Any) -> Dict[str, Any]:
    """One key that a mapper does not take says nothing of the others."""
    try:
        return answer()  # type: ignore[no-any-return]
    except Exception as error:
        return {"problem": f"{error_name(error)}: {message_of(error)}"}
