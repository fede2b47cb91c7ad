"""The arguments of BaseOperator, of both eras: their defaults, their types, and what became of the old ones."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Tuple

from tradewind import era, time_values

from .constants import TRIGGER_RULE_NOW, TriggerRule
from .exceptions import AirflowException
from .param import ParamsDict

DEFAULTS: Dict[str, Any] = {
    "owner": "airflow",
    "email": None,
    "email_on_retry": True,
    "email_on_failure": True,
    "retries": 0,
    "retry_delay": datetime.timedelta(seconds=300),
    "retry_exponential_backoff": 0,
    "max_retry_delay": None,
    "retry_policy": None,
    "start_date": None,
    "end_date": None,
    "depends_on_past": False,
    "ignore_first_depends_on_past": True,
    "wait_for_past_depends_before_skipping": False,
    "wait_for_downstream": False,
    "priority_weight": 1,
    "weight_rule": "downstream",
    "queue": "default",
    "pool": "default_pool",
    "pool_slots": 1,
    "sla": None,
    "execution_timeout": None,
    "on_execute_callback": None,
    "on_failure_callback": None,
    "on_success_callback": None,
    "on_retry_callback": None,
    "on_skipped_callback": None,
    "trigger_rule": TriggerRule.ALL_SUCCESS,
    "resources": None,
    "run_as_user": None,
    "map_index_template": None,
    "max_active_tis_per_dag": None,
    "max_active_tis_per_dagrun": None,
    "executor": None,
    "executor_config": None,
    "do_xcom_push": True,
    "step_cache": None,
    "multiple_outputs": False,
    "inlets": None,
    "outlets": None,
    "doc": None,
    "doc_md": None,
    "doc_json": None,
    "doc_yaml": None,
    "doc_rst": None,
    "logger_name": None,
    "allow_nested_operators": True,
    "render_template_as_native_obj": None,
}

# Arguments that one era has and the other has not; accepted under their old names.
RENAMED = {"task_concurrency": "max_active_tis_per_dag", "xcom_push": "do_xcom_push"}
DROPPED = {"provide_context", "subdag_cleared", "run_as_group", "adhoc", "execution_delta_fn"}

NAMES = ("task_id", "dag", "params", "default_args", "task_group", "task_display_name", "pre_execute", "post_execute", *DEFAULTS)

_TYPES: Dict[str, Tuple[type, ...]] = {
    "email_on_retry": (bool,),
    "email_on_failure": (bool,),
    "depends_on_past": (bool,),
    "wait_for_downstream": (bool,),
    "queue": (str,),
    "pool": (str,),
    "pool_slots": (int,),
    "run_as_user": (str,),
    "map_index_template": (str,),
    "max_active_tis_per_dag": (int,),
    "max_active_tis_per_dagrun": (int,),
    "executor": (str,),
    "do_xcom_push": (bool,),
    "doc_md": (str,),
    "start_date": (datetime.datetime, datetime.date, str),
    "end_date": (datetime.datetime, datetime.date, str),
}


def translate_old(kwargs: Dict[str, Any], what: str) -> None:
    """Old names become new ones, in place, with one warning each."""
    for old, new in RENAMED.items():
        if old in kwargs:
            value = kwargs.pop(old)
            era.warn(f"{what}.{old}", f"{what}({old}=…) is {new}=… in newer Airflow")
            kwargs.setdefault(new, value)
    for name in DROPPED & set(kwargs):
        kwargs.pop(name)
        if name == "provide_context":
            era.warn("provide_context", "provide_context=True is not needed any more: the context is always provided")
        else:
            era.warn(f"{what}.{name}", f"{what}({name}=…) has no effect any more")


def checked(name: str, value: Any, task_id: str) -> Any:
    """The value in the form in which operators keep it. Raises TypeError, ValueError."""
    convert = _CONVERT.get(name)
    if convert is not None:
        return convert(name, value, task_id)
    types = _TYPES.get(name)
    if types and value is not None and not isinstance(value, types) and not _is_reference(value):
        wanted = " or ".join(kind.__name__ for kind in types)
        raise TypeError(f"'{name}' for task '{task_id}' expects {wanted}, got {type(value).__name__}: {value!r}")
    return value


def _is_reference(value: Any) -> bool:
    from .xcom_arg import XComArg

    return isinstance(value, XComArg)


def _retries(name: str, value: Any, task_id: str) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        try:
            return int(value)
        except (TypeError, ValueError):
            raise TypeError(f"'retries' for task '{task_id}' must be int, got {type(value).__name__}: {value!r}") from None
    return value


def _step(name: str, value: Any, task_id: str) -> Optional[datetime.timedelta]:
    if value is None or isinstance(value, datetime.timedelta):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.timedelta(seconds=value)
    raise TypeError(f"'{name}' for task '{task_id}' must be a timedelta or seconds, got {value!r}")


def _execution_timeout(name: str, value: Any, task_id: str) -> Optional[datetime.timedelta]:
    if value is None or isinstance(value, datetime.timedelta):
        return value
    raise ValueError(
        f"execution_timeout must be timedelta object but passed as type: {type(value)} (task '{task_id}')"
    )


def _rule(name: str, value: Any, task_id: str) -> TriggerRule:
    text = str(getattr(value, "value", value))
    if text in TRIGGER_RULE_NOW:
        era.warn(f"trigger_rule {text}", f'trigger_rule="{text}" is "{TRIGGER_RULE_NOW[text]}" in newer Airflow')
        return TriggerRule(TRIGGER_RULE_NOW[text])
    try:
        return TriggerRule(text)
    except ValueError:
        rules = [rule.value for rule in TriggerRule if rule.value not in TRIGGER_RULE_NOW]
        raise ValueError(f"The trigger_rule of task '{task_id}' must be one of {rules}; received '{text}'") from None


def _instant(name: str, value: Any, task_id: str) -> Optional[datetime.datetime]:
    return time_values.as_datetime(value, f"{name} of task '{task_id}'")


def _callbacks(name: str, value: Any, task_id: str) -> List[Any]:
    return as_list(value)


def _email(name: str, value: Any, task_id: str) -> Any:
    if value is None or isinstance(value, (str, list, tuple, set)):
        return value
    raise TypeError(f"'email' for task '{task_id}' must be a string or a list of strings, got {value!r}")


def _pool(name: str, value: Any, task_id: str) -> str:
    if value is None:
        return "default_pool"
    # Airflow 2's Pool objects were passed now and then.
    return value if isinstance(value, str) else str(getattr(value, "pool", value))


def _pool_slots(name: str, value: Any, task_id: str) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"pool slots for {task_id} cannot be less than 1, got {value!r}")
    return value


def _priority(name: str, value: Any, task_id: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"'priority_weight' for task '{task_id}' expects an int, got {type(value).__name__}: {value!r}")
    return max(-2147483648, min(2147483647, int(value)))


def _weight(name: str, value: Any, task_id: str) -> Any:
    from .weight import validated_weight_rule

    return validated_weight_rule(value, task_id)


_CONVERT = {
    "retries": _retries,
    "retry_delay": _step,
    "max_retry_delay": _step,
    "execution_timeout": _execution_timeout,
    "trigger_rule": _rule,
    "start_date": _instant,
    "end_date": _instant,
    "on_execute_callback": _callbacks,
    "on_failure_callback": _callbacks,
    "on_success_callback": _callbacks,
    "on_retry_callback": _callbacks,
    "on_skipped_callback": _callbacks,
    "inlets": _callbacks,
    "outlets": _callbacks,
    "email": _email,
    "pool": _pool,
    "pool_slots": _pool_slots,
    "priority_weight": _priority,
    "weight_rule": _weight,
}


def as_list(value: Any) -> List[Any]:
    if value is None:
        return []
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    return [value]


def merged_defaults(
    dag: Any, task_group: Any, params: Optional[Mapping], default_args: Optional[Mapping]
) -> Tuple[Dict[str, Any], ParamsDict]:
    """default_args of the Dag, of its groups and of the task, later over earlier; and the params of all three."""
    args: Dict[str, Any] = {}
    merged = ParamsDict()
    if dag is not None:
        args.update(dag.default_args or {})
        merged.update(dag.params)
        if task_group is not None and task_group.default_args:
            args.update(task_group.default_args)
    if params:
        if not isinstance(params, Mapping):
            raise TypeError(f"params must be a mapping, got {type(params).__name__}")
        merged.update(params)
    if default_args:
        if not isinstance(default_args, Mapping):
            raise AirflowException(f"default_args must be a mapping, got {type(default_args).__name__}")
        args.update(default_args)
        if default_args.get("params"):
            merged.update(default_args["params"])
    return args, merged
