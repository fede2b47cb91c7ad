"""What placeholders of providers inherit from, by kind."""

from __future__ import annotations

import inspect
from typing import Any, Dict, Set, Tuple, Type

from ..airflow_compat.exceptions import AirflowOptionalProviderFeatureException
from ..context import is_running
from ..hooks.base import BaseHook
from ..notifications import BaseNotifier
from ..operators.base import BaseOperator, TaskGroup
from ..sensors.base import BaseSensorOperator
from ..triggers.base import BaseEventTrigger


class ProviderMissing(AirflowOptionalProviderFeatureException):
    """A class of a provider that is not installed was asked to do its work."""


def _known_arguments(cls: Type[Any]) -> Set[str]:
    names: Set[str] = set()
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if init is not None and not getattr(base, "tradewind_missing", None):
            names.update(inspect.signature(init).parameters)
    return names - {"self", "args", "kwargs"}


class _MissingOperatorType(type(BaseOperator)):  # type: ignore[misc]
    """Constants and inner classes of an operator that is not there (`Sensor.SUCCESS_STATES`), while a Dag file is imported."""

    tradewind_missing = ""

    def __getattr__(cls, name: str) -> Any:
        if not name[:1].isupper():
            raise AttributeError(name)
        return _part(cls.tradewind_missing, name)


class MissingOperator(BaseOperator, metaclass=_MissingOperatorType):
    """Keeps its arguments as attributes, so that pages show them; `execute` says what to install."""

    tradewind_missing = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        known = _known_arguments(BaseOperator)
        own = {name: kwargs.pop(name) for name in list(kwargs) if name not in known}
        super().__init__(*args, **kwargs)
        for name, value in own.items():
            setattr(self, name, value)

    def execute(self, context: Any) -> Any:
        raise ProviderMissing(self.tradewind_missing)


class MissingSensor(BaseSensorOperator, metaclass=_MissingOperatorType):
    tradewind_missing = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        known = _known_arguments(BaseSensorOperator)
        own = {name: kwargs.pop(name) for name in list(kwargs) if name not in known}
        super().__init__(*args, **kwargs)
        for name, value in own.items():
            setattr(self, name, value)

    def poke(self, context: Any) -> Any:
        raise ProviderMissing(self.tradewind_missing)


class _InertType(type):
    """Attributes of a class that is not there (`States.ACTIVE`, a static method), while a Dag file is imported."""

    tradewind_missing = ""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _part(cls.tradewind_missing, name)

    def __iter__(cls) -> Any:
        return _items(cls.__name__, cls.tradewind_missing)


class _Inert(metaclass=_InertType):
    """Takes any arguments. While a file is imported its parts are as inert; in a task using it says what to install."""

    tradewind_missing = ""
    _tradewind_name = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._tradewind_arguments: Tuple[Tuple[Any, ...], Dict[str, Any]] = (args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _part(type(self).tradewind_missing, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _part(type(self).tradewind_missing, self._tradewind_name)

    def __iter__(self) -> Any:
        return _items(self._tradewind_name, type(self).tradewind_missing)

    def __str__(self) -> str:
        return self._tradewind_name or type(self).__name__


class MissingObject(_Inert):
    """A function, a parameter object or anything else that is neither operator, sensor, hook nor trigger."""


class MissingHook(_Inert, BaseHook):
    pass


def _items(name: str, explanation: str) -> Any:
    if name.isupper() and not is_running():
        # A constant that lists things (`{*Hook.SUCCESS_STATES}`); who unpacks anything else wants the explanation.
        return iter(())
    raise ProviderMissing(explanation)


def _part(explanation: str, name: str) -> Any:
    if is_running():
        raise ProviderMissing(explanation)
    part = _InertType("MissingPart", (MissingObject,), {"tradewind_missing": explanation, "_tradewind_name": name})
    return part()


class MissingNotifier(BaseNotifier):
    tradewind_missing = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def notify(self, context: Any) -> None:
        raise ProviderMissing(self.tradewind_missing)


class MissingTrigger(BaseEventTrigger):
    tradewind_missing = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self._kwargs = kwargs

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", self._kwargs

    async def run(self):
        raise ProviderMissing(self.tradewind_missing)
        yield  # an asynchronous generator, as every trigger


def base_for(module_name: str, name: str) -> Type[Any]:
    """The kind of a class, by Airflow's conventions of naming."""
    if name.endswith("Sensor"):
        return MissingSensor
    if name.endswith("TaskGroup"):
        return _missing_task_group(TaskGroup)
    if name.endswith("Operator") or (".transfers." in module_name and name[:1].isupper()):
        return MissingOperator
    if name.endswith("Hook"):
        return MissingHook
    if name.endswith("Trigger"):
        return MissingTrigger
    if ".notifications." in module_name:
        return MissingNotifier
    return MissingObject


def _missing_task_group(task_group: Type[Any]) -> Type[Any]:
    """A group of its own kind (DatabricksWorkflowTaskGroup): a plain group as far as the Dag goes."""

    class MissingTaskGroup(task_group):  # type: ignore[misc,valid-type]
        tradewind_missing = ""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            known = _known_arguments(task_group)
            own = {name: kwargs.pop(name) for name in list(kwargs) if name not in known}
            super().__init__(*args, **kwargs)
            for name, value in own.items():
                setattr(self, name, value)

    return MissingTaskGroup
