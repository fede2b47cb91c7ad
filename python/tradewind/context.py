"""The context of a task: the keys of both eras, each made when it is read."""

from __future__ import annotations

import contextlib
import datetime
import inspect
from collections.abc import MutableMapping
from typing import Any, Callable, Dict, Iterator, List, Optional, Set

from . import era, macros, time_values
from .accessors import ConnectionAccessor, Variables
from .airflow_compat.context_keys import ALWAYS, DATED, ONLY_2
from .airflow_compat.exceptions import AirflowException
from .airflow_compat.param import ParamsDict
from .asset_events import InletEvents, OutletEvents, TriggeringAssetEvents
from .dag_run import DagRun, previous_run
from .lazy_value import LazyValue
from .serialize_values import shown
from .state_stores import AssetStateStores, TaskStateStore

__all__ = ["Context", "build_context", "context_merge", "get_current_context", "set_current"]

# Only there when something set them.
_WHEN_SET = {"exception", "reason", "templates_dict"}
_current: List["Context"] = []


class Context(MutableMapping):
    """A mapping; what user code puts into it stays."""

    def __init__(self, start: Dict[str, Any], dag: Any, task: Any, ti: Any, supervisor: Any) -> None:
        self._start = start
        self._run = start["run"]
        self._dag = dag
        self._supervisor = supervisor
        self._values: Dict[str, Any] = {"dag": dag, "task": task, "ti": ti, "task_instance": ti}
        self._gone: Set[str] = set()
        # What was looked at that the step cache cannot know before the task runs.
        self.looked: Dict[str, Optional[str]] = {}
        self._era = getattr(dag, "era", 3)

    # --- mapping --------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        field = _LOOKED.get(key)
        if field is not None:
            self.looked[field] = self._start["task"]["runId"] if field == "runId" else self._run[field]
        if key in self._values:
            return self._values[key]
        if not isinstance(key, str) or key in self._gone:
            raise KeyError(key)
        make = _MAKERS.get(key)
        if make is None:
            raise KeyError(key)
        if key in ONLY_2 and self._era != 2:
            era.warn(f"context {key}", f'the context key "{key}" is of Airflow 2; {_NOW.get(key, "it is gone from Airflow 3")}')
            return make(self)
        value = make(self)
        self._values[key] = value
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value
        self._gone.discard(key)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._values.pop(key, None)
        self._gone.add(key)

    def __iter__(self) -> Iterator[str]:
        seen = set(self._values)
        yield from list(self._values)
        for key in (*ALWAYS, *(DATED if self._run["logicalDate"] else ()), *(ONLY_2 if self._era == 2 else ())):
            if key not in seen and key in _MAKERS and key not in self._gone and self._has(key):
                yield key

    def _has(self, key: str) -> bool:
        return key not in _DATED_2 or self._run["logicalDate"] is not None

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        if key in self._values:
            return True
        if key in self._gone or key not in _MAKERS:
            return False
        dated = key in DATED or key in _DATED_2
        return not dated or self._run["logicalDate"] is not None

    def copy(self) -> "Context":
        other = Context(self._start, self._dag, None, None, self._supervisor)
        other._values = dict(self._values)
        other._gone = set(self._gone)
        return other

    def __repr__(self) -> str:
        ti = self._values.get("ti")
        return f"<Context of {ti!r}>"

    # --- values ----------------------------------------------------------------------

    def outlet_event_records(self) -> List[Dict[str, Any]]:
        """What the attempt tells of its outlets, as OutletEvent messages."""
        events = self._values.get("outlet_events")
        return events.records(self["task"].outlets) if isinstance(events, OutletEvents) else []

    def previous_dag_run(self, state: Optional[str] = None) -> Optional[DagRun]:
        return previous_run(self["dag_run"], self._request, None if state is None else [str(state)])

    def _request(self, method: str, params: Dict[str, Any]) -> Any:
        return None if self._supervisor is None else self._supervisor.request(method, params)

    def _instant(self, field: str) -> Any:
        text = self._run[field]
        return None if text is None else time_values.pendulum_or_plain(time_values.parse_instant(text))

    def _logical(self, key: str) -> Any:
        date = self._instant("logicalDate")
        if date is None:
            raise KeyError(key)
        return date

    def _previous_success(self, attribute: str) -> LazyValue:
        def make() -> Any:
            run = self.previous_dag_run("success")
            return None if run is None else getattr(run, attribute)

        return LazyValue(make)

    def _params(self) -> Any:
        """The Dag's and the task's, over both what the run was triggered with."""
        conf = self._run.get("conf")
        given = {**(self._start.get("params") or {}), **(conf if isinstance(conf, dict) else {})}
        own = _defaults(self["task"], self._dag)
        # What JSON cannot hold came back as its text; the file still has the value itself.
        kept = {name: value for name, value in own.items() if name in given and shown(value) == given[name]}
        return _Params({**own, **given, **kept})

    def _next(self) -> Any:
        date = self._logical("next_execution_date")
        end = self._instant("dataIntervalEnd")
        return date if end is None or self._is_manual() else end

    def _previous(self) -> Any:
        date = self._logical("prev_execution_date")
        start, end = self._instant("dataIntervalStart"), self._instant("dataIntervalEnd")
        if start is None or end is None or self._is_manual():
            return date
        length = end - start
        if start.day == 1 and end.day == 1 and length >= datetime.timedelta(days=28):
            # Months and years have no one length.
            months = (end.year - start.year) * 12 + end.month - start.month
            return start.subtract(months=months) if hasattr(start, "subtract") else start - length
        return start - length

    def _is_manual(self) -> bool:
        return self._run["runType"] == "manual"

    def _day(self, shift: int, pattern: str) -> str:
        return (self._logical("ds") + datetime.timedelta(days=shift)).strftime(pattern)

    def _key_text(self) -> str:
        task = self._start["task"]
        date = self._run["logicalDate"]
        return f"{task['dagId']}__{task['taskId']}__{task['runId'] if date is None else self['ds_nodash']}"

    def _triggering(self, by_uri: bool) -> TriggeringAssetEvents:
        answers = (self._start.get("context") or {}).get("triggeringAssetEvents") or []
        return TriggeringAssetEvents(answers, by_uri)


