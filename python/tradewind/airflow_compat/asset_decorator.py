"""`@asset`: a function that makes an asset; a Dag of one task with the asset as its outlet."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List, Optional, Sequence

from .assets import Asset, AssetNameRef, BaseAsset
from .context_keys import ALWAYS, DATED
from .dag import DAG

_ASSET_ARGUMENTS = ("uri", "group", "extra", "watchers")


class AssetDefinition(Asset):
    """The asset; the Dag is made with it."""

    function: Callable
    dag: DAG


class MultiAssetDefinition(BaseAsset):
    """What `@asset.multi` makes: one Dag that brings forth several assets."""

    def __init__(self, name: str, function: Callable, outlets: Sequence[BaseAsset]) -> None:
        self.name = name
        self.function = function
        self.outlets = list(outlets)

    def as_expression(self) -> Dict[str, Any]:
        return {"all": [one.as_expression() for one in self.outlets]}

    def iter_assets(self) -> Any:
        for one in self.outlets:
            yield from one.iter_assets()


class asset:  # noqa: N801 - the name is Airflow's
    """`@asset(schedule="@daily", uri=…)`; what is not of the asset goes to its Dag."""

    def __init__(self, uri: Optional[str] = None, *, name: Optional[str] = None, **kwargs: Any) -> None:
        self._asset = {key: kwargs.pop(key) for key in _ASSET_ARGUMENTS if key in kwargs}
        if uri is not None:
            self._asset["uri"] = uri
        self._name = name
        if "schedule" not in kwargs:
            raise TypeError("@asset needs schedule=")
        self._dag = kwargs

    def __call__(self, function: Callable) -> AssetDefinition:
        name = self._name or _name_of(function)
        made = AssetDefinition(name=name, **self._asset)
        made.function = function
        made.dag = _make_dag(name, function, [made], self._dag)
        return made

    class multi:  # noqa: N801
        def __init__(self, *, outlets: Sequence[BaseAsset], name: Optional[str] = None, **kwargs: Any) -> None:
            if not outlets:
                raise TypeError("@asset.multi needs outlets=")
            self._outlets = list(outlets)
            self._name = name
            self._dag = kwargs

        def __call__(self, function: Callable) -> MultiAssetDefinition:
            name = self._name or _name_of(function)
            made = MultiAssetDefinition(name, function, self._outlets)
            _make_dag(name, function, self._outlets, self._dag)
            return made


CONTEXT_KEYS = frozenset({*ALWAYS, *DATED})


def _name_of(function: Callable) -> str:
    if function.__name__ != function.__qualname__:
        raise ValueError("nested function not supported by @asset")
    return function.__name__


def _make_dag(name: str, function: Callable, outlets: List[BaseAsset], options: Dict[str, Any]) -> DAG:
    from .taskflow_variants import operator_class

    options = dict(options)
    display = options.pop("display_name", None)
    options.setdefault("dag_id", name)
    if display is not None:
        options["dag_display_name"] = display
    options.setdefault("catchup", False)
    parameters = inspect.signature(function).parameters
    inlets = [AssetNameRef(one) for one in parameters if one not in ("self", "context") and one not in CONTEXT_KEYS]
    with DAG(**options) as dag:
        operator_class("task.asset")(
            task_id=name,
            python_callable=_with_assets(function, outlets),
            op_args=(),
            op_kwargs={},
            inlets=inlets,
            outlets=outlets,
        )
    return dag


def _with_assets(function: Callable, outlets: List[BaseAsset]) -> Callable:
    """`self` is the asset, `context` the context, every other name the asset of that name."""
    names = list(inspect.signature(function).parameters)

    def call(**context: Any) -> Any:
        given: Dict[str, Any] = {}
        for name in names:
            if name == "self":
                given[name] = outlets[0]
            elif name == "context":
                given[name] = context
            elif name in CONTEXT_KEYS:
                given[name] = context[name]
            else:
                given[name] = Asset(name)
        return function(**given)

    call.__name__ = function.__name__
    call.__doc__ = function.__doc__
    return call
