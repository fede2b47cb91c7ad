"""BaseOperator, with every argument that Airflow 2 or 3 takes."""

from __future__ import annotations

import copy
import functools
import inspect
from abc import ABCMeta
from typing import Any, Callable, Dict, Optional, Sequence

from tradewind import era
from tradewind.suggest import did_you_mean

from . import operator_arguments as arguments
from .abstractoperator import AbstractOperator
from .call_site import call_site
from .current import DagContext, SetupTeardownContext, TaskGroupContext
from .edges import chain, chain_linear, cross_downstream
from .exceptions import AirflowException, TaskDeferralError, TaskDeferralTimeout, TaskDeferred
from .node import validate_key
from .param import ParamsDict

__all__ = ["BaseOperator", "BaseOperatorMeta", "chain", "chain_linear", "cross_downstream"]

TRIGGER_FAIL_REPR = "__fail__"


def _with_defaults(init: Callable) -> Callable:
    """Wraps an `__init__`: fills from the open Dag and group and from default_args, names what is missing."""
    signature = inspect.signature(init)
    named = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if name != "self" and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    required = {name for name, one in named.items() if one.default is one.empty and name != "task_id"}
    takes_more = any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values())

    @functools.wraps(init)
    def apply_defaults(self: Any, *args: Any, **kwargs: Any) -> None:
        if args:
            raise TypeError("Use keyword arguments when initializing operators")
        from_mapped = kwargs.pop("_airflow_from_mapped", getattr(self, "_from_mapped", False))
        kwargs["dag"] = kwargs.get("dag") or DagContext.get_current()
        if kwargs["dag"] is not None and not kwargs.get("task_group"):
            kwargs["task_group"] = TaskGroupContext.get_current(kwargs["dag"])
        if kwargs["dag"] is None:
            del kwargs["dag"]
        default_args, params = arguments.merged_defaults(
            kwargs.get("dag"), kwargs.get("task_group"), kwargs.pop("params", None), kwargs.pop("default_args", None)
        )
        for name in named:
            if name not in kwargs and name in default_args and name != "task_id":
                kwargs[name] = default_args[name]
        _complain_of_missing(self, init, required, kwargs)
        if params:
            kwargs["params"] = params
        hook = getattr(self, "_hook_apply_defaults", None)
        if hook is not None:
            _, kwargs = hook(**kwargs, default_args=default_args)
            default_args = kwargs.pop("default_args", {})
        if "_init_kwargs" not in self.__dict__:
            object.__setattr__(self, "_init_kwargs", {})
            object.__setattr__(self, "_instantiated", False)
        object.__setattr__(self, "_from_mapped", from_mapped)
        if takes_more or "default_args" in named:
            init(self, **kwargs, default_args=default_args)
        else:
            init(self, **{name: value for name, value in kwargs.items() if name in named})
        self._init_kwargs.update(kwargs)
        if not from_mapped and type(self).__init__ is apply_defaults:
            self._set_xcomargs_dependencies()
            object.__setattr__(self, "_instantiated", True)

    apply_defaults._required_arguments = required  # type: ignore[attr-defined]
    apply_defaults._parameter_names = set(named)  # type: ignore[attr-defined]
    return apply_defaults


def _complain_of_missing(self: Any, init: Callable, required: set, kwargs: Dict[str, Any]) -> None:
    missing = sorted(required.difference(kwargs))
    if not missing:
        return
    given = [name for name in kwargs if name not in arguments.NAMES]
    slips = [f"{name} looks like {near}" for name in given for near in [did_you_mean(name, missing)] if near]
    plural = "s" if len(missing) > 1 else ""
    raise TypeError(
        f"{type(self).__name__} (task_id: {kwargs.get('task_id')}): missing keyword argument{plural} "
        f"{', '.join(repr(name) for name in missing)}" + (f" ({'; '.join(slips)})" if slips else "")
    )


class BaseOperatorMeta(ABCMeta):
    """Every operator class takes default_args and the open Dag, whatever its own `__init__` does."""

    def __new__(mcs, name: str, bases: tuple, namespace: dict, **kwargs: Any) -> Any:
        new = super().__new__(mcs, name, bases, namespace, **kwargs)
        init = namespace.get("__init__")
        if init is not None:
            new.__init__ = _with_defaults(init)  # type: ignore[misc]
        return new


class _Partial:
    """`Operator.partial(...)`; on a task itself it is refused."""

    def __get__(self, task: Any, cls: Any = None) -> Callable:
        if task is not None:

            def refuse(**_: Any) -> Any:
                raise TypeError("partial can only be called on Operator classes, not Tasks themselves")

            return refuse
        from .mappedoperator import partial

        return functools.partial(partial, cls)


