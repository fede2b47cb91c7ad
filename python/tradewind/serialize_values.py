"""Values of arguments, expansions, params and assets as data."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping
from typing import Any, Callable, Dict, List, Optional

from . import time_values
from .airflow_compat.assets import Asset, BaseAsset
from .airflow_compat.expand_input import DictOfListsExpandInput, ListOfDictsExpandInput, MappedArgument
from .airflow_compat.not_set import NOTSET
from .airflow_compat.xcom_arg import ConcatXComArg, MapXComArg, PlainXComArg, XComArg, ZipXComArg
from .xcom import encode_json

LONGEST_TEXT = 20_000


class FunctionRegistry:
    """Functions of `.map(...)`, by their place."""

    def __init__(self) -> None:
        self.functions: List[Callable] = []

    def index(self, function: Callable) -> int:
        for at, known in enumerate(self.functions):
            if known is function:
                return at
        self.functions.append(function)
        return len(self.functions) - 1


def given(name: str, value: Any) -> Dict[str, Any]:
    """The field, unless it is None."""
    return {} if value is None else {name: value}


def shown(value: Any, depth: int = 0) -> Any:
    """Any value as JSON for pages: what JSON has no word for becomes a text, the same each time."""
    if value is None or isinstance(value, (bool, int, str)):
        if isinstance(value, enum.Enum):
            return shown(value.value)
        return value
    if isinstance(value, float):
        return value if value == value and value not in (float("inf"), float("-inf")) else str(value)
    if isinstance(value, XComArg):
        return repr_of_reference(value)
    if isinstance(value, datetime.datetime):
        return time_values.iso(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if depth > 20:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): shown(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(item, depth + 1) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((shown(item, depth + 1) for item in value), key=repr)
    if callable(value) and hasattr(value, "__qualname__"):
        return f"<function {value.__qualname__}>"
    if isinstance(value, Asset):
        return value.uri
    # Not repr(): addresses would give another version each time.
    return f"<{type(value).__module__}.{type(value).__qualname__}>"


def repr_of_reference(value: XComArg) -> str:
    return str(value) if isinstance(value, PlainXComArg) else repr(value)


def value_spec(value: Any, registry: FunctionRegistry) -> Dict[str, Any]:
    """A ValueSpec."""
    if isinstance(value, XComArg):
        return {"xcom": xcom_ref(value, registry)}
    if isinstance(value, MappedArgument):
        group = value.group
        return {"groupArgument": {"groupId": "" if group is None else group.group_id, "name": value._key}}
    if isinstance(value, (set, frozenset)):
        return {"literal": shown(sorted(value, key=repr))}
    if isinstance(value, range):
        return {"literal": list(value)}
    return {"literal": shown(value)}


def xcom_ref(value: XComArg, registry: FunctionRegistry) -> Dict[str, Any]:
    """An XComRef: the first task, and the steps from its value to this one."""
    if isinstance(value, PlainXComArg):
        return {"taskId": value.operator.task_id, "key": value.key}
    if isinstance(value, MapXComArg):
        base = xcom_ref(value.arg, registry)
        steps = [{"map": {"fn": registry.index(one)}} for one in value.callables]
    elif isinstance(value, ZipXComArg):
        base = xcom_ref(value.args[0], registry)
        zipped: Dict[str, Any] = {"others": [value_spec(one, registry) for one in value.args[1:]]}
        if value.fillvalue is not NOTSET:
            zipped["fillvalue"] = shown(value.fillvalue)
        steps = [{"zip": zipped}]
    elif isinstance(value, ConcatXComArg):
        base = xcom_ref(value.args[0], registry)
        steps = [{"concat": {"others": [value_spec(one, registry) for one in value.args[1:]]}}]
    else:
        raise TypeError(f"not a reference that can be written down: {value!r}")
    return {**base, "steps": [*base.get("steps", []), *steps]}


def map_spec(expand_input: Any, registry: FunctionRegistry) -> Dict[str, Any]:
    """A MapSpec."""
    if isinstance(expand_input, DictOfListsExpandInput):
        return {"expand": {name: value_spec(one, registry) for name, one in expand_input.value.items()}}
    assert isinstance(expand_input, ListOfDictsExpandInput)
    value = expand_input.value
    return {"expandKwargs": value_spec(value if isinstance(value, XComArg) else [_kwargs(one) for one in value], registry)}


def _kwargs(one: Any) -> Any:
    return one if isinstance(one, XComArg) else {name: shown(value) for name, value in one.items()}


def param_specs(params: Any) -> Dict[str, Any]:
    return {name: _param(params.get_param(name)) for name in params}


def _param(param: Any) -> Dict[str, Any]:
    return {
        **({} if param.value is NOTSET else {"value": shown(param.value)}),
        **given("description", param.description),
        "schema": shown(param.schema or {}),
    }


def asset_spec(asset: Asset) -> Dict[str, Any]:
    spec: Dict[str, Any] = {
        "name": asset.name,
        "uri": asset.uri,
        "group": asset.group,
        "extra": shown(asset.extra),
    }
    if asset.watchers:
        spec["watchers"] = [{"name": one.name, "trigger": trigger_spec(one.trigger)} for one in asset.watchers]
    return spec


def trigger_spec(trigger: Any) -> Dict[str, Any]:
    classpath, kwargs = trigger.serialize()
    return {"classpath": classpath, "kwargs": {name: encode_json(value, f"argument {name} of trigger {classpath}") for name, value in kwargs.items()}}


def asset_expressions(values: Any) -> List[Dict[str, Any]]:
    """Of inlets or outlets; what is no asset (Airflow's own lineage objects) is left out."""
    found: List[Dict[str, Any]] = []
    for one in values or []:
        if isinstance(one, BaseAsset):
            expression = one.as_expression()
            found.extend(expression["all"] if set(expression) == {"all"} and hasattr(one, "outlets") else [expression])
    return found


def seconds(delta: Optional[datetime.timedelta]) -> Optional[float]:
    if delta is None:
        return None
    value = delta.total_seconds()
    return int(value) if value.is_integer() else value
