"""Operators that call a Python function in the task's process."""

from __future__ import annotations

from collections import ChainMap
from typing import Any, Callable, Collection, Dict, Mapping, Optional, Sequence

from ..airflow_compat.exceptions import AirflowException
from .base import BaseOperator
from .call import determine_kwargs, run_callable
from .skip import BaseBranchOperator, SkipMixin, request_skip


class PythonOperator(BaseOperator):
    """Calls `python_callable(*op_args, **op_kwargs)`, with those parts of the context that it names.

    Its return value is the task's XCom. `templates_dict` is rendered and given as `templates_dict`.
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}
    ui_color = "#ffefeb"
    shallow_copy_attrs: Sequence[str] = ("python_callable", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Optional[Collection[Any]] = None,
        op_kwargs: Optional[Mapping[str, Any]] = None,
        templates_dict: Optional[Dict[str, Any]] = None,
        templates_exts: Optional[Sequence[str]] = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        # Airflow 1 gave the context only when asked; since 2 the function's own parameters tell.
        kwargs.pop("provide_context", None)
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AirflowException("`python_callable` param must be callable")
        self.python_callable = python_callable
        self.op_args = op_args if op_args is not None else ()
        self.op_kwargs = op_kwargs if op_kwargs is not None else {}
        self.templates_dict = templates_dict
        if templates_exts:
            self.template_ext = templates_exts
        self.show_return_value_in_logs = show_return_value_in_logs

    def execute(self, context: Any) -> Any:
        own = {**dict(self.op_kwargs), "templates_dict": self.templates_dict}
        arguments = self.determine_kwargs(ChainMap(own, context))
        # Not by plain assignment, which looks for upstream tasks in the values: the task itself is among them.
        object.__setattr__(self, "_tradewind_context", context)
        object.__setattr__(self, "op_kwargs", arguments)
        value = self.execute_callable()
        if self.show_return_value_in_logs:
            self.log.info("Done. Returned value was: %s", value)
        else:
            self.log.info("Done. Returned value not shown")
        return value

    def determine_kwargs(self, context: Mapping[str, Any]) -> Dict[str, Any]:
        return determine_kwargs(self.python_callable, self.op_args, context)

    def execute_callable(self) -> Any:
        """Calls the function; subclasses call it elsewhere."""
        context = getattr(self, "_tradewind_context", {})
        return run_callable(self.python_callable, context, *self.op_args, **self.op_kwargs)


class BranchPythonOperator(BaseBranchOperator, PythonOperator):
    """The function returns the ids of the tasks or groups directly after this one that are to run."""

    def choose_branch(self, context: Any) -> Any:
        return PythonOperator.execute(self, context)


class ShortCircuitOperator(PythonOperator, SkipMixin):
    """Goes on only where the function returns something true; otherwise what comes after is skipped."""

    inherits_from_skipmixin = True

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Any) -> Any:
        condition = super().execute(context)
        self.log.info("Condition result is %s", condition)
        if condition:
            self.log.info("Proceeding with downstream tasks...")
            return condition
        if not self.downstream_task_ids:
            self.log.info("No downstream tasks; nothing to do.")
            return condition
        self.log.info("Skipping downstream tasks")
        if self.ignore_downstream_trigger_rules:
            request_skip(context["ti"], {"skipAll": True})
        else:
            request_skip(context["ti"], {"skipped": sorted(self.downstream_task_ids)})
        return condition


def get_current_context() -> Any:
    """The context of the task that runs; RuntimeError outside of one."""
    from ..context import get_current_context as current

    return current()


def task(*args: Any, **kwargs: Any) -> Any:
    """Airflow 2.0's place of the decorator `task`."""
    from ..airflow_compat.decorators import task as decorator

    return decorator(*args, **kwargs)
