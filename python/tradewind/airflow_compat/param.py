"""Params of Dags and tasks: a default, a description, a JSON Schema (draft 2020-12)."""

from __future__ import annotations

import copy
import json
from collections.abc import ItemsView, Mapping, MutableMapping, ValuesView
from typing import Any, Dict, Iterator, Optional

from tradewind import era

from .exceptions import ParamValidationError
from .json_schema import SchemaError, check
from .not_set import NOTSET


class Param:
    """`Param(5, type="integer", minimum=1)`: what is left of the keywords is the schema."""

    CLASS_IDENTIFIER = "__class"

    def __init__(
        self, default: Any = NOTSET, description: Optional[str] = None, source: Optional[str] = None, **kwargs: Any
    ) -> None:
        if default is not NOTSET:
            default = _plain(default)
        self.value = default
        self.description = description
        self.schema: Dict[str, Any] = kwargs.pop("schema") if "schema" in kwargs else kwargs
        self.source = source

    @property
    def has_value(self) -> bool:
        return self.value is not NOTSET and self.value is not None

    def resolve(self, value: Any = NOTSET, suppress_exception: bool = False) -> Any:
        """The value after its schema has been checked. Raises ParamValidationError."""
        found = self.value if value is NOTSET else _plain(value)
        if found is NOTSET:
            if suppress_exception:
                return None
            raise ParamValidationError("No value passed and Param has no default value")
        try:
            check(found, self.schema)
        except SchemaError as error:
            if suppress_exception:
                return None
            raise ParamValidationError(str(error)) from None
        self.value = found
        return found

    def dump(self) -> Dict[str, Any]:
        return {
            self.CLASS_IDENTIFIER: "airflow.models.param.Param",
            "value": None if self.value is NOTSET else self.value,
            "description": self.description,
            "schema": self.schema,
        }

    def __copy__(self) -> "Param":
        return type(self)(self.value, self.description, schema=self.schema, source=self.source)

    def __repr__(self) -> str:
        return f"Param({self.value!r})"


def _plain(value: Any) -> Any:
    """The value, if JSON can hold it; Airflow 2 takes any. Raises ParamValidationError."""
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        if era.current() == 2:
            era.warn("params", f"a param that JSON cannot hold is refused by Airflow 3: {value!r}")
            return value
        raise ParamValidationError(
            f"All provided parameters must be json-serializable. The value '{value}' is not serializable."
        ) from None
    return value


class ParamsDict(MutableMapping):
    """Name → Param; reading gives the checked value."""

    def __init__(self, dict_obj: Optional[Mapping] = None, suppress_exception: bool = False) -> None:
        self._params: Dict[str, Param] = {}
        self.suppress_exception = suppress_exception
        source = dict_obj._params if isinstance(dict_obj, ParamsDict) else dict_obj or {}
        for name, value in source.items():
            if not isinstance(name, str):
                raise ParamValidationError(f"names of params are strings, got {name!r}")
            self._params[name] = value if isinstance(value, Param) else Param(value)

    def __getitem__(self, name: str) -> Any:
        return self._params[name].resolve(suppress_exception=self.suppress_exception)

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, Param):
            self._params[name] = value
        elif name in self._params:
            # Only the value changes; a copy, since the Param may be the Dag's.
            param = copy.copy(self._params[name])
            try:
                param.resolve(value, suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Invalid input for param {name}: {error}") from None
            self._params[name] = param
        else:
            self._params[name] = Param(value)

    def __delitem__(self, name: str) -> None:
        del self._params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __contains__(self, name: object) -> bool:
        return name in self._params

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ParamsDict):
            return self.dump() == other.dump()
        return self.dump() == other if isinstance(other, dict) else NotImplemented

    def __repr__(self) -> str:
        return repr(self.dump())

    def __copy__(self) -> "ParamsDict":
        return ParamsDict(self._params, self.suppress_exception)

    def __deepcopy__(self, memo: Any) -> "ParamsDict":
        return ParamsDict(copy.deepcopy(self._params, memo), self.suppress_exception)

    def get_param(self, name: str) -> Param:
        return self._params[name]

    def items(self) -> Any:
        return ItemsView(self._params)

    def values(self) -> Any:
        return ValuesView(self._params)

    def update(self, *args: Any, **kwargs: Any) -> None:
        if len(args) == 1 and isinstance(args[0], ParamsDict):
            args = (args[0]._params,)
        super().update(*args, **kwargs)

    def dump(self) -> Dict[str, Any]:
        return {name: param.resolve(suppress_exception=True) for name, param in self._params.items()}

    def validate(self) -> Dict[str, Any]:
        """All values, checked. Raises ParamValidationError with the name."""
        values = {}
        for name, param in self._params.items():
            try:
                values[name] = param.resolve(suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Invalid input for param {name}: {error}") from None
        return values

    def deep_merge(self, data: Mapping) -> None:
        for name, value in data.items():
            self[name] = value


class DagParam:
    """`dag.param("name", default)`: the value of this run, as an argument of an operator."""

    def __init__(self, current_dag: Any, name: str, default: Any = NOTSET) -> None:
        if default is not NOTSET:
            current_dag.params[name] = default
        self._name = name
        self._default = default
        self.current_dag = current_dag

    def iter_references(self) -> Iterator[Any]:
        return iter(())

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        conf = getattr(context.get("dag_run"), "conf", None) or {}
        if self._name in conf:
            return conf[self._name]
        if self._default is not NOTSET:
            return self._default
        if self._name in context["params"]:
            return context["params"][self._name]
        raise RuntimeError(f"No value could be resolved for parameter {self._name}")

    def __str__(self) -> str:
        return f"{{{{ params['{self._name}'] }}}}"
