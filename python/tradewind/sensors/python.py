"""PythonSensor."""

from __future__ import annotations

from collections import ChainMap
from typing import Any, Callable, Collection, Dict, Mapping, Optional, Sequence

from ..operators.call import determine_kwargs, run_callable
from .base import BaseSensorOperator, PokeReturnValue


class PythonSensor(BaseSensorOperator):
    """Waits until the function returns something true (or a PokeReturnValue that is done)."""

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Optional[Collection[Any]] = None,
        op_kwargs: Optional[Mapping[str, Any]] = None,
        templates_dict: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("provide_context", None)
        super().__init__(**kwargs)
        self.python_callable = python_callable
        self.op_args = op_args or []
        self.op_kwargs = op_kwargs or {}
        self.templates_dict = templates_dict

    def poke(self, context: Any) -> Any:
        own = {**dict(self.op_kwargs), "templates_dict": self.templates_dict}
        kwargs = determine_kwargs(self.python_callable, self.op_args, ChainMap(own, context))
        self.log.info("Poking callable: %s", self.python_callable)
        answer = run_callable(self.python_callable, context, *self.op_args, **kwargs)
        return answer if isinstance(answer, PokeReturnValue) else bool(answer)
