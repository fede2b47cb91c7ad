"""The operators behind `@task`: a function whose arguments may be what other tasks return."""

from __future__ import annotations

import inspect
import itertools
import re
import textwrap
from typing import Any, Callable, Collection, Dict, Mapping, Optional, Sequence

from .assets import BaseAsset
from .baseoperator import BaseOperator
from .context_keys import KNOWN_CONTEXT_KEYS
from .current import DagContext, TaskGroupContext


def unique_task_id(task_id: str, dag: Any = None, task_group: Any = None) -> str:
    """`task`, `task__1`, `task__2` … for a function that is called several times in one Dag."""
    dag = dag or DagContext.get_current()
    if dag is None:
        return task_id
    group = task_group or TaskGroupContext.get_current(dag)
    full = group.child_id(task_id) if group is not None else task_id
    if full not in dag.task_dict:
        return task_id
    prefix = re.escape(re.split(r"__\d+$", full)[0])
    numbers = [int(found.group(1)) for one in dag.task_dict for found in [re.match(rf"^{prefix}__(\d+)$", one)] if found]
    return f"{re.split(r'__[0-9]+$', task_id)[0]}__{max([0, *numbers]) + 1}"


def check_arguments(function: Callable, args: Sequence, kwargs: Mapping[str, Any]) -> None:
    """Raises TypeError where the call does not fit; parameters named as context keys need not be given."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    parameters = list(signature.parameters.values())
    for one in parameters:
        if one.name in KNOWN_CONTEXT_KEYS and one.default not in (None, one.empty):
            raise ValueError(f"Context key parameter {one.name} can't have a default other than None")
    relaxed = []
    needed = set()
    defaulted = False
    for one in parameters:
        if one.name in KNOWN_CONTEXT_KEYS and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL):
            one = one.replace(default=None)
        elif defaulted and one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD):
            needed.add(one.name)
            one = one.replace(default=None)
        defaulted = defaulted or (one.default is not one.empty and one.kind is not one.KEYWORD_ONLY)
        relaxed.append(one)
    try:
        bound = signature.replace(parameters=relaxed).bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{getattr(function, '__name__', function)}(): {error}") from None
    missing = sorted(needed - set(bound.arguments))
    if missing:
        raise TypeError(f"missing required argument(s): {', '.join(missing)}")


class DecoratedOperator(BaseOperator):
    """Mixed with the operator that runs the function; keeps what the function was called with."""

    template_fields: Sequence[str] = ("op_args", "op_kwargs")
    template_fields_renderers = {"op_args": "py", "op_kwargs": "py"}
    shallow_copy_attrs: Sequence[str] = ("python_callable",)
    custom_operator_name = "@task"
    # Not where the operator gives the function arguments of its own (`session`, `spark`).
    checks_arguments = True

    def __init__(
        self,
        *,
        python_callable: Callable,
        task_id: str,
        op_args: Optional[Collection[Any]] = None,
        op_kwargs: Optional[Mapping[str, Any]] = None,
        kwargs_to_upstream: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        if not self._from_mapped:
            task_id = unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        self.python_callable = python_callable
        self.op_args = op_args or []
        self.op_kwargs = op_kwargs or {}
        if self.checks_arguments:
            check_arguments(python_callable, self.op_args, self.op_kwargs)
        super().__init__(task_id=task_id, **(kwargs_to_upstream or {}), **kwargs)

    def execute(self, context: Any) -> Any:
        for argument in itertools.chain(self.op_args, self.op_kwargs.values()):
            if isinstance(argument, BaseAsset):
                self.inlets.append(argument)
        value = super().execute(context)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, BaseAsset):
                self.outlets.append(one)
        return value

    def _hook_apply_defaults(self, *args: Any, **kwargs: Any) -> Any:
        """default_args reach the function's own parameters, too, as in Airflow."""
        function = kwargs.get("python_callable")
        if function is None:
            return args, kwargs
        defaults = kwargs.get("default_args") or {}
        own = dict(kwargs.get("op_kwargs") or {})
        try:
            names = list(inspect.signature(function).parameters)
        except (TypeError, ValueError):
            names = []
        taken = set(names[: len(kwargs.get("op_args") or ())])
        for name in names:
            if name not in own and name not in taken and name in defaults:
                own[name] = defaults[name]
        kwargs["op_kwargs"] = own
        return args, kwargs

    @classmethod
    def _merge_mapped_kwargs(cls, kwargs: Dict[str, Any], values: Mapping, strict: bool) -> None:
        given = kwargs.get("op_kwargs") or {}
        twice = sorted(set(given) & set(values))
        if strict and twice:
            raise TypeError(f"mapping already partial argument: {', '.join(map(repr, twice))}")
        kwargs["op_kwargs"] = {**given, **values}

    def get_python_source(self) -> str:
        """The function's text without its decorators, for operators that run it elsewhere."""
        lines = textwrap.dedent(inspect.getsource(self.python_callable)).splitlines(keepends=True)
        start = next((at for at, line in enumerate(lines) if re.match(r"(async\s+)?def\s", line)), 0)
        return "".join(lines[start:])