# By key of the context, which field of the run it tells of.
_LOOKED = {
    **{key: "logicalDate" for key in (*DATED, *ONLY_2) if key not in ("data_interval_start", "data_interval_end", "conf", "tables")},
    "data_interval_start": "dataIntervalStart",
    "data_interval_end": "dataIntervalEnd",
    "run_id": "runId",
    "dag_run": "runId",
    "triggering_asset_events": "runId",
    "triggering_dataset_events": "runId",
}


class _Params(dict):
    """Plain values; `params.name` works in templates, and `dump()` for code that expects Airflow's class."""

    def dump(self) -> Dict[str, Any]:
        return dict(self)


def _defaults(task: Any, dag: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for params in (getattr(dag, "params", None), getattr(task, "params", None)):
        if isinstance(params, ParamsDict):
            found.update(params.dump())
    return found


def _configuration(_: Context) -> Any:
    from airflow.configuration import conf

    return conf


def _dag_run(context: Context) -> DagRun:
    task = context._start["task"]
    run = DagRun(task["dagId"], {**context._run, "runId": task["runId"], "state": "running"}, context._supervisor, context._dag)
    return run


_DATED_2 = set(ONLY_2) - {"conf", "triggering_dataset_events", "tables", "prev_execution_date_success"}

_NOW = {
    "execution_date": "it is logical_date now",
    "next_execution_date": "use data_interval_end",
    "next_ds": "use {{ data_interval_end | ds }}",
    "prev_execution_date": "use prev_data_interval_start_success",
    "triggering_dataset_events": "it is triggering_asset_events now",
    "yesterday_ds": "use macros.ds_add(ds, -1)",
    "tomorrow_ds": "use macros.ds_add(ds, 1)",
}

_MAKERS: Dict[str, Callable[[Context], Any]] = {
    "conn": lambda c: ConnectionAccessor(),
    "var": lambda c: Variables(c._supervisor),
    "dag_run": _dag_run,
    "expanded_ti_count": lambda c: (c._start.get("expansion") or {}).get("total"),
    "inlets": lambda c: c["task"].inlets,
    "outlets": lambda c: c["task"].outlets,
    "inlet_events": lambda c: InletEvents(c["task"].inlets, c._supervisor),
    "outlet_events": lambda c: OutletEvents(),
    "macros": lambda c: macros,
    "map_index_template": lambda c: getattr(c["task"], "map_index_template", None),
    "params": lambda c: c._params(),
    "partition_key": lambda c: c._run.get("partitionKey"),
    "prev_data_interval_start_success": lambda c: c._previous_success("data_interval_start"),
    "prev_data_interval_end_success": lambda c: c._previous_success("data_interval_end"),
    "prev_start_date_success": lambda c: c._previous_success("start_date"),
    "prev_end_date_success": lambda c: c._previous_success("end_date"),
    "run_id": lambda c: c._start["task"]["runId"],
    "start_date": lambda c: getattr(c["ti"], "start_date", None),
    "task_instance_key_str": lambda c: c._key_text(),
    "task_reschedule_count": lambda c: (c._start.get("reschedule") or {}).get("count", 0),
    "test_mode": lambda c: bool((c._start.get("context") or {}).get("testMode", False)),
    "task_state_store": lambda c: TaskStateStore(c._supervisor),
    "asset_state_store": lambda c: AssetStateStores(c["task"].inlets, c["task"].outlets, c._supervisor),
    "triggering_asset_events": lambda c: c._triggering(by_uri=False),
    "try_number": lambda c: c._start["task"]["tryNumber"],
    "data_interval_start": lambda c: c._instant("dataIntervalStart"),
    "data_interval_end": lambda c: c._instant("dataIntervalEnd"),
    "logical_date": lambda c: c._logical("logical_date"),
    "ds": lambda c: c._logical("ds").strftime("%Y-%m-%d"),
    "ds_nodash": lambda c: c._logical("ds_nodash").strftime("%Y%m%d"),
    "ts": lambda c: c._logical("ts").isoformat(),
    "ts_nodash": lambda c: c._logical("ts_nodash").strftime("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": lambda c: c._logical("ts_nodash_with_tz").isoformat().replace("-", "").replace(":", ""),
    "conf": _configuration,
    "execution_date": lambda c: c._logical("execution_date"),
    "next_execution_date": lambda c: c._next(),
    "next_ds": lambda c: c._next().strftime("%Y-%m-%d"),
    "next_ds_nodash": lambda c: c._next().strftime("%Y%m%d"),
    "prev_execution_date": lambda c: c._previous(),
    "prev_ds": lambda c: c._previous().strftime("%Y-%m-%d"),
    "prev_ds_nodash": lambda c: c._previous().strftime("%Y%m%d"),
    "prev_execution_date_success": lambda c: c._previous_success("logical_date"),
    "tomorrow_ds": lambda c: c._day(1, "%Y-%m-%d"),
    "tomorrow_ds_nodash": lambda c: c._day(1, "%Y%m%d"),
    "yesterday_ds": lambda c: c._day(-1, "%Y-%m-%d"),
    "yesterday_ds_nodash": lambda c: c._day(-1, "%Y%m%d"),
    "triggering_dataset_events": lambda c: c._triggering(by_uri=True),
}


def build_context(start: Dict[str, Any], dag: Any, task: Any, ti: Any, supervisor: Any) -> Context:
    """Of one attempt; `start` is the start message of src/runtime/protocol.ts."""
    return Context(start, dag, task, ti, supervisor)


def set_current(context: Optional[Context]) -> None:
    """The context that `get_current_context` gives; None takes it away."""
    _current.clear()
    if context is not None:
        _current.append(context)


@contextlib.contextmanager
def set_current_context(context: Context) -> Iterator[Context]:
    """For code that calls operators itself: what `get_current_context` gives meanwhile."""
    _current.append(context)
    try:
        yield context
    finally:
        _current.pop()


def is_running() -> bool:
    """Whether a task runs in this process; else a Dag file is being imported, or looked at."""
    return bool(_current)


def get_current_context() -> Context:
    """Raises where no task runs, as Airflow does."""
    if not _current:
        raise AirflowException(
            "Current context was requested but no context was found! Are you running within an Airflow task?"
        )
    return _current[-1]


def context_merge(context: Any, *additions: Any, **kwargs: Any) -> None:
    """Airflow 2's helper: puts more keys into the context."""
    for addition in additions:
        context.update(addition)
    context.update(kwargs)


def context_to_kwargs(context: Context, function: Callable) -> Dict[str, Any]:
    """Those keys that the function names."""
    names = inspect.signature(function).parameters
    return {name: context[name] for name in names if name in context}
