"""Operators that are expanded when their run has the values: `Operator.partial(...).expand(...)`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Dict, Iterable, List, Optional

from tradewind import era
from tradewind.suggest import did_you_mean

from . import operator_arguments as arguments
from .abstractoperator import AbstractOperator
from .call_site import call_site
from .current import DagContext, SetupTeardownContext, TaskGroupContext
from .expand_input import DictOfListsExpandInput, ListOfDictsExpandInput, is_mappable
from .node import validate_key
from .param import ParamsDict
from .xcom_arg import XComArg

NOT_MAPPABLE = {"task_id", "dag", "task_group", "default_args", "params", "trigger_rule", "depends_on_past", "wait_for_downstream"}


def partial(operator_class: Any, *, task_id: str, dag: Any = None, task_group: Any = None, **kwargs: Any) -> "OperatorPartial":
    """The arguments that all instances share."""
    dag = dag or DagContext.get_current()
    if dag is not None and task_group is None:
        task_group = TaskGroupContext.get_current(dag)
    if task_group is not None:
        task_id = task_group.child_id(task_id)
    arguments.translate_old(kwargs, operator_class.__name__)
    defaults, params = arguments.merged_defaults(dag, task_group, kwargs.pop("params", None), kwargs.pop("default_args", None))
    known = parameters_of(operator_class)
    kwargs = {**{name: value for name, value in defaults.items() if name in known and name != "task_id"}, **kwargs}
    _refuse_unknown(operator_class, "partial", kwargs, known)
    return OperatorPartial(operator_class, {**kwargs, "task_id": task_id, "dag": dag, "task_group": task_group}, params)


def parameters_of(operator_class: Any) -> set:
    """All arguments that the class and its bases take."""
    known = set(arguments.NAMES)
    for cls in operator_class.__mro__:
        known |= getattr(cls.__dict__.get("__init__"), "_parameter_names", set())
    return known - {"self"}


def _refuse_unknown(operator_class: Any, what: str, given: Iterable[str], known: set) -> None:
    names = [name for name in given if name not in known]
    if not names or getattr(operator_class, "tradewind_missing", None):
        # The arguments of a class that is not installed are nobody's to judge.
        return
    hints = [f"{name}: did you mean {near}?" for name in names for near in [did_you_mean(name, known)] if near]
    plural = "s" if len(names) > 1 else ""
    raise TypeError(
        f"{operator_class.__name__}.{what}() got {'' if plural else 'an '}unexpected keyword argument{plural} "
        f"{', '.join(repr(name) for name in names)}" + (f" ({'; '.join(hints)})" if hints else "")
    )


class OperatorPartial:
    """Between `.partial()` and `.expand()`."""

    def __init__(self, operator_class: Any, kwargs: Dict[str, Any], params: Any) -> None:
        self.operator_class = operator_class
        self.kwargs = kwargs
        self.params = params
        self._expand_called = False
        self._line = call_site()[1]

    def __repr__(self) -> str:
        return f"<{self.operator_class.__name__}.partial({', '.join(self.kwargs)})>"

    def expand(self, **mapped: Any) -> "MappedOperator":
        if not mapped:
            raise TypeError("no arguments to expand against")
        for name, value in mapped.items():
            if not is_mappable(value):
                raise ValueError(f"expand() got an unexpected type {type(value).__name__!r} for keyword argument {name!r}")
        self._refuse_twice("expand", mapped)
        return self._expand(DictOfListsExpandInput(mapped), strict=False)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> "MappedOperator":
        if isinstance(kwargs, Sequence) and not isinstance(kwargs, str):
            for item in kwargs:
                if not isinstance(item, (XComArg, Mapping)):
                    raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        elif not isinstance(kwargs, XComArg):
            raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        return self._expand(ListOfDictsExpandInput(kwargs), strict=strict)

    def _refuse_twice(self, what: str, mapped: Mapping) -> None:
        own = parameters_of(self.operator_class)
        _refuse_unknown(self.operator_class, what, mapped, own)
        unmappable = [name for name in mapped if name in NOT_MAPPABLE]
        if unmappable:
            raise TypeError(f"{self.operator_class.__name__}.expand() cannot map over {', '.join(map(repr, unmappable))}")
        twice = [name for name in mapped if name in self.kwargs and self.kwargs[name] is not None]
        # A default argument is overridden; what partial() was given is not.
        for name in twice:
            self.kwargs.pop(name)

    def _expand(self, expand_input: Any, *, strict: bool) -> "MappedOperator":
        self._expand_called = True
        return MappedOperator(self.operator_class, self.kwargs, self.params, expand_input, strict, self._line)


class MappedOperator(AbstractOperator):
    """As many tasks as there are values. Its attributes are those of `.partial()`, with BaseOperator's defaults."""

    is_mapped = True
    subdag: Any = None
    start_from_trigger = False

    def __init__(
        self, operator_class: Any, kwargs: Dict[str, Any], params: Any, expand_input: Any, strict: bool, line: Optional[int]
    ) -> None:
        self._init_edges()
        self.operator_class = operator_class
        self.expand_input = expand_input
        self.line = line
        self.partial_kwargs = dict(kwargs)
        self.task_id = self.partial_kwargs.pop("task_id")
        dag = self.partial_kwargs.pop("dag", None)
        self.task_group = self.partial_kwargs.pop("task_group", None)
        self._task_display_name = self.partial_kwargs.get("task_display_name")
        self._disallow_kwargs_override = strict
        self.params = ParamsDict(params)
        self.template_fields = operator_class.template_fields
        self.template_ext = self.partial_kwargs.get("templates_exts") or operator_class.template_ext
        self.template_fields_renderers = getattr(operator_class, "template_fields_renderers", {})
        self.ui_color = operator_class.ui_color
        self.ui_fgcolor = operator_class.ui_fgcolor
        validate_key(self.task_id)
        if self.trigger_rule.value == "always" and any(True for _ in expand_input.iter_references()):
            raise ValueError(
                f"Task '{self.task_id}' is expanded over what another task returns, so its trigger rule cannot be 'always'"
            )
        if self.task_group is not None:
            self.task_group.add(self)
        if SetupTeardownContext.active():
            SetupTeardownContext.note(self)
        if dag is not None:
            self.dag = dag
            dag.add_task(self)
        self._set_references()

    def _set_references(self) -> None:
        for source, _ in self.expand_input.iter_references():
            self.set_upstream(source)
        for name in self.template_fields:
            if name in self.partial_kwargs:
                self._set_xcomargs_dependency(name, self.partial_kwargs[name])
        for key in ("op_args", "op_kwargs", "mapped_op_kwargs"):
            self._set_xcomargs_dependency(key, self.partial_kwargs.get(key))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        kwargs = self.__dict__.get("partial_kwargs", {})
        if name in kwargs or name in arguments.DEFAULTS:
            value = kwargs.get(name, arguments.DEFAULTS.get(name))
            return arguments.checked(name, value, self.__dict__.get("task_id", ""))
        return getattr(self.__dict__["operator_class"], name)

    @property
    def task_type(self) -> str:
        return self.operator_class.__name__

    @property
    def operator_name(self) -> str:
        return getattr(self.operator_class, "custom_operator_name", None) or self.task_type

    @property
    def _is_empty(self) -> bool:
        return getattr(self.operator_class, "_is_empty", False)

    def __repr__(self) -> str:
        return f"<Mapped({self.task_type}): {self.task_id}>"

    def get_parse_time_mapped_ti_count(self) -> Any:
        return self.expand_input.parse_time_length()

    def unmap(self, resolve: Mapping) -> Any:
        """The operator of one instance, with the given values of the expanded arguments."""
        kwargs = {**self.partial_kwargs}
        self._merge(kwargs, resolve)
        kwargs.pop("default_args", None)
        kwargs["params"] = ParamsDict(self.params)
        kwargs["task_id"] = self.task_id
        kwargs["_airflow_from_mapped"] = True
        DagContext.push(None)  # type: ignore[arg-type]
        try:
            operator = self.operator_class(**kwargs)
        finally:
            DagContext._stack.pop()
        for name in ("upstream_task_ids", "downstream_task_ids", "is_setup", "is_teardown", "on_failure_fail_dagrun", "trigger_rule", "line"):
            object.__setattr__(operator, name, getattr(self, name))
        object.__setattr__(operator, "_dag", self.dag)
        object.__setattr__(operator, "task_group", self.task_group)
        return operator

    def _merge(self, kwargs: Dict[str, Any], values: Mapping) -> None:
        merge = getattr(self.operator_class, "_merge_mapped_kwargs", None)
        if merge is not None:
            merge(kwargs, values, self._disallow_kwargs_override)
            return
        twice = sorted(set(kwargs) & set(values))
        if twice and self._disallow_kwargs_override:
            raise TypeError(f"{self.task_type}.expand_kwargs() got multiple values for keyword argument {twice[0]!r}")
        known = parameters_of(self.operator_class)
        _refuse_unknown(self.operator_class, "expand_kwargs", values, known)
        kwargs.update(values)

    def resolve_inputs(self, context: Any) -> Any:
        """The operator of this instance."""
        index = context["ti"].map_index
        if index is None or index < 0:
            raise RuntimeError(f"task '{self.task_id}' is mapped; it runs only as one of its instances")
        operator = self.unmap(self.expand_input.resolve(context))
        return operator.prepare_for_execution()

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        raise RuntimeError("a mapped operator is rendered after resolve_inputs")

    def prepare_for_execution(self) -> "MappedOperator":
        return self

    @property
    def priority_weight_total(self) -> int:
        return int(self.priority_weight)
