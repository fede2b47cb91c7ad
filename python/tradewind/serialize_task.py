"""One task as data: the TaskSpec of src/core/dag-model.ts."""

from __future__ import annotations

import inspect
from typing import Any, Dict, List, Optional

from . import time_values
from .airflow_compat.expand_input import MappedArgument
from .airflow_compat.mappedoperator import MappedOperator
from .airflow_compat.weight import PriorityWeightStrategy
from .airflow_compat.xcom_arg import XComArg
from .errors import TradewindError
from .step_cache import cache_spec
from .plugin_loader import extra_links
from .serialize_values import (
    FunctionRegistry,
    asset_expressions,
    given,
    map_spec,
    param_specs,
    seconds,
    shown,
    value_spec,
)

_CALLBACKS = ("execute", "success", "failure", "retry", "skipped")
_ENV_FIELDS = 200


def task_spec(task: Any, dag: Any, zone: str, registry: FunctionRegistry) -> Dict[str, Any]:
    group = task.task_group
    order = {task_id: at for at, task_id in enumerate(dag.task_dict)}
    mapped = isinstance(task, MappedOperator)
    return {
        "taskId": task.task_id,
        "operator": task.operator_name,
        "label": _label(task),
        "groupId": None if group is None or group.is_root else group.group_id,
        "upstream": sorted(task.upstream_task_ids, key=lambda one: order[one]),
        "triggerRule": str(task.trigger_rule),
        "isSetup": bool(task.is_setup),
        "isTeardown": bool(task.is_teardown),
        "onFailureFailDagrun": bool(task.on_failure_fail_dagrun),
        "empty": _is_empty(task),
        "branch": _decides(task.operator_class),
        **given("mapped", map_spec(task.expand_input, registry) if mapped else None),
        **given("mapIndexTemplate", task.map_index_template),
        **_scheduling(task, dag, zone),
        **_contact(task),
        **given("cache", cache_spec(task)),
        "doXcomPush": bool(task.do_xcom_push),
        "multipleOutputs": bool(task.multiple_outputs),
        **given("call", getattr(task, "foreign_call", None)),
        "inputs": _inputs(task, registry),
        "params": _own_params(task, dag),
        "inlets": asset_expressions(task.inlets),
        "outlets": asset_expressions(task.outlets),
        "callbacks": [name for name in _CALLBACKS if getattr(task, f"on_{name}_callback")],
        "isolation": "process",
        **given("runAsUser", task.run_as_user),
        **given("sensor", _sensor(task)),
        "options": _options(task),
        "templateFields": list(task.template_fields),
        **given("renderTemplateAsNativeObj", task.render_template_as_native_obj),
        **given("dagDependency", _dag_dependency(task)),
        **given("extraLinks", [{"name": link.name, "key": link.xcom_key} for link in extra_links(task)] or None),
        **given("docMd", _doc(task)),
        **given("uiColor", _color(task.ui_color, "#fff")),
        **given("uiFgcolor", _color(task.ui_fgcolor, "#000")),
        **given("line", task.line),
    }


def _inputs(task: Any, registry: FunctionRegistry) -> Dict[str, Any]:
    """References among the arguments. The Python child resolves them itself; the scheduler sends the values along."""
    mapped = isinstance(task, MappedOperator)
    source = task.partial_kwargs if mapped else task.__dict__
    found: Dict[str, Any] = {}
    for field in dict.fromkeys([*task.template_fields, "op_args", "op_kwargs"]):
        for name, value in _named(field, source.get(field), task):
            if isinstance(value, (XComArg, MappedArgument)):
                found[name] = value_spec(value, registry)
    return found


def _named(field: str, value: Any, task: Any) -> Any:
    if field == "op_kwargs" and isinstance(value, dict):
        return value.items()
    if field == "op_args" and isinstance(value, (list, tuple)):
        return [(f"op_args[{at}]", one) for at, one in enumerate(value)]
    if isinstance(value, dict):
        return [(f"{field}.{key}", one) for key, one in value.items()]
    return [(field, value)]


def _label(task: Any) -> str:
    return getattr(task, "_task_display_name", None) or task.label


def _scheduling(task: Any, dag: Any, zone: str) -> Dict[str, Any]:
    backoff = task.retry_exponential_backoff
    rule = task.weight_rule
    weight = task.priority_weight
    if isinstance(rule, PriorityWeightStrategy):
        weight, rule = _own_weight(task, rule), "absolute"
    return {
        "retries": task.retries,
        "retryDelay": seconds(task.retry_delay),
        "retryExponentialBackoff": (2 if backoff else 0) if isinstance(backoff, bool) else backoff or 0,
        **given("maxRetryDelay", seconds(task.max_retry_delay)),
        **given("executionTimeout", seconds(task.execution_timeout)),
        "dependsOnPast": bool(task.depends_on_past or task.wait_for_downstream),
        "ignoreFirstDependsOnPast": bool(task.ignore_first_depends_on_past),
        "waitForDownstream": bool(task.wait_for_downstream),
        "waitForPastDependsBeforeSkipping": bool(task.wait_for_past_depends_before_skipping),
        "priorityWeight": weight,
        "weightRule": str(rule),
        "pool": task.pool,
        "poolSlots": task.pool_slots,
        "queue": task.queue or "default",
        **given("executor", task.executor),
        **given("executorConfig", shown(task.executor_config) if task.executor_config else None),
        **given("maxActiveTisPerDag", task.max_active_tis_per_dag),
        **given("maxActiveTisPerDagrun", task.max_active_tis_per_dagrun),
        **given("startDate", _instant(task.start_date, zone)),
        **given("endDate", _instant(task.end_date, zone)),
    }


