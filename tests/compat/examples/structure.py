"""A Dag as plain data, told from attributes that Airflow's own Dags and Tradewind's have alike."""

import json

TASK_FIELDS = (
    "depends_on_past",
    "do_xcom_push",
    "doc_md",
    "is_setup",
    "is_teardown",
    "map_index_template",
    "max_active_tis_per_dag",
    "owner",
    "pool",
    "pool_slots",
    "priority_weight",
    "queue",
    "retries",
    "task_display_name",
    "ui_color",
    "wait_for_downstream",
)


def plain(value):
    """JSON of anything: what JSON has no word for is its text."""
    return json.loads(json.dumps(value, default=_text, sort_keys=True, skipkeys=True))


def _text(value):
    if callable(value) and hasattr(value, "__qualname__"):
        return f"<callable {value.__qualname__}>"
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return str(value)


def structure_of(dag):
    tasks = {task_id: task_of(task) for task_id, task in dag.task_dict.items()}
    return {
        "tasks": tasks,
        "groups": groups_of(dag.task_group),
        "params": {name: plain(value) for name, value in params_of(dag).items()},
        "schedule": schedule_of(dag),
        "catchup": bool(dag.catchup),
        "tags": sorted(dag.tags or ()),
        "description": dag.description,
        "display_name": getattr(dag, "dag_display_name", None) or dag.dag_id,
        "max_active_runs": dag.max_active_runs,
        "dagrun_timeout": None if dag.dagrun_timeout is None else dag.dagrun_timeout.total_seconds(),
        "start_date": None if dag.start_date is None else dag.start_date.isoformat(),
        "edge_labels": plain({up: {down: info.get("label") for down, info in down.items()} for up, down in (dag.edge_info or {}).items()}),
        "doc_md": dag.doc_md,
    }


def task_of(task):
    found = {name: plain(getattr(task, name, None)) for name in TASK_FIELDS}
    found["operator"] = getattr(task, "operator_name", None) or task.task_type
    found["type"] = task.task_type
    found["upstream"] = sorted(task.upstream_task_ids)
    found["downstream"] = sorted(task.downstream_task_ids)
    found["trigger_rule"] = str(getattr(task.trigger_rule, "value", task.trigger_rule))
    found["weight_rule"] = _weight_rule(task)
    found["group"] = None if task.task_group is None else task.task_group.group_id
    # Airflow 2 tells it by the class alone.
    found["mapped"] = bool(getattr(task, "is_mapped", False)) or type(task).__name__.endswith("MappedOperator")
    found["template_fields"] = sorted(task.template_fields)
    found["execution_timeout"] = None if task.execution_timeout is None else task.execution_timeout.total_seconds()
    found["retry_delay"] = None if task.retry_delay is None else _seconds(task.retry_delay)
    found["inlets"] = sorted(str(getattr(one, "uri", getattr(one, "name", one))) for one in task.inlets or ())
    found["outlets"] = sorted(str(getattr(one, "uri", getattr(one, "name", one))) for one in task.outlets or ())
    return found


def _seconds(value):
    return value.total_seconds() if hasattr(value, "total_seconds") else value


def _weight_rule(task):
    rule = getattr(task, "weight_rule", None)
    name = type(rule).__name__
    built_in = {
        "_DownstreamPriorityWeightStrategy": "downstream",
        "_UpstreamPriorityWeightStrategy": "upstream",
        "_AbsolutePriorityWeightStrategy": "absolute",
    }
    text = str(getattr(rule, "value", rule)) if isinstance(rule, str) or hasattr(rule, "value") else name
    # A strategy may be told by its path, or be there itself.
    return built_in.get(name) or text.rpartition(".")[2]


def groups_of(root):
    found = {}
    for group in _walk(root):
        if group.group_id is not None and group is not root:
            found[group.group_id] = {
                "parent": group.parent_group.group_id if group.parent_group is not None else None,
                "tooltip": group.tooltip,
                "upstream": sorted(filter(None, group.upstream_group_ids)) + sorted(group.upstream_task_ids),
                "children": sorted(group.children),
            }
    return found


def _walk(group):
    yield group
    for child in group.children.values():
        if hasattr(child, "children"):
            yield from _walk(child)


def params_of(dag):
    return dag.params.dump() if hasattr(dag.params, "dump") else dict(dag.params)


def schedule_of(dag):
    timetable = dag.timetable
    try:
        # Airflow 3 has one class for authors and one for the scheduler, and only the latter has a summary.
        from airflow.serialization.encoders import coerce_to_core_timetable
    except ImportError:
        return {"type": type(timetable).__name__.lstrip("_"), "summary": _summary(timetable)}
    timetable = coerce_to_core_timetable(timetable)
    return {"type": type(timetable).__name__.lstrip("_"), "summary": _summary(timetable)}


def _summary(timetable):
    try:
        return plain(timetable.summary)
    except Exception:
        return None
