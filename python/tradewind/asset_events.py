"""Events of assets in a task: those that its success brings, those of its inlets, those that started the run."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Sequence

from . import client, time_values
from .airflow_compat.assets import Asset, AssetAlias, AssetNameRef, AssetUriRef


class AssetEvent:
    """One event, with Airflow's attributes."""

    def __init__(self, answer: Dict[str, Any]) -> None:
        self.asset = Asset(name=answer["asset"]["name"], uri=answer["asset"]["uri"])
        self.extra: Dict[str, Any] = answer.get("extra") or {}
        self.timestamp = time_values.pendulum_or_plain(time_values.parse_instant(answer["timestamp"]))
        self.source_dag_id = answer.get("sourceDagId")
        self.source_task_id = answer.get("sourceTaskId")
        self.source_run_id = answer.get("sourceRunId")
        self.source_map_index = answer.get("sourceMapIndex")

    @property
    def uri(self) -> str:
        return self.asset.uri

    @property
    def dataset(self) -> Asset:
        return self.asset

    @property
    def source_dag_run(self) -> Any:
        """The run whose task brought it; None of an event that none did, or whose run is gone."""
        from .dag_run import DagRun

        if self.source_dag_id is None or self.source_run_id is None:
            return None
        found = client.request("dag-run.get", dagId=self.source_dag_id, runId=self.source_run_id)
        return None if found is None else DagRun.of_answer(found)

    @property
    def source_task_instance(self) -> Any:
        """The task instance that brought it; `xcom_pull()` gives what it returned."""
        run = self.source_dag_run
        if run is None or self.source_task_id is None:
            return None
        index = -1 if self.source_map_index is None else self.source_map_index
        return run.get_task_instance(self.source_task_id, map_index=index)

    def __repr__(self) -> str:
        return f"AssetEvent(asset={self.asset!r}, timestamp={self.timestamp!s})"


class OutletEvent:
    """`outlet_events[asset].extra` and, of an alias, `.add(asset, extra=…)`."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.extra: Dict[str, Any] = {}
        self.added: List[Dict[str, Any]] = []
        # In their order, each once.
        self.partition_keys: Dict[str, None] = {}

    def add_partitions(self, keys: Any, **_: Any) -> None:
        """Keys of partitions that the task brought: an event for each."""
        if isinstance(self.key, AssetAlias):
            raise TypeError(f"expected partitions of an asset, got the alias {self.key.name!r}, which has none")
        for key in [keys] if isinstance(keys, str) else list(keys):
            if not isinstance(key, str) or not key.strip() or len(key) > 250:
                raise ValueError(f"expected keys of 1 to 250 characters, got {key!r}")
            self.partition_keys[key] = None

    def add(self, asset: Any, extra: Optional[Dict[str, Any]] = None) -> None:
        if isinstance(asset, str):
            asset = Asset(asset)
        if not isinstance(self.key, AssetAlias):
            return
        self.added.append({"asset": asset, "extra": dict(extra or {})})


class OutletEvents:
    """By asset, alias or (Airflow 2) uri."""

    def __init__(self) -> None:
        self._events: Dict[Any, OutletEvent] = {}

    def __getitem__(self, key: Any) -> OutletEvent:
        if isinstance(key, str):
            key = self._named(key)
        return self._events.setdefault(key, OutletEvent(key))

    def _named(self, text: str) -> Any:
        for key in self._events:
            if text in (getattr(key, "uri", None), getattr(key, "name", None)):
                return key
        return Asset(text)

    def for_asset(self, *, name: Optional[str] = None, uri: Optional[str] = None) -> OutletEvent:
        if name is not None and uri is not None:
            return self[Asset(name=name, uri=uri)]
        return self[AssetNameRef(name) if name is not None else AssetUriRef(str(uri))]

    def for_asset_alias(self, *, name: str) -> OutletEvent:
        return self[AssetAlias(name)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def records(self, outlets: Sequence[Any]) -> List[Dict[str, Any]]:
        """OutletEvent messages: one for each asset that was told of, as its outlet names it."""
        found: List[Dict[str, Any]] = []
        for key, event in self._events.items():
            if isinstance(key, AssetAlias):
                for added in event.added:
                    found.append({"alias": key.name, **_asset_of(added["asset"], outlets), "extra": added["extra"] or event.extra})
            elif event.extra or event.partition_keys:
                record = {**_asset_of(key, outlets), "extra": event.extra}
                found.append({**record, "partitionKeys": list(event.partition_keys)} if event.partition_keys else record)
        return found


def _asset_of(key: Any, outlets: Sequence[Any]) -> Dict[str, Any]:
    if isinstance(key, (AssetNameRef, AssetUriRef)):
        for one in outlets:
            if isinstance(one, Asset) and (getattr(key, "name", None) == one.name or getattr(key, "uri", None) == one.uri):
                key = one
                break
        else:
            text = getattr(key, "name", None) or getattr(key, "uri", None)
            return {"asset": {"name": text, "uri": text}}
    return {"asset": {"name": key.name, "uri": key.uri}}


class _EventsOf(Sequence):
    """Asked for when they are read."""

    def __init__(self, supervisor: Any, wanted: Dict[str, Any]) -> None:
        self._supervisor = supervisor
        self._wanted = wanted
        self._found: Optional[List[AssetEvent]] = None

    def _events(self) -> List[AssetEvent]:
        if self._found is None:
            answers = self._supervisor.request("asset-events.get", self._wanted) or []
            self._found = [AssetEvent(answer) for answer in answers]
        return self._found

    def __len__(self) -> int:
        return len(self._events())

    def __getitem__(self, index: Any) -> Any:
        return self._events()[index]

    def limit(self, count: int) -> "_EventsOf":
        return _EventsOf(self._supervisor, {**self._wanted, "limit": count})


class InletEvents:
    """`inlet_events[asset]`: its events, oldest first."""

    def __init__(self, inlets: Sequence[Any], supervisor: Any) -> None:
        self._inlets = list(inlets)
        self._supervisor = supervisor

    def __getitem__(self, key: Any) -> _EventsOf:
        if isinstance(key, int):
            key = self._inlets[key]
        if isinstance(key, AssetAlias):
            wanted: Dict[str, Any] = {"alias": key.name}
        elif isinstance(key, AssetUriRef):
            wanted = {"uri": key.uri}
        elif isinstance(key, AssetNameRef):
            wanted = {"name": key.name}
        elif isinstance(key, str):
            wanted = {"uri": key}
        else:
            wanted = {"name": key.name, "uri": key.uri}
        return _EventsOf(self._supervisor, wanted)

    def for_asset(self, *, name: Optional[str] = None, uri: Optional[str] = None) -> _EventsOf:
        return _EventsOf(self._supervisor, {key: value for key, value in (("name", name), ("uri", uri)) if value is not None})

    def for_asset_alias(self, *, name: str) -> _EventsOf:
        return _EventsOf(self._supervisor, {"alias": name})

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)


class TriggeringAssetEvents(dict):
    """Asset → its events that started the run; in Airflow 2 the keys are uris, which are found here, too."""

    def __init__(self, answers: Sequence[Dict[str, Any]], by_uri: bool) -> None:
        super().__init__()
        for answer in answers:
            event = AssetEvent(answer)
            self.setdefault(event.asset.uri if by_uri else event.asset, []).append(event)

    def __missing__(self, key: Any) -> Any:
        for known, events in self.items():
            if key in (getattr(known, "uri", known), getattr(known, "name", None)):
                return events
            if getattr(key, "uri", None) == known:
                return events
        raise KeyError(key)
