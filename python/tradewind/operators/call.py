"""Which parts of the context a user's function is called with (Airflow: `KeywordParameters.determine`)."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Callable, Collection, Dict, Mapping

_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def determine_kwargs(func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> Dict[str, Any]:
    """Those of `kwargs` that `func` takes by name; all of them where it takes `**kwargs`.

    A context key whose name is that of a positional argument in `args` would reach the function twice: ValueError.
    """
    try:
        parameters = list(inspect.signature(func).parameters.values())
    except (TypeError, ValueError):
        # Built-in functions tell no signature; they take what they are given and nothing of the context.
        return {}
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][: len(args)]
    for parameter in positional:
        if parameter.name in kwargs and parameter.kind is not parameter.POSITIONAL_ONLY:
            raise ValueError(f"The key {parameter.name!r} in args is a part of kwargs and therefore reserved.")
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return dict(kwargs)
    names = [p.name for p in parameters if p.kind in _KEYWORD]
    return {name: kwargs[name] for name in names if name in kwargs}


class KeywordParameters:
    """Airflow's own class for the same, for code that imports it."""

    def __init__(self, kwargs: Mapping[str, Any], *, wildcard: bool = False) -> None:
        self._kwargs = kwargs
        self._wildcard = wildcard

    @classmethod
    def determine(cls, func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> "KeywordParameters":
        return cls(determine_kwargs(func, args, kwargs))

    def unpacking(self) -> Mapping[str, Any]:
        return self._kwargs

    def serializing(self) -> Mapping[str, Any]:
        return self._kwargs


def make_kwargs_callable(func: Callable[..., Any]) -> Callable[..., Any]:
    """`func` that ignores keyword arguments it does not take."""
    import functools

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **determine_kwargs(func, args, kwargs))

    return call


def run_callable(func: Callable[..., Any], context: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Calls the function; a coroutine is awaited, and what a generator yields are asset metadata of its outlets."""
    result = func(*args, **kwargs)
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if inspect.isgenerator(result):
        return _drain(result, context)
    return result


def _drain(generator: Any, context: Mapping[str, Any]) -> Any:
    """Takes `Metadata(asset, extra, alias)` that the function yields; its `return` is the value."""
    events = context.get("outlet_events")
    while True:
        try:
            metadata = next(generator)
        except StopIteration as end:
            return end.value
        if not hasattr(metadata, "asset") or events is None:
            raise TypeError(f"a task's function may yield Metadata of assets, and it yielded {type(metadata).__name__}")
        events[metadata.asset].extra.update(metadata.extra or {})
        if getattr(metadata, "alias", None):
            events[metadata.alias].add(metadata.asset, extra=metadata.extra)
