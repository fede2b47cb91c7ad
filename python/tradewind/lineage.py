"""What a task tells that it read and made; it goes with the attempt's end. Hooks of Airflow's providers tell it to a collector."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Optional

__all__ = ["HookLineageCollector", "get_hook_lineage_collector", "record_lineage"]

Use = Dict[str, Any]

_KINDS = ("dataset", "feature_view", "model_version")
_uses: List[Use] = []


def begin() -> None:
    """A new attempt has told nothing yet."""
    _uses.clear()
    _collector.clear()


def told() -> List[Use]:
    """Each thing once, in the order in which it was told."""
    return list({json.dumps(use, sort_keys=True, default=str): use for use in _uses}.values())


def record_lineage(inputs: Iterable[Dict[str, Any]] = (), outputs: Iterable[Dict[str, Any]] = ()) -> None:
    """Of the running task. Each item: {"kind": "dataset", "name": …, "version": digest, "uri": …, "details": {…}}."""
    for direction, items in (("input", inputs), ("output", outputs)):
        for item in items:
            _uses.append(_use(direction, **item))


def adopt(uses: Iterable[Use]) -> None:
    """What a function in the other language told, as it was written."""
    _uses.extend(uses)


def _use(
    direction: str, name: str, kind: str = "dataset", version: Any = "", uri: Optional[str] = None, details: Optional[Dict[str, Any]] = None
) -> Use:
    if kind not in _KINDS:
        raise ValueError(f"lineage of {name!r}: expected kind to be one of {', '.join(_KINDS)}, got {kind!r}")
    if not isinstance(name, str) or not name:
        raise ValueError(f"lineage: expected a name, got {name!r}")
    kept = json.loads(json.dumps({**(details or {}), **({} if uri is None else {"uri": uri})}, default=str))
    return {"direction": direction, "kind": kind, "name": name, "version": str(version), "details": kept}


class HookLineageCollector:
    """As hooks of providers know it: `get_hook_lineage_collector().add_output_asset(context=self, uri="s3://…")`."""

    def __init__(self) -> None:
        self._seen: List[Use] = []
        # Providers look for it, and lay a collector of their own over one without.
        self._extra: Dict[str, Any] = {}

    def clear(self) -> None:
        self._seen.clear()

    @property
    def has_collected(self) -> bool:
        return bool(self._seen)

    @property
    def collected_assets(self) -> List[Use]:
        return list(self._seen)

    def add_input_asset(self, context: Any = None, scheme: Optional[str] = None, uri: Optional[str] = None, asset_kwargs: Optional[Dict[str, Any]] = None, asset_extra: Optional[Dict[str, Any]] = None) -> None:
        self._add("input", scheme, uri, asset_kwargs, asset_extra)

    def add_output_asset(self, context: Any = None, scheme: Optional[str] = None, uri: Optional[str] = None, asset_kwargs: Optional[Dict[str, Any]] = None, asset_extra: Optional[Dict[str, Any]] = None) -> None:
        self._add("output", scheme, uri, asset_kwargs, asset_extra)

    def add_input_dataset(self, context: Any = None, scheme: Optional[str] = None, uri: Optional[str] = None, dataset_kwargs: Optional[Dict[str, Any]] = None, dataset_extra: Optional[Dict[str, Any]] = None) -> None:
        self._add("input", scheme, uri, dataset_kwargs, dataset_extra)

    def add_output_dataset(self, context: Any = None, scheme: Optional[str] = None, uri: Optional[str] = None, dataset_kwargs: Optional[Dict[str, Any]] = None, dataset_extra: Optional[Dict[str, Any]] = None) -> None:
        self._add("output", scheme, uri, dataset_kwargs, dataset_extra)

    def create_asset(
        self, *, scheme: Optional[str] = None, uri: Optional[str] = None, name: Optional[str] = None, group: Optional[str] = None,
        asset_kwargs: Optional[Dict[str, Any]] = None, asset_extra: Optional[Dict[str, Any]] = None,
    ) -> Any:
        """What `add_output_asset` would tell, as an Asset; None where the parts do not name a place."""
        from .airflow_compat.assets import Asset

        place = uri or _uri_of(scheme, asset_kwargs or {})
        return None if place is None else Asset(name=name or place, uri=place, group=group or "asset", extra=asset_extra)

    def add_extra(self, *_: Any, **__: Any) -> None:
        """Free words of hooks, which no lineage is made of."""

    def _add(self, direction: str, scheme: Optional[str], uri: Optional[str], parts: Optional[Dict[str, Any]], extra: Optional[Dict[str, Any]]) -> None:
        place = uri or _uri_of(scheme, parts or {})
        if place is None:
            return
        use = _use(direction, name=place, uri=place, details=extra)
        self._seen.append(use)
        _uses.append(use)


def _uri_of(scheme: Optional[str], parts: Dict[str, Any]) -> Optional[str]:
    """Providers name an object by its parts; what they say is joined where it can only mean one thing."""
    if scheme is None:
        return None
    if "bucket" in parts and "key" in parts:
        return f"{scheme}://{parts['bucket']}/{str(parts['key']).lstrip('/')}"
    path = parts.get("path")
    return None if path is None else f"{scheme}://{path}"


_collector = HookLineageCollector()


def get_hook_lineage_collector() -> HookLineageCollector:
    return _collector