class _FirstTry:
    """What a weight strategy may ask of an instance that does not exist yet."""

    def __init__(self, task: Any) -> None:
        self.task = task
        self.task_id = task.task_id
        self.dag_id = task.dag_id
        self.try_number = 1
        self.map_index = -1
        self.priority_weight = task.priority_weight


def _own_weight(task: Any, rule: PriorityWeightStrategy) -> int:
    """Asked once, for the first try: the order of what waits is by task."""
    try:
        weight = int(rule.get_weight(_FirstTry(task)))
    except Exception as error:
        raise TradewindError(
            "TW_DAG_OPTIONS",
            f"the weight rule {type(rule).__name__} of task {task.task_id} gave no weight: {type(error).__name__}: {error}",
            line=task.line,
        ) from error
    return max(-2147483648, min(2147483647, weight))


def _instant(date: Any, zone: str) -> Optional[str]:
    return None if date is None else time_values.iso(date, zone)


def _contact(task: Any) -> Dict[str, Any]:
    email = task.email
    if isinstance(email, str):
        email = [part.strip() for part in email.replace(";", ",").split(",")]
    addresses = [str(one) for one in email or [] if one]
    return {
        "owner": str(task.owner or "airflow"),
        **given("email", addresses or None),
        "emailOnFailure": bool(task.email_on_failure),
        "emailOnRetry": bool(task.email_on_retry),
    }


def _is_empty(task: Any) -> bool:
    """An EmptyOperator that nothing hangs on, as in Airflow."""
    cls = task.operator_class
    if not getattr(cls, "_is_empty", getattr(cls, "inherits_from_empty_operator", False) is True):
        return False
    hooks = getattr(task, "_pre_execute_hook", None) or getattr(task, "_post_execute_hook", None)
    return not (task.on_execute_callback or task.on_success_callback or hooks or task.inlets or task.outlets)


def _decides(cls: Any) -> bool:
    return bool(getattr(cls, "inherits_from_skipmixin", False) or getattr(cls, "_can_skip_downstream", False))


def _own_params(task: Any, dag: Any) -> Dict[str, Any]:
    """Only those that are not the Dag's as they are."""
    of_dag = param_specs(dag.params)
    return {name: spec for name, spec in param_specs(task.params).items() if of_dag.get(name) != spec}


def _sensor(task: Any) -> Optional[Dict[str, Any]]:
    if not getattr(task.operator_class, "_is_sensor", False):
        return None
    timeout = getattr(task, "timeout", None)
    return {
        "mode": getattr(task, "mode", "poke") or "poke",
        "pokeInterval": _number(getattr(task, "poke_interval", None), 60),
        "timeout": _number(timeout, 604800),
        "softFail": bool(getattr(task, "soft_fail", False)),
    }


def _number(value: Any, default: float) -> float:
    if value is None:
        return default
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    return value if isinstance(value, (int, float)) else default


def _options(task: Any) -> Dict[str, Any]:
    """Template fields as they are before rendering."""
    source = task.partial_kwargs if isinstance(task, MappedOperator) else task.__dict__
    found: Dict[str, Any] = {}
    for name in task.template_fields:
        value = source.get(name)
        if value is None and not isinstance(task, MappedOperator):
            value = getattr(task, name, None)
        if value is None or (isinstance(value, (list, tuple, dict, set)) and not value):
            continue
        found[name] = shown(value)
    return found


def _dag_dependency(task: Any) -> Optional[Dict[str, Any]]:
    kinds = {"trigger": "trigger_dag_id", "sensor": "external_dag_id"}
    names = [cls.__name__ for cls in task.operator_class.__mro__]
    if "TriggerDagRunOperator" in names:
        kind = "trigger"
    elif "ExternalTaskMarker" in names:
        return _dependency("marker", getattr(task, "external_dag_id", None), getattr(task, "external_task_id", None))
    elif "ExternalTaskSensor" in names:
        kind = "sensor"
    else:
        return None
    dag_id = getattr(task, kinds[kind], None)
    return _dependency(kind, dag_id, getattr(task, "external_task_id", None) if kind == "sensor" else None)


def _dependency(kind: str, dag_id: Any, task_id: Any) -> Optional[Dict[str, Any]]:
    if not isinstance(dag_id, str) or "{{" in dag_id:
        return None
    return {"kind": kind, "dagId": dag_id, **given("taskId", task_id if isinstance(task_id, str) else None)}


def _doc(task: Any) -> Optional[str]:
    if task.doc_md or task.doc:
        return inspect.cleandoc(str(task.doc_md or task.doc))
    for language in ("json", "yaml", "rst"):
        text = getattr(task, f"doc_{language}")
        if text:
            return f"```{language}\n{text}\n```"
    return None


def _color(color: Any, default: str) -> Optional[str]:
    return None if color in (None, default) else str(color)


def callback_list(value: Any) -> List[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set)) else [value]
