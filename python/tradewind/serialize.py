"""A Dag as data: the DagSpec of src/core/dag-model.ts. The same file gives the same bytes each time."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from . import listeners, time_values
from .airflow_compat.assets import Asset, BaseAsset
from .airflow_compat.exceptions import AirflowDagCycleException, ParamValidationError
from .airflow_compat.timetables import timetable_spec
from .airflow_compat.taskgroup import MappedTaskGroup, TaskGroup
from .errors import TradewindError
from .serialize_task import task_spec
from .serialize_values import FunctionRegistry, asset_spec, given, map_spec, param_specs, shown

FORMAT = 1

_RUN_TYPES = {"dataset_triggered": "asset_triggered"}


def serialize_dag(dag: Any, relative_file: str) -> Dict[str, Any]:
    """Raises TradewindError with a code and the line for a Dag that is not right."""
    zone = time_values.zone_name(dag.timezone)
    _check(dag)
    registry = FunctionRegistry()
    tasks = [task_spec(task, dag, zone, registry) for task in dag.tasks]
    return {
        "format": FORMAT,
        "dagId": dag.dag_id,
        "language": "python",
        "displayName": dag.dag_display_name,
        **given("description", None if dag.description is None else str(dag.description)),
        **given("docMd", dag.doc_md),
        "tags": sorted(dag.tags),
        "owners": sorted({task["owner"] for task in tasks}),
        "ownerLinks": dict(dag.owner_links),
        "relativeFile": relative_file,
        **given("line", dag.line),
        **given("startDate", _instant(dag.start_date, zone)),
        **given("endDate", _instant(dag.end_date, zone)),
        "timezone": zone,
        "timetable": timetable_spec(dag.timetable),
        **_running(dag),
        "deadlines": [_deadline(alert, at) for at, alert in enumerate(dag.deadlines)],
        "params": param_specs(dag.params),
        **given("defaultArgs", shown({name: value for name, value in dag.default_args.items() if name != "params"}) or None),
        "renderTemplateAsNativeObj": bool(dag.render_template_as_native_obj),
        "callbacks": [name for name in ("success", "failure") if getattr(dag, f"on_{name}_callback")],
        **given("listeners", listeners.hooks_of(listeners.DAG_RUN_HOOKS) or None),
        **given("accessControl", _access(dag.access_control)),
        "assets": _assets(dag),
        "taskGroups": _groups(dag.task_group, registry),
        "tasks": tasks,
        "edgeLabels": _labels(dag),
    }


def _running(dag: Any) -> Dict[str, Any]:
    timeout = dag.dagrun_timeout
    types = dag.allowed_run_types
    if isinstance(types, str):
        types = [types]
    return {
        "catchup": dag.catchup,
        "maxActiveTasks": dag.max_active_tasks,
        "maxActiveRuns": dag.max_active_runs,
        "maxConsecutiveFailedDagRuns": dag.max_consecutive_failed_dag_runs,
        **given("dagrunTimeout", None if timeout is None else timeout.total_seconds()),
        "failFast": dag.fail_fast,
        **given("isPausedUponCreation", dag.is_paused_upon_creation),
        **given("allowedRunTypes", None if types is None else [_RUN_TYPES.get(str(one), str(one)) for one in types]),
    }


def _check(dag: Any) -> None:
    """What Airflow checks of a whole Dag after its file has run."""
    try:
        dag.topological_sort()
    except AirflowDagCycleException as error:
        path = str(error).partition(": ")[2]
        raise TradewindError(
            "TW_DAG_CYCLE",
            f"expected no cycle in Dag {dag.dag_id}, but found {path}",
            hint="remove one of these dependencies",
            line=_line_of(dag, path),
        ) from None
    if dag.timetable.spec_kind not in ("none", "asset") and not _is_all_manual(dag):
        try:
            dag.params.validate()
        except ParamValidationError as error:
            raise TradewindError(
                "TW_DAG_OPTIONS",
                f"Dag {dag.dag_id} has a schedule, so its params need valid defaults: {error}",
                line=dag.line,
            ) from None
    for task in dag.tasks:
        if task.is_setup and str(task.trigger_rule) != "all_success":
            raise TradewindError(
                "TW_DAG_OPTIONS",
                f"Setup tasks must be followed with trigger rule ALL_SUCCESS; task {task.task_id} has {task.trigger_rule}",
                line=task.line,
            )


def _is_all_manual(dag: Any) -> bool:
    return not dag.timetable.can_be_scheduled


def _line_of(dag: Any, path: str) -> Optional[int]:
    first = path.split(" → ")[0]
    task = dag.task_dict.get(first)
    return task.line if task is not None else dag.line


def _instant(date: Any, zone: str) -> Optional[str]:
    return None if date is None else time_values.iso(date, zone)


def _deadline(alert: Any, at: int) -> Dict[str, Any]:
    return {
        **given("name", alert.name),
        "reference": alert.reference.spec(),
        "interval": alert.interval.total_seconds(),
        "callback": at,
    }


def _access(rules: Any) -> Optional[Dict[str, List[str]]]:
    """Airflow 2.10 allows rights per resource; those of Dags are meant here."""
    if not rules:
        return None
    found = {}
    for role, rights in rules.items():
        if isinstance(rights, dict):
            rights = [one for group in rights.values() for one in group]
        found[str(role)] = sorted(str(one) for one in rights)
    return found


def _assets(dag: Any) -> List[Dict[str, Any]]:
    by_name: Dict[str, Asset] = {}
    used: List[Any] = list(dag.timetable.assets())
    for task in dag.tasks:
        used.extend([*task.inlets, *task.outlets])
    for one in used:
        if not isinstance(one, BaseAsset):
            continue
        for _, asset in one.iter_assets():
            other = by_name.setdefault(asset.name, asset)
            if other.uri != asset.uri:
                raise TradewindError(
                    "TW_ASSET_INVALID",
                    f'the asset "{asset.name}" has two uris in Dag "{dag.dag_id}": "{other.uri}" and "{asset.uri}"',
                    line=dag.line,
                )
    return [asset_spec(by_name[name]) for name in sorted(by_name)]


def _groups(root: TaskGroup, registry: FunctionRegistry) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = []
    for child in root.children.values():
        if not isinstance(child, TaskGroup):
            continue
        parent = child.parent_group
        mapped = map_spec(child.expand_input, registry) if isinstance(child, MappedTaskGroup) else None
        found.append(
            {
                "groupId": child.group_id,
                "parentGroupId": None if parent is None else parent.group_id,
                "label": child.group_display_name or child.label,
                "tooltip": child.tooltip or "",
                **given("uiColor", None if child.ui_color == "CornflowerBlue" else child.ui_color),
                **given("uiFgcolor", None if child.ui_fgcolor == "#000" else child.ui_fgcolor),
                **given("mapped", mapped),
            }
        )
        found.extend(_groups(child, registry))
    return found


def _labels(dag: Any) -> List[Dict[str, Any]]:
    return [
        {"from": before, "to": after, "label": info["label"]}
        for before, edges in dag.edge_info.items()
        for after, info in edges.items()
        if info.get("label")
    ]


def timetable_summary(dag: Any) -> str:
    """One word for lists of Dags: the cron expression, the step, "Asset" …"""
    return str(dag.timetable.summary)


def timetable_description(dag: Any) -> str:
    return str(dag.timetable.description or "")