class BaseOperator(AbstractOperator, metaclass=BaseOperatorMeta):
    """A task. Subclasses define `execute(self, context)`; what it returns is pushed as `return_value`."""

    partial = _Partial()
    shallow_copy_attrs: Sequence[str] = ()
    subdag: Any = None
    start_trigger_args: Any = None
    start_from_trigger = False
    supports_lineage = False
    _comps = {"task_id", "dag_id", "owner", "start_date", "end_date", "depends_on_past", "trigger_rule"}

    def __init__(
        self,
        task_id: str,
        owner: str = "airflow",
        email: Any = None,
        email_on_retry: bool = True,
        email_on_failure: bool = True,
        retries: Optional[int] = 0,
        retry_delay: Any = arguments.DEFAULTS["retry_delay"],
        retry_exponential_backoff: Any = 0,
        max_retry_delay: Any = None,
        retry_policy: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        depends_on_past: bool = False,
        ignore_first_depends_on_past: bool = True,
        wait_for_past_depends_before_skipping: bool = False,
        wait_for_downstream: bool = False,
        dag: Any = None,
        params: Any = None,
        default_args: Any = None,
        priority_weight: int = 1,
        weight_rule: Any = "downstream",
        queue: str = "default",
        pool: Optional[str] = None,
        pool_slots: int = 1,
        sla: Any = None,
        execution_timeout: Any = None,
        on_execute_callback: Any = None,
        on_failure_callback: Any = None,
        on_success_callback: Any = None,
        on_retry_callback: Any = None,
        on_skipped_callback: Any = None,
        pre_execute: Any = None,
        post_execute: Any = None,
        trigger_rule: Any = "all_success",
        resources: Any = None,
        run_as_user: Optional[str] = None,
        map_index_template: Optional[str] = None,
        max_active_tis_per_dag: Optional[int] = None,
        max_active_tis_per_dagrun: Optional[int] = None,
        executor: Optional[str] = None,
        executor_config: Any = None,
        do_xcom_push: bool = True,
        multiple_outputs: bool = False,
        inlets: Any = None,
        outlets: Any = None,
        task_group: Any = None,
        doc: Optional[str] = None,
        doc_md: Optional[str] = None,
        doc_json: Optional[str] = None,
        doc_yaml: Optional[str] = None,
        doc_rst: Optional[str] = None,
        task_display_name: Optional[str] = None,
        logger_name: Optional[str] = None,
        allow_nested_operators: bool = True,
        render_template_as_native_obj: Optional[bool] = None,
        **kwargs: Any,
    ) -> None:
        given = {name: value for name, value in locals().items() if name in arguments.DEFAULTS}
        what = type(self).__name__
        arguments.translate_old(kwargs, what)
        given.update((name, kwargs.pop(name)) for name in list(kwargs) if name in arguments.DEFAULTS)
        if kwargs:
            raise TypeError(self._unknown_arguments(task_id, kwargs))
        self._init_edges()
        self.line = call_site()[1]
        self.task_id = task_group.child_id(task_id) if task_group is not None and not self._from_mapped else task_id
        validate_key(self.task_id)
        if task_group is not None and not self._from_mapped:
            task_group.add(self)
        self.task_group = task_group
        for name, value in given.items():
            setattr(self, name, arguments.checked(name, value, task_id))
        self.executor_config = executor_config or {}
        self.depends_on_past = bool(self.depends_on_past or self.wait_for_downstream)
        if sla is not None:
            era.warn("sla", "sla= was removed from Airflow 3 and has no effect here; use deadline= of the Dag", self.line)
        self.params = ParamsDict(params)
        self._pre_execute_hook = pre_execute
        self._post_execute_hook = post_execute
        self._task_display_name = task_display_name
        self._logger_name = logger_name
        self.is_setup = False
        self.is_teardown = False
        if self.start_trigger_args is not None:
            # A constructor may fill it in for its own task.
            self.start_trigger_args = copy.copy(self.start_trigger_args)
        if isinstance(self.template_fields, str):
            self.template_fields = [self.template_fields]
        if SetupTeardownContext.active():
            SetupTeardownContext.note(self)
        if dag is not None:
            self.dag = dag

    def _unknown_arguments(self, task_id: str, kwargs: Dict[str, Any]) -> str:
        known = set(arguments.NAMES)
        for cls in type(self).__mro__:
            known |= getattr(cls.__dict__.get("__init__"), "_parameter_names", set())
        slips = [f"{name}: did you mean {near}?" for name in kwargs for near in [did_you_mean(name, known)] if near]
        return (
            f"Invalid arguments were passed to {type(self).__name__} (task_id: {task_id}). "
            f"Invalid arguments were: {', '.join(sorted(kwargs))}" + (f" ({'; '.join(slips)})" if slips else "")
        )

    # --- the Dag ----------------------------------------------------------------

    @property
    def dag(self) -> Any:  # type: ignore[override]
        return self.__dict__.get("_dag")

    @dag.setter
    def dag(self, dag: Any) -> None:
        old = self.__dict__.get("_dag")
        if dag is not None and old is not None and old is not dag:
            raise AirflowException(f"The DAG assigned to {self} can not be changed.")
        object.__setattr__(self, "_dag", dag)
        if dag is not None and not getattr(self, "_from_mapped", False):
            dag.add_task(self)

    def get_dag(self) -> Any:
        return self.dag

    @property
    def operator_class(self) -> Any:  # type: ignore[override]
        return type(self)

    @property
    def upstream_dag(self) -> Any:
        return self.dag

    def __setattr__(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)
        if self.__dict__.get("_instantiated") and not self.__dict__.get("_lock_for_execution"):
            if key in self.template_fields:
                self._set_xcomargs_dependency(key, value)

    def add_inlets(self, inlets: Any) -> None:
        self.inlets.extend(arguments.as_list(inlets))

    def add_outlets(self, outlets: Any) -> None:
        self.outlets.extend(arguments.as_list(outlets))

    def get_inlet_defs(self) -> Any:
        return self.inlets

    def get_outlet_defs(self) -> Any:
        return self.outlets

    def __gt__(self, other: Any) -> Any:
        self.add_outlets(other)
        return self

    def __lt__(self, other: Any) -> Any:
        self.add_inlets(other)
        return self

    def __repr__(self) -> str:
        return f"<Task({self.task_type}): {self.task_id}>"

    def __deepcopy__(self, memo: dict) -> Any:
        new = type(self).__new__(type(self))
        memo[id(self)] = new
        shallow = {"user_defined_macros", "user_defined_filters", "_dag", "task_group", *self.shallow_copy_attrs}
        for name, value in self.__dict__.items():
            object.__setattr__(new, name, value if name in shallow else copy.deepcopy(value, memo))
        return new

    def prepare_for_execution(self) -> "BaseOperator":
        """A copy that may be changed while it runs."""
        other = copy.copy(self)
        object.__setattr__(other, "_lock_for_execution", True)
        return other

    def resolve_inputs(self, context: Any) -> "BaseOperator":
        """The operator that is rendered and run: of a mapped one that of the instance, here a copy of itself."""
        return self.prepare_for_execution()

    # --- running ------------------------------------------------------------------

    def pre_execute(self, context: Any) -> None:
        if self._pre_execute_hook is not None:
            self._pre_execute_hook(context)

    def execute(self, context: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no execute()")

    def post_execute(self, context: Any, result: Any = None) -> None:
        if self._post_execute_hook is not None:
            self._post_execute_hook(context, result)

    def on_kill(self) -> None:
        """Called when the task is asked to end; for cleaning up what it started elsewhere."""

    def dry_run(self) -> None:
        for field in self.template_fields:
            self.log.info("Rendered template field %s: %s", field, getattr(self, field, None))

    def defer(
        self, *, trigger: Any, method_name: str, kwargs: Optional[Dict[str, Any]] = None, timeout: Any = None
    ) -> None:
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: Optional[Dict[str, Any]], context: Any) -> Any:
        """Goes on after a deferral; `__fail__` says that the trigger failed."""
        kwargs = dict(next_kwargs or {})
        if next_method == TRIGGER_FAIL_REPR:
            error = kwargs.get("error", "Unknown")
            if error == "Trigger timeout":
                raise TaskDeferralTimeout(error)
            raise TaskDeferralError(str(error))
        return getattr(self, next_method)(context, **kwargs)

    @staticmethod
    def xcom_push(context: Any, key: str, value: Any, **_: Any) -> None:
        context["ti"].xcom_push(key=key, value=value)

    @staticmethod
    def xcom_pull(context: Any, task_ids: Any = None, dag_id: Any = None, key: str = "return_value", **more: Any) -> Any:
        return context["ti"].xcom_pull(task_ids=task_ids, dag_id=dag_id, key=key, **more)

    @property
    def inherits_from_empty_operator(self) -> bool:
        return getattr(self, "_is_empty", False)

    def get_extra_links(self, ti: Any, link_name: str) -> Optional[str]:
        for link in self.operator_extra_links:
            if link.name == link_name:
                return link.get_link(self, ti_key=getattr(ti, "key", None))
        return None

    def unmap(self, resolve: Any = None) -> "BaseOperator":
        return self

    def run(self, *_: Any, **__: Any) -> None:
        raise AirflowException(f"task.run() is not there; run task '{self.task_id}' with `tradewind tasks test`")


BaseAsyncOperator = BaseOperator
