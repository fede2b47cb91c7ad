"""`context["task_state_store"]` and `context["asset_state_store"]`: values that outlive a try, and values that outlive a run."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Dict, Iterable, Optional

from .airflow_compat.assets import Asset, AssetAlias, AssetNameRef, AssetUriRef

NEVER_EXPIRE = dt.timedelta.max


class _Store:
    """`get`, `set`, `delete` and `clear` by requests of one kind; each has a twin for coroutines."""

    def __init__(self, supervisor: Any, kind: str, where: Dict[str, Any]) -> None:
        self._supervisor = supervisor
        self._kind = kind
        self._where = where

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default` where the key was never set, was deleted or has expired."""
        found = self._supervisor.request(f"{self._kind}.get", self._params(key))
        return default if found is None else found

    async def aget(self, key: str, default: Any = None) -> Any:
        found = await self._supervisor.request_async(f"{self._kind}.get", self._params(key))
        return default if found is None else found

    def delete(self, key: str) -> None:
        """Nothing happens where the key is not there."""
        self._supervisor.request(f"{self._kind}.delete", self._params(key))

    async def adelete(self, key: str) -> None:
        await self._supervisor.request_async(f"{self._kind}.delete", self._params(key))

    def clear(self) -> None:
        """Deletes all keys."""
        self._supervisor.request(f"{self._kind}.delete", self._where)

    async def aclear(self) -> None:
        await self._supervisor.request_async(f"{self._kind}.delete", self._where)

    def _params(self, key: str) -> Dict[str, Any]:
        if not isinstance(key, str) or not key:
            raise ValueError(f"expected a key that is a text, got {key!r}")
        return {**self._where, "key": key}

    def _with_value(self, key: str, value: Any) -> Dict[str, Any]:
        if value is None:
            raise ValueError("Cannot set value as None")
        try:
            # Strict JSON: NaN is none, and a date would come back as a text.
            plain = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise TypeError(f"expected a value for {key!r} that JSON can hold, got {value!r} ({error})") from error
        return {**self._params(key), "value": plain}


class TaskStateStore(_Store):
    """Of one task instance: what it sets, its next tries find."""

    def __init__(self, supervisor: Any) -> None:
        super().__init__(supervisor, "task-state", {})

    def set(self, key: str, value: Any, *, retention: Optional[dt.timedelta] = None) -> None:
        """Sets or replaces. Kept for `retention`, for ever with NEVER_EXPIRE, by default for
        `[state_store] default_retention_days` (30; 0: for ever), which the scheduler knows."""
        self._supervisor.request("task-state.set", {**self._with_value(key, value), **_expiry(retention)})

    async def aset(self, key: str, value: Any, *, retention: Optional[dt.timedelta] = None) -> None:
        await self._supervisor.request_async("task-state.set", {**self._with_value(key, value), **_expiry(retention)})


class AssetStateStore(_Store):
    """Of one asset, whichever task or run asks."""

    def __init__(self, supervisor: Any, *, name: Optional[str] = None, uri: Optional[str] = None) -> None:
        super().__init__(supervisor, "asset-state", {"uri": uri} if name is None else {"name": name})

    def set(self, key: str, value: Any) -> None:
        self._supervisor.request("asset-state.set", self._with_value(key, value))

    async def aset(self, key: str, value: Any) -> None:
        await self._supervisor.request_async("asset-state.set", self._with_value(key, value))


class AssetStateStores:
    """By asset, of the task's inlets and outlets; a task with only one may leave the asset out."""

    def __init__(self, inlets: Iterable[Any], outlets: Iterable[Any], supervisor: Any) -> None:
        self._stores: Dict[Any, AssetStateStore] = {}
        for asset in (*inlets, *outlets):
            key = _key_of(asset)
            if key is not None and key not in self._stores:
                self._stores[key] = AssetStateStore(supervisor, **{key[0]: key[1]})

    def __getitem__(self, asset: Any) -> AssetStateStore:
        key = _key_of(asset)
        if key is None:
            raise TypeError(f"Expected Asset, AssetNameRef, or AssetUriRef; got {type(asset).__name__}")
        if key not in self._stores:
            raise KeyError(f"{asset!r} is not in this task's inlets or outlets")
        return self._stores[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(AssetStateStore, name):
            raise AttributeError(name)
        if len(self._stores) != 1:
            raise ValueError(
                f"Task has {len(self._stores)} concrete inlets and outlets: use context['asset_state_store'][MY_ASSET] to specify which"
            )
        return getattr(next(iter(self._stores.values())), name)


def _key_of(asset: Any) -> Any:
    """An alias has no state: it names no asset until an event does."""
    if isinstance(asset, AssetUriRef):
        return ("uri", asset.uri)
    if isinstance(asset, (Asset, AssetNameRef)) and not isinstance(asset, AssetAlias):
        return ("name", asset.name)
    return None


def _expiry(retention: Optional[dt.timedelta]) -> Dict[str, Optional[str]]:
    """As an instant of the protocol, None for ever; nothing where the default holds."""
    if retention is None:
        return {}
    if retention == NEVER_EXPIRE:
        return {"expiresAt": None}
    at = dt.datetime.now(dt.timezone.utc) + retention
    return {"expiresAt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
