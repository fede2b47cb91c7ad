"""`@dag`: a function whose body places the tasks; calling it makes the Dag."""

from __future__ import annotations

import functools
import inspect
import os
from typing import Any, Callable

from .dag import DAG
from .param import Param


def dag(dag_id: Any = "", **kwargs: Any) -> Any:
    """`@dag` or `@dag(...)` with the arguments of DAG; the function's arguments become params."""
    if callable(dag_id):
        return _decorate("", {})(dag_id)
    return _decorate(dag_id, kwargs)


def _decorate(dag_id: str, options: Any) -> Callable:
    def wrapper(function: Callable) -> Callable:
        if not callable(function):
            raise TypeError("@dag decorates functions")

        @functools.wraps(function)
        def factory(*args: Any, **kwargs: Any) -> DAG:
            bound = inspect.signature(function).bind(*args, **kwargs)
            bound.apply_defaults()
            given = dict(options)
            if not given.get("doc_md") and function.__doc__:
                given["doc_md"] = function.__doc__
            made = DAG(dag_id or function.__name__, **given)
            with made:
                made.fileloc = os.path.abspath(function.__code__.co_filename) if hasattr(function, "__code__") else made.fileloc
                arguments = {}
                for name, value in bound.arguments.items():
                    arguments[name] = made.param(name, value)
                function(**_by_name(function, arguments))
            return made

        return factory

    return wrapper


def _by_name(function: Callable, arguments: Any) -> Any:
    kinds = inspect.signature(function).parameters
    return {name: value for name, value in arguments.items() if kinds[name].kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)}
